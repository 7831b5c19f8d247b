//! The sole maker of [`VerifiedProof`], [`VerifiedSketch`] and [`Refutation`].

pub mod dependencies;
pub mod level;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use unsorry_prover::{Candidate, HoleKind};

use crate::check::axioms::{self, AxiomReport};
use crate::check::baseline::{Baseline, HEAD_LIMIT};
use crate::check::checker::{CheckError, Checker};
use crate::check::screen::{Complaint, Verdict, verdict};
use crate::gate::{Refusal, gate, gate_sketch};
use crate::lean::diagnostic::Diagnostic;
use crate::replay::{self, NotReplayed, Replayer};
use crate::rewrite::closed::{self, closed, theorems, with_axiom};
use crate::rewrite::negation::{self, Negation};
use crate::target::{NAME, Target};
use dependencies::dependencies;
use level::{Level, Requirements};
use unsorry_syntax::{Change, LineIndex};

/// What it takes to check candidates for one hole.
#[derive(Debug, Clone, Copy)]
pub struct CheckContext<'a> {
    /// Asks Lean.
    pub checker: &'a Checker,
    /// The hole.
    pub target: &'a Target,
    /// What Lean says of it as it stands.
    pub baseline: &'a Baseline,
    /// How long Lean may take for a text.
    pub limit: Duration,
}

/// Whether Lean's kernel has taken a proof once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// Nobody wanted that.
    NotAsked,
    /// It has.
    Done,
    /// That can't be known, and this is why.
    Impossible(String),
}

/// A proof that Lean has accepted in the user's own text, exactly where it will go. Only [`confirm`]
/// makes one: its fields are private to this module.
#[derive(Debug, Clone)]
pub struct VerifiedProof {
    proof: String,
    engine: &'static str,
    hole: Range<usize>,
    change: Change,
    head: Arc<str>,
    level: Level,
    axioms: AxiomReport,
    replay: Replay,
    depends_on: Vec<String>,
    siblings: usize,
    plan: Option<Arc<str>>,
    took: Duration,
}

impl VerifiedProof {
    /// The proof itself, as it was proposed.
    pub fn proof(&self) -> &str {
        &self.proof
    }

    /// The prover that proposed it.
    pub fn engine(&self) -> &'static str {
        self.engine
    }

    /// The hole's token in the text that it was checked in.
    pub fn hole(&self) -> &Range<usize> {
        &self.hole
    }

    /// The change to the text that was checked. It takes in the hole, and perhaps blanks before it.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The text that it was checked in, up to the end of the declaration, before the change.
    pub fn head(&self) -> &Arc<str> {
        &self.head
    }

    /// How far it was checked.
    pub fn level(&self) -> Level {
        self.level
    }

    /// What Lean said of its axioms.
    pub fn axioms(&self) -> &AxiomReport {
        &self.axioms
    }

    /// Whether the kernel has taken it once more.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// The declarations of the file it uses that are not proved themselves; empty for a proof that
    /// stands on its own.
    pub fn depends_on(&self) -> &[String] {
        &self.depends_on
    }

    /// How many other holes its declaration has.
    pub fn siblings(&self) -> usize {
        self.siblings
    }

    /// The plan that it came with.
    pub fn plan(&self) -> Option<&Arc<str>> {
        self.plan.as_ref()
    }

    /// How long Lean took for it, with all that stands in its declaration.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// In words, how far it was checked and what that leaves open.
    pub fn standing(&self) -> String {
        let mut text = "Lean-checked".to_owned();
        if self.replay == Replay::Done {
            text += ", kernel-replayed";
        }
        text += &match (self.level, &self.axioms) {
            (Level::AxiomsClean | Level::KernelReplayed, _) => ", axioms clean".to_owned(),
            (_, AxiomReport::Axioms(axioms)) => format!("; axioms: {}", axioms.join(", ")),
            (_, AxiomReport::NotReported(_)) => "; axioms not reported by this Lean".to_owned(),
        };
        if let Replay::Impossible(why) = &self.replay {
            text += &format!("; not kernel-replayed: {why}");
        }
        if self.siblings > 0 {
            text += &format!("; {} more sorry in this declaration", self.siblings);
        }
        if !self.depends_on.is_empty() {
            text += &format!("; leans on {}, not proved yet", self.depends_on.join(", "));
        }
        text
    }
}

