//! Putting a verified proof into the editor's text, if that is still the text it was verified in.

use std::sync::Arc;

use tokio::time::{Duration, Instant};
use unsorry_prover::Candidate;

use super::super::state::document::View;
use super::super::workspace_edit::workspace_edit;
use super::worker::Worker;
use unsorry_search::check::baseline::baseline;
use unsorry_search::target::Target;
use unsorry_search::verify::{CheckContext, VerifiedProof, confirm};

/// The most times that an edit is tried because the text has changed under it.
const TRIES: u32 = 7;

/// The time that the text must rest before the second try, since somebody is typing; twice as long before
/// each one after that.
const REST: Duration = Duration::from_millis(250);

/// The longest that an editor may take to tell of a change that it has made.
const SEEN_WITHIN: Duration = Duration::from_secs(3);

/// The outcome of applying a proof.
#[derive(Debug)]
pub enum Applied {
    /// It is in the text, as it was checked last.
    Done(Arc<VerifiedProof>),
    /// The hole went away, or the proof no longer holds.
    Gone,
    /// The editor does not want it, and this is why.
    Refused(String),
}

/// Applies `proof` at the job's `n`th hole. A declaration that has changed since is checked again first.
pub async fn apply(worker: &Worker, n: usize, mut proof: Arc<VerifiedProof>) -> Applied {
    let assistant = &worker.assistant;
    let abilities = assistant.state.with(|state| state.abilities);
    if !abilities.apply_edit {
        return Applied::Refused("this editor takes no edits from a language server".into());
    }
    for tried in 0..TRIES {
        if tried > 0 {
            rest(worker, n, REST * 2u32.pow(tried - 1)).await;
        }
        let Some((view, target)) = locate(worker, n) else {
            return Applied::Gone;
        };
        if *target.head() != **proof.head() || target.hole().range != *proof.hole() {
            let candidate = Candidate::new(proof.proof(), proof.engine());
            let Some(settings) = assistant.settings.now() else {
                return Applied::Gone;
            };
            let search = &settings.search;
            let Ok(baseline) = baseline(&search.checker, &target).await else {
                return Applied::Gone;
            };
            let cx = CheckContext {
                checker: &search.checker,
                target: &target,
                baseline: &baseline,
                limit: search.limits.check,
            };
            match confirm(cx, &search.requirements, &candidate).await {
                Ok(again) if again.depends_on().is_empty() => proof = Arc::new(again),
                _ => return Applied::Gone,
            }
            continue;
        }
        let change = proof.change();
        let edit = workspace_edit(abilities, &worker.uri, &view, &change.range, &change.text);
        worker.change(|job| job.applying = true);
        let answer = assistant.client.apply_edit(edit).await;
        let done = matches!(&answer, Ok(answer) if answer.applied) && is_seen(worker, n).await;
        worker.change(|job| job.applying = false);
        match answer {
            _ if done => return Applied::Done(proof),
            // A refusal because of a newer version is not the user's.
            Ok(_) if version(worker) != Some(view.version) => {}
            Ok(answer) if answer.applied => {
                return Applied::Refused(
                    "it said that it was done, yet the text is as before".into(),
                );
            }
            Ok(answer) => {
                return Applied::Refused(
                    answer
                        .failure_reason
                        .unwrap_or_else(|| "no reason given".into()),
                );
            }
            Err(error) => return Applied::Refused(error.message.into_owned()),
        }
    }
    Applied::Gone
}

/// Waits until the document has not changed for so long, or the hole is gone.
async fn rest(worker: &Worker, n: usize, pause: Duration) {
    let mut before = version(worker);
    let mut rested = Duration::ZERO;
    while rested < pause && worker.hole(n).is_some() {
        tokio::time::sleep(REST).await;
        let now = version(worker);
        rested = match now == before {
            true => rested + REST,
            false => Duration::ZERO,
        };
        before = now;
    }
}

/// Waits until the editor has told of its change to the hole. Some say that an edit is applied when
/// they have thrown it away; some tell of changes only after a while.
async fn is_seen(worker: &Worker, n: usize) -> bool {
    let deadline = Instant::now() + SEEN_WITHIN;
    while worker.hole(n).is_some() {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}

fn version(worker: &Worker) -> Option<i32> {
    let state = &worker.assistant.state;
    state.with(|state| state.documents.version(worker.uri.as_str()))
}

fn view(worker: &Worker) -> Option<View> {
    let state = &worker.assistant.state;
    state.with(|state| state.documents.view(worker.uri.as_str()))
}

fn locate(worker: &Worker, n: usize) -> Option<(View, Target)> {
    let range = worker.hole(n)?;
    let view = view(worker)?;
    let target = view.target(worker.uri.as_str(), &range)?;
    Some((view, target))
}
