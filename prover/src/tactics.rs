//! The portfolio of tactics: proposes what a person would try first, from a plain table.

use crate::goal::{Goal, HoleKind};
use crate::shape::{Shape, binders, head, names};
use crate::surroundings::{Constructor, Surroundings};
use crate::view::{View, accessible};
use crate::{Ask, Candidate, Engine, Proposal, Prover};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde::Deserialize;
use std::collections::HashSet;
use unsorry_syntax::DeclarationKind;

/// The table that is built in. Its head says how a row is written.
pub const PORTFOLIO: &str = include_str!("portfolio.toml");

/// The most candidates for one goal.
pub const MAX_CANDIDATES: usize = 150;

/// The most candidates from one row, where it does not say.
const MAX_OF_A_ROW: usize = 4;

/// A row of the portfolio, or of a user's `[[tactics]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Row")]
pub struct PortfolioRow {
    row: Row,
}

/// A row as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    tactic: Option<String>,
    term: Option<String>,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default = "after_intro")]
    at: Vec<Place>,
    #[serde(default)]
    target: Vec<Shape>,
    #[serde(default)]
    mentions: Vec<String>,
    #[serde(default)]
    hypothesis: Vec<Shape>,
    #[serde(default)]
    variable: Vec<String>,
    #[serde(default)]
    data: bool,
    most: Option<usize>,
}

/// Where in the proof a row's text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    /// At the goal as it stands.
    Goal,
    /// Once all that it starts with is introduced.
    Intro,
    /// Once `∧` and `∃` among the hypotheses are taken apart as well.
    Open,
}

fn after_intro() -> Vec<Place> {
    vec![Place::Intro]
}

/// A placeholder of a row's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Hypothesis,
    OtherHypothesis,
    Hypotheses,
    Pattern,
    Variable,
    OtherVariable,
    OtherVariables,
    Definition,
    Definitions,
    Lemma,
    Lemmas,
    Facts,
    Witness,
    Rule,
    Rules,
    Predicates,
    Own,
}

/// The placeholders that have a value of their own, each after those that it depends on.
const SLOTS: [(&str, Slot); 17] = [
    ("{h}", Slot::Hypothesis),
    ("{g}", Slot::OtherHypothesis),
    ("{hs}", Slot::Hypotheses),
    ("{pattern}", Slot::Pattern),
    ("{x}", Slot::Variable),
    ("{y}", Slot::OtherVariable),
    ("{others}", Slot::OtherVariables),
    ("{f}", Slot::Definition),
    ("{defs}", Slot::Definitions),
    ("{lemma}", Slot::Lemma),
    ("{lemmas}", Slot::Lemmas),
    ("{facts}", Slot::Facts),
    ("{w}", Slot::Witness),
    ("{rule}", Slot::Rule),
    ("{rules}", Slot::Rules),
    ("{predicates}", Slot::Predicates),
    ("{own}", Slot::Own),
];

/// The placeholders whose line is repeated for each constructor.
const CASES: [&str; 3] = ["{case}", "{base}", "{step}"];

impl TryFrom<Row> for PortfolioRow {
    type Error = String;

    fn try_from(row: Row) -> Result<Self, String> {
        let texts = [&row.tactic, &row.term];
        if texts.iter().all(|text| text.is_none()) {
            return Err("a row of [[tactics]] needs `tactic` or `term`".into());
        }
        for text in texts.into_iter().flatten() {
            if text.trim().is_empty() {
                return Err("a row of [[tactics]] has an empty text".into());
            }
            if let Some(unknown) = unknown_placeholder(text) {
                return Err(format!("there is no placeholder {unknown} for [[tactics]]"));
            }
        }
        Ok(Self { row })
    }
}

/// `{word}` that no slot has. Other braces are Lean's.
fn unknown_placeholder(text: &str) -> Option<&str> {
    text.match_indices('{').find_map(|(at, _)| {
        let end = at + text[at..].find('}')? + 1;
        let whole = &text[at..end];
        let word = whole.len() > 2 && whole[1..whole.len() - 1].chars().all(char::is_alphabetic);
        let known = CASES.contains(&whole) || SLOTS.iter().any(|(slot, _)| *slot == whole);
        (word && !known).then_some(whole)
    })
}