/// Why a candidate is not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It never got to Lean.
    #[error("refused: {0}")]
    Gate(#[from] Refusal),
    /// Lean refuses it.
    #[error("{}", .0.first().map_or("Lean refuses it", Complaint::first_line))]
    Lean(Vec<Complaint>),
    /// It brings axioms of its own.
    #[error("it depends on {0}")]
    Axioms(String),
    /// It is a proof as far as that, and more is asked for.
    #[error("it is {} only, and `check.level` asks for more{}", .0.title(), .1)]
    Level(Level, String),
    /// The kernel refuses it.
    #[error(transparent)]
    Replay(NotReplayed),
    /// Lean's answer is no verdict.
    #[error(transparent)]
    Check(#[from] CheckError),
}

impl Rejection {
    /// Refused, and not in Lean's words.
    pub(crate) fn because(why: &str) -> Rejection {
        Rejection::Lean(vec![Complaint::new(why)])
    }
}

/// Has Lean check `candidate` alone, exactly where it will go, and asks for its axioms.
///
/// # Errors
/// When it is anything but a proof as `requirements` has it, or when that can't be known.
pub async fn confirm(
    cx: CheckContext<'_>,
    requirements: &Requirements,
    candidate: &Candidate,
) -> Result<VerifiedProof, Rejection> {
    let CheckContext {
        checker,
        target,
        baseline,
        limit,
    } = cx;
    let kind = baseline.goal.kind;
    gate(kind, &candidate.text)?;
    if candidate.is_query() {
        return Err(Rejection::because("it only asks Lean for a proof"));
    }
    let spliced = target.spliced(kind, &candidate.text);
    let lines = LineIndex::new(&spliced.text);
    let inspection = axioms::Inspection::of(target, &spliced.text);
    let text = format!("{}{}\n", spliced.text, inspection.commands());
    // Where tactics go, Lean must show a goal at the first of them: it was run.
    let first_token = spliced.change.range.start + spliced.change.text.len()
        - spliced
            .change
            .text
            .trim_start_matches(|c: char| c.is_whitespace() || c == '(')
            .len();
    let first_token = lines.position(first_token);
    let elaboration = checker
        .elaborate(&target.uri, text, vec![first_token], limit)
        .await?;
    let took = elaboration.took;
    let said = of_declaration(target, &lines, &spliced.text, &elaboration.diagnostics);
    match verdict(target, baseline, first_token.line, &said) {
        Verdict::Passed { .. } => {}
        Verdict::Failed(errors) => return Err(Rejection::Lean(errors)),
        Verdict::OutOfHeartbeats => {
            return Err(Rejection::because("it runs out of heartbeats"));
        }
    }
    if kind == HoleKind::Tactic
        && elaboration
            .answers
            .iter()
            .all(|goals| goals.tactic.is_none() && goals.term.is_none())
    {
        return Err(Rejection::because("Lean did not run it"));
    }
    let statement = inspection.statement(&elaboration.diagnostics);
    if statement.is_none() && baseline.statement.is_some() {
        return Err(Rejection::because(
            "Lean reads what stands behind the declaration as part of it",
        ));
    }
    // A theorem's type is settled before its proof; a variable that only a proof uses becomes part of a
    // definition's.
    if statement != baseline.statement || statement.is_none() && theorems(target).is_none() {
        return Err(Rejection::because("it changes the type of its declaration"));
    }
    is_one_block(checker, target, kind, &candidate.text, limit).await?;
    let siblings = target.siblings().count();
    if siblings > 0 {
        is_whole(checker, target, baseline, &spliced.text, limit).await?;
    }
    let report = inspection.report(&elaboration.diagnostics);
    let level = match &report {
        AxiomReport::Axioms(axioms) => {
            let foreign = foreign(axioms, &baseline.axioms);
            if !foreign.is_empty() {
                return Err(Rejection::Axioms(foreign.join(", ")));
            }
            let unproved = axioms.iter().any(|name| name == axioms::SORRY);
            if unproved {
                Level::LeanChecked
            } else {
                Level::AxiomsClean
            }
        }
        AxiomReport::NotReported(_) => Level::LeanChecked,
    };
    // What is still to come makes no more of it than that.
    if level < requirements.least.min(Level::AxiomsClean) {
        return Err(Rejection::Level(level, String::new()));
    }
    let depends_on = match level {
        Level::LeanChecked => depends_on(checker, target, &spliced.text, siblings, limit).await?,
        _ => Vec::new(),
    };
    let is_whole = siblings == 0 && depends_on.is_empty();
    let replay = match requirements.replayer() {
        None => Replay::NotAsked,
        Some(_) if !is_whole => Replay::Impossible("there is a sorry behind it".into()),
        Some(replayer) => {
            let replayed = replayed(replayer, target, baseline, &inspection, limit).await;
            match replayed {
                Ok(()) => Replay::Done,
                Err(NotReplayed::Impossible(why)) => Replay::Impossible(why),
                Err(refused) => return Err(Rejection::Replay(refused)),
            }
        }
    };
    let level = match (level, &replay) {
        (Level::AxiomsClean, Replay::Done) => Level::KernelReplayed,
        (level, _) => level,
    };
    if level < requirements.least {
        let why = match &replay {
            Replay::Impossible(why) => format!(": {why}"),
            _ => String::new(),
        };
        return Err(Rejection::Level(level, why));
    }
    Ok(VerifiedProof {
        proof: candidate.text.clone(),
        engine: candidate.engine,
        head: target.head().into(),
        hole: target.hole().range.clone(),
        change: spliced.change,
        level,
        axioms: report,
        replay,
        depends_on,
        siblings,
        plan: candidate.plan.clone(),
        took,
    })
}

/// Has the kernel take the declaration once more as it is in `inspection`'s text.
///
/// # Errors
/// When it does not, or can't be asked.
async fn replayed(
    replayer: &Replayer,
    target: &Target,
    baseline: &Baseline,
    inspection: &axioms::Inspection,
    limit: Duration,
) -> Result<(), NotReplayed> {
    let limit = HEAD_LIMIT + limit;
    let own = match &target.declaration().name {
        Some(name) => &target.text[name.clone()],
        None => NAME,
    };
    let own = own.trim_start_matches("_root_.");
    let name = baseline.statement.as_deref().and_then(replay::name_in);
    // Lean says in what namespace it is, not what it is called.
    let name = name.filter(|name| name.ends_with(own));
    let name = name.ok_or_else(|| {
        NotReplayed::Impossible("its declaration has no name to ask about".into())
    })?;
    let before = baseline.compiled.get_or_init(async || {
        let before = axioms::Inspection::of(target, target.head());
        replayer.compile(before.named(), limit).await
    });
    let before = before.await.as_ref().map_err(NotReplayed::clone)?;
    // Lean has just accepted that: whatever goes wrong now may be the candidate's doing.
    let after = replayer.compile(inspection.named(), limit).await;
    let after = after.map_err(NotReplayed::refused)?;
    replayer.replay(before, &after, name, limit).await
}

/// Whether Lean takes the candidate in parentheses as well: then nothing in it is a command of its own,
/// with whatever word an import has made one.
///
/// # Errors
/// When it does not, or can't be asked.
async fn is_one_block(
    checker: &Checker,
    target: &Target,
    kind: HoleKind,
    candidate: &str,
    limit: Duration,
) -> Result<(), Rejection> {
    let enclosed = target.spliced(kind, &format!("(\n{candidate}\n)")).text;
    let lines = LineIndex::new(&enclosed);
    let elaboration = checker
        .elaborate(&target.uri, enclosed.clone(), Vec::new(), limit)
        .await?;
    let said = of_declaration(target, &lines, &enclosed, &elaboration.diagnostics);
    match said.iter().find(|d| d.is_error()) {
        Some(error) => Err(Rejection::because(&format!(
            "it is not one block: {}",
            error.first_line()
        ))),
        None => Ok(()),
    }
}

/// Whether Lean says of the declaration in `text`, its other holes filled by an axiom, that it is whole: a
/// theorem is reported as accomplished, anything else is printed without a `sorry`.
///
/// # Errors
/// When it does not, or can't be asked.
async fn is_whole(
    checker: &Checker,
    target: &Target,
    baseline: &Baseline,
    text: &str,
    limit: Duration,
) -> Result<(), Rejection> {
    let closed = closed(target, text);
    let elaboration = checker
        .elaborate(&target.uri, closed.clone(), Vec::new(), limit)
        .await?;
    let first = target
        .outline
        .lines
        .position(target.declaration().block.start);
    let first = first.line + closed::lines();
    let said = elaboration.diagnostics.iter();
    let said: Vec<&Diagnostic> = said.filter(|d| d.start().line >= first).collect();
    if let Some(error) = said.iter().find(|d| d.is_error()) {
        return Err(Rejection::because(error.first_line()));
    }
    if said.iter().any(|d| d.says_sorry()) {
        return Err(Rejection::because("it leaves a sorry"));
    }
    let accomplished = said.iter().filter(|d| d.says_accomplished()).count();
    match theorems(target) {
        Some(theorems) if baseline.reports_accomplished => match accomplished >= theorems {
            true => Ok(()),
            false => Err(Rejection::because(
                "Lean does not report the goals as accomplished",
            )),
        },
        _ => {
            let dependencies = dependencies(checker, &with_axiom(target), &closed, limit).await?;
            match (dependencies.holds_sorry, dependencies.hidden) {
                (true, _) => Err(Rejection::because("it leaves a sorry")),
                (_, true) => Err(Rejection::because(
                    "Lean does not show its term, which has other holes",
                )),
                (false, false) => Ok(()),
            }
        }
    }
}

/// What Lean says of the target's declaration in `text`, which is the target's up to there.
fn of_declaration<'a>(
    target: &Target,
    lines: &LineIndex,
    text: &str,
    diagnostics: &'a [Diagnostic],
) -> Vec<&'a Diagnostic> {
    let first = lines.position(target.declaration().block.start).line;
    let last = lines.position(text.len()).line;
    let inside = |d: &&Diagnostic| (first..=last).contains(&d.start().line);
    diagnostics.iter().filter(inside).collect()
}

