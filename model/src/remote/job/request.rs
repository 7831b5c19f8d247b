//! A request under way, and the answers that it is to bring.

use std::time::Instant;

use tokio::task::AbortHandle;

use super::usage::tokens;
use crate::remote::endpoint::Slots;
use crate::remote::reply::{End, Usage};
use crate::remote::server::Api;
use unsorry_prover::Goal;
use unsorry_prover::answer::{Answer, PartialAnswer};

/// The most bytes of an answer: an engine that ignores `max_tokens` must not fill our memory.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// The number of a request in its job.
pub(super) type RequestId = u64;

/// An answer that is wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedAnswer {
    pub(super) number: usize,
    /// Times that it was asked for, and begun.
    pub(super) tries: u32,
}

/// A request under way; dropped, its connection is closed.
pub(super) struct Request {
    pub(super) endpoint: usize,
    pub(super) answers: Vec<AwaitedAnswer>,
    pub(super) slots: Slots,
    pub(super) sent: Instant,
    /// Whether anything has come.
    pub(super) has_begun: bool,
    /// The last time that anything has come, or when it was sent.
    pub(super) heard_at: Instant,
    /// Times that it was told that nothing has come since.
    pub(super) silences_told: u32,
    /// Whether its prompt is a shortened one.
    pub(super) is_shortened: bool,
    /// The API it was asked by, once that is known.
    pub(super) api: Option<Api>,
    /// Another request for the same answers: the first that begins to answer stays.
    pub(super) twin: Option<RequestId>,
    /// The time since when all its answers are there.
    pub(super) complete_since: Option<Instant>,
    /// The tokens of this request that the meter already has.
    pub(super) metered: Usage,
    /// The most written tokens that the meter has had of it: it takes none back.
    pub(super) most_metered: u64,
    /// The bytes that it has brought, whether anybody wanted them or not.
    heard: usize,
    task: AbortHandle,
}

/// An answer as far as it was written.
pub(super) struct AwaitedAnswer {
    pub(super) wanted: WantedAnswer,
    /// `None` when it is done with.
    pub(super) written: Option<PartialAnswer>,
    bytes: usize,
    reasoning: String,
}

/// The outcome of one piece of an answer.
pub(super) struct Progress {
    /// The answer, where it ends with this piece.
    pub(super) answer: Option<Answer>,
    /// Whether it was cut: the rest is nobody's.
    pub(super) is_cut: bool,
}

impl Request {
    pub(super) fn new(
        endpoint: usize,
        wanted: Vec<WantedAnswer>,
        slots: Slots,
        is_shortened: bool,
        twin: Option<RequestId>,
        task: AbortHandle,
    ) -> Request {
        let answers = wanted.into_iter().map(|wanted| AwaitedAnswer {
            wanted,
            written: Some(PartialAnswer::Whole(String::new())),
            bytes: 0,
            reasoning: String::new(),
        });
        Request {
            endpoint,
            answers: answers.collect(),
            slots,
            sent: Instant::now(),
            has_begun: false,
            heard_at: Instant::now(),
            silences_told: 0,
            is_shortened,
            api: None,
            twin,
            complete_since: None,
            metered: Usage::default(),
            most_metered: 0,
            heard: 0,
            task,
        }
    }

    /// The answers that are still to be written.
    pub(super) fn unwritten(&self) -> impl Iterator<Item = WantedAnswer> {
        let answers = self.answers.iter();
        let answers = answers.filter(|answer| answer.written.is_some());
        answers.map(|answer| answer.wanted)
    }

    /// Leaves the first `count` unwritten answers to another request.
    pub(super) fn give_away(&mut self, count: usize) {
        let answers = self.answers.iter_mut();
        let unwritten = answers.filter(|answer| answer.written.is_some());
        for answer in unwritten.take(count) {
            answer.written = None;
        }
    }

    /// Restarts its answers as texts that begin at the hole.
    pub(super) fn begin_at_hole(&mut self, goal: &Goal) {
        let answers = self.answers.iter_mut();
        for written in answers.filter_map(|answer| answer.written.as_mut()) {
            *written = PartialAnswer::at_hole(goal);
        }
    }

    /// Notes that it has brought so many bytes more. Returns whether that is too much.
    pub(super) fn heard(&mut self, bytes: usize) -> bool {
        self.heard += bytes;
        self.heard > MAX_ANSWER_BYTES.saturating_mul(self.answers.len() + 1)
    }

    /// Estimates what it took, where the engine was not let say it.
    pub(super) fn estimated_usage(&self) -> Usage {
        Usage {
            prompt_tokens: 0,
            completion_tokens: tokens(self.heard) as u64,
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl AwaitedAnswer {
    /// Adds a piece; `None` when the answer was done with before. `on_plan` is told of the plan in
    /// a job's first answer.
    pub(super) fn push(
        &mut self,
        goal: &Goal,
        text: &str,
        reasoning: &str,
        end: Option<End>,
        on_plan: impl FnOnce(String),
    ) -> Option<Progress> {
        let written = self.written.as_mut()?;
        self.bytes += text.len() + reasoning.len();
        self.reasoning += reasoning;
        let is_cut = written.push(text) || self.bytes > MAX_ANSWER_BYTES;
        if self.wanted.number == 0
            && let Some(plan) = written.plan(text)
        {
            on_plan(plan);
        }
        if !is_cut && end.is_none() {
            return Some(Progress {
                answer: None,
                is_cut,
            });
        }
        let is_complete = is_cut || end == Some(End::Stop);
        let reasoning = std::mem::take(&mut self.reasoning);
        let answer = self.written.take().map(|written| {
            let is_whole = matches!(written, PartialAnswer::Whole(_));
            let answer = written.answer(goal, is_complete);
            if is_whole && answer.unread.is_some() {
                // Some engines call all of an answer reasoning.
                let reasoned = PartialAnswer::Whole(reasoning).answer(goal, is_complete);
                if reasoned.unread.is_none() {
                    return reasoned;
                }
            }
            answer
        });
        Some(Progress { answer, is_cut })
    }
}
