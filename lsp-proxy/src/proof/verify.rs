//! The sole maker of [`VerifiedProof`].

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use unsorry_model::{Candidate, HoleKind};

use super::axioms::{self, Report};
use super::baseline::Baseline;
use super::checker::{CheckError, Checker};
use super::gate::{Refusal, gate};
use super::neighbours::reach;
use super::screen::{Verdict, verdict};
use super::target::Target;
use crate::document::{Change, LineIndex};
use crate::lean::diagnostic::Diagnostic;

/// How far a proof was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Lean's elaborator and kernel took it without error or `sorry`.
    LeanChecked,
    /// And it rests on no axiom but the standard ones and those that were there before.
    AxiomsClean,
}

impl Level {
    /// Its name for a reader.
    pub fn title(self) -> &'static str {
        match self {
            Level::LeanChecked => "Lean-checked",
            Level::AxiomsClean => "axioms clean",
        }
    }

    /// Its name in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Level::LeanChecked => "lean-checked",
            Level::AxiomsClean => "axioms-clean",
        }
    }
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
    axioms: Report,
    leans_on: Vec<String>,
    siblings: usize,
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
    pub fn axioms(&self) -> &Report {
        &self.axioms
    }

    /// The declarations of the file it uses that are not proved themselves; empty for a proof that
    /// stands on its own.
    pub fn leans_on(&self) -> &[String] {
        &self.leans_on
    }

    /// How many other holes its declaration has.
    pub fn siblings(&self) -> usize {
        self.siblings
    }

    /// In words, how far it was checked and what that leaves open.
    pub fn standing(&self) -> String {
        let mut text = match (self.level, &self.axioms) {
            (Level::AxiomsClean, _) => "Lean-checked, axioms clean".to_owned(),
            (_, Report::Axioms(axioms)) => format!("Lean-checked; axioms: {}", axioms.join(", ")),
            (_, Report::NotReported(_)) => {
                "Lean-checked; axioms not reported by this Lean".to_owned()
            }
        };
        if self.siblings > 0 {
            text += &format!("; {} more sorry in this declaration", self.siblings);
        }
        if !self.leans_on.is_empty() {
            text += &format!("; leans on {}, not proved yet", self.leans_on.join(", "));
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
    #[error("{0}")]
    Lean(String),
    /// It brings axioms of its own.
    #[error("it depends on {0}")]
    Axioms(String),
    /// Lean's answer is no verdict.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// Has Lean check `candidate` alone, exactly where it will go, and asks for its axioms.
///
/// # Errors
/// When it is anything but a proof, or when that can't be known.
pub async fn confirm(
    checker: &Checker,
    target: &Target,
    baseline: &Baseline,
    candidate: &Candidate,
    limit: Duration,
) -> Result<VerifiedProof, Rejection> {
    let kind = baseline.goal.kind;
    gate(kind, &candidate.text)?;
    if candidate.is_query() {
        return Err(Rejection::Lean("it only asks Lean for a proof".into()));
    }
    let spliced = target.spliced(kind, &candidate.text);
    let lines = LineIndex::new(&spliced.text);
    let question = axioms::Question::of(target, &spliced.text);
    let text = format!("{}{}\n", spliced.text, question.commands());
    // Where tactics go, Lean must show a goal at the first of them: it was run.
    let first_token = spliced.change.range.start + spliced.change.text.len()
        - spliced
            .change
            .text
            .trim_start_matches(|c: char| c.is_whitespace() || c == '(')
            .len();
    let elaboration = checker
        .elaborate(&target.uri, text, vec![lines.position(first_token)], limit)
        .await?;
    let first = lines.position(target.declaration().unit.start).line;
    let last = lines.position(spliced.text.len()).line;
    let said: Vec<&Diagnostic> = elaboration
        .diagnostics
        .iter()
        .filter(|d| (first..=last).contains(&d.start().line))
        .collect();
    match verdict(target, baseline, &said) {
        Verdict::Passed { .. } => {}
        Verdict::Failed(error) => return Err(Rejection::Lean(error)),
        Verdict::OutOfHeartbeats => {
            return Err(Rejection::Lean("it runs out of heartbeats".into()));
        }
    }
    if kind == HoleKind::Tactic
        && elaboration
            .answers
            .iter()
            .all(|goals| goals.tactic.is_none() && goals.term.is_none())
    {
        return Err(Rejection::Lean("Lean did not run it".into()));
    }
    let siblings = target.siblings().count();
    let report = question.report(&elaboration.diagnostics);
    let level = match &report {
        Report::Axioms(axioms) => {
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
        Report::NotReported(_) => Level::LeanChecked,
    };
    let leans_on = match level {
        Level::AxiomsClean => Vec::new(),
        Level::LeanChecked => leans_on(checker, target, &spliced.text, siblings, limit).await?,
    };
    Ok(VerifiedProof {
        proof: candidate.text.clone(),
        engine: candidate.engine,
        head: target.head().into(),
        hole: target.hole().range.clone(),
        change: spliced.change,
        level,
        axioms: report,
        leans_on,
        siblings,
    })
}

/// The unproved declarations of the file that the proof in `text` uses, and the declaration without
/// it does not.
async fn leans_on(
    checker: &Checker,
    target: &Target,
    text: &str,
    siblings: usize,
    limit: Duration,
) -> Result<Vec<String>, Rejection> {
    let after = reach(checker, target, text, limit).await?;
    if let Some(native) = after.native {
        return Err(Rejection::Axioms(native));
    }
    if after.holds_sorry && siblings == 0 {
        return Err(Rejection::Lean("it leaves a sorry".into()));
    }
    if after.unproved.is_empty() && !after.hidden {
        return Ok(Vec::new());
    }
    let before = reach(checker, target, target.head(), limit).await?;
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

/// The axioms that are neither standard nor were there before.
fn foreign(axioms: &[String], before: &Report) -> Vec<String> {
    let known = |name: &String| match before {
        Report::Axioms(before) => before.contains(name),
        Report::NotReported(_) => false,
    };
    axioms
        .iter()
        .filter(|name| {
            !axioms::STANDARD.contains(&name.as_str()) && !known(name) && *name != axioms::SORRY
        })
        .cloned()
        .collect()
}
