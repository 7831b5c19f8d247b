//! Proposing and checking until a proof is found: one hole, one search.
//!
//! [`Search::prove`] is the whole of it. A `goal_search` is the search for a proof of one goal: the
//! hole's, that of a step of a sketch, or a contrary. To `solve` it work side by side, on one checker,
//! `candidates` (what the engines of the `cascade` propose is checked, repaired, confirmed), `sketches`
//! (what is only sketched is proved step by step) and `refute` (the goal's contrary). `polish` makes a
//! proof shorter once there is one. What they find stays in the goal search, so that nothing is lost
//! when they are stopped. `wording` says all this to a reader.

mod batch_sizer;
mod candidates;
mod cascade;
mod goal_search;
mod lean_gone;
mod limits;
mod outcome;
mod polish;
mod refused;
mod refute;
mod sketch_progress;
mod sketches;
mod solve;
mod source;
mod stats;
mod step;
#[cfg(test)]
mod tests;
pub mod wording;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use unsorry_prover::{Candidate, Meter};

use crate::check::baseline::{HEAD_LIMIT, NoGoal, baseline};
use crate::check::checker::Checker;
use crate::memory::Memory;
use crate::target::Target;
use crate::verify::Requirements;
use goal_search::{GoalSearch, Shared};
use lean_gone::LeanGone;
pub use limits::{Limits, Strategy};
pub use outcome::{Ended, Outcome};
pub use refused::Refused;
pub use sketch_progress::{SketchProgress, SketchStep, StepState};
pub use source::Source;
use stats::SearchStats;
pub use stats::{Failure, NearMiss};
pub use step::Step;

/// Finds proofs.
#[derive(Clone)]
pub struct Search {
    /// Asks Lean.
    pub checker: Checker,
    /// The requirements on a proof.
    pub requirements: Requirements,
    /// The engines that propose, in this order: each is asked when the one before it has nothing more to say,
    /// or has had its head start.
    pub sources: Vec<Source>,
    /// Remembers proofs.
    pub memory: Option<Memory>,
    /// The bounds.
    pub limits: Limits,
    /// The steps that are taken besides having candidates checked.
    pub strategy: Strategy,
}

impl Search {
    /// Searches for proofs of `target`. What is remembered is tried first, then `known`.
    /// `steps` is told how it goes, and is closed at the end. `stop` ends it once the goal is known, with
    /// what was found by then, as does a Lean that is gone; dropping the future ends it and all that
    /// works for it at any time.
    ///
    /// # Errors
    /// When there is no goal to begin with.
    pub async fn prove(
        &self,
        target: &Target,
        known: Vec<Candidate>,
        steps: UnboundedSender<Step>,
        stop: &CancellationToken,
    ) -> Result<Outcome, NoGoal> {
        let checker = self.checker.for_one_search();
        let baseline = baseline(&checker, target).await?;
        let baseline = Arc::new(baseline);
        let _ = steps.send(Step::Goal(baseline.clone()));
        let started = Instant::now();
        // It goes on beside the search, and the first proof waits for it.
        let _preparing = (!self.strategy.defers).then(|| {
            let (requirements, target) = (self.requirements.clone(), target.clone());
            let prepared = async move { requirements.prepare(&target, HEAD_LIMIT).await };
            AbortOnDropHandle::new(tokio::spawn(prepared))
        });
        let shared = Shared {
            requirements: &self.requirements,
            limits: &self.limits,
            strategy: self.strategy,
            memory: self.memory.as_ref(),
            steps,
            stats: Mutex::new(SearchStats::default()),
            meter: Arc::new(Meter::new(self.limits.tokens, self.limits.money)),
            deadline: started + self.limits.budget,
        };
        let goal = GoalSearch::for_hole(&shared, checker, target, baseline, &self.sources);
        let worked = self.work(&goal, known, stop).await;
        let outcome = self.outcome(goal, worked, started.elapsed());
        self.keep(&outcome).await;
        Ok(outcome)
    }

    /// Keeps the proofs of a search in the memory.
    pub async fn keep(&self, outcome: &Outcome) {
        if let Some(memory) = &self.memory {
            memory.keep(&outcome.baseline, &outcome.proofs).await;
        }
    }

    /// Looks for proofs, and makes the best shorter.
    async fn work(
        &self,
        goal: &GoalSearch<'_>,
        known: Vec<Candidate>,
        stop: &CancellationToken,
    ) -> Worked {
        let deadline = goal.shared.deadline;
        if self.limits.budget.is_zero() {
            return Worked::Stopped; // No engine is even started.
        }
        let worked = match until(deadline, stop, solve::solve(goal, known)).await {
            Some(Ok(())) => Worked::ToTheEnd,
            Some(Err(LeanGone(words))) => return Worked::LeanGone(words),
            None => Worked::Stopped,
        };
        if self.strategy.polishes && !self.limits.polish.is_zero() {
            let deadline = deadline.min(Instant::now() + self.limits.polish);
            // Where Lean is gone, the proof stays as long as it is.
            until(deadline, stop, polish::polish(goal)).await;
            until(goal.shared.deadline, stop, polish::conclude(goal)).await;
        }
        worked
    }

    fn outcome(&self, goal: GoalSearch<'_>, worked: Worked, took: Duration) -> Outcome {
        let shared = goal.shared;
        let baseline = goal.baseline.clone();
        let mut stats = std::mem::take(&mut *goal.stats());
        let found = goal.into_found();
        let proved = !found.proofs.is_empty();
        if !found.is_proved() && found.refuted.is_none() {
            stats.conclude();
        }
        let ended = match worked {
            Worked::LeanGone(words) if !self.strategy.ends_with_proof => Ended::LeanGone(words),
            _ if proved => Ended::Proved,
            _ if found.passed.is_some() => Ended::Passed,
            _ if found.refuted.is_some() => Ended::Refuted,
            Worked::LeanGone(words) => Ended::LeanGone(words),
            _ if stats.all_failed(&self.sources) => Ended::Failed,
            Worked::ToTheEnd if !shared.meter.is_used_up() => Ended::Exhausted,
            Worked::ToTheEnd | Worked::Stopped => Ended::OutOfBudget,
        };
        let behind = found.proofs.first().and_then(|proof| proof.plan().cloned());
        Outcome {
            plan: behind.or(stats.plan),
            proofs: found.proofs,
            passed: found.passed,
            conditional: found.conditional,
            sketch: found.sketch,
            sketch_progress: found.sketch_progress,
            refuted: found.refuted,
            near_misses: stats.near_misses,
            proposed: stats.proposed,
            refused: stats.refused,
            unread: stats.unread,
            unconfirmed: stats.unconfirmed,
            checked: stats.checked,
            unknown: stats.unknown,
            failures: stats.failures,
            spent: shared.meter.spent(),
            ended,
            took,
            baseline,
        }
    }
}

/// The end of the work on a goal, whatever was found.
enum Worked {
    /// There was nothing left to try, or enough was found.
    ToTheEnd,
    /// The time was over, or somebody ended it.
    Stopped,
    /// Lean is gone, with these words.
    LeanGone(String),
}

/// Runs `work`, and returns its result; none if `deadline` or `stop` comes first.
async fn until<T>(
    deadline: Instant,
    stop: &CancellationToken,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        done = tokio::time::timeout_at(deadline.into(), work) => done.ok(),
    }
}
