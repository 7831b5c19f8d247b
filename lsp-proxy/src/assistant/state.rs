//! What the assistant knows: documents, jobs, findings. One mutex, never held across an await.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use unsorry_prover::Candidate;

use super::details::Details;
use super::documents::{Document, View};
use super::finding::Finding;
use super::known::{Known, Shown};
use unsorry_search::target::Target;
use unsorry_syntax::{Change, shift};

/// How many findings a document keeps, and of how much text in bytes; the oldest go first.
const MAX_FINDINGS: usize = 64;
const MAX_TEXT: usize = 16 << 20;

/// What the editor can do, of what matters here.
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

/// A running job.
#[derive(Debug)]
struct Job {
    /// Of those before it.
    number: u64,
    uri: String,
    /// Where its holes are now; none once a hole is gone or done with.
    holes: Vec<Option<Range<usize>>>,
    /// An edit of the job's own is on its way: a hole that goes now went because of it.
    applying: bool,
    /// What there is to tell of the hole that it is working on.
    details: Details,
    /// What it is doing, in a few words.
    message: String,
    /// How many holes it has proved.
    proved: usize,
    cancel: CancellationToken,
}

impl Job {
    /// Whether it is at work on the hole. A job that was stopped is not, whatever it still does.
    fn is_at(&self, uri: &str, hole: &Range<usize>) -> bool {
        self.uri == uri && !self.cancel.is_cancelled() && self.holes.contains(&Some(hole.clone()))
    }
}

/// What a job does before it tells of anything.
pub const AT_FIRST: &str = "asking Lean for the goal";

/// A running job, for an editor to show.
#[derive(Debug, Clone, Serialize)]
pub struct Running {
    uri: String,
    message: String,
    proved: usize,
    holes: usize,
}

/// How a job ended, for an editor to show.
#[derive(Debug, Clone, Serialize)]
pub struct Ended {
    /// Its document.
    pub uri: String,
    /// How many holes it has proved.
    pub proved: usize,
    /// How many it began with.
    pub holes: usize,
    /// What came of it, in a sentence.
    pub message: String,
}

/// The last job that has ended, told apart from one before it that came to the same.
#[derive(Debug, Clone, Serialize)]
pub struct Last {
    job: u64,
    #[serde(flatten)]
    ended: Ended,
}

#[derive(Debug, Default)]
struct Inner {
    abilities: Abilities,
    documents: HashMap<String, Document>,
    known: HashMap<String, Known>,
    findings: HashMap<String, Vec<Arc<Finding>>>,
    jobs: HashMap<String, Job>,
    last: Option<Last>,
    next_job: u64,
    stopped: bool,
}

/// The shared state.
#[derive(Debug, Clone)]
pub struct State {
    inner: Arc<Mutex<Inner>>,
    /// Counts what an editor might show anew.
    revision: Arc<watch::Sender<u64>>,
}

