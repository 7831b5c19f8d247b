//! The requirements on a proof beside that Lean takes it.

use std::sync::Arc;

use super::level::Level;
use crate::check::axioms::AxiomReport;
use crate::check::baseline::{Baseline, NoGoal};
use crate::replay::Replayer;

/// The requirements on a proof beside that Lean takes it.
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
    /// The replayer of proofs; none where nobody asks for one.
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