/// The portfolio as a prover: no weights, no network, always there.
#[derive(Debug, Clone)]
pub struct Tactics {
    entries: Vec<PortfolioRow>,
}

impl Tactics {
    /// The built-in table, after `extra` rows of the user's own.
    pub fn new(extra: Vec<PortfolioRow>) -> Self {
        let mut entries = extra;
        entries.extend(portfolio());
        Self { entries }
    }

    /// What the table gives for a goal, best first, each text once.
    pub fn candidates(&self, goal: &Goal) -> Vec<Candidate> {
        let around = Surroundings::read(&goal.context.before);
        let stands = View::of(goal, &around);
        let introduced = stands.introduced(&around);
        let opened = introduced.as_ref().unwrap_or(&stands).opened(&around);
        let data = stands.wants_data(&around);
        let scene = |view| Scene::new(view, &around);
        let (introduced, opened) = (introduced.map(scene), opened.map(scene));
        let stands = scene(stands);
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for PortfolioRow { row } in &self.entries {
            if (data && !row.data) || !imported(&row.imports, &goal.imports) {
                continue;
            }
            for place in &row.at {
                let scene = match place {
                    Place::Goal => Some(&stands),
                    Place::Intro => introduced.as_ref().or(Some(&stands)),
                    Place::Open => opened.as_ref(),
                };
                let texts = scene.map(|scene| scene.texts(row, goal.kind));
                for text in texts.into_iter().flatten() {
                    if accessible(&text) && seen.insert(text.clone()) {
                        found.push(Candidate::new(text, Engine::Tactics));
                        if found.len() == MAX_CANDIDATES {
                            return found;
                        }
                    }
                }
            }
        }
        found
    }
}

impl Default for Tactics {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Prover for Tactics {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        let candidates = match ask.attempt {
            // It has tried all it knows.
            Some(_) => Vec::new(),
            None => self.candidates(&ask.goal),
        };
        stream::iter(candidates.into_iter().map(Proposal::Candidate)).boxed()
    }
}

/// The rows of the built-in table; a test sees to it that they can be read.
fn portfolio() -> Vec<PortfolioRow> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        tactics: Vec<PortfolioRow>,
    }
    match toml::from_str::<Table>(PORTFOLIO) {
        Ok(table) => table.tactics,
        Err(error) => unreachable!("the built-in portfolio cannot be read: {error}"),
    }
}

/// Whether a file that imports `imports` may have what a row needs.
///
/// Only roots are compared: nearly every module of Mathlib imports its tactics, and a project's
/// own modules may import anything. A wrong guess costs a candidate that Lean refuses.
fn imported(needed: &[String], imports: &[String]) -> bool {
    const CORE: [&str; 4] = ["Init", "Std", "Lean", "Lake"];
    const ABOVE: [(&str, &[&str]); 3] = [
        ("Batteries", &["Aesop", "Mathlib"]),
        ("Aesop", &["Mathlib"]),
        ("Mathlib", &[]),
    ];
    needed.is_empty()
        || needed.iter().any(|needed| {
            let needed = root(needed);
            let above = ABOVE.iter().find(|(name, _)| *name == needed);
            imports.iter().map(|import| root(import)).any(|import| {
                let foreign =
                    !CORE.contains(&import) && !ABOVE.iter().any(|(name, _)| *name == import);
                import == needed || foreign || above.is_some_and(|(_, over)| over.contains(&import))
            })
        })
}

fn root(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// A view of the goal, and what the file above it has to offer.
struct Scene<'a> {
    view: View,
    around: &'a Surroundings,
    /// Definitions of the file's own that the goal mentions.
    direct: Vec<String>,
    /// Those, and what they are made of.
    definitions: Vec<String>,
    /// Those that `simp` is better not given.
    looping: Vec<String>,
    /// Proved theorems of the file's own, most fitting first.
    lemmas: Vec<String>,
}

impl<'a> Scene<'a> {
    fn new(view: View, around: &'a Surroundings) -> Self {
        let mut subject = view.target.clone();
        for local in &view.locals {
            subject.push('\n');
            subject.push_str(&local.ty);
        }
        let (direct, definitions) = around.definitions(&subject);
        for definition in &definitions {
            subject.push('\n');
            subject.push_str(definition);
        }
        let lemmas = around.lemmas(&subject);
        let loops = |name: &&String| {
            let found = around.find(name);
            found.is_some_and(|found| found.kind == DeclarationKind::Def && found.loops())
        };
        let looping = definitions.iter().filter(loops).cloned().collect();
        Self {
            view,
            around,
            direct,
            definitions,
            looping,
            lemmas,
        }
    }

