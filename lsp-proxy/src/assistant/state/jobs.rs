//! The jobs that run, and how the last one ended.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use unsorry_syntax::{Change, shift};

use super::details::Details;
use super::document::View;

/// The message of a job before it tells of anything.
pub const AT_FIRST: &str = "asking Lean for the goal";

/// The number of a job, from 1: later jobs have greater ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct JobId(u64);

impl JobId {
    /// The token of the job's progress display, which begins with `session`.
    pub fn token(self, session: &str) -> String {
        format!("{session}job:{}", self.0)
    }

    /// Reads such a token.
    pub fn of_token(session: &str, token: &str) -> Option<JobId> {
        let number = token.strip_prefix(session)?.strip_prefix("job:")?;
        number.parse().ok().map(JobId)
    }
}

/// A running job.
#[derive(Debug)]
pub struct Job {
    uri: String,
    /// The present ranges of its holes; none once a hole is gone or done with.
    holes: Vec<Option<Range<usize>>>,
    /// Whether an edit of the job's own is on its way: a hole that goes now went because of it.
    pub applying: bool,
    /// The details of the search for the hole that it is working on.
    pub details: Details,
    /// The present activity, in a few words.
    pub message: String,
    /// The number of holes that it has proved.
    pub proved: usize,
    cancel: CancellationToken,
}

impl Job {
    /// Returns the present range of its `n`th hole.
    pub fn hole(&self, n: usize) -> Option<Range<usize>> {
        self.holes.get(n)?.clone()
    }

    /// Returns the number of holes that it began with.
    pub fn begun_with(&self) -> usize {
        self.holes.len()
    }

    /// Whether none of its holes is left.
    pub fn has_no_hole(&self) -> bool {
        self.holes.iter().all(Option::is_none)
    }

    /// Releases its `n`th hole: the next change to it is the job's own.
    pub fn release(&mut self, n: usize) {
        if let Some(place) = self.holes.get_mut(n) {
            *place = None;
        }
    }

    /// Whether it is at work on the hole. A job that was stopped is not, whatever it still does.
    fn is_at(&self, uri: &str, hole: &Range<usize>) -> bool {
        self.uri == uri && !self.cancel.is_cancelled() && self.holes.contains(&Some(hole.clone()))
    }

    /// Moves its holes along with `changes`, after which its document is `view`. Without any it ends.
    fn follow(&mut self, changes: &[Change], view: &View) {
        let mut lost = false;
        for place in &mut self.holes {
            let Some(range) = place.take() else { continue };
            let moved = changes.iter().try_fold(range, shift);
            // What was typed right beside it may have made another word of it, and what was typed
            // before it a comment.
            *place = moved.filter(|range| view.is_hole(range));
            lost |= place.is_none();
        }
        if lost && !self.applying && self.has_no_hole() {
            self.cancel.cancel();
        }
    }
}

/// A running job, for an editor to show.
#[derive(Debug, Clone, Serialize)]
pub struct Running {
    uri: String,
    message: String,
    proved: usize,
    holes: usize,
}

/// The end of a job, for an editor to show.
#[derive(Debug, Clone, Serialize)]
pub struct Ended {
    /// The URI of its document.
    pub uri: String,
    /// The number of holes that it has proved.
    pub proved: usize,
    /// The number of holes that it began with.
    pub holes: usize,
    /// A sentence about the outcome.
    pub message: String,
}

/// The last job that has ended, told apart from one before it that came to the same.
#[derive(Debug, Clone, Serialize)]
pub struct Last {
    job: JobId,
    #[serde(flatten)]
    ended: Ended,
}

/// The jobs of a session.
#[derive(Debug, Default)]
pub struct Jobs {
    running: BTreeMap<JobId, Job>,
    last: Option<Last>,
    /// The number of the newest job.
    newest: u64,
    admits_none: bool,
}

impl Jobs {
    /// Starts a job on `holes`; none when another is at work on one of them, or no job may begin any more.
    pub fn start(
        &mut self,
        uri: &str,
        holes: Vec<Range<usize>>,
    ) -> Option<(JobId, CancellationToken)> {
        if self.admits_none || holes.iter().any(|hole| self.is_busy(uri, hole)) {
            return None;
        }
        self.newest += 1;
        let id = JobId(self.newest);
        let cancel = CancellationToken::new();
        let job = Job {
            uri: uri.to_owned(),
            holes: holes.into_iter().map(Some).collect(),
            applying: false,
            details: Details::default(),
            message: AT_FIRST.to_owned(),
            proved: 0,
            cancel: cancel.clone(),
        };
        self.running.insert(id, job);
        Some((id, cancel))
    }

    /// The running job of this number.
    pub fn get(&self, job: JobId) -> Option<&Job> {
        self.running.get(&job)
    }

    /// The running job of this number, to be changed.
    pub fn get_mut(&mut self, job: JobId) -> Option<&mut Job> {
        self.running.get_mut(&job)
    }

    /// Moves the holes of a document's jobs along with `changes`, after which it is `view`.
    pub fn follow(&mut self, uri: &str, changes: &[Change], view: &View) {
        let jobs = self.running.values_mut().filter(|job| job.uri == uri);
        jobs.for_each(|job| job.follow(changes, view));
    }

    /// Whether a job is at work on the hole.
    pub fn is_busy(&self, uri: &str, hole: &Range<usize>) -> bool {
        self.running.values().any(|job| job.is_at(uri, hole))
    }

    /// Returns the details of the search for a hole that a job is at work on.
    pub fn details(&self, uri: &str, hole: &Range<usize>) -> Details {
        let mut at_work = self.running.values().filter(|job| job.is_at(uri, hole));
        // Those behind it have not had their turn.
        let its_turn = |job: &&Job| job.holes.iter().flatten().next() == Some(hole);
        let job = at_work.next().filter(its_turn);
        job.map(|job| job.details.clone()).unwrap_or_default()
    }

    /// Stops a job.
    pub fn stop(&self, job: JobId) {
        if let Some(job) = self.get(job) {
            job.cancel.cancel();
        }
    }

    /// Stops every job, or those of one document.
    pub fn stop_all(&self, uri: Option<&str>) {
        let of = |job: &&Job| uri.is_none_or(|uri| job.uri == uri);
        let jobs = self.running.values().filter(of);
        jobs.for_each(|job| job.cancel.cancel());
    }

    /// Lets no job begin any more.
    pub fn admit_none(&mut self) {
        self.admits_none = true;
    }

    /// Ends a job, if it still runs, with this outcome; with none if it was stopped.
    pub fn end(&mut self, job: JobId, ended: Option<Ended>) -> bool {
        let was_running = self.running.remove(&job).is_some();
        if let Some(ended) = ended.filter(|_| was_running) {
            self.last = Some(Last { job, ended });
        }
        was_running
    }

    /// The jobs that run and are not stopped, the oldest first.
    pub fn running(&self) -> Vec<Running> {
        let jobs = self.running.values();
        jobs.filter(|job| !job.cancel.is_cancelled())
            .map(|job| Running {
                uri: job.uri.clone(),
                message: job.message.clone(),
                proved: job.proved,
                holes: job.holes.len(),
            })
            .collect()
    }

    /// Returns the end of the last job.
    pub fn last(&self) -> Option<Last> {
        self.last.clone()
    }
}