impl Default for State {
    fn default() -> Self {
        State {
            inner: Arc::default(),
            revision: Arc::new(watch::Sender::new(1)),
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is something that an editor might show anew.
    pub fn changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    /// Counts these changes, from 1.
    pub fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// The jobs that run and how the last one ended, with the revision that this is of.
    pub fn standing(&self) -> (u64, Vec<Running>, Option<Last>) {
        // What changes while we read is news later.
        let revision = *self.revision.borrow();
        let inner = self.lock();
        let jobs = inner.jobs.values();
        let mut jobs: Vec<&Job> = jobs.filter(|job| !job.cancel.is_cancelled()).collect();
        jobs.sort_by_key(|job| job.number);
        let jobs = jobs.into_iter().map(|job| Running {
            uri: job.uri.clone(),
            message: job.message.clone(),
            proved: job.proved,
            holes: job.holes.len(),
        });
        (revision, jobs.collect(), inner.last.clone())
    }

    /// What the editor can do.
    pub fn abilities(&self) -> Abilities {
        self.lock().abilities
    }

    /// The editor has said what it can do.
    pub fn set_abilities(&self, abilities: Abilities) {
        self.lock().abilities = abilities;
    }

    /// A document was opened.
    pub fn open(&self, uri: &str, document: Document) {
        let mut inner = self.lock();
        inner.known.remove(uri);
        inner.documents.insert(uri.to_owned(), document);
        drop(inner);
        self.changed();
    }

    /// What files import has changed: what was found or asked holds no more.
    pub fn forget_findings(&self) {
        let mut inner = self.lock();
        inner.findings.clear();
        inner.known.clear();
    }

    /// A document was closed, or can't be followed any more: its jobs end.
    pub fn close(&self, uri: &str) {
        let mut inner = self.lock();
        inner.documents.remove(uri);
        inner.known.remove(uri);
        inner.findings.remove(uri);
        for job in inner.jobs.values().filter(|job| job.uri == uri) {
            job.cancel.cancel();
        }
        drop(inner);
        self.changed();
    }

    /// The URIs of the documents that are open.
    pub fn documents(&self) -> Vec<String> {
        let mut uris: Vec<String> = self.lock().documents.keys().cloned().collect();
        uris.sort();
        uris
    }

    /// Changes a document and moves the holes of its jobs along. A job whose holes are all gone ends.
    pub fn change(&self, uri: &str, change: impl FnOnce(&mut Document) -> Vec<Change>) {
        let mut inner = self.lock();
        let Inner {
            documents,
            jobs,
            known,
            ..
        } = &mut *inner;
        let Some(document) = documents.get_mut(uri) else {
            return;
        };
        let changes = change(document);
        let view = document.view();
        if let Some(known) = known.get_mut(uri) {
            known.change(&changes, &view);
        }
        for job in jobs.values_mut().filter(|job| job.uri == uri) {
            let mut lost = false;
            for place in &mut job.holes {
                let Some(range) = place.take() else { continue };
                let moved = changes.iter().try_fold(range, shift);
                // What was typed right beside it may have made another word of it, and what was typed
                // before it a comment.
                *place = moved.filter(|range| view.is_hole(range));
                lost |= place.is_none();
            }
            if lost && !job.applying && job.holes.iter().all(Option::is_none) {
                job.cancel.cancel();
            }
        }
    }

    /// The document as it is now.
    pub fn view(&self, uri: &str) -> Option<View> {
        self.lock().documents.get(uri).map(Document::view)
    }

    /// The document's version.
    pub fn version(&self, uri: &str) -> Option<i32> {
        self.lock().documents.get(uri).map(Document::version)
    }

    /// Lean has these goals for the hole at `range` of `view`.
    pub fn know(&self, uri: &str, view: &View, range: &Range<usize>, goals: &Shown) {
        let mut inner = self.lock();
        if inner.documents.get(uri).map(Document::version) == Some(view.version)
            && let Some(declaration) = view.declaration(range.start)
        {
            let known = inner.known.entry(uri.to_owned()).or_default();
            known.keep(range.clone(), declaration, goals);
        }
    }

    /// Lean does not elaborate the hole at `range` of `view`.
    pub fn know_inert(&self, uri: &str, view: &View, range: &Range<usize>) {
        let mut inner = self.lock();
        if inner.documents.get(uri).map(Document::version) == Some(view.version) {
            let known = inner.known.entry(uri.to_owned()).or_default();
            known.keep_inert(range.clone(), view.declaration(range.start));
        }
    }

    /// What is known of the holes of a document, if anything is.
    pub fn known<T>(&self, uri: &str, of: impl FnOnce(&Known) -> T) -> Option<T> {
        self.lock().known.get(uri).map(of)
    }

    /// Starts a job on `holes`; none when one is at work on one of them already. Its name is a
    /// progress token that begins with `session`.
    pub fn start_job(
        &self,
        session: &str,
        uri: &str,
        holes: Vec<Range<usize>>,
    ) -> Option<(String, CancellationToken)> {
        let mut inner = self.lock();
        if inner.stopped {
            return None;
        }
        let busy = |job: &Job| holes.iter().any(|hole| job.is_at(uri, hole));
        if inner.jobs.values().any(busy) {
            return None;
        }
        inner.next_job += 1;
        let number = inner.next_job;
        let name = format!("{session}job:{number}");
        let cancel = CancellationToken::new();
        let holes = holes.into_iter().map(Some).collect();
        inner.jobs.insert(
            name.clone(),
            Job {
                number,
                uri: uri.to_owned(),
                holes,
                applying: false,
                details: Details::default(),
                message: AT_FIRST.to_owned(),
                proved: 0,
                cancel: cancel.clone(),
            },
        );
        drop(inner);
        self.changed();
        Some((name, cancel))
    }

    /// Where the job's hole is now.
    pub fn job_hole(&self, job: &str, hole: usize) -> Option<Range<usize>> {
        self.lock().jobs.get(job)?.holes.get(hole)?.clone()
    }

    /// The job is about to change the text itself, or is done with that.
    pub fn set_applying(&self, job: &str, applying: bool) {
        if let Some(job) = self.lock().jobs.get_mut(job) {
            job.applying = applying;
        }
    }

    /// The job needs the hole no more: the next change to it is the job's own.
    pub fn release_hole(&self, job: &str, hole: usize) {
        if let Some(place) = self
            .lock()
            .jobs
            .get_mut(job)
            .and_then(|job| job.holes.get_mut(hole))
        {
            *place = None;
        }
    }

    /// What a job is doing, in a few words, with so many holes proved.
    pub fn set_progress(&self, job: &str, message: &str, proved: usize) {
        if let Some(job) = self.lock().jobs.get_mut(job) {
            job.message = message.to_owned();
            job.proved = proved;
        }
        self.changed();
    }

    /// The job is over, and came to this; to nothing if it was stopped.
    pub fn end_job(&self, job: &str, ended: Option<Ended>) {
        let mut inner = self.lock();
        let job = inner.jobs.remove(job).map(|job| job.number);
        if let (Some(job), Some(ended)) = (job, ended) {
            inner.last = Some(Last { job, ended });
        }
        drop(inner);
        self.changed();
    }

    /// There is something new to tell of the hole that a job is working on.
    pub fn tell(&self, job: &str, change: impl FnOnce(&mut Details)) {
        if let Some(job) = self.lock().jobs.get_mut(job) {
            change(&mut job.details);
        }
    }

    /// What there is to tell of a hole that a job is at work on.
    pub fn told(&self, uri: &str, hole: &Range<usize>) -> Details {
        let inner = self.lock();
        let mut at_work = inner.jobs.values().filter(|job| job.is_at(uri, hole));
        // Those behind it have not had their turn.
        let told = at_work.next().filter(|job| {
            let first = job.holes.iter().flatten().next();
            first == Some(hole)
        });
        told.map(|job| job.details.clone()).unwrap_or_default()
    }

    /// Whether a job is at work on the hole.
    pub fn is_busy(&self, uri: &str, hole: &Range<usize>) -> bool {
        let inner = self.lock();
        inner.jobs.values().any(|job| job.is_at(uri, hole))
    }

    /// Stops a job.
    pub fn stop(&self, job: &str) {
        if let Some(job) = self.lock().jobs.get(job) {
            job.cancel.cancel();
        }
    }

    /// Stops every job, or those of one document.
    pub fn stop_jobs(&self, uri: Option<&str>) {
        let of = |job: &&Job| uri.is_none_or(|uri| job.uri == uri);
        for job in self.lock().jobs.values().filter(of) {
            job.cancel.cancel();
        }
        self.changed();
    }

    /// Stops every job, and lets none begin.
    pub fn stop_all(&self) {
        let mut inner = self.lock();
        inner.stopped = true;
        drop(inner);
        self.stop_jobs(None);
    }

    /// Keeps a finding, in place of an older one for the same place and text.
    pub fn keep(&self, uri: &str, finding: Finding) {
        let mut inner = self.lock();
        if !inner.documents.contains_key(uri) {
            return;
        }
        let findings = inner.findings.entry(uri.to_owned()).or_default();
        findings.retain(|old| old.range != finding.range || old.head != finding.head);
        findings.push(Arc::new(finding));
        let mut text = 0;
        let fits = |finding: &&Arc<Finding>| {
            text += finding.held();
            text <= MAX_TEXT
        };
        // The newest stays, however long it is.
        let kept = findings.iter().rev().take(MAX_FINDINGS).take_while(fits);
        let kept = kept.count().max(1);
        findings.drain(..findings.len() - kept);
    }

    /// The findings that hold for the document as it is and touch `range`.
    pub fn findings(&self, uri: &str, range: &Range<usize>) -> Vec<Arc<Finding>> {
        let inner = self.lock();
        let Inner {
            documents,
            findings,
            ..
        } = &*inner;
        let Some(view) = documents.get(uri).map(Document::view) else {
            return Vec::new();
        };
        findings
            .get(uri)
            .into_iter()
            .flatten()
            .filter(|finding| finding.touches(range) && finding.holds_for(&view))
            .cloned()
            .collect()
    }

    /// The proofs that were verified for the same hole of the same declaration, whatever stood before
    /// it then: worth trying first.
    pub fn known_proofs(&self, target: &Target) -> Vec<Candidate> {
        let inner = self.lock();
        let declaration = &target.text[target.declaration().block.clone()];
        let from_end = target.head().len() - target.hole().range.start;
        let of_this_hole = |finding: &&Arc<Finding>| {
            finding.head.ends_with(declaration)
                && finding.head.len() - finding.range.start == from_end
        };
        let findings = inner.findings.get(&*target.uri).into_iter().flatten();
        let offers = findings
            .filter(of_this_hole)
            .flat_map(|finding| &finding.offers);
        offers
            .map(|offer| Candidate::new(offer.proof.proof(), offer.proof.engine()))
            .collect()
    }
}