    /// What `row` gives here for a hole of this kind.
    fn texts(&self, row: &Row, kind: HoleKind) -> Vec<String> {
        if !self.fits(row) {
            return Vec::new();
        }
        let most = row.most.unwrap_or(MAX_OF_A_ROW);
        let fill = |template: &str| self.fill(template, row);
        let view = &self.view;
        match (kind, &row.tactic, &row.term) {
            (HoleKind::Tactic, Some(tactic), _) => {
                let texts = fill(tactic).into_iter().take(most);
                texts.map(|text| block(&view.steps, &text)).collect()
            }
            (HoleKind::Tactic, None, Some(term)) => {
                let texts = fill(term).into_iter().take(most);
                texts
                    .map(|text| block(&view.steps, &format!("exact {text}")))
                    .collect()
            }
            (HoleKind::Term, _, Some(term)) => {
                let texts = fill(term).into_iter().take(most);
                texts.filter_map(|text| self.as_term(&text)).collect()
            }
            (HoleKind::Term, Some(tactic), None) => {
                let texts = fill(tactic).into_iter().take(most);
                texts.map(|text| by(&block(&view.steps, &text))).collect()
            }
            (_, None, None) => Vec::new(),
        }
    }

    /// A term after this view's steps; where those are more than an `intro`, it takes tactics.
    fn as_term(&self, text: &str) -> Option<String> {
        let View {
            steps, introduced, ..
        } = &self.view;
        match (steps.len(), introduced.is_empty()) {
            (0, _) => Some(text.to_owned()),
            (1, false) => Some(format!("fun {} => {text}", introduced.join(" "))),
            _ => Some(by(&block(steps, &format!("exact {text}")))),
        }
    }

    fn fits(&self, row: &Row) -> bool {
        (row.target.is_empty() || row.target.contains(&self.view.shape))
            && (row.mentions.is_empty() || row.mentions.iter().any(|word| self.mentions(word)))
            && (row.hypothesis.is_empty() || !self.hypotheses(row).is_empty())
            && (row.variable.is_empty() || !self.variables(row).is_empty())
    }

    fn mentions(&self, word: &str) -> bool {
        let facts = self.view.facts().map(|(local, _)| &*local.ty);
        let mut texts = facts.chain([&*self.view.target]);
        if word.chars().all(|c| c.is_alphanumeric() || c == '_') {
            texts.any(|text| names(text).any(|name| name.rsplit('.').next() == Some(word)))
        } else {
            texts.any(|text| text.contains(word))
        }
    }

    fn hypotheses(&self, row: &Row) -> Vec<String> {
        let facts = self.view.facts();
        facts
            .filter(|(_, shape)| row.hypothesis.is_empty() || row.hypothesis.contains(shape))
            .map(|(local, _)| local.name.clone())
            .collect()
    }

    fn variables(&self, row: &Row) -> Vec<String> {
        let wanted = |ty: &str| {
            let mut groups = row.variable.iter();
            row.variable.is_empty() && self.inductive(ty)
                || groups.any(|group| match &**group {
                    "any" => true,
                    "inductive" => self.inductive(ty),
                    "recursive" => self.recursive(ty),
                    "plain" => self.inductive(ty) && !self.recursive(ty),
                    name => name == ty,
                })
        };
        let values = self.view.values().into_iter();
        values
            .filter(|(_, ty)| wanted(ty))
            .map(|(local, _)| local.name.clone())
            .collect()
    }

    /// Whether it may help to look at a value of this type by its constructors.
    fn inductive(&self, ty: &str) -> bool {
        const NOT: [&str; 19] = [
            "", "Int", "ℤ", "Char", "String", "Float", "Fin", "BitVec", "UInt8", "UInt16",
            "UInt32", "UInt64", "USize", "Array", "Vector", "Rat", "ℚ", "ℝ", "Set",
        ];
        !NOT.contains(&ty)
    }

