//! Putting a verified proof into the editor's text, if that is still the text it was verified in.

use std::sync::Arc;

use tokio::time::{Duration, Instant};
use tower_lsp_server::ls_types as lsp;
use unsorry_prover::Candidate;

use super::context::Assistant;
use super::documents::View;
use super::edit::workspace_edit;
use unsorry_search::check::baseline::baseline;
use unsorry_search::target::Target;
use unsorry_search::verify::{CheckContext, VerifiedProof, confirm};

/// How often an edit is tried because the text has changed under it.
const TRIES: u32 = 7;

/// How long the text must rest before the second try; twice as long before each one after that. Somebody
/// is typing.
const REST: Duration = Duration::from_millis(250);

/// How long an editor may take to tell of a change that it has made.
const SEEN_WITHIN: Duration = Duration::from_secs(3);

/// What came of applying a proof.
#[derive(Debug)]
pub enum Applied {
    /// It is in the text, as it was checked last.
    Done(Arc<VerifiedProof>),
    /// The hole went away, or the proof no longer holds.
    Gone,
    /// The editor does not want it, and this is why.
    Refused(String),
}

/// Applies `proof` at the job's hole. A declaration that has changed since is checked again first.
pub async fn apply(
    assistant: &Assistant,
    uri: &lsp::Uri,
    job: &str,
    hole: usize,
    mut proof: Arc<VerifiedProof>,
) -> Applied {
    if !assistant.state.abilities().apply_edit {
        return Applied::Refused("this editor takes no edits from a language server".into());
    }
    for tried in 0..TRIES {
        if tried > 0 {
            rest(assistant, uri, job, hole, REST * 2u32.pow(tried - 1)).await;
        }
        let Some((view, target)) = locate(assistant, uri, job, hole) else {
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
        let edit = workspace_edit(
            assistant.state.abilities(),
            uri,
            &view,
            &change.range,
            &change.text,
        );
        assistant.state.set_applying(job, true);
        let answer = assistant.client.apply_edit(edit).await;
        let done =
            matches!(&answer, Ok(answer) if answer.applied) && is_seen(assistant, job, hole).await;
        assistant.state.set_applying(job, false);
        match answer {
            _ if done => return Applied::Done(proof),
            // A refusal because of a newer version is not the user's.
            Ok(_) if assistant.state.version(uri.as_str()) != Some(view.version) => {}
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
async fn rest(assistant: &Assistant, uri: &lsp::Uri, job: &str, hole: usize, pause: Duration) {
    let state = &assistant.state;
    let mut version = state.version(uri.as_str());
    let mut rested = Duration::ZERO;
    while rested < pause && state.job_hole(job, hole).is_some() {
        tokio::time::sleep(REST).await;
        let now = state.version(uri.as_str());
        rested = if now == version {
            rested + REST
        } else {
            Duration::ZERO
        };
        version = now;
    }
}

/// Waits until the editor has told of its change to the hole. Some say that an edit is applied when
/// they have thrown it away; some tell of changes only after a while.
async fn is_seen(assistant: &Assistant, job: &str, hole: usize) -> bool {
    let deadline = Instant::now() + SEEN_WITHIN;
    while assistant.state.job_hole(job, hole).is_some() {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}

fn locate(assistant: &Assistant, uri: &lsp::Uri, job: &str, hole: usize) -> Option<(View, Target)> {
    let range = assistant.state.job_hole(job, hole)?;
    let view = assistant.state.view(uri.as_str())?;
    let target = view.target(uri.as_str(), &range)?;
    Some((view, target))
}
