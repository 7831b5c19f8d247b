//! A job: proves holes of a document one after the other, tells how it goes, can be stopped.

use std::ops::Range;
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tower_lsp_server::ls_types as lsp;
use tower_lsp_server::ls_types::notification::Progress;

use super::apply::{Applied, apply};
use super::consent;
use super::context::Assistant;
use super::details::Details;
use super::finding::Finding;
use super::state::{AT_FIRST, Ended};
use unsorry_search::search::wording::{complaints, one_line, progress, summary};
use unsorry_search::search::{Failure, Outcome, Step};
use unsorry_search::target::Target;
use unsorry_search::verify::VerifiedProof;

/// Reports of progress come no closer together than this.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// How long a search that was stopped may take to give what it has found.
const ENDS_WITHIN: Duration = Duration::from_millis(500);

/// How long the editor may take to open a progress display.
const BEGIN_WITHIN: Duration = Duration::from_secs(2);

/// Starts a job on those of `holes` that no other job is at work on.
pub fn start(assistant: &Assistant, uri: String, holes: Vec<Range<usize>>) {
    let free: Vec<_> = holes
        .into_iter()
        .filter(|hole| !assistant.state.is_busy(&uri, hole))
        .collect();
    if free.is_empty() {
        return;
    }
    let many = free.len();
    let Some((name, cancel)) = assistant.state.start_job(&assistant.session, &uri, free) else {
        return;
    };
    let Ok(lsp_uri) = uri.parse::<lsp::Uri>() else {
        assistant.state.end_job(&name, None);
        return;
    };
    let job = Job {
        assistant: assistant.clone(),
        uri: lsp_uri,
        name,
        cancel,
        many,
        ended: None,
    };
    tokio::spawn(async move {
        let mut job = job;
        job.ended = job.run().await;
    });
}

struct Job {
    assistant: Assistant,
    uri: lsp::Uri,
    /// Its name, and its progress token.
    name: String,
    cancel: CancellationToken,
    /// How many holes it began with.
    many: usize,
    /// What it came to.
    ended: Option<Ended>,
}

impl Drop for Job {
    /// However it ends, it is no job any more.
    fn drop(&mut self) {
        let ended = self.ended.take();
        self.assistant.state.end_job(&self.name, ended);
    }
}

/// How a hole fared.
enum Fared {
    Proved(String),
    NotProved {
        /// From 0, when it was asked about.
        line: u32,
        why: String,
    },
    Stopped,
}

impl Job {
    /// What it came to; nothing if it was stopped.
    async fn run(&self) -> Option<Ended> {
        tokio::select! {
            () = consent::ask(&self.assistant) => {}
            () = self.cancel.cancelled() => return None,
        }
        let shown = self.begin().await;
        let mut proved = 0;
        let mut left = Vec::new();
        let mut last = String::new();
        let mut failures = Vec::new();
        for hole in 0..self.many {
            match self.prove(hole, proved, shown, &mut failures).await {
                Fared::Proved(how) => {
                    proved += 1;
                    last = how;
                }
                Fared::NotProved { line, why } => {
                    left.push((line + 1).to_string());
                    last = why;
                }
                Fared::Stopped if self.cancel.is_cancelled() => {
                    let state = &self.assistant.state;
                    let gone =
                        (0..self.many).all(|hole| state.job_hole(&self.name, hole).is_none());
                    let why = if gone {
                        "stopped: the sorry has changed"
                    } else {
                        "stopped"
                    };
                    self.end(shown, why.into()).await;
                    return None;
                }
                Fared::Stopped => {}
            }
        }
        let summary = match (self.many, left.as_slice()) {
            (1, _) => last,
            (many, []) => format!("{proved} of {many} proved"),
            (many, [line]) => format!("{proved} of {many} proved; left: line {line}"),
            (many, lines) => format!(
                "{proved} of {many} proved; left: lines {}",
                lines.join(", ")
            ),
        };
        let summary = match proved == self.many {
            true => summary,
            false => match self.assistant.settings.now() {
                Some(settings) => summary + &settings.consent.note(),
                None => summary,
            },
        };
        let summary = summary + &complaints(&failures);
        self.end(shown, summary.clone()).await;
        let kind = if failures.is_empty() {
            lsp::MessageType::INFO
        } else {
            lsp::MessageType::WARNING
        };
        if proved < self.many || !failures.is_empty() {
            let client = &self.assistant.client;
            client
                .show_message(kind, format!("unsorry: {summary}"))
                .await;
        }
        Some(Ended {
            uri: self.uri.as_str().to_owned(),
            proved,
            holes: self.many,
            message: summary,
        })
    }