    /// Whether a value of this type may hold smaller ones of its own.
    fn recursive(&self, ty: &str) -> bool {
        if !self.inductive(ty) || ["Prod", "Subtype", "Sigma"].contains(&ty) {
            return false;
        }
        match self.around.constructors(ty) {
            Some(found) => found.iter().any(Constructor::recurses),
            None => {
                let declared = self.around.find(ty);
                declared.is_none_or(|declared| declared.kind != DeclarationKind::Structure)
            }
        }
    }

    /// Every way to fill in a row's text.
    fn fill(&self, template: &str, row: &Row) -> Vec<String> {
        const MOST: usize = 32;
        let mut filled: Vec<Vec<(&str, String)>> = vec![Vec::new()];
        for (mark, slot) in SLOTS {
            if !template.contains(mark) {
                continue;
            }
            let mut next = Vec::new();
            for bound in &filled {
                let taken = |option: &String| bound.iter().any(|(_, other)| other == option);
                for option in self.options(slot, row, template, bound) {
                    if !taken(&option) && next.len() < MOST {
                        let mut bound = bound.clone();
                        bound.push((mark, option));
                        next.push(bound);
                    }
                }
            }
            filled = next;
        }
        let texts = filled.iter().filter_map(|bound| {
            let mut text = self.lines_of_cases(template, bound)?;
            for (mark, value) in bound {
                text = text.replace(mark, value);
            }
            Some(text)
        });
        texts.collect()
    }

    /// What a placeholder may stand for, given those before it.
    fn options(
        &self,
        slot: Slot,
        row: &Row,
        template: &str,
        bound: &[(&str, String)],
    ) -> Vec<String> {
        let value = |mark| {
            let found = bound.iter().find(|(known, _)| *known == mark);
            found.map(|(_, value)| &**value)
        };
        let joined = |all: &[String], most: usize| -> Vec<String> {
            let all = all[..all.len().min(most)].join(", ");
            if all.is_empty() { vec![] } else { vec![all] }
        };
        let facts = || {
            self.view
                .facts()
                .map(|(local, _)| local.name.clone())
                .collect::<Vec<_>>()
        };
        let simp = template.contains("simp [") || template.contains("simp_all [");
        let unfoldable = |all: &[String]| -> Vec<String> {
            let all = all
                .iter()
                .filter(|name| !simp || !self.looping.contains(name));
            all.cloned().collect()
        };
        match slot {
            Slot::Hypothesis => self.hypotheses(row),
            Slot::OtherHypothesis => facts(),
            Slot::Hypotheses => joined(&facts(), 6),
            Slot::Pattern => {
                let facts = self.view.facts();
                let fact = value("{h}").and_then(|name| {
                    facts
                        .map(|(local, _)| local)
                        .find(|local| local.name == name)
                });
                let pattern =
                    fact.map(|fact| self.view.clone().pattern(&fact.ty, self.around, true));
                pattern.into_iter().collect()
            }
            Slot::Variable | Slot::OtherVariable => self.variables(row),
            Slot::OtherVariables => {
                let own = value("{x}").unwrap_or_default();
                let ty = self.view.locals.iter().find(|local| local.name == own);
                let of_type = |name: &str| {
                    ty.is_some_and(|local| names(&local.ty).any(|other| other == name))
                };
                let values = self.view.values();
                let others: Vec<&str> = values
                    .iter()
                    .map(|(local, _)| &*local.name)
                    .filter(|name| *name != own && !of_type(name))
                    .collect();
                let others = others.join(" ");
                if others.is_empty() {
                    vec![]
                } else {
                    vec![others]
                }
            }
            Slot::Definition => unfoldable(&self.direct),
            Slot::Definitions => joined(&unfoldable(&self.definitions), 10),
            Slot::Lemma => self.lemmas.clone(),
            Slot::Lemmas => joined(&self.lemmas, 6),
            Slot::Facts => {
                let most = self.lemmas.len().min(6);
                let all = [&*unfoldable(&self.definitions), &self.lemmas[..most]].concat();
                joined(&all, all.len())
            }
            Slot::Witness => self.witnesses(),
            Slot::Rule => self.rules(head(&self.view.target)),
            Slot::Rules => {
                let all = self.predicates();
                let all: Vec<String> = all.iter().flat_map(|name| self.rules(name)).collect();
                joined(&all, 8)
            }
            Slot::Predicates => joined(&self.predicates(), 4),
            Slot::Own => self.around.own.iter().cloned().collect(),
        }
    }

