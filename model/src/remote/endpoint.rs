//! The endpoints, and what all jobs know of them: who is there, who is busy, who must be left alone.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rand::Rng;
use tokio::sync::Notify;

use super::problem::{Problem, Remedy};
use super::reply::Usage;
use super::server::{Api, Facts, Server};
use super::{EndpointSettings, Template};

/// After its first failure an endpoint is left alone for so long, after each further one for twice as
/// long.
const PAUSE: Duration = Duration::from_millis(500);

/// What asks to be left alone is, for at least so long: it may say `0`.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// But never longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Nor longer than this if it says so itself.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// After so many answers without a failure one more is asked for at once.
const STEADY: usize = 16;

/// The span of `tokens_per_minute`.
const MINUTE: Duration = Duration::from_secs(60);

/// All endpoints.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) endpoints: Vec<Endpoint>,
    /// Told when an endpoint has become less busy, or is known better.
    pub(super) changed: Arc<Notify>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) server: Server,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    facts: Option<Arc<Facts>>,
    /// Answers being written for us.
    busy: usize,
    /// It is left alone until then.
    until: Option<Instant>,
    failures: u32,
    /// So many fewer answers than configured are asked for at once: some servers cut one off for another.
    eased: usize,
    /// Answers that it has finished since it last failed.
    finished: usize,
    /// It gives one answer a request, whatever its kind may do.
    single: bool,
    /// A running mean of the time to a first token.
    first_token: Option<Duration>,
    /// When how many tokens were spent, within the last minute.
    spent: VecDeque<(Instant, u64)>,
    /// Tokens since the beginning.
    usage: Usage,
}

