//! The bookkeeping of one endpoint: how busy it is, how it has failed, what it took. Pure: the time is
//! given.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::remote::Fields;
use crate::remote::problem::Remedy;
use crate::remote::problem::request::of_silence;
use crate::remote::reply::Usage;
use crate::remote::server::{Api, Facts};

/// The shortest pause of an endpoint that asks for one: it may say `0`.
const MIN_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause after failures.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The longest pause of an endpoint that asks for one: who starts it anew does not wait for an hour.
const MAX_ASKED_PAUSE: Duration = Duration::from_secs(300);

/// The pause of an endpoint that hangs, the first time.
const HANG_PAUSE: Duration = Duration::from_secs(10);

/// The answers without a failure after which one more is asked for at once.
const ANSWERS_UNTIL_STEADY: usize = 16;

/// The span of `tokens_per_minute`.
const MINUTE: Duration = Duration::from_secs(60);

/// The limits of what an endpoint is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Answers at once.
    pub(super) concurrency: usize,
    pub(super) tokens_per_minute: Option<u64>,
    /// The pause after a first failure.
    pub(super) retry_pause: Duration,
}

/// What is wrong with an endpoint that has failed and not answered since.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// The reason.
    pub(super) what: String,
    /// The time until which a job waits for it.
    pub(super) patience_until: Instant,
    /// Whether its pause is for all jobs: it has asked for that, or failing takes it long. Else each job asks once.
    is_for_all: bool,
    since: Instant,
}

#[derive(Debug)]
pub(super) struct State {
    limits: Limits,
    pub(super) facts: Option<Arc<Facts>>,
    /// The fields of a request that it is sent otherwise.
    pub(super) fields: Fields,
    /// Answers being written for us.
    busy: usize,
    /// The end of its pause.
    until: Option<Instant>,
    failures: u32,
    /// Times in a row that it was not ready, without saying for how long.
    waits: u32,
    /// Times in a row that it was left without an answer.
    hangs: u32,
    /// What is wrong with it, since it last answered.
    trouble: Option<Trouble>,
    /// The last time that it has answered anything.
    heard: Option<Instant>,
    /// The number of answers by which fewer than configured are asked for at once: some servers cut one off
    /// for another.
    eased: usize,
    /// Answers that it has finished since it last failed.
    finished: usize,
    /// Whether it gives one answer a request, whatever its kind may do.
    pub(super) is_single: bool,
    /// A running mean of the time to a first token.
    first_token: Option<Duration>,
    /// The tokens spent within the last minute, each with the moment it was.
    spent: VecDeque<(Instant, u64)>,
    /// Tokens since the beginning.
    usage: Usage,
}

impl State {
    pub(super) fn new(limits: Limits) -> State {
        State {
            limits,
            facts: None,
            fields: Fields::default(),
            busy: 0,
            until: None,
            failures: 0,
            waits: 0,
            hangs: 0,
            trouble: None,
            heard: None,
            eased: 0,
            finished: 0,
            is_single: false,
            first_token: None,
            spent: VecDeque::new(),
            usage: Usage::default(),
        }
    }

    /// Returns how many more answers it may be asked for now, and the share of its places that is taken.
    pub(super) fn room(&mut self, now: Instant) -> (usize, f64) {
        let Limits {
            concurrency,
            tokens_per_minute,
            ..
        } = self.limits;
        let busy = self.busy as f64 / concurrency as f64;
        if self.until.is_some_and(|until| until > now) {
            return (0, busy);
        }
        if let Some(most) = tokens_per_minute
            && self.spent_within_minute(now) >= most
        {
            return (0, busy);
        }
        // One at a time until it is known.
        let most = match self.facts {
            Some(_) => concurrency.saturating_sub(self.eased).max(1),
            None => 1,
        };
        (most.saturating_sub(self.busy), busy)
    }

    /// Takes room for at most `most` answers, and returns for how many.
    pub(super) fn take(&mut self, most: usize, now: Instant) -> usize {
        let count = self.room(now).0.min(most);
        self.busy += count;
        count
    }

