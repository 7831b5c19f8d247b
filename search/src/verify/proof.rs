//! The sole maker of [`VerifiedProof`].

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use unsorry_prover::{Candidate, Engine};
use unsorry_syntax::{Change, LineIndex};

use super::conditions;
use super::context::CheckContext;
use super::evidence::Evidence;
use super::level::Level;
use super::rejection::Rejection;
use super::requirements::Requirements;
use crate::check::axioms::AxiomReport;
use crate::gate::gate;
use crate::replay::NotReplayed;

/// Whether Lean's kernel has taken a proof once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// No replay was asked for.
    NotAsked,
    /// The kernel has taken it.
    Done,
    /// A replay was not possible: the reason.
    Impossible(String),
}

/// A proof that Lean has accepted in the user's own text, exactly where it will go. Only [`confirm`]
/// makes one: its fields are private to this module.
#[derive(Debug, Clone)]
pub struct VerifiedProof {
    proof: String,
    engine: Engine,
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
    /// The proof as it was proposed.
    pub fn proof(&self) -> &str {
        &self.proof
    }

    /// The prover that proposed it.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The hole's token in the text that it was checked in.
    pub fn hole(&self) -> &Range<usize> {
        &self.hole
    }

    /// The change to the text that was checked, which takes in the hole, and perhaps blanks before it.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The text that it was checked in, up to the end of the declaration, before the change.
    pub fn head(&self) -> &Arc<str> {
        &self.head
    }

    /// The level to which it was checked.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Lean's report of its axioms.
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

    /// The number of other holes in its declaration.
    pub fn siblings(&self) -> usize {
        self.siblings
    }

    /// The plan that it came with.
    pub fn plan(&self) -> Option<&Arc<str>> {
        self.plan.as_ref()
    }

    /// The time that Lean took for it, with all that stands in its declaration.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The level to which it was checked and what that leaves open, in words.
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

/// Has Lean check `candidate` alone, exactly where it will go, and asks for its axioms.
///
/// # Errors
/// When it is anything but a proof as `requirements` has it, or when that can't be known.
pub async fn confirm(
    cx: CheckContext<'_>,
    requirements: &Requirements,
    candidate: &Candidate,
) -> Result<VerifiedProof, Rejection> {
    let kind = cx.baseline.goal.kind;
    gate(kind, &candidate.text)?;
    if candidate.is_query() {
        return Err(Rejection::because("it only asks Lean for a proof"));
    }
    let spliced = cx.target.spliced(kind, &candidate.text);
    // Where tactics go, Lean must show a goal at the first of them: it was run.
    let first_token = LineIndex::new(&spliced.text).position(first_token(&spliced.change));
    let evidence = Evidence::inspected(cx, spliced.text, vec![first_token]).await?;
    conditions::is_accepted(cx, &evidence, first_token)?;
    conditions::keeps_its_statement(cx, &evidence)?;
    conditions::is_one_block(cx, &candidate.text).await?;
    let siblings = cx.target.siblings().count();
    if siblings > 0 {
        conditions::is_whole(cx, evidence.text()).await?;
    }
    let axioms = evidence.axioms();
    let level = conditions::level(&axioms, &cx.baseline.axioms)?;
    // What is still to come makes no more of it than that.
    if level < requirements.least.min(Level::AxiomsClean) {
        return Err(Rejection::Level(level, String::new()));
    }
    let depends_on = match level {
        Level::LeanChecked => conditions::unproved(cx, &evidence).await?,
        _ => Vec::new(),
    };
    let replay = match requirements.replayer() {
        None => Replay::NotAsked,
        Some(_) if siblings > 0 || !depends_on.is_empty() => {
            Replay::Impossible("there is a sorry behind it".into())
        }
        Some(replayer) => match evidence.replay(replayer).await {
            Ok(()) => Replay::Done,
            Err(NotReplayed::Impossible(why)) => Replay::Impossible(why),
            Err(refused) => return Err(Rejection::Replay(refused)),
        },
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
        head: cx.target.head().into(),
        hole: cx.target.hole().range.clone(),
        change: spliced.change,
        level,
        axioms,
        replay,
        depends_on,
        siblings,
        plan: candidate.plan.clone(),
        took: evidence.took(),
    })
}

/// The offset of a candidate's first token once `change` is made.
fn first_token(change: &Change) -> usize {
    let blank = |c: char| c.is_whitespace() || c == '(';
    change.range.start + change.text.len() - change.text.trim_start_matches(blank).len()
}
