//! The assistant's state: documents with what was found in them, jobs, and what the editor can do.
//!
//! The parts are plain data, changed by plain methods. [`Shared`] has the one lock, which is never held across
//! an await: whoever needs the state gives a function of it.

pub mod details;
pub mod document;
mod documents;
pub mod finding;
mod findings;
pub mod jobs;
pub mod known;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use document::Document;
use documents::Documents;
use jobs::{Ended, JobId, Jobs};
use unsorry_syntax::Change;

/// The abilities of the editor that matter here.
#[derive(Debug, Default, Clone, Copy)]
pub struct Abilities {
    /// `workspace/applyEdit`
    pub apply_edit: bool,
    /// `documentChanges` in an edit, which carry the version.
    pub document_changes: bool,
    /// `window/workDoneProgress/create`
    pub progress: bool,
    /// Code actions as objects, rather than bare commands.
    pub code_action_literals: bool,
}

/// The state of a session.
#[derive(Debug, Default)]
pub struct State {
    /// The abilities of the editor.
    pub abilities: Abilities,
    /// The open documents, and what is known of them.
    pub documents: Documents,
    /// The jobs that run.
    pub jobs: Jobs,
    /// The number of changes that an editor might show anew.
    revision: u64,
}

impl State {
    /// Notes that there is something that an editor might show anew.
    pub fn changed(&mut self) {
        self.revision += 1;
    }

    /// The number of such changes so far, and 1.
    pub fn revision(&self) -> u64 {
        self.revision + 1
    }

    /// A document was opened.
    pub fn open(&mut self, uri: &str, document: Document) {
        self.documents.open(uri, document);
        self.changed();
    }

    /// A document was closed, or can't be followed any more: its jobs end.
    pub fn close(&mut self, uri: &str) {
        self.documents.close(uri);
        self.stop_jobs(Some(uri));
    }

    /// Changes a document and moves the holes of its jobs along.
    pub fn change(&mut self, uri: &str, change: impl FnOnce(&mut Document) -> Vec<Change>) {
        if let Some((changes, view)) = self.documents.change(uri, change) {
            self.jobs.follow(uri, &changes, &view);
        }
    }

    /// Starts a job on `holes`; none when another is at work on one of them, or no job may begin any more.
    pub fn start_job(
        &mut self,
        uri: &str,
        holes: Vec<Range<usize>>,
    ) -> Option<(JobId, CancellationToken)> {
        let started = self.jobs.start(uri, holes)?;
        self.changed();
        Some(started)
    }

    /// Notes what a job is doing, in a few words, and how many holes it has proved.
    pub fn set_progress(&mut self, job: JobId, message: &str, proved: usize) {
        if let Some(job) = self.jobs.get_mut(job) {
            message.clone_into(&mut job.message);
            job.proved = proved;
        }
        self.changed();
    }

    /// Ends a job that runs, with this outcome; with none if it was stopped.
    pub fn end_job(&mut self, job: JobId, ended: Option<Ended>) {
        if self.jobs.end(job, ended) {
            self.changed();
        }
    }

    /// Stops every job, or those of one document.
    pub fn stop_jobs(&mut self, uri: Option<&str>) {
        self.jobs.stop_all(uri);
        self.changed();
    }

    /// Stops every job, and lets none begin.
    pub fn shut_down(&mut self) {
        self.jobs.admit_none();
        self.stop_jobs(None);
    }
}

/// The state as all handlers and jobs share it.
#[derive(Debug, Clone)]
pub struct Shared {
    state: Arc<Mutex<State>>,
    revision: Arc<watch::Sender<u64>>,
}

impl Default for Shared {
    fn default() -> Shared {
        Shared {
            state: Arc::default(),
            revision: Arc::new(watch::Sender::new(1)),
        }
    }
}

impl Shared {
    /// Gives the state to `act`, to nobody else meanwhile. It must not ask for the state itself.
    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let given = act(&mut state);
        let now = state.revision();
        drop(state);
        self.revision.send_if_modified(|told| {
            let is_news = now > *told;
            *told = now.max(*told);
            is_news
        });
        given
    }

    /// Follows [`State::revision`].
    pub fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