    /// One hole, from its goal to the edit. What failed on the way, and was not heard of before, goes
    /// to `failures`.
    async fn prove(
        &self,
        hole: usize,
        proved: usize,
        shown: bool,
        failures: &mut Vec<Failure>,
    ) -> Fared {
        let state = &self.assistant.state;
        let uri = self.uri.as_str();
        if self.cancel.is_cancelled() || state.job_hole(&self.name, hole).is_none() {
            return Fared::Stopped;
        }
        let Some(turn) = self.turn(hole, proved, shown).await else {
            return Fared::Stopped;
        };
        let Some(range) = state.job_hole(&self.name, hole) else {
            return Fared::Stopped;
        };
        let Some(view) = state.view(uri) else {
            return Fared::Stopped;
        };
        let Some(target) = view.target(uri, &range) else {
            return Fared::Stopped;
        };
        let line = view.position(range.start).line;
        state.tell(&self.name, |details| *details = Details::default());
        let known = state.known_proofs(&target);
        let (steps, mut watched) = unbounded_channel();
        let search = tokio::select! {
            search = consent::search(&self.assistant) => search,
            () = self.cancel.cancelled() => return Fared::Stopped,
        };
        let search = async {
            let outcome = search.prove(&target, known, steps, &self.cancel).await;
            // An editor may take its time with the edit.
            drop(turn);
            outcome
        };
        // The first proof is applied while others are still being looked for.
        let watch = self.watch(hole, proved, shown, &mut watched);
        let (outcome, applied) = tokio::select! {
            // What was verified in the last moment is applied all the same.
            both = async { tokio::join!(search, watch) } => both,
            // It ends by itself once the goal is known.
            () = async {
                self.cancel.cancelled().await;
                tokio::time::sleep(ENDS_WITHIN).await;
            } => return Fared::Stopped,
        };
        let outcome = match outcome {
            // What was found by then is kept all the same.
            Ok(outcome) if self.cancel.is_cancelled() && outcome.proofs.is_empty() => {
                return Fared::Stopped;
            }
            Ok(outcome) => outcome,
            Err(error) => {
                let summary = error.to_string();
                let nothing = Finding::at_hole(target.head().into(), range, &[], summary.clone());
                state.keep(uri, nothing);
                state.release_hole(&self.name, hole);
                return Fared::NotProved { line, why: summary };
            }
        };
        for failure in &outcome.failures {
            if !failures.contains(failure) {
                failures.push(failure.clone());
            }
        }
        match self.conclude(&target, hole, &outcome, applied) {
            Ok(how) => Fared::Proved(how),
            Err(why) => Fared::NotProved { line, why },
        }
    }

    /// Waits until fewer than [`super::context::MAX_SEARCHES`] others search; nothing if it is stopped before.
    async fn turn(&self, hole: usize, proved: usize, shown: bool) -> Option<OwnedSemaphorePermit> {
        let turns = &self.assistant.turns;
        if let Ok(turn) = turns.clone().try_acquire_owned() {
            return Some(turn);
        }
        let say = async |what: &str| {
            self.assistant.state.set_progress(&self.name, what, proved);
            if shown {
                self.report_on(hole, what.to_owned()).await;
            }
        };
        say("waiting for other searches").await;
        let turn = tokio::select! {
            biased;
            () = self.cancel.cancelled() => None,
            turn = turns.clone().acquire_owned() => turn.ok(),
        }?;
        say(AT_FIRST).await;
        Some(turn)
    }