    pub(super) fn give_back(&mut self, count: usize) {
        self.busy = self.busy.saturating_sub(count);
    }

    /// Returns when it can be asked again, if it is left alone now.
    pub(super) fn wakes(&mut self, now: Instant) -> Option<Instant> {
        let most = self.limits.tokens_per_minute;
        let spent = most.filter(|most| self.spent_within_minute(now) >= *most);
        let spent = spent.and_then(|_| self.spent.front().map(|(when, _)| *when + MINUTE));
        [self.until.filter(|until| *until > now), spent]
            .into_iter()
            .flatten()
            .max()
    }

    /// Notes that it has begun to answer, after so long.
    pub(super) fn answered(&mut self, after: Duration) {
        (self.failures, self.waits, self.hangs) = (0, 0, 0);
        (self.until, self.trouble) = (None, None);
        self.first_token = Some(match self.first_token {
            Some(mean) => (mean * 3 + after) / 4,
            None => after,
        });
    }

    /// Notes that it has finished an answer.
    pub(super) fn finished(&mut self) {
        self.finished += 1;
        if self.finished.is_multiple_of(ANSWERS_UNTIL_STEADY) {
            self.eased = self.eased.saturating_sub(1);
        }
    }

    /// Notes that it has cut an answer off.
    pub(super) fn ease(&mut self) {
        let concurrency = self.limits.concurrency;
        let now = concurrency.saturating_sub(self.eased).max(1);
        self.eased = concurrency - (now / 2).max(1);
        self.finished = 0;
    }

    /// Returns how long its first tokens take.
    pub(super) fn first_token(&self) -> Option<Duration> {
        self.first_token
    }

    /// Notes a failure, and returns how long the endpoint is left alone. `jitter` varies the pause, so that
    /// many users don't come back at once.
    pub(super) fn failed(&mut self, remedy: Remedy, now: Instant, jitter: f64) -> Duration {
        let retry_pause = self.limits.retry_pause;
        let pause = match remedy {
            Remedy::Wait(Some(after)) => after.clamp(MIN_PAUSE, MAX_ASKED_PAUSE),
            Remedy::Wait(None) => {
                let pause = (retry_pause * 2).saturating_mul(1 << self.waits.min(10));
                self.waits += 1;
                pause.min(MAX_PAUSE)
            }
            Remedy::Retry => {
                let pause = retry_pause.saturating_mul(1 << self.failures.min(10));
                self.failures += 1;
                pause.min(MAX_PAUSE).mul_f64(jitter)
            }
            Remedy::OtherApi | Remedy::Shorten => Duration::ZERO,
            Remedy::Nothing => {
                // Whatever is put right meanwhile is seen by the next job.
                self.facts = None;
                Duration::ZERO
            }
        };
        self.until = Some(now + pause);
        pause
    }

    /// Notes what is wrong with it since `began`; what was wrong before is since then. `is_for_all` says whether
    /// its pause holds for jobs that are begun in it.
    pub(super) fn trouble(
        &mut self,
        what: &str,
        began: Instant,
        patience: Duration,
        is_for_all: bool,
    ) {
        let since = self.trouble.as_ref().map_or(began, |trouble| trouble.since);
        self.trouble = Some(Trouble {
            what: what.to_owned(),
            patience_until: since + patience,
            is_for_all,
            since,
        });
    }

    /// Leaves it alone for so long, within bounds, and returns how long that is.
    pub(super) fn pause_for(&mut self, pause: Duration, now: Instant) -> Duration {
        let pause = pause.min(MAX_PAUSE);
        self.until = Some(now + pause);
        pause
    }

