//! The task that works on a job.

use std::ops::Range;

use tokio_util::sync::CancellationToken;
use tower_lsp_server::ls_types as lsp;

use super::super::context::Assistant;
use super::super::state::jobs::{Ended, Job, JobId};

/// The task that works on a job. However it ends, the job is over.
pub struct Worker {
    /// The context that the assistant's handlers and jobs share.
    pub assistant: Assistant,
    /// The job.
    pub job: JobId,
    /// The document.
    pub uri: lsp::Uri,
    /// Stops the job.
    pub cancel: CancellationToken,
}

impl Worker {
    /// Ends the job with this outcome; with none if it was stopped.
    pub fn end(&self, ended: Option<Ended>) {
        let state = &self.assistant.state;
        state.with(|state| state.end_job(self.job, ended));
    }

    /// Asks the state about the job, as long as that is not over.
    pub fn job<T>(&self, of: impl FnOnce(&Job) -> T) -> Option<T> {
        let state = &self.assistant.state;
        state.with(|state| state.jobs.get(self.job).map(of))
    }

    /// Changes the job in the state.
    pub fn change(&self, change: impl FnOnce(&mut Job)) {
        let state = &self.assistant.state;
        state.with(|state| state.jobs.get_mut(self.job).map(change));
    }

    /// Returns where the job's `n`th hole is now.
    pub fn hole(&self, n: usize) -> Option<Range<usize>> {
        self.job(|job| job.hole(n)).flatten()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end(None);
    }
}