/// The unproved declarations of the file that the proof in `text` uses, and the declaration without
/// it does not.
async fn depends_on(
    checker: &Checker,
    target: &Target,
    text: &str,
    siblings: usize,
    limit: Duration,
) -> Result<Vec<String>, Rejection> {
    let after = dependencies(checker, target, text, limit).await?;
    if let Some(native) = after.native {
        return Err(Rejection::Axioms(native));
    }
    if after.holds_sorry && siblings == 0 {
        return Err(Rejection::because("it leaves a sorry"));
    }
    if after.unproved.is_empty() && after.axioms.is_empty() && !after.hidden {
        return Ok(Vec::new());
    }
    let before = dependencies(checker, target, target.head(), limit).await?;
    if let Some(axiom) = after.axioms.difference(&before.axioms).next() {
        return Err(Rejection::Axioms(axiom.clone()));
    }
    let mut names: Vec<String> = after
        .unproved
        .difference(&before.unproved)
        .cloned()
        .collect();
    if after.hidden && !before.hidden {
        names.push("something that Lean does not show".into());
    }
    Ok(names)
}

/// A sketch that Lean takes in the user's own text, exactly where it would go, but for the `sorry`s that
/// it has itself. It is no proof. Only [`confirm_sketch`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedSketch {
    text: String,
    change: Change,
    head: Arc<str>,
    hole: Range<usize>,
    steps: usize,
    open: usize,
}

