//! All the work on one goal, side by side.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;
use unsorry_prover::Candidate;

use super::candidates::{Candidates, Channels, Progress};
use super::goal_search::GoalSearch;
use super::lean_gone::LeanGone;
use super::{refute, sketches};

/// Works on a goal until there is a proof, or its contrary, or nothing is left to try. `known` candidates
/// are tried before any engine is asked.
///
/// # Errors
/// When Lean is gone.
pub(super) fn solve<'a>(
    goal: &'a GoalSearch<'a>,
    known: Vec<Candidate>,
) -> BoxFuture<'a, Result<(), LeanGone>> {
    async move {
        let (sketched, proposed_sketches) = unbounded_channel();
        let (progress, progressed) = watch::channel(Progress::Begun);
        let (busy, sketching) = watch::channel(false);
        let channels = Channels {
            sketched,
            progress,
            sketching,
        };
        let candidates = Candidates::new(goal, channels);
        // The channels are closed when it is done: then the others end, too.
        let candidates = async move { candidates.check_all(known).await };
        let sketches = sketches::prove_all(goal, proposed_sketches, busy, solve_step);
        let refute = refute::refute(goal, progressed);
        tokio::pin!(candidates, sketches, refute);
        let (mut checking, mut sketching, mut refuting) = (true, true, true);
        while checking || sketching || refuting {
            tokio::select! {
                biased;
                done = &mut candidates, if checking => { done?; checking = false; }
                done = &mut sketches, if sketching => { done?; sketching = false; }
                done = &mut refute, if refuting => { done?; refuting = false; }
            }
            if goal.is_done() || goal.found().refuted.is_some() {
                break;
            }
        }
        Ok(())
    }
    .boxed()
}

/// Works on the goal of a sketch's step.
///
/// # Errors
/// When Lean is gone.
fn solve_step<'a>(step: &'a GoalSearch<'a>) -> BoxFuture<'a, Result<(), LeanGone>> {
    solve(step, Vec::new())
}
