//! How far proofs are checked, and how far they must be.

use std::sync::Arc;

use serde::Deserialize;

use crate::check::axioms::AxiomReport;
use crate::check::baseline::{Baseline, NoGoal};
use crate::replay::Replayer;

/// How far a proof was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Lean's elaborator and kernel took it without error or `sorry`.
    #[default]
    LeanChecked,
    /// And it rests on no axiom but the standard ones and those that were there before.
    AxiomsClean,
    /// And Lean's kernel has taken it once more, in a process that has not elaborated it.
    KernelReplayed,
}

impl Level {
    /// The name for a reader.
    pub fn title(self) -> &'static str {
        match self {
            Level::LeanChecked => "Lean-checked",
            Level::AxiomsClean => "axioms clean",
            Level::KernelReplayed => "kernel-replayed",
        }
    }

    /// The name in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Level::LeanChecked => "lean-checked",
            Level::AxiomsClean => "axioms-clean",
            Level::KernelReplayed => "kernel-replayed",
        }
    }
}

/// What is asked of a proof beside that Lean takes it.
#[derive(Debug, Clone, Default)]
pub struct Requirements {
    /// The level below which nothing is a proof.
    pub least: Level,
    /// Whether each proof is replayed, even where `least` does not ask for that.
    pub replay: bool,
    /// Replays proofs; without one, none is.
    pub replayer: Option<Arc<Replayer>>,
}

impl Requirements {
    /// What replays a proof; none where nobody asks for it.
    pub fn replayer(&self) -> Option<&Replayer> {
        let asked = self.replay || self.least == Level::KernelReplayed;
        self.replayer.as_deref().filter(|_| asked)
    }

    /// Whether a proof for the hole of `baseline` can meet them.
    ///
    /// # Errors
    /// When this Lean does not tell what it takes.
    pub fn can_be_met(&self, baseline: &Baseline) -> Result<(), NoGoal> {
        match &baseline.axioms {
            AxiomReport::NotReported(why) if self.least > Level::LeanChecked => {
                Err(NoGoal::Level(why.clone()))
            }
            _ => Ok(()),
        }
    }
}
