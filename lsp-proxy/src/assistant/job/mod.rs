//! A job: proves holes of a document one after the other, tells how it goes, can be stopped. What is known of
//! it is in the state; here is what works on it.

mod apply;
mod display;
mod ending;
mod prove;
mod steps;
mod worker;

use std::ops::Range;

use tower_lsp_server::ls_types as lsp;
use unsorry_search::search::wording::complaints;

use super::consent;
use super::context::Assistant;
use super::state::jobs::{Ended, Job};
use display::Display;
use prove::{Attempt, Fared};
use worker::Worker;

/// Starts a job on those of `holes` that no other job is at work on.
pub fn start(assistant: &Assistant, uri: String, holes: Vec<Range<usize>>) {
    let Ok(lsp_uri) = uri.parse::<lsp::Uri>() else {
        return;
    };
    let started = assistant.state.with(|state| {
        let is_free = |hole: &Range<usize>| !state.jobs.is_busy(&uri, hole);
        let free: Vec<_> = holes.into_iter().filter(is_free).collect();
        match free.is_empty() {
            true => None,
            false => state.start_job(&uri, free),
        }
    });
    let Some((job, cancel)) = started else {
        return;
    };
    let worker = Worker {
        assistant: assistant.clone(),
        job,
        uri: lsp_uri,
        cancel,
    };
    tokio::spawn(async move {
        let ended = run(&worker).await;
        worker.end(ended);
    });
}

/// Returns what the job came to; nothing if it was stopped.
async fn run(worker: &Worker) -> Option<Ended> {
    tokio::select! {
        () = consent::ask(&worker.assistant) => {}
        () = worker.cancel.cancelled() => return None,
    }
    let many = worker.job(Job::begun_with).unwrap_or_default();
    let display = Display::begin(worker, many).await;
    let mut proved = 0;
    let mut left = Vec::new();
    let mut last = String::new();
    let mut failures = Vec::new();
    for n in 0..many {
        let attempt = Attempt {
            worker,
            display: &display,
            n,
            proved,
        };
        match attempt.prove(&mut failures).await {
            Fared::Proved(how) => {
                proved += 1;
                last = how;
            }
            Fared::NotProved { line, why } => {
                left.push((line + 1).to_string());
                last = why;
            }
            Fared::Stopped if worker.cancel.is_cancelled() => {
                let gone = worker.job(Job::has_no_hole).unwrap_or(true);
                let why = match gone {
                    true => "stopped: the sorry has changed",
                    false => "stopped",
                };
                display.end(why.into()).await;
                return None;
            }
            Fared::Stopped => {}
        }
    }
    let mut message = match many {
        1 => last,
        _ => ending::of_many(many, proved, &left),
    };
    if proved < many
        && let Some(settings) = worker.assistant.settings.now()
    {
        message += &settings.consent.note();
    }
    message += &complaints(&failures);
    display.end(message.clone()).await;
    if proved < many || !failures.is_empty() {
        let kind = match failures.is_empty() {
            true => lsp::MessageType::INFO,
            false => lsp::MessageType::WARNING,
        };
        let client = &worker.assistant.client;
        let shown = format!("unsorry: {message}");
        client.show_message(kind, shown).await;
    }
    Some(Ended {
        uri: worker.uri.as_str().to_owned(),
        proved,
        holes: many,
        message,
    })
}
