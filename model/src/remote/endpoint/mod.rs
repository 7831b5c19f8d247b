//! The endpoints, and what all jobs know of them: who is there, who is busy, who must be left alone.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rand::Rng;
use serde_json::Value;
use tokio::sync::Notify;

use super::problem::{Problem, Remedy};
use super::reply::Usage;
use super::server::{self, Facts, Server};
use super::timing::Timing;
use super::{EndpointSettings, Template};
use state::{Limits, State};

/// All endpoints.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) endpoints: Vec<Endpoint>,
    /// Notified when an endpoint has become less busy, or is known better.
    pub(super) changed: Arc<Notify>,
    pub(super) timing: Timing,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) server: Server,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

/// Places for answers that an endpoint writes, given back when dropped.
#[derive(Debug)]
pub(super) struct Slots {
    count: usize,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

impl Pool {
    pub(super) fn new(settings: Vec<EndpointSettings>, timing: Timing) -> Result<Pool> {
        ensure!(
            !settings.is_empty(),
            "the engine `remote` has no endpoint: write `[[remote]]` with a `url` in your config.toml"
        );
        let client = server::client()?;
        let changed = Arc::new(Notify::new());
        let endpoints = settings.into_iter().map(|settings| {
            let limits = Limits {
                concurrency: settings.concurrency,
                tokens_per_minute: settings.tokens_per_minute,
                retry_pause: timing.retry_pause,
            };
            let mut state = State::new(limits);
            state.fields = settings.fields.clone();
            Ok(Endpoint {
                server: Server::new(settings, client.clone())?,
                state: Arc::new(Mutex::new(state)),
                changed: changed.clone(),
            })
        });
        Ok(Pool {
            endpoints: endpoints.collect::<Result<_>>()?,
            changed,
            timing,
        })
    }
}

impl Endpoint {
    pub(super) fn name(&self) -> &str {
        &self.server.settings.name
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is known of it; it is asked where nothing is.
    pub(super) async fn facts(&self) -> Result<Arc<Facts>, Problem> {
        let known = self.state().facts.clone();
        if let Some(facts) = known {
            return Ok(facts);
        }
        let facts = Arc::new(self.server.facts().await?);
        self.state().facts = Some(facts.clone());
        self.changed.notify_waiters();
        Ok(facts)
    }

    /// Changes a request's body as it is to be for this endpoint.
    pub(super) fn fit(&self, body: &mut Value) {
        self.state().fields.apply(body);
    }

    /// Takes in that it has refused the `sent` body for this problem. Returns what is done otherwise from now on.
    pub(super) fn learn(&self, problem: &Problem, sent: &Value) -> Option<String> {
        let refusal = problem.refusal.as_deref()?;
        self.state().fields.learn(refusal, sent)
    }

    /// Returns how many more answers it may be asked for now, and the share of its places that is taken.
    pub(super) fn room(&self, now: Instant) -> (usize, f64) {
        self.state().room(now)
    }

    /// Returns when it can be asked again, if it is left alone now.
    pub(super) fn wakes(&self, now: Instant) -> Option<Instant> {
        self.state().wakes(now)
    }

    /// Takes room for at most `most` answers; other jobs may have taken it since it was looked for.
    pub(super) fn take(&self, most: usize, now: Instant) -> Option<Slots> {
        let count = self.state().take(most, now);
        (count > 0).then(|| Slots {
            count,
            state: self.state.clone(),
            changed: self.changed.clone(),
        })
    }

    /// Notes that it has begun to answer, after so long.
    pub(super) fn answered(&self, after: Duration) {
        self.state().answered(after);
    }

    /// Notes that it has finished an answer.
    pub(super) fn finished(&self) {
        self.state().finished();
    }

    /// Notes that it has cut an answer off: fewer are asked for at once.
    pub(super) fn ease(&self) {
        self.state().ease();
    }

    /// Returns how long its first tokens take.
    pub(super) fn first_token(&self) -> Option<Duration> {
        self.state().first_token()
    }

    /// Notes a failure of a request, begun at `began` or, where it has answered, now. Returns how long the endpoint
    /// is left alone, and whether that is so long that the job has to do without it.
    pub(super) fn failed(
        &self,
        problem: &Problem,
        began: Instant,
        timing: Timing,
    ) -> (Duration, bool) {
        let jitter = rand::rng().random_range(0.8..1.2);
        let now = Instant::now();
        let mut state = self.state();
        let pause = state.failed(problem.remedy, now, jitter);
        let (patience, asks) = match problem.remedy {
            Remedy::Wait(Some(_)) => (timing.patience_when_told, true),
            Remedy::Wait(None) => (timing.patience_when_busy, false),
            Remedy::Retry => (timing.patience, false),
            Remedy::OtherApi | Remedy::Shorten | Remedy::Nothing => return (pause, true),
        };
        let took = now.saturating_duration_since(began);
        let is_slow = took >= timing.slow_failure;
        let pause = match is_slow {
            true => state.pause_for(pause.max(took * 3), now),
            false => pause,
        };
        state.trouble(&problem.what, began, patience, asks || is_slow);
        let until = state.is_in_trouble().map(|trouble| trouble.patience_until);
        (pause, until.is_some_and(|until| now + pause > until))
    }

    /// Begins a job. Returns what is wrong with the endpoint if the job has to do without it.
    pub(super) fn begin(&self, now: Instant) -> Option<String> {
        self.state().begin(now)
    }

    /// Returns what is wrong with it, while it is left alone.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state();
        state.is_in_trouble().map(|trouble| trouble.what.clone())
    }