    /// What may be put for the `x` of `∃ x, …`: what is at hand first, then small numbers.
    fn witnesses(&self) -> Vec<String> {
        if self.view.shape != Shape::Exists {
            return Vec::new();
        }
        let Some((wanted, _)) = binders(&self.view.unfolded) else {
            return Vec::new();
        };
        let mut values = self.view.values();
        values.sort_by_key(|(local, _)| !self.view.opened.contains(&local.name));
        let at_hand: Vec<&str> = values.iter().map(|(local, _)| &*local.name).collect();
        let number = |ty: &str| matches!(ty, "" | "Nat" | "Int" | "ℕ" | "ℤ");
        let numbers: Vec<&str> = values
            .iter()
            .filter(|(_, ty)| number(ty))
            .map(|(local, _)| &*local.name)
            .collect();
        let mut single: Vec<String> = at_hand.iter().map(|name| (*name).to_owned()).collect();
        if wanted.len() > 1 {
            single.extend((0..4).map(|number| number.to_string()));
            let single = &single[..single.len().min(5)];
            let mut tuples = vec![String::new()];
            for _ in &wanted {
                let pairs = tuples.iter().flat_map(|tuple| {
                    single.iter().map(move |one| match &**tuple {
                        "" => one.clone(),
                        tuple => format!("{tuple}, {one}"),
                    })
                });
                tuples = pairs.take(64).collect();
            }
            return tuples;
        }
        single.truncate(3);
        for (place, one) in numbers.iter().enumerate().take(3) {
            single.push(format!("{one} + 1"));
            for other in numbers.iter().skip(place + 1).take(2) {
                single.push(format!("{one} + {other}"));
                single.push(format!("{one} * {other}"));
            }
            single.push(format!("2 * {one}"));
            single.push(format!("{one} / 2"));
            single.push(format!("{one} - 1"));
        }
        single.extend((0..11).map(|number| number.to_string()));
        single.extend(["[]", "none", "true", "false"].map(str::to_owned));
        single
    }

    /// The inductive predicates of the file's own that the goal mentions.
    fn predicates(&self) -> Vec<String> {
        let facts = self.view.facts().map(|(local, _)| &*local.ty);
        let texts = [&*self.view.target].into_iter().chain(facts);
        let mut found = Vec::new();
        for name in texts.flat_map(names) {
            if let Some(predicate) = self.around.predicate(name)
                && !found.contains(&predicate.name)
            {
                found.push(predicate.name.clone());
            }
        }
        found
    }

    /// The constructors of an inductive predicate of the file's own.
    fn rules(&self, head: &str) -> Vec<String> {
        let found = self.around.predicate(head);
        let constructors = found.and_then(|found| {
            let all = self.around.constructors(&found.name)?;
            Some(
                all.into_iter()
                    .map(|one| format!("{}.{}", found.name, one.name))
                    .collect(),
            )
        });
        constructors.unwrap_or_default()
    }

    /// Repeats a line with `{case}`, `{base}` or `{step}` for each constructor of `{x}`'s type.
    fn lines_of_cases(&self, template: &str, bound: &[(&str, String)]) -> Option<String> {
        if !CASES.iter().any(|mark| template.contains(mark)) {
            return Some(template.to_owned());
        }
        let variable = &bound.iter().find(|(mark, _)| *mark == "{x}")?.1;
        let values = self.view.values();
        let (_, ty) = values.iter().find(|(local, _)| local.name == *variable)?;
        let constructors = self.around.constructors(ty)?;
        let mut lines = Vec::new();
        for line in template.lines() {
            let Some(mark) = CASES.iter().find(|mark| line.contains(*mark)) else {
                lines.push(line.to_owned());
                continue;
            };
            for constructor in &constructors {
                let wanted = match *mark {
                    "{base}" => !constructor.recurses(),
                    "{step}" => constructor.recurses(),
                    _ => true,
                };
                if wanted {
                    let induction = template.starts_with("induction");
                    let pattern = self.case(constructor, variable, induction);
                    lines.push(line.replace(mark, &pattern));
                }
            }
        }
        Some(lines.join("\n"))
    }