    /// Notes that it has answered something.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = Some(now);
    }

    /// Notes that a request is given up of which nothing has come since `since`; `has_begun` says that it had begun
    /// before that. The endpoint hangs if it has answered nothing else since.
    pub(super) fn left(
        &mut self,
        since: Instant,
        has_begun: bool,
        now: Instant,
        hangs_after: Duration,
    ) {
        let usual = self.first_token.unwrap_or_default().saturating_mul(4);
        let silence = now.saturating_duration_since(since);
        let is_left_alone = self.until.is_some_and(|until| until > now);
        let is_heard = self.heard.is_some_and(|heard| heard > since);
        if is_left_alone || is_heard || silence < hangs_after.max(usual) {
            return;
        }
        self.pause_for(HANG_PAUSE.saturating_mul(1 << self.hangs.min(10)), now);
        self.hangs += 1;
        self.trouble(&of_silence(silence, has_begun), since, Duration::ZERO, true);
    }

    /// Begins a job. Returns what is wrong with the endpoint if the job has to do without it; one that is not
    /// to be left alone by all is asked at once.
    pub(super) fn begin(&mut self, now: Instant) -> Option<String> {
        let trouble = self.trouble.as_ref()?;
        if !trouble.is_for_all {
            self.until = None;
            return None;
        }
        let until = self.until.filter(|until| *until > now)?;
        let seconds = until.duration_since(now).as_secs_f64().ceil();
        (until > trouble.patience_until)
            .then(|| format!("{} (asked again in {seconds} s)", trouble.what))
    }

    /// Returns what is wrong with it, if anything is.
    pub(super) fn is_in_trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Returns how many answers one request can ask it for.
    pub(super) fn batch_size(&self) -> usize {
        match &self.facts {
            Some(facts) if facts.kind.has_n() && !self.is_single => usize::MAX,
            _ => 1,
        }
    }

    /// Notes that it has no `/completions`, and returns whether its facts are known: then it is asked in a
    /// chat from now on.
    pub(super) fn falls_back(&mut self) -> bool {
        let Some(facts) = self.facts.as_mut() else {
            return false;
        };
        if facts.api != Api::Chat {
            Arc::make_mut(facts).api = Api::Chat;
        }
        true
    }

    /// Notes the tokens that it took, and returns all since the beginning.
    pub(super) fn spent(&mut self, usage: Usage, now: Instant) -> Usage {
        let tokens = usage.prompt_tokens + usage.completion_tokens;
        self.spent.push_back((now, tokens));
        self.usage.prompt_tokens += usage.prompt_tokens;
        self.usage.completion_tokens += usage.completion_tokens;
        self.usage
    }

    fn spent_within_minute(&mut self, now: Instant) -> u64 {
        while let Some((when, _)) = self.spent.front()
            && now.saturating_duration_since(*when) > MINUTE
        {
            self.spent.pop_front();
        }
        self.spent.iter().map(|(_, tokens)| tokens).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::EngineKind;

    const RETRY_PAUSE: Duration = Duration::from_millis(500);

    fn known(tokens_per_minute: Option<u64>) -> State {
        let mut state = State::new(Limits {
            concurrency: 4,
            tokens_per_minute,
            retry_pause: RETRY_PAUSE,
        });
        state.facts = Some(Arc::new(Facts {
            kind: EngineKind::Vllm,
            model: "m".into(),
            models: Vec::new(),
            context: None,
            api: Api::Completions,
            template: None,
        }));
        state
    }

    #[test]
    fn room_is_what_nobody_uses() {
        let mut state = known(None);
        let now = Instant::now();
        assert_eq!(state.room(now), (4, 0.0));
        assert_eq!(state.take(3, now), 3);
        assert_eq!(state.room(now), (1, 0.75));
        state.give_back(1);
        assert_eq!(state.room(now).0, 2);
        assert_eq!(state.take(9, now), 2);
        assert_eq!(state.take(1, now), 0);
        state.give_back(4);
        assert_eq!(state.room(now), (4, 0.0));
    }

    #[test]
    fn less_is_asked_of_who_cuts_answers_off() {
        let mut state = known(None);
        let now = Instant::now();
        state.ease();
        assert_eq!(state.room(now).0, 2);
        state.ease();
        state.ease();
        assert_eq!(state.room(now).0, 1);
        for _ in 0..2 * ANSWERS_UNTIL_STEADY {
            state.finished();
        }
        assert_eq!(state.room(now).0, 3);
        for _ in 0..9 * ANSWERS_UNTIL_STEADY {
            state.finished();
        }
        assert_eq!(state.room(now).0, 4);
    }

    #[test]
    fn failures_make_longer_and_longer_pauses() {
        let mut state = known(None);
        let now = Instant::now();
        let mut before = Duration::ZERO;
        for _ in 0..6 {
            let pause = state.failed(Remedy::Retry, now, 1.2);
            assert!(pause > before, "{pause:?} after {before:?}");
            before = pause;
            assert_eq!(state.room(now).0, 0);
        }
        for _ in 0..20 {
            assert!(state.failed(Remedy::Retry, now, 1.2) <= MAX_PAUSE.mul_f64(1.2));
        }
        let wakes = state.wakes(now).expect("later");
        assert_eq!(state.room(wakes + Duration::from_millis(1)).0, 4);
        state.answered(Duration::from_secs(1));
        assert_eq!(state.room(now).0, 4);
        assert_eq!(
            state.failed(Remedy::Retry, now, 0.8),
            RETRY_PAUSE.mul_f64(0.8)
        );
        let wait = |seconds| Remedy::Wait(Some(Duration::from_secs_f64(seconds)));
        let mut pause = |seconds| state.failed(wait(seconds), now, 1.0);
        assert_eq!(pause(7.0), Duration::from_secs(7));
        assert_eq!(pause(0.0), MIN_PAUSE);
        assert_eq!(pause(1e9), MAX_ASKED_PAUSE);
        let pause = state.failed(Remedy::Wait(None), now, 1.0);
        assert_eq!(pause, 2 * RETRY_PAUSE);
    }

    #[test]
    fn who_has_failed_is_asked_again_when_it_may_be_back() {
        let second = Duration::from_secs(1);
        let now = Instant::now();
        let check = |is_for_all, pause: Option<u64>, patience: u64, is_told: bool| {
            let mut state = known(None);
            let remedy = Remedy::Wait(Some(second * pause.unwrap_or(0) as u32));
            state.failed(remedy, now, 1.0);
            state.trouble("oops", now, second * patience as u32, is_for_all);
            let told = state.begin(now + second / 2);
            assert_eq!(told.is_some(), is_told, "{told:?}");
            if let Some(told) = told {
                assert!(told.starts_with("oops (asked again in "), "{told}");
                assert_eq!(state.begin(now + second * 400), None);
                state.answered(second);
                assert_eq!(state.begin(now + second / 2), None);
            }
        };
        check(true, Some(60), 5, true);
        check(true, Some(3), 5, false);
        check(false, Some(60), 5, false);
        assert_eq!(known(None).begin(now), None);
    }

    #[test]
    fn who_answers_nothing_hangs() {
        let second = Duration::from_secs(1);
        let now = Instant::now();
        let check = |took: u32, heard: Option<u32>, first_token: u32, is_told: bool| {
            let mut state = known(None);
            state.answered(second * first_token);
            if let Some(heard) = heard {
                state.heard(now + second * heard);
            }
            let left = now + second * took;
            state.left(now, false, left, second * 10);
            let told = state.begin(left + second);
            assert_eq!(told.is_some(), is_told, "{told:?}");
            assert_eq!(state.begin(left + second * 11), None);
        };
        check(15, None, 0, true);
        check(15, None, 1, true);
        check(15, None, 5, false);
        check(25, None, 5, true);
        check(9, None, 0, false);
        check(15, Some(4), 0, false);
    }

    #[test]
    fn tokens_of_the_last_minute_count() {
        let mut state = known(Some(1000));
        let usage = Usage {
            prompt_tokens: 600,
            completion_tokens: 300,
        };
        let now = Instant::now();
        state.spent(usage, now);
        assert_eq!(state.room(now).0, 4);
        state.spent(usage, now);
        assert_eq!(state.room(now).0, 0);
        assert_eq!(state.wakes(now), Some(now + MINUTE));
        let later = now + MINUTE + Duration::from_millis(1);
        assert_eq!(state.room(later).0, 4);
        assert_eq!(state.wakes(later), None);
    }
}