/// Answers that an endpoint is writing; dropped, they are not.
#[derive(Debug)]
pub(super) struct Slots {
    count: usize,
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

impl Pool {
    pub(super) fn new(settings: Vec<EndpointSettings>) -> Result<Pool> {
        ensure!(
            !settings.is_empty(),
            "the engine `remote` has no endpoint: write `[[remote]]` with a `url` in your config.toml"
        );
        let changed = Arc::new(Notify::new());
        let endpoints = settings.into_iter().map(|settings| {
            Ok(Endpoint {
                server: Server::new(settings)?,
                state: Arc::default(),
                changed: changed.clone(),
            })
        });
        Ok(Pool {
            endpoints: endpoints.collect::<Result<_>>()?,
            changed,
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

    /// What is known of it; it is asked where nothing is.
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

    /// How many more answers it may be asked for now, and how busy it is otherwise (0 to 1).
    pub(super) fn room(&self, now: Instant) -> (usize, f64) {
        self.room_in(&mut self.state(), now)
    }

    fn room_in(&self, state: &mut State, now: Instant) -> (usize, f64) {
        let EndpointSettings {
            concurrency,
            tokens_per_minute,
            ..
        } = self.server.settings;
        let busy = state.busy as f64 / concurrency as f64;
        if state.until.is_some_and(|until| until > now) {
            return (0, busy);
        }
        if let Some(most) = tokens_per_minute
            && state.spent_within_minute(now) >= most
        {
            return (0, busy);
        }
        // One at a time until it is known.
        let most = match state.facts {
            Some(_) => concurrency.saturating_sub(state.eased).max(1),
            None => 1,
        };
        (most.saturating_sub(state.busy), busy)
    }

    /// When it can be tried again, if it is left alone now.
    pub(super) fn wakes(&self, now: Instant) -> Option<Instant> {
        let most = self.server.settings.tokens_per_minute;
        let mut state = self.state();
        let spent = most.filter(|most| state.spent_within_minute(now) >= *most);
        let spent = spent.and_then(|_| state.spent.front().map(|(when, _)| *when + MINUTE));
        [state.until.filter(|until| *until > now), spent]
            .into_iter()
            .flatten()
            .max()
    }

    /// Takes room for at most so many answers; other jobs may have taken it since it was looked for.
    pub(super) fn take(&self, most: usize, now: Instant) -> Option<Slots> {
        let mut state = self.state();
        let count = self.room_in(&mut state, now).0.min(most);
        if count == 0 {
            return None;
        }
        state.busy += count;
        drop(state);
        Some(Slots {
            count,
            state: self.state.clone(),
            changed: self.changed.clone(),
        })
    }

    /// It has begun to answer, after so long.
    pub(super) fn answered(&self, after: Duration) {
        let mut state = self.state();
        state.failures = 0;
        state.until = None;
        state.first_token = Some(match state.first_token {
            Some(mean) => (mean * 3 + after) / 4,
            None => after,
        });
    }

    /// It has finished an answer.
    pub(super) fn finished(&self) {
        let mut state = self.state();
        state.finished += 1;
        if state.finished.is_multiple_of(STEADY) {
            state.eased = state.eased.saturating_sub(1);
        }
    }

    /// It has cut an answer off.
    pub(super) fn ease(&self) {
        let concurrency = self.server.settings.concurrency;
        let mut state = self.state();
        let now = concurrency.saturating_sub(state.eased).max(1);
        state.eased = concurrency - (now / 2).max(1);
        state.finished = 0;
    }

    /// How long its first tokens take.
    pub(super) fn first_token(&self) -> Option<Duration> {
        self.state().first_token
    }

    /// It is left alone for a while: how long.
    pub(super) fn failed(&self, problem: &Problem) -> Duration {
        let mut state = self.state();
        let pause = match problem.remedy {
            Remedy::Wait(Some(after)) => after.clamp(SHORTEST_PAUSE, LONGEST_ASKED),
            Remedy::Wait(None) => PAUSE * 2,
            Remedy::Retry => {
                let pause = PAUSE.saturating_mul(1 << state.failures.min(10));
                state.failures += 1;
                // So that many users don't come back at once.
                pause
                    .min(LONGEST_PAUSE)
                    .mul_f64(rand::rng().random_range(0.8..1.2))
            }
            Remedy::OtherApi | Remedy::Shorten => Duration::ZERO,
            Remedy::Nothing => {
                // Whatever is mended meanwhile is seen by the next job.
                state.facts = None;
                Duration::ZERO
            }
        };
        state.until = Some(Instant::now() + pause);
        pause
    }

    /// How many answers one request can ask it for.
    pub(super) fn together(&self) -> usize {
        let state = self.state();
        match &state.facts {
            Some(facts) if facts.kind.has_n() && !state.single => usize::MAX,
            _ => 1,
        }
    }

    /// It has refused several answers at once, or given fewer.
    pub(super) fn is_single(&self) {
        self.state().single = true;
    }

    /// It has no `/completions`: whether it may be asked in the other way.
    pub(super) fn falls_back(&self) -> bool {
        let mut state = self.state();
        let Some(facts) = state.facts.as_mut() else {
            return false;
        };
        if self.server.settings.template != Template::Auto {
            return false;
        }
        if facts.api != Api::Chat {
            Arc::make_mut(facts).api = Api::Chat;
        }
        true
    }

    /// It took so many tokens.
    pub(super) fn spent(&self, usage: Usage) {
        let mut state = self.state();
        let tokens = usage.prompt_tokens + usage.completion_tokens;
        state.spent.push_back((Instant::now(), tokens));
        state.usage.prompt_tokens += usage.prompt_tokens;
        state.usage.completion_tokens += usage.completion_tokens;
        tracing::debug!(
            endpoint = self.name(),
            ?usage,
            all = ?state.usage,
            "tokens"
        );
    }
}

impl State {
    fn spent_within_minute(&mut self, now: Instant) -> u64 {
        while let Some((when, _)) = self.spent.front()
            && now.saturating_duration_since(*when) > MINUTE
        {
            self.spent.pop_front();
        }
        self.spent.iter().map(|(_, tokens)| tokens).sum()
    }
}

impl Slots {
    /// For how many.
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
        state.busy = state.busy.saturating_sub(count);
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

    fn endpoint(tokens_per_minute: Option<u64>) -> Endpoint {
        let settings = EndpointSettings {
            concurrency: 4,
            tokens_per_minute,
            ..EndpointSettings::new("lab".into(), "http://127.0.0.1:9/v1".into())
        };
        let mut pool = Pool::new(vec![settings]).expect("a pool");
        let endpoint = pool.endpoints.remove(0);
        endpoint.state().facts = Some(Arc::new(Facts {
            kind: super::super::EngineKind::Vllm,
            model: "m".into(),
            models: Vec::new(),
            context: None,
            api: Api::Completions,
            template: None,
        }));
        endpoint
    }

    #[test]
    fn room_is_what_nobody_uses() {
        let endpoint = endpoint(None);
        let now = Instant::now();
        assert_eq!(endpoint.room(now), (4, 0.0));
        let mut three = endpoint.take(3, now).expect("room");
        assert_eq!(endpoint.room(now), (1, 0.75));
        three.give_one_back();
        assert_eq!(endpoint.room(now).0, 2);
        let rest = endpoint.take(9, now).expect("room");
        assert_eq!(rest.count(), 2);
        assert!(endpoint.take(1, now).is_none());
        drop((three, rest));
        assert_eq!(endpoint.room(now), (4, 0.0));
    }

    #[test]
    fn less_is_asked_of_who_cuts_answers_off() {
        let endpoint = endpoint(None);
        let room = || endpoint.room(Instant::now()).0;
        endpoint.ease();
        assert_eq!(room(), 2);
        endpoint.ease();
        endpoint.ease();
        assert_eq!(room(), 1);
        for _ in 0..2 * STEADY {
            endpoint.finished();
        }
        assert_eq!(room(), 3);
        for _ in 0..9 * STEADY {
            endpoint.finished();
        }
        assert_eq!(room(), 4);
    }

    #[test]
    fn failures_make_longer_and_longer_pauses() {
        let endpoint = endpoint(None);
        let problem = Problem::new(Remedy::Retry, "refused");
        let mut before = Duration::ZERO;
        for _ in 0..6 {
            let pause = endpoint.failed(&problem);
            assert!(pause > before, "{pause:?} after {before:?}");
            before = pause;
            assert_eq!(endpoint.room(Instant::now()).0, 0);
        }
        for _ in 0..20 {
            assert!(endpoint.failed(&problem) <= LONGEST_PAUSE.mul_f64(1.2));
        }
        let wakes = endpoint.wakes(Instant::now()).expect("later");
        assert_eq!(endpoint.room(wakes + Duration::from_millis(1)).0, 4);
        endpoint.answered(Duration::from_secs(1));
        assert_eq!(endpoint.room(Instant::now()).0, 4);
        assert!(endpoint.failed(&problem) <= PAUSE.mul_f64(1.2));
        let wait = Problem::new(Remedy::Wait(Some(Duration::from_secs(7))), "often");
        assert_eq!(endpoint.failed(&wait), Duration::from_secs(7));
    }

    #[test]
    fn tokens_of_the_last_minute_count() {
        let endpoint = endpoint(Some(1000));
        let usage = Usage {
            prompt_tokens: 600,
            completion_tokens: 300,
        };
        endpoint.spent(usage);
        assert_eq!(endpoint.room(Instant::now()).0, 4);
        endpoint.spent(usage);
        let now = Instant::now();
        assert_eq!(endpoint.room(now).0, 0);
        assert!(
            endpoint
                .wakes(now)
                .is_some_and(|wakes| wakes <= now + MINUTE)
        );
        let later = now + MINUTE + Duration::from_millis(1);
        assert_eq!(endpoint.room(later).0, 4);
        assert_eq!(endpoint.wakes(later), None);
    }
}
