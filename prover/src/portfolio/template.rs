//! Fills in a row's text at a goal.

use super::file_context::{Constructor, FileContext};
use super::goal_state::GoalState;
use super::placeholder::{CASES, SLOTS};
use super::row::Row;
use crate::goal::HoleKind;
use unsorry_syntax::DeclarationKind;

/// The most candidates from one row, where it does not say.
const MAX_CANDIDATES_OF_A_ROW: usize = 4;

/// A state of the goal, and what the file above it has to offer.
pub(super) struct TemplateContext<'a> {
    pub(super) state: GoalState,
    pub(super) file: &'a FileContext,
    /// Definitions of the file's own that the goal mentions.
    pub(super) direct: Vec<String>,
    /// The definitions of `direct`, and those that they are made of.
    pub(super) definitions: Vec<String>,
    /// Those of `definitions` that `simp` is better not given.
    pub(super) looping: Vec<String>,
    /// Proved theorems of the file's own, most fitting first.
    pub(super) lemmas: Vec<String>,
}

impl<'a> TemplateContext<'a> {
    pub(super) fn new(state: GoalState, file: &'a FileContext) -> Self {
        let mut subject = state.target.clone();
        for local in &state.locals {
            subject.push('\n');
            subject.push_str(&local.ty);
        }
        let (direct, definitions) = file.definitions(&subject);
        for definition in &definitions {
            subject.push('\n');
            subject.push_str(definition);
        }
        let lemmas = file.lemmas(&subject);
        let loops = |name: &&String| {
            let found = file.find(name);
            found.is_some_and(|found| found.kind == DeclarationKind::Def && found.loops())
        };
        let looping = definitions.iter().filter(loops).cloned().collect();
        Self {
            state,
            file,
            direct,
            definitions,
            looping,
            lemmas,
        }
    }

    /// The texts that `row` gives here for a hole of this kind.
    pub(super) fn texts(&self, row: &Row, kind: HoleKind) -> Vec<String> {
        if !self.fits(row) {
            return Vec::new();
        }
        let most = row.most.unwrap_or(MAX_CANDIDATES_OF_A_ROW);
        let fill = |template: &str| self.fill(template, row);
        let state = &self.state;
        match (kind, &row.tactic, &row.term) {
            (HoleKind::Tactic, Some(tactic), _) => {
                let texts = fill(tactic).into_iter().take(most);
                texts.map(|text| block(&state.steps, &text)).collect()
            }
            (HoleKind::Tactic, None, Some(term)) => {
                let texts = fill(term).into_iter().take(most);
                texts
                    .map(|text| block(&state.steps, &format!("exact {text}")))
                    .collect()
            }
            (HoleKind::Term, _, Some(term)) => {
                let texts = fill(term).into_iter().take(most);
                texts.filter_map(|text| self.as_term(&text)).collect()
            }
            (HoleKind::Term, Some(tactic), None) => {
                let texts = fill(tactic).into_iter().take(most);
                texts.map(|text| by(&block(&state.steps, &text))).collect()
            }
            (_, None, None) => Vec::new(),
        }
    }

    /// A term after this state's steps; where those are more than an `intro`, it takes tactics.
    fn as_term(&self, text: &str) -> Option<String> {
        let GoalState {
            steps, introduced, ..
        } = &self.state;
        match (steps.len(), introduced.is_empty()) {
            (0, _) => Some(text.to_owned()),
            (1, false) => Some(format!("fun {} => {text}", introduced.join(" "))),
            _ => Some(by(&block(steps, &format!("exact {text}")))),
        }
    }

    /// Every way to fill in a row's text.
    fn fill(&self, template: &str, row: &Row) -> Vec<String> {
        const MAX_FILLED: usize = 32;
        let mut filled: Vec<Vec<(&str, String)>> = vec![Vec::new()];
        for (mark, slot) in SLOTS {
            if !template.contains(mark) {
                continue;
            }
            let mut next = Vec::new();
            for bound in &filled {
                let taken = |option: &String| bound.iter().any(|(_, other)| other == option);
                for option in self.options(slot, row, template, bound) {
                    if !taken(&option) && next.len() < MAX_FILLED {
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

    /// Repeats a line with `{case}`, `{base}` or `{step}` for each constructor of `{x}`'s type.
    fn lines_of_cases(&self, template: &str, bound: &[(&str, String)]) -> Option<String> {
        if !CASES.iter().any(|mark| template.contains(mark)) {
            return Some(template.to_owned());
        }
        let variable = &bound.iter().find(|(mark, _)| *mark == "{x}")?.1;
        let values = self.state.values();
        let (_, ty) = values.iter().find(|(local, _)| local.name == *variable)?;
        let constructors = self.file.constructors(ty)?;
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
        let mut state = self.state.clone();
        // The variable is gone inside its own cases.
        state.locals.retain(|local| local.name != variable);
        let mut words = vec![constructor.name.clone()];
        let mut hypotheses = Vec::new();
        for argument in &constructor.arguments {
            let base = match (&argument.name, argument.recursive) {
                (_, true) if constructor.arguments.len() == 1 => variable,
                (Some(name), _) => name,
                (None, true) => variable,
                (None, false) => "a",
            };
            let name = state.fresh(base);
            state.reserve(&name);
            words.push(name);
            if argument.recursive && induction {
                let name = state.fresh("ih");
                state.reserve(&name);
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