    /// Notes that it has answered something.
    pub(super) fn heard(&self) {
        self.state().heard(Instant::now());
    }

    /// Notes that a request is given up of which nothing has come since `since`; `has_begun` says that it had begun
    /// before that.
    pub(super) fn left(&self, since: Instant, has_begun: bool, timing: Timing) {
        let now = Instant::now();
        self.state().left(since, has_begun, now, timing.hangs_after);
    }

    /// Returns how many answers one request can ask it for.
    pub(super) fn batch_size(&self) -> usize {
        self.state().batch_size()
    }

    /// Notes that it has refused several answers at once, or given fewer.
    pub(super) fn is_single(&self) {
        self.state().is_single = true;
    }

    /// Notes that it has no `/completions`, and returns whether it may be asked in a chat.
    pub(super) fn falls_back(&self) -> bool {
        self.server.settings.template == Template::Auto && self.state().falls_back()
    }

    /// Notes the tokens that it took.
    pub(super) fn spent(&self, usage: Usage) {
        let all = self.state().spent(usage, Instant::now());
        tracing::debug!(endpoint = self.name(), ?usage, ?all, "tokens");
    }
}

impl Slots {
    /// Returns how many places there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Gives one back.
    pub(super) fn give_one_back(&mut self) {
        if self.count > 0 {
            self.give_back(1);
        }
    }

    fn give_back(&mut self, count: usize) {
        self.count -= count;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.give_back(count);
        drop(state);
        self.changed.notify_waiters();
    }
}

impl Drop for Slots {
    fn drop(&mut self) {
        self.give_back(self.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let settings = EndpointSettings::new("lab".into(), "http://127.0.0.1:9/v1".into());
        let pool = Pool::new(vec![settings], Timing::default()).expect("a pool");
        let endpoint = &pool.endpoints[0];
        let now = Instant::now();
        // One, as long as it is not known.
        let mut slots = endpoint.take(9, now).expect("room");
        assert_eq!((slots.count(), endpoint.room(now).0), (1, 0));
        assert!(endpoint.take(1, now).is_none());
        slots.give_one_back();
        slots.give_one_back();
        assert_eq!((slots.count(), endpoint.room(now).0), (0, 1));
        let other = endpoint.take(1, now).expect("room");
        drop(slots);
        assert_eq!(endpoint.room(now).0, 0);
        drop(other);
        assert_eq!(endpoint.room(now).0, 1);
    }
}