impl VerifiedSketch {
    /// The sketch itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The change to the text that was checked.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The text that it was checked in, up to the end of the declaration, before the change.
    pub fn head(&self) -> &Arc<str> {
        &self.head
    }

    /// The hole's token in that text.
    pub fn hole(&self) -> &Range<usize> {
        &self.hole
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// How many of its steps are still to be proved.
    pub fn open(&self) -> usize {
        self.open
    }

    /// `3 of 4 steps proved, 1 sorry left`
    pub fn standing(&self) -> String {
        let VerifiedSketch { steps, open, .. } = self;
        let plural = if *steps == 1 { "" } else { "s" };
        let left = if *open == 1 { "sorry" } else { "sorries" };
        format!(
            "{} of {steps} step{plural} proved, {open} {left} left",
            steps - open
        )
    }
}

/// Has Lean check `sketch`, which leaves `open` of its `steps` to be proved, exactly where it would go.
///
/// # Errors
/// When it has any error, or that can't be known.
pub async fn confirm_sketch(
    cx: CheckContext<'_>,
    sketch: &Candidate,
    (steps, open): (usize, usize),
) -> Result<VerifiedSketch, Rejection> {
    let CheckContext {
        checker,
        target,
        baseline,
        limit,
    } = cx;
    let kind = baseline.goal.kind;
    gate_sketch(kind, &sketch.text)?;
    if sketch.is_query() {
        return Err(Rejection::because("it only asks Lean for a proof"));
    }
    let spliced = target.spliced(kind, &sketch.text);
    let lines = LineIndex::new(&spliced.text);
    let elaboration = checker
        .elaborate(&target.uri, spliced.text.clone(), Vec::new(), limit)
        .await?;
    let said = of_declaration(target, &lines, &spliced.text, &elaboration.diagnostics);
    let start = spliced.change.text.len() - spliced.change.text.trim_start().len();
    let start = lines.position(spliced.change.range.start + start).line;
    let errors = said.iter().filter(|d| d.is_error());
    let errors: Vec<Complaint> = errors.map(|d| Complaint::of(d, start)).collect();
    if !errors.is_empty() {
        return Err(Rejection::Lean(errors));
    }
    // It may have been taken for something else than it looks like: its `sorry`s must be seen.
    if !said.iter().any(|d| d.says_sorry()) {
        return Err(Rejection::because("Lean sees no sorry in it"));
    }
    is_whole(checker, target, baseline, &spliced.text, limit).await?;
    Ok(VerifiedSketch {
        text: sketch.text.clone(),
        change: spliced.change,
        head: target.head().into(),
        hole: target.hole().range.clone(),
        steps,
        open,
    })
}

/// That a goal is false: a proof of its negation, its context generalised, which Lean has accepted
/// before the goal's declaration, and from which Lean concludes against the goal itself. Only
/// [`refute`] makes one.
#[derive(Debug, Clone)]
pub struct Refutation {
    /// `¬ (∀ (n : Nat), n < n)`
    statement: String,
    proof: Arc<VerifiedProof>,
    counterexample: Option<String>,
}

impl Refutation {
    /// Where the goal fails: `n = 0`.
    pub fn counterexample(&self) -> Option<&str> {
        self.counterexample.as_deref()
    }

