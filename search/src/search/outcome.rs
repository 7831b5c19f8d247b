//! The results of a search, and its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use unsorry_prover::answer::Unread;
use unsorry_prover::{Candidate, Spent};

use super::refused::Refused;
use super::sketch_progress::SketchProgress;
use super::stats::{Failure, NearMiss};
use crate::check::baseline::Baseline;
use crate::verify::{Passed, Refutation, VerifiedProof, VerifiedSketch};

/// The way in which a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A proof was found that stands on its own.
    Proved,
    /// Lean has taken a candidate, and the referee is still to be asked about it.
    Passed,
    /// A proof of the contrary was found.
    Refuted,
    /// There was nothing left to try.
    Exhausted,
    /// The budget was used up.
    OutOfBudget,
    /// There was no proof, and every engine failed.
    Failed,
    /// There was no Lean to ask any more: its words. What was found before is told all the same. Where a
    /// proof would have been the end, and there is one, that counts.
    LeanGone(String),
}

/// The results of a search.
#[derive(Debug)]
pub struct Outcome {
    /// The hole's goal and surroundings.
    pub baseline: Arc<Baseline>,
    /// Proofs that stand on their own, best first.
    pub proofs: Vec<Arc<VerifiedProof>>,
    /// What the referee is still to be asked about.
    pub passed: Option<Passed>,
    /// Proofs that hold once a neighbour that they depend on is proved.
    pub conditional: Vec<Arc<VerifiedProof>>,
    /// The sketch that came furthest, where there is no proof.
    pub sketch: Option<Arc<VerifiedSketch>>,
    /// The progress of the sketch that was worked on last.
    pub sketch_progress: Option<Arc<SketchProgress>>,
    /// The refutation of the goal, if it is false.
    pub refuted: Option<Arc<Refutation>>,
    /// The plan behind the best proof, or else the last that a model told.
    pub plan: Option<Arc<str>>,
    /// Candidates that came closest, and what Lean said of them.
    pub near_misses: Vec<NearMiss>,
    /// The number of candidates that were proposed.
    pub proposed: usize,
    /// The candidates that the gate refused.
    pub refused: Refused,
    /// The candidates that Lean took and the referee did not, each with why.
    pub unconfirmed: Vec<(Candidate, String)>,
    /// The number of answers that could not be read, by the reason.
    pub unread: BTreeMap<Unread, usize>,
    /// The number of candidates that have had Lean's verdict.
    pub checked: usize,
    /// Candidates without a verdict: too slow, or Lean's process ended on them.
    pub unknown: usize,
    /// The engines that could not go on.
    pub failures: Vec<Failure>,
    /// The cost of the models' answers.
    pub spent: Spent,
    /// The time it took, from the moment the goal was known.
    pub took: Duration,
    /// The way in which it ended.
    pub ended: Ended,
}
