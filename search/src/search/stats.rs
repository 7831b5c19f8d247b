//! What a search has found, and what it took: kept where nothing is lost when its parts are stopped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use unsorry_prover::{Candidate, Engine};

use super::batch_sizer::BatchSizer;
use super::sketches::SketchProgress;
use super::{Failure, Source};
use crate::verify::{Refutation, VerifiedProof, VerifiedSketch};

/// How many of the candidates that failed are kept.
const MAX_TRIES: usize = 3;

/// A candidate that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The candidate.
    pub candidate: Candidate,
    /// The first line of what Lean said of it.
    pub error: String,
    /// Whether an engine wrote it that costs more than a check; then how few errors it had.
    rank: (bool, std::cmp::Reverse<usize>),
}

/// What was found for one goal.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Proofs that stand on their own, best first.
    pub proofs: Vec<Arc<VerifiedProof>>,
    pub conditional: Vec<Arc<VerifiedProof>>,
    /// How many candidates stand in one text.
    pub together: BatchSizer,
    /// What would do for a step of a sketch.
    pub step: Option<Candidate>,
    pub sketch: Option<Arc<VerifiedSketch>>,
    pub sketch_progress: Option<Arc<SketchProgress>>,
    pub refuted: Option<Arc<Refutation>>,
}

impl Found {
    pub fn is_proved(&self) -> bool {
        !self.proofs.is_empty() || self.step.is_some()
    }
}

/// What a search took, all its goals together.
#[derive(Debug, Default)]
pub(super) struct SearchStats {
    pub proposed: usize,
    pub checked: usize,
    pub unknown: usize,
    pub failures: Vec<Failure>,
    pub near_misses: Vec<NearMiss>,
    pub plan: Option<Arc<str>>,
}

impl SearchStats {
    /// An engine can't go on: told once.
    pub fn fail(&mut self, engine: Engine, message: String) {
        let failure = Failure { engine, message };
        if !self.failures.contains(&failure) {
            self.failures.push(failure);
        }
    }

    /// Whether none of `sources` could do its part for the hole itself.
    pub fn failed(&self, sources: &[Source]) -> bool {
        let failed = |source: &Source| self.failures.iter().any(|f| f.engine == source.engine);
        sources.iter().all(failed)
    }

    /// Keeps a candidate that failed, if it is one of those that are worth showing.
    pub fn tried(&mut self, candidate: &Candidate, error: &str, errors: usize) {
        let rank = (
            candidate.engine != Engine::Tactics,
            std::cmp::Reverse(errors),
        );
        let at = self.near_misses.partition_point(|one| one.rank >= rank);
        if at < MAX_TRIES {
            let one = NearMiss {
                candidate: candidate.clone(),
                error: error.to_owned(),
                rank,
            };
            self.near_misses.insert(at, one);
            self.near_misses.truncate(MAX_TRIES);
        }
    }
}

/// What is behind a lock that nobody needs any more.
pub(super) fn taken<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The lock, which nobody holds across an await.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