    /// In words, with what was proved.
    pub fn told(&self) -> String {
        let level = self.proof.level().title();
        let values = match &self.counterexample {
            Some(values) => format!(", for {values}"),
            None => String::new(),
        };
        let statement = &self.statement;
        format!("this sorry is false{values}: Lean has accepted a proof of {statement} ({level})")
    }
}

/// Concludes from `proof`, of a negation's statement, that the goal of `target` is false: Lean must
/// accept, in the user's own text, that what was proved is the negation of that very goal.
///
/// # Errors
/// When Lean does not, or that can't be known.
pub async fn refute(
    cx: CheckContext<'_>,
    negation: &Negation,
    proof: Arc<VerifiedProof>,
    counterexample: Option<String>,
) -> Result<Refutation, Rejection> {
    let CheckContext {
        checker,
        target,
        baseline,
        limit,
    } = cx;
    if **proof.head() != *negation.target().head() {
        return Err(Rejection::because("it is the proof of something else"));
    }
    if !proof.depends_on().is_empty() || proof.siblings() > 0 {
        return Err(Rejection::because("it leans on what is not proved"));
    }
    if baseline.error_before {
        return Err(Rejection::because("an error stands before the declaration"));
    }
    let proof_change = proof.change();
    let start = target.declaration().block.start;
    let first = target.outline.lines.position(start).line + closed::lines();
    let ask = async |theorem: &str| -> Result<Vec<Diagnostic>, Rejection> {
        let linked = closed(target, &negation.linked(target, proof_change, theorem));
        let elaboration = checker.elaborate(&target.uri, linked, Vec::new(), limit);
        let mut said = elaboration.await?.diagnostics;
        said.retain(|d| d.start().line >= first);
        Ok(said)
    };
    let said = ask(negation::NAME).await?;
    if let Some(error) = said.iter().find(|d| d.is_error()) {
        return Err(Rejection::because(error.first_line()));
    }
    // The goal as it was compared: Lean might have filled in what is still open in it.
    let goal = said.iter().find(|d| d.message.contains('⊢'));
    if !goal.is_some_and(|goal| is_settled(&goal.message)) {
        return Err(Rejection::because("its goal is not settled"));
    }
    let whole = |said: &[Diagnostic]| {
        let accomplished = said.iter().filter(|d| d.says_accomplished()).count();
        let expected = theorems(target).filter(|_| baseline.reports_accomplished);
        // The negation is one more.
        let accomplished = expected.is_none_or(|theorems| accomplished > theorems);
        accomplished && !said.iter().any(|d| d.is_error() || d.says_sorry())
    };
    if !whole(&said) {
        return Err(Rejection::because("Lean does not report it as whole"));
    }
    // What would be taken whatever stands there says nothing.
    if whole(&ask("True.intro").await?) {
        return Err(Rejection::because("an error there would not be heard of"));
    }
    Ok(Refutation {
        statement: negation.statement().to_owned(),
        proof,
        counterexample,
    })
}

/// Whether a goal, printed whole, has nothing in it that Lean is still to find.
fn is_settled(goal: &str) -> bool {
    let open = goal.match_indices('?').any(|(at, _)| {
        let before = goal[..at].chars().next_back();
        let after = goal[at + 1..].chars().next();
        let name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !name(before) && name(after)
    });
    !open && !goal.contains('⋯')
}

/// The axioms that are neither standard nor were there before.
fn foreign(axioms: &[String], before: &AxiomReport) -> Vec<String> {
    let known = |name: &String| match before {
        AxiomReport::Axioms(before) => before.contains(name),
        AxiomReport::NotReported(_) => false,
    };
    axioms
        .iter()
        .filter(|name| {
            !axioms::STANDARD.contains(&name.as_str()) && !known(name) && *name != axioms::SORRY
        })
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests;
