//! One goal, many answers, some endpoints: who writes which answer, and what happens when they don't.
//!
//! The job is one task that owns all that it knows; each request is a task that sends it events.

mod assignment;
mod events;
mod recovery;
mod request;
mod stream;
mod told;
mod usage;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use super::endpoint::{Endpoint, Pool};
use super::problem::request::of_silence;
use super::problem::{Problem, Remedy};
use request::{Request, RequestId, WantedAnswer};
use stream::RequestEvent;
use unsorry_prover::{Ask, Proposal};

/// Returns candidates for what is asked. Dropping the stream closes all connections that work for it.
pub(super) fn propose(pool: Arc<Pool>, ask: Ask) -> impl Stream<Item = Proposal> + Send + 'static {
    let (proposals, receiver) = unbounded();
    let mut job = Job::new(pool, ask, proposals);
    let job = tokio::spawn(async move { job.run().await });
    let state = (receiver, AbortOnDropHandle::new(job));
    futures_util::stream::unfold(state, |(mut receiver, job)| async move {
        let proposal = receiver.next().await?;
        Some((proposal, (receiver, job)))
    })
}

struct Job {
    pool: Arc<Pool>,
    ask: Arc<Ask>,
    proposals: UnboundedSender<Proposal>,
    /// Answers that nobody writes now.
    waiting: VecDeque<WantedAnswer>,
    requests: HashMap<RequestId, Request>,
    next_id: RequestId,
    /// This job's view of each endpoint.
    views: Vec<EndpointView>,
    /// The number of candidates so far.
    candidates: usize,
    tasks: JoinSet<()>,
    /// The reason why an answer was given up, the last time.
    given_up: Option<String>,
    events: mpsc::UnboundedReceiver<(RequestId, RequestEvent)>,
    events_in: mpsc::UnboundedSender<(RequestId, RequestEvent)>,
}

/// A job's view of an endpoint.
#[derive(Debug, Clone, Default)]
struct EndpointView {
    /// The reason why this job does without it.
    left_out: Option<String>,
    /// Failures in a row, of requests that were begun after the one before.
    failures: u32,
    last_failure: Option<Instant>,
    /// Whether its prompt is only half as long as it could be.
    is_shortened: bool,
}

impl Job {
    fn new(pool: Arc<Pool>, ask: Ask, proposals: UnboundedSender<Proposal>) -> Job {
        let answers = pool.endpoints.iter();
        let answers = answers.map(|endpoint| {
            ask.generation_params(&endpoint.server.settings.generation)
                .answers()
        });
        let answers = answers.max().unwrap_or(0);
        let (events_in, events) = mpsc::unbounded_channel();
        Job {
            ask: Arc::new(ask),
            proposals,
            waiting: (0..answers)
                .map(|number| WantedAnswer { number, tries: 0 })
                .collect(),
            requests: HashMap::new(),
            next_id: 0,
            views: vec![EndpointView::default(); pool.endpoints.len()],
            candidates: 0,
            tasks: JoinSet::new(),
            given_up: None,
            events,
            events_in,
            pool,
        }
    }

    async fn run(&mut self) {
        self.tell_who_is_asked();
        self.begin(Instant::now());
        loop {
            while self.tasks.try_join_next().is_some() {}
            let pool = self.pool.clone();
            let changed = pool.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            if self.ask.meter.is_used_up() {
                return;
            }
            let now = Instant::now();
            self.end_complete_requests(now);
            self.end_silent_requests(now);
            self.assign(now);
            self.hedge(now);
            if self.requests.is_empty() {
                if self.waiting.is_empty() {
                    return self.tell_end();
                }
                if self.views.iter().all(|view| view.left_out.is_some()) {
                    return self.tell_failure();
                }
            }
            let next_wake = self.next_wake(now);
            let wakes = async {
                match next_wake {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some((id, event)) = self.events.recv() => self.handle(id, event),
                () = changed => {}
                () = wakes => {}
            }
        }
    }

    fn endpoint(&self, at: usize) -> &Endpoint {
        &self.pool.endpoints[at]
    }

    /// Returns when something has to be done even if nothing happens.
    fn next_wake(&self, now: Instant) -> Option<Instant> {
        let slow = self
            .requests
            .values()
            .filter_map(|request| self.slow_from(request))
            .filter(|from| *from > now);
        let complete = self.requests.values();
        let complete = complete.filter_map(|request| request.complete_since);
        let grace = self.pool.timing.usage_grace;
        let usable = self.views.iter().zip(&self.pool.endpoints);
        let usable = usable.filter(|(view, _)| view.left_out.is_none() && !self.waiting.is_empty());
        let awake = usable.filter_map(|(_, endpoint)| endpoint.wakes(now));
        let silent = self.requests.values();
        let silent = silent.filter_map(|request| self.silence_is_told_at(request));
        slow.chain(complete.map(|since| since + grace))
            .chain(awake)
            .chain(silent)
            .min()
    }

    /// Leaves out the endpoints of which it is known that they can't be asked now.
    fn begin(&mut self, now: Instant) {
        let pool = self.pool.clone();
        for (view, endpoint) in self.views.iter_mut().zip(&pool.endpoints) {
            view.left_out = endpoint.begin(now);
        }
        for endpoint in pool.endpoints.iter().filter(|one| one.wakes(now).is_some()) {
            if let Some(what) = endpoint.trouble() {
                self.tell_delay(endpoint.name(), &what);
            }
        }
    }

    /// Returns when it is to be told next that nothing comes of a request, or when that is too long; never once all
    /// its answers are there.
    fn silence_is_told_at(&self, request: &Request) -> Option<Instant> {
        let limit = self.endpoint(request.endpoint).server.settings.silence;
        let next = self.pool.timing.tell_silence * (request.silences_told + 1);
        let is_complete = request.complete_since.is_some();
        (!is_complete).then(|| request.heard_at + next.min(limit))
    }

    /// Ends requests of which nothing has come for too long, and tells of those of which nothing has for long.
    fn end_silent_requests(&mut self, now: Instant) {
        let is_silent = |request: &Request| {
            let told_at = self.silence_is_told_at(request);
            told_at.is_some_and(|at| at <= now)
        };
        let silent = self.requests.iter().filter(|(_, one)| is_silent(one));
        let silent: Vec<RequestId> = silent.map(|(id, _)| *id).collect();
        for id in silent {
            let Some(request) = self.requests.get_mut(&id) else {
                continue;
            };
            request.silences_told += 1;
            let silence = now.saturating_duration_since(request.heard_at);
            let what = of_silence(silence, request.has_begun);
            let settings = &self.pool.endpoints[request.endpoint].server.settings;
            if silence >= settings.silence {
                self.failed(id, &Problem::new(Remedy::Retry, what));
            } else {
                self.tell_delay(&settings.name, &what);
            }
        }
    }

    /// Ends requests of which nothing more is wanted, not even their usage.
    fn end_complete_requests(&mut self, now: Instant) {
        let grace = self.pool.timing.usage_grace;
        self.requests.retain(|_, request| {
            let since = request.complete_since;
            since.is_none_or(|since| since + grace > now)
        });
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let silent = self.requests.values();
        for request in silent.filter(|request| request.complete_since.is_none()) {
            let endpoint = &self.pool.endpoints[request.endpoint];
            endpoint.left(request.heard_at, request.has_begun, self.pool.timing);
        }
    }
}
