//! The events of a search, told while it runs.

use std::sync::Arc;

use unsorry_prover::{Candidate, Engine};

use super::sketch_progress::SketchProgress;
use crate::check::baseline::Baseline;
use crate::verify::{Refutation, VerifiedProof};

/// An event of a running search.
#[derive(Debug, Clone)]
pub enum Step {
    /// Lean has told the goal.
    Goal(Arc<Baseline>),
    /// Candidates are being checked.
    Checking {
        /// The first of them.
        candidate: String,
        /// The number that have had their verdict.
        checked: usize,
        /// The number that were proposed so far.
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
    /// Lean has taken a candidate; the referee is being asked whether it is a proof.
    Passed(Candidate),
    /// An engine is busy with something other than candidates.
    Working {
        /// The engine.
        engine: Engine,
        /// The engine's activity: `loading the model, 40 %`.
        what: String,
    },
    /// Nothing comes of an engine for now.
    Delayed {
        /// The engine.
        engine: Engine,
        /// The reason.
        what: String,
    },
    /// A model's plan, as far as it has come.
    Plan(Arc<str>),
    /// The progress of a sketch.
    Sketch(Arc<SketchProgress>),
    /// A proof that stands on its own; a later one is shorter, or another.
    Verified(Arc<VerifiedProof>),
    /// The goal is false.
    Refuted(Arc<Refutation>),
}
