//! What is told of a search while it runs.

use std::sync::Arc;

use unsorry_prover::{Candidate, Engine};

use super::sketches::SketchProgress;
use crate::check::baseline::Baseline;
use crate::verify::{Refutation, VerifiedProof};

/// What happens while a search runs.
#[derive(Debug, Clone)]
pub enum Step {
    /// Lean has told the goal.
    Goal(Arc<Baseline>),
    /// Candidates are being checked.
    Checking {
        /// The first of them.
        candidate: String,
        /// How many have had their verdict.
        checked: usize,
        /// How many were proposed so far.
        proposed: usize,
    },
    /// A candidate for the hole itself has its verdict: none, or what is wrong with it. One that is
    /// proposed twice has it twice.
    Judged {
        /// The candidate.
        candidate: Candidate,
        /// The first line of what is wrong.
        error: Option<String>,
    },
    /// An engine is busy with something other than candidates.
    Working {
        /// The engine.
        engine: Engine,
        /// What it does: `loading the model, 40 %`.
        what: String,
    },
    /// What a model says of its plan, as far as it has come.
    Plan(Arc<str>),
    /// How the steps of a sketch stand.
    Sketch(Arc<SketchProgress>),
    /// A proof that stands on its own; a later one is shorter, or another.
    Verified(Arc<VerifiedProof>),
    /// The goal is false.
    Refuted(Arc<Refutation>),
}
