//! The figures of a search, all its goals together, and what failed on the way.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use unsorry_prover::answer::Unread;
use unsorry_prover::{Candidate, Engine};

use super::refused::Refused;
use super::source::Source;

/// The most near misses that are kept.
const MAX_NEAR_MISSES: usize = 3;

/// An engine that could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The engine.
    pub engine: Engine,
    /// The reason, and what to do about it.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.engine, self.message)
    }
}

/// A candidate that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMiss {
    /// The candidate.
    pub candidate: Candidate,
    /// The first line of what Lean said of it.
    pub error: String,
    /// Whether an engine wrote it that costs more than a check; then how few errors it had.
    rank: (bool, Reverse<usize>),
}

/// The figures of a search, all its goals together.
#[derive(Debug, Default)]
pub(super) struct SearchStats {
    pub proposed: usize,
    pub refused: Refused,
    pub unconfirmed: Vec<(Candidate, String)>,
    pub unread: BTreeMap<Unread, usize>,
    pub checked: usize,
    pub unknown: usize,
    pub failures: Vec<Failure>,
    /// The engines of which nothing comes for now.
    pub delays: Vec<Failure>,
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

    /// Nothing comes of an engine for now.
    pub fn delay(&mut self, engine: Engine, message: String) {
        self.resume(engine);
        self.delays.push(Failure { engine, message });
    }

    /// An engine goes on.
    pub fn resume(&mut self, engine: Engine) {
        self.delays.retain(|delay| delay.engine != engine);
    }

    /// The search is over: what did not come by now has failed.
    pub fn conclude(&mut self) {
        let delays = std::mem::take(&mut self.delays);
        delays
            .into_iter()
            .for_each(|delay| self.fail(delay.engine, delay.message));
    }

    /// Whether an engine can't go on.
    pub fn has_failed(&self, engine: Engine) -> bool {
        self.failures.iter().any(|failure| failure.engine == engine)
    }

    /// Whether none of `sources` could do its part for the hole itself.
    pub fn all_failed(&self, sources: &[Source]) -> bool {
        sources.iter().all(|source| self.has_failed(source.engine))
    }

    /// Keeps a candidate that failed, if it is one of those that are worth showing.
    pub fn near_miss(&mut self, candidate: &Candidate, error: &str, errors: usize) {
        let rank = (candidate.engine != Engine::Tactics, Reverse(errors));
        let at = self.near_misses.partition_point(|one| one.rank >= rank);
        if at < MAX_NEAR_MISSES {
            let one = NearMiss {
                candidate: candidate.clone(),
                error: error.to_owned(),
                rank,
            };
            self.near_misses.insert(at, one);
            self.near_misses.truncate(MAX_NEAR_MISSES);
        }
    }
}
