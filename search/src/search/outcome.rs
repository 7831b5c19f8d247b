//! What a search found, and how it ended.

use std::sync::Arc;
use std::time::Duration;

use unsorry_prover::Spent;

use super::sketches::SketchProgress;
use super::stats::{Failure, NearMiss};
use crate::check::baseline::Baseline;
use crate::verify::{Refutation, VerifiedProof, VerifiedSketch};

/// How a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With a proof that stands on its own.
    Proved,
    /// With a proof of the contrary.
    Refuted,
    /// With nothing left to try.
    Exhausted,
    /// With its budget used up.
    OutOfBudget,
    /// With no proof, and every engine failed.
    Failed,
    /// With no Lean to ask any more: its words. What was found before is told all the same. Where a
    /// proof would have been the end, and there is one, that counts.
    LeanGone(String),
}

/// What a search found.
#[derive(Debug)]
pub struct Outcome {
    /// The hole's goal and surroundings.
    pub baseline: Arc<Baseline>,
    /// Proofs that stand on their own, best first.
    pub proofs: Vec<Arc<VerifiedProof>>,
    /// Proofs that hold once a neighbour that they depend on is proved.
    pub conditional: Vec<Arc<VerifiedProof>>,
    /// The sketch that came furthest, where there is no proof.
    pub sketch: Option<Arc<VerifiedSketch>>,
    /// How the steps stand of the sketch that was worked on last.
    pub sketch_progress: Option<Arc<SketchProgress>>,
    /// That the goal is false.
    pub refuted: Option<Arc<Refutation>>,
    /// The plan behind the best proof, or else the last that a model told.
    pub plan: Option<Arc<str>>,
    /// Candidates that came closest, and what Lean said of them.
    pub near_misses: Vec<NearMiss>,
    /// How many candidates were proposed.
    pub proposed: usize,
    /// How many have had Lean's verdict.
    pub checked: usize,
    /// Candidates without a verdict: too slow, or Lean's process ended on them.
    pub unknown: usize,
    /// The engines that could not go on.
    pub failures: Vec<Failure>,
    /// What the models' answers cost.
    pub spent: Spent,
    /// How long it took, from the moment the goal was known.
    pub took: Duration,
    /// How it ended.
    pub ended: Ended,
}