    /// Reports progress, and applies the first proof that is verified.
    async fn watch(
        &self,
        hole: usize,
        proved: usize,
        shown: bool,
        steps: &mut UnboundedReceiver<Step>,
    ) -> Option<Applied> {
        let mut applied = None;
        let mut untold: Option<String> = None;
        let mut next_report = Instant::now();
        loop {
            let step = tokio::select! {
                step = steps.recv() => step,
                () = tokio::time::sleep_until(next_report), if untold.is_some() => {
                    next_report = Instant::now() + REPORT_EVERY;
                    let what = untold.take().unwrap_or_default();
                    self.assistant.state.set_progress(&self.name, &what, proved);
                    if shown {
                        self.report_on(hole, what).await;
                    }
                    continue;
                }
            };
            let Some(step) = step else { break };
            let told = progress(&step);
            match step {
                Step::Verified(proof) if applied.is_none() => {
                    applied =
                        Some(apply(&self.assistant, &self.uri, &self.name, hole, proof).await);
                    continue;
                }
                Step::Plan(plan) => self.tell(|details| details.plan = Some(plan)),
                Step::Sketch(steps) => self.tell(|details| details.sketch = Some(steps)),
                _ => {}
            }
            untold = told.or(untold);
        }
        applied
    }

    fn tell(&self, change: impl FnOnce(&mut Details)) {
        self.assistant.state.tell(&self.name, change);
    }

    /// Tells what is being done about a hole.
    async fn report_on(&self, hole: usize, what: String) {
        let place = if self.many == 1 {
            String::new()
        } else {
            format!("{} of {}: ", hole + 1, self.many)
        };
        self.report(lsp::WorkDoneProgress::Report(lsp::WorkDoneProgressReport {
            message: Some(place + &what),
            cancellable: Some(true),
            percentage: None,
        }))
        .await;
    }

    /// Keeps what was found, and says how the proof went in, or why none did.
    fn conclude(
        &self,
        target: &Target,
        hole: usize,
        outcome: &Outcome,
        applied: Option<Applied>,
    ) -> Result<String, String> {
        let state = &self.assistant.state;
        let uri = self.uri.as_str();
        let summary = summary(outcome);
        let found: Vec<&Arc<VerifiedProof>> =
            outcome.proofs.iter().chain(&outcome.conditional).collect();
        let place = target.hole().range.clone();
        state.keep(
            uri,
            Finding::at_hole(
                target.head().into(),
                place,
                &found,
                format!("{summary}{}", complaints(&outcome.failures)),
            )
            .with(Details::of(outcome), outcome.sketch.as_ref()),
        );
        state.release_hole(&self.name, hole);
        match applied {
            Some(Applied::Done(proof)) => {
                let told = format!(
                    "**unsorry**: proved by {} · {}",
                    proof.engine(),
                    proof.standing()
                );
                let others: Vec<&Arc<VerifiedProof>> = outcome.proofs.iter().collect();
                let finding = Finding::at_proof(&proof, &others, told);
                state.keep(uri, finding.with(Details::of(outcome), None));
                Ok(format!("proved with {}", one_line(proof.proof())))
            }
            Some(Applied::Refused(why)) => Err(format!(
                "a proof was verified, and the editor did not take the edit ({why}): it is offered as a quick fix"
            )),
            Some(Applied::Gone) => {
                Err("a proof was verified, but the text has changed since".into())
            }
            None => Err(summary),
        }
    }

    /// Opens the progress display. Whether there is one.
    async fn begin(&self) -> bool {
        let client = &self.assistant.client;
        if !self.assistant.state.abilities().progress {
            return false;
        }
        let token = lsp::ProgressToken::String(self.name.clone());
        let created = client.create_work_done_progress(token);
        // An editor that does not answer shows nothing.
        if !matches!(
            tokio::time::timeout(BEGIN_WITHIN, created).await,
            Ok(Ok(()))
        ) {
            return false;
        }
        self.report(lsp::WorkDoneProgress::Begin(lsp::WorkDoneProgressBegin {
            title: if self.many == 1 {
                "Proving this sorry".into()
            } else {
                format!("Proving {} sorries", self.many)
            },
            cancellable: Some(true),
            message: Some(AT_FIRST.into()),
            percentage: None,
        }))
        .await;
        true
    }

    async fn end(&self, shown: bool, message: String) {
        if shown {
            self.report(lsp::WorkDoneProgress::End(lsp::WorkDoneProgressEnd {
                message: Some(message),
            }))
            .await;
        }
    }

    async fn report(&self, progress: lsp::WorkDoneProgress) {
        let params = lsp::ProgressParams {
            token: lsp::ProgressToken::String(self.name.clone()),
            value: lsp::ProgressParamsValue::WorkDone(progress),
        };
        self.assistant
            .client
            .send_notification::<Progress>(params)
            .await;
    }
}