    /// `cons x xs ih`, with names that are still free.
    fn case(&self, constructor: &Constructor, variable: &str, induction: bool) -> String {
        let mut view = self.view.clone();
        // The variable is gone inside its own cases.
        view.locals.retain(|local| local.name != variable);
        let mut words = vec![constructor.name.clone()];
        let mut hypotheses = Vec::new();
        for argument in &constructor.arguments {
            let base = match (&argument.name, argument.recursive) {
                (_, true) if constructor.arguments.len() == 1 => variable,
                (Some(name), _) => name,
                (None, true) => variable,
                (None, false) => "a",
            };
            let name = view.fresh(base);
            view.reserve(&name);
            words.push(name);
            if argument.recursive && induction {
                let name = view.fresh("ih");
                view.reserve(&name);
                hypotheses.push(name);
            }
        }
        words.extend(hypotheses);
        words.join(" ")
    }
}

/// Tactics one a line.
fn block(steps: &[String], text: &str) -> String {
    let lines = steps.iter().map(|step| &**step).chain([text]);
    lines.collect::<Vec<_>>().join("\n")
}

/// `by` before a tactic block.
fn by(block: &str) -> String {
    if block.contains('\n') {
        format!("by\n  {}", block.replace('\n', "\n  "))
    } else {
        format!("by {block}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goal::Context;
    use expect_test::{Expect, expect};

    fn goal(kind: HoleKind, rendered: &str, imports: &[&str], before: &str) -> Goal {
        let imports = imports.iter().map(|import| (*import).to_owned()).collect();
        let context = Context {
            before: before.to_owned(),
            after: String::new(),
            declaration: 0,
        };
        Goal::parse(kind, &[rendered.to_owned()], imports, context).unwrap()
    }

    #[test]
    fn what_has_no_end_is_left() {
        let check = |ty: &str, before: &str| {
            let goal = goal(
                HoleKind::Tactic,
                &format!("m n : Nat\nh : {ty}\n⊢ 0 < m"),
                &[],
                before,
            );
            assert!(!Tactics::default().candidates(&goal).is_empty());
        };
        // `Nat.Coprime` may stand for the file's own, as far as one can see.
        check(
            "Coprime m n",
            "def Coprime (m n : Nat) : Prop := 0 < m ∧ Nat.Coprime m n\n",
        );
        check("P m", "def P (m : Nat) : Prop := P m ∧ (∃ k, P k ∧ P k)\n");
        check(&vec!["0 < m"; 20_000].join(" ∧ "), "");
        check(
            &format!("{}0 < m{}", "(".repeat(20_000), ")".repeat(20_000)),
            "",
        );
    }

    fn rows(text: &str) -> Result<Vec<PortfolioRow>, String> {
        #[derive(Deserialize)]
        struct Table {
            tactics: Vec<PortfolioRow>,
        }
        let table: Result<Table, _> = toml::from_str(text);
        table
            .map(|table| table.tactics)
            .map_err(|error| error.message().to_owned())
    }

    /// What the rows of `table` alone give.
    fn check_table(table: &str, goal: &Goal, expect: Expect) {
        let tactics = Tactics {
            entries: rows(table).unwrap(),
        };
        let mut shown = String::new();
        for candidate in tactics.candidates(goal) {
            shown += &candidate.text;
            shown += "\n";
        }
        expect.assert_eq(&shown);
    }

    /// Goals of many kinds, to hold rules against that every candidate has to keep.
    fn all_kinds() -> Vec<Goal> {
        let before = "\
inductive Tree (α : Type) where\n  | leaf\n  | node (l : Tree α) (x : α) (r : Tree α)\n\
def Tree.size : Tree α → Nat\n  | leaf => 0\n  | node l _ r => l.size + 1 + r.size\n\
theorem size_leaf : (Tree.leaf : Tree α).size = 0 := rfl\n\
inductive Even : Nat → Prop\n  | zero : Even 0\n  | step (n : Nat) (h : Even n) : Even (n + 2)\n\
theorem own (t : Tree α) : True := by\n  ";
        let texts = [
            "⊢ 1 + 1 = 2",
            "p q : Prop\nh : p ∧ (q ∨ ¬p)\nh✝ : q\n⊢ q ∨ p",
            "α✝ : Type\ninst✝ : DecidableEq α✝\nx y z : α✝\nxs ys : List α✝\n⊢ ∀ (n : Nat), n ≤ xs.length → ∃ k, n + k = xs.length",
            "t u : Tree Nat\nh : t.size = 0 ∧ ∃ n, n < u.size\n⊢ t.size + u.size ≠ 0",
            "n : Nat\nh : Even n\n⊢ Even (n + 4)",
            "f : Nat → Nat\n⊢ (fun x => f x) = f",
            "a b : Int\nb1 : Bool\no : Option Nat\n⊢ (if a < b then 1 else 2) ≤ 2 ↔ True",
        ];
        let kinds = [HoleKind::Tactic, HoleKind::Term];
        let texts = texts.iter().flat_map(|text| kinds.map(|kind| (kind, text)));
        texts
            .flat_map(|(kind, text)| {
                [&[][..], &["Mathlib"]].map(|imports| goal(kind, text, imports, before))
            })
            .collect()
    }

    #[test]
    fn every_candidate_keeps_the_rules() {
        for goal in all_kinds() {
            let candidates = Tactics::default().candidates(&goal);
            assert!(candidates.len() >= 10, "{goal:?}");
            assert!(candidates.len() <= MAX_CANDIDATES);
            let mut seen = HashSet::new();
            for Candidate { text, engine, .. } in candidates {
                assert_eq!(engine, Engine::Tactics);
                assert!(accessible(&text), "{text}");
                assert_eq!(unknown_placeholder(&text), None, "{text}");
                assert!(!text.starts_with(char::is_whitespace), "{text}");
                assert!(!text.ends_with(char::is_whitespace), "{text}");
                assert!(seen.insert(text.clone()), "twice: {text}");
            }
        }
    }

    #[test]
    fn the_table_has_nothing_that_the_gate_refuses() {
        let banned = [
            "sorry",
            "admit",
            "stop",
            "native",
            "native_decide",
            "bv_decide",
            "run_tac",
            "set_option",
            "unsafe",
            "axiom",
            "ofReduceBool",
        ];
        for PortfolioRow { row } in portfolio() {
            for text in [&row.tactic, &row.term].into_iter().flatten() {
                let words: HashSet<&str> = names(text).collect();
                assert!(!banned.iter().any(|word| words.contains(word)), "{text}");
            }
        }
    }

    #[test]
    fn a_bad_row_is_an_error_that_names_it() {
        let check = |text: &str, expected: &str| {
            let error = rows(&format!("[[tactics]]\n{text}")).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("tactics = \"simp\"", "unknown field `tactics`");
        check("at = [\"goal\"]", "needs `tactic` or `term`");
        check("tactic = \"simp [{hyps}]\"", "{hyps}");
        check(
            "tactic = \"simp\"\ntarget = [\"=>\"]",
            "unknown variant `=>`",
        );
        assert!(rows("[[tactics]]\nterm = \"{ x with a := 1 }\"").is_ok());
    }

    #[test]
    fn a_users_rows_come_first() {
        let extra = rows("[[tactics]]\ntactic = \"my_tactic\"").unwrap();
        let goal = goal(HoleKind::Tactic, "⊢ True", &[], "");
        let candidates = Tactics::new(extra).candidates(&goal);
        assert_eq!(candidates[0].text, "my_tactic");
        assert!(candidates.len() > 1);
    }

    #[test]
    fn imports_decide() {
        let check = |needed: &str, imports: &[&str], expected: bool| {
            let imports: Vec<String> = imports.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(
                imported(&[needed.to_owned()], &imports),
                expected,
                "{imports:?}"
            );
        };
        check("Mathlib", &[], false);
        check("Mathlib", &["Mathlib"], true);
        check("Mathlib", &["Mathlib.Data.Nat.Basic"], true);
        check(
            "Mathlib",
            &["Std.Data.HashMap", "Lean.Elab", "Batteries", "Aesop"],
            false,
        );
        check("Mathlib", &["Thesis.Basic"], true);
        check("Aesop", &["Mathlib.Logic.Basic"], true);
        check("Aesop", &["Batteries"], false);
    }

    #[test]
    fn placeholders() {
        let before = "\
inductive Tree (α : Type) where\n  | leaf\n  | node : Tree α → α → Tree α → Tree α\n\
def size : Tree α → Nat\n  | .leaf => 0\n  | .node l _ r => size l + 1 + size r\n\
theorem size_leaf : size (Tree.leaf : Tree α) = 0 := rfl\n\
theorem size_hole : size (Tree.leaf : Tree α) = 0 := sorry\n\
theorem own : ∀ t : Tree α, size t = 0\n  | .leaf => rfl\n  | t => by\n  ";
        let tree =
            "α : Type\nt u : Tree α\nx : α\nh : size t = 0\ng : p ∧ q ∨ ∃ k, r k\n⊢ size u = 0";
        let table = "
            [[tactics]]
            tactic = 'simp [{f}, {h}, {lemmas}] -- {own}'
            [[tactics]]
            tactic = 'rcases {h} with {pattern}'
            hypothesis = ['∨']
            [[tactics]]
            tactic = '''
induction {x} generalizing {others} with
| {base} => rfl
| {step} => simp'''
            variable = ['recursive']
            [[tactics]]
            tactic = '''
cases {x} with
| {case} => exact {w}'''
            [[tactics]]
            tactic = '''
cases {x} with
| {case} => rfl'''
            most = 1
        ";
        check_table(
            table,
            &goal(HoleKind::Tactic, tree, &[], before),
            expect![[r#"
                simp [size, g, size_leaf] -- own
                simp [size, h, size_leaf] -- own
                rcases g with ⟨hp, hq⟩ | ⟨k, h₁⟩
                induction u generalizing t x with
                | leaf => rfl
                | node u a u₁ ih ih₁ => simp
                induction t generalizing u x with
                | leaf => rfl
                | node t a t₁ ih ih₁ => simp
                cases u with
                | leaf => rfl
                | node u a u₁ => rfl
            "#]],
        );
    }

    #[test]
    fn steps_before_a_row() {
        let text = "h : ∃ k, p k ∧ q\n⊢ ∀ (n : Nat), 0 < n → ¬n = 3";
        let table = "
            [[tactics]]
            tactic = 'omega'
            at = ['goal', 'intro', 'open']
            [[tactics]]
            term = 'f {h}'
            most = 1
        ";
        check_table(
            table,
            &goal(HoleKind::Tactic, text, &[], ""),
            expect![[r#"
                omega
                intro n h₁ h₂
                omega
                intro n h₁ h₂
                obtain ⟨k, h, hq⟩ := h
                omega
                intro n h₁ h₂
                exact f h₂
            "#]],
        );
        check_table(
            table,
            &goal(HoleKind::Term, text, &[], ""),
            expect![[r#"
                by omega
                by
                  intro n h₁ h₂
                  omega
                by
                  intro n h₁ h₂
                  obtain ⟨k, h, hq⟩ := h
                  omega
                fun n h₁ h₂ => f h₂
            "#]],
        );
    }

    #[test]
    fn witnesses() {
        let table = "[[tactics]]\nterm = '⟨{w}, rfl⟩'\nmost = 8";
        let check = |text, expect| check_table(table, &goal(HoleKind::Term, text, &[], ""), expect);
        check(
            "a b : Nat\n⊢ ∃ k, a + b = k",
            expect![[r#"
                ⟨a, rfl⟩
                ⟨b, rfl⟩
                ⟨a + 1, rfl⟩
                ⟨a + b, rfl⟩
                ⟨a * b, rfl⟩
                ⟨2 * a, rfl⟩
                ⟨a / 2, rfl⟩
                ⟨a - 1, rfl⟩
            "#]],
        );
        check(
            "a : Nat\n⊢ ∃ k l, a + k = l",
            expect![[r#"
            ⟨a, a, rfl⟩
            ⟨a, 0, rfl⟩
            ⟨a, 1, rfl⟩
            ⟨a, 2, rfl⟩
            ⟨a, 3, rfl⟩
            ⟨0, a, rfl⟩
            ⟨0, 0, rfl⟩
            ⟨0, 1, rfl⟩
        "#]],
        );
        check("⊢ 1 = 1", expect![[r#""#]]);
    }

    #[test]
    fn data_is_not_made_up() {
        let check = |text: &str, expect: Expect| {
            let goal = goal(HoleKind::Term, text, &[], "");
            let texts = Tactics::default().candidates(&goal);
            let texts: Vec<&str> = texts.iter().map(|one| &*one.text).collect();
            expect.assert_eq(&texts.join("\n"));
        };
        check("n : Nat\n⊢ List Nat", expect!["inferInstance"]);
        check("α : Type\n⊢ Nat → α × α", expect!["fun x => inferInstance"]);
    }
}
