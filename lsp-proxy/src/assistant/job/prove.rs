//! One hole of a job, from its goal to the edit.

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Duration, sleep};
use unsorry_search::search::{Failure, Search};

use super::super::context::Assistant;
use super::super::state::details::Details;
use super::super::state::finding::Finding;
use super::super::state::jobs::AT_FIRST;
use super::display::Display;
use super::ending::{findings, sentence};
use super::steps::{tell, watch};
use super::worker::Worker;

/// The longest that a search that was stopped may take to give what it has found.
const ENDS_WITHIN: Duration = Duration::from_millis(500);

/// A job's work on one of its holes.
pub struct Attempt<'a> {
    /// The worker on the job.
    pub worker: &'a Worker,
    /// The job's progress in the editor.
    pub display: &'a Display,
    /// The index of the hole in the job, from 0.
    pub n: usize,
    /// The number of holes that the job has proved before.
    pub proved: usize,
}

/// The outcome of the work on a hole.
pub enum Fared {
    /// A proof is in the text: which.
    Proved(String),
    /// No proof is in the text.
    NotProved {
        /// The hole's line when it was asked about, from 0.
        line: u32,
        /// The reason.
        why: String,
    },
    /// The job was stopped, or the hole went away.
    Stopped,
}

/// Returns the search as it is now. While the user is being asked whether text may be sent elsewhere, nobody
/// waits for their answer who could do without it: engines elsewhere come last.
async fn search(assistant: &Assistant) -> Search {
    let settings = assistant.settings.settled().await;
    let mut search = settings.search.clone();
    if settings.consent.is_awaited() {
        search.sources.sort_by_key(|one| one.engine.is_remote());
    }
    search
}

impl Attempt<'_> {
    /// Has the hole proved. What failed on the way, and was not heard of before, goes to `failures`.
    pub async fn prove(&self, failures: &mut Vec<Failure>) -> Fared {
        self.prove_or_stop(failures).await.unwrap_or(Fared::Stopped)
    }

    async fn prove_or_stop(&self, failures: &mut Vec<Failure>) -> Option<Fared> {
        let Attempt {
            worker,
            display,
            n,
            proved,
        } = *self;
        let Worker { uri, cancel, .. } = worker;
        let uri = uri.as_str();
        let state = &worker.assistant.state;
        if cancel.is_cancelled() {
            return None;
        }
        worker.hole(n)?;
        let turn = self.turn().await?;
        let range = worker.hole(n)?;
        let view = state.with(|state| state.documents.view(uri))?;
        let target = view.target(uri, &range)?;
        let line = view.position(range.start).line;
        worker.change(|job| job.details = Details::default());
        let known = state.with(|state| state.documents.known_proofs(&target));
        let (steps, mut watched) = unbounded_channel();
        let search = tokio::select! {
            search = search(&worker.assistant) => search,
            () = cancel.cancelled() => return None,
        };
        let search = async {
            let outcome = search.prove(&target, known, steps, cancel).await;
            // An editor may take its time with the edit.
            drop(turn);
            outcome
        };
        // The first proof is applied while others are still being looked for.
        let watch = watch(worker, display, n, proved, &mut watched);
        let (outcome, applied) = tokio::select! {
            // What was verified in the last moment is applied all the same.
            both = async { tokio::join!(search, watch) } => both,
            // It ends by itself once the goal is known.
            () = async {
                cancel.cancelled().await;
                sleep(ENDS_WITHIN).await;
            } => return None,
        };
        let keep = |findings: Vec<Finding>| {
            state.with(|state| {
                let documents = &mut state.documents;
                let findings = findings.into_iter();
                findings.for_each(|finding| documents.keep(uri, finding));
            });
            worker.change(|job| job.release(n));
        };
        let outcome = match outcome {
            // What was found by then is kept all the same.
            Ok(outcome) if cancel.is_cancelled() && outcome.proofs.is_empty() => return None,
            Ok(outcome) => outcome,
            Err(error) => {
                let why = error.to_string();
                let nothing = Finding::at_hole(target.head().into(), range, &[], why.clone());
                keep(vec![nothing]);
                return Some(Fared::NotProved { line, why });
            }
        };
        for failure in &outcome.failures {
            if !failures.contains(failure) {
                failures.push(failure.clone());
            }
        }
        keep(findings(&target, &outcome, applied.as_ref()));
        Some(match sentence(&outcome, applied) {
            Ok(how) => Fared::Proved(how),
            Err(why) => Fared::NotProved { line, why },
        })
    }

    /// Waits until few enough others search; nothing if the job is stopped before.
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let worker = self.worker;
        let turns = &worker.assistant.turns;
        if let Ok(turn) = turns.clone().try_acquire_owned() {
            return Some(turn);
        }
        let tell = async |what: &str| tell(worker, self.display, self.n, self.proved, what).await;
        tell("waiting for other searches").await;
        let turn = tokio::select! {
            biased;
            () = worker.cancel.cancelled() => None,
            turn = turns.clone().acquire_owned() => turn.ok(),
        }?;
        tell(AT_FIRST).await;
        Some(turn)
    }
}
