//! The engines of a search, one after the other: each has a head start before the next is asked too.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::time::Sleep;
use unsorry_prover::{Ask, Attempt, Engine, Goal, Meter, Proposal};

use super::source::Source;

/// The number of answers that a model is asked for to repair one proof.
const REPAIR_ANSWERS: usize = 2;

/// The proposals of all engines for one goal.
pub(super) struct Cascade {
    goal: Goal,
    meter: Arc<Meter>,
    sources: Vec<Source>,
    waiting: VecDeque<Source>,
    /// The engines at work; what an earlier one says is heard first.
    running: Vec<Running>,
    head_start: Duration,
    /// The time when the next one begins, whatever the others do.
    next_at: Option<Pin<Box<Sleep>>>,
}

struct Running {
    engine: Engine,
    round: u8,
    proposals: BoxStream<'static, Proposal>,
}

/// One thing that an engine said.
pub(super) struct Heard {
    pub engine: Engine,
    /// The number of times that a model has repaired what this proposes.
    pub round: u8,
    pub proposal: Proposal,
}

impl Cascade {
    pub fn new(
        sources: &[Source],
        goal: &Goal,
        meter: &Arc<Meter>,
        head_start: Duration,
    ) -> Cascade {
        Cascade {
            meter: meter.clone(),
            goal: goal.clone(),
            waiting: sources.iter().cloned().collect(),
            sources: sources.to_vec(),
            running: Vec::new(),
            head_start,
            next_at: None,
        }
    }

    /// The next thing that is said; none when nobody will say any more. Losing the future loses nothing.
    pub async fn next(&mut self) -> Option<Heard> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        loop {
            let mut at = 0;
            while let Some(running) = self.running.get_mut(at) {
                match running.proposals.poll_next_unpin(cx) {
                    Poll::Ready(Some(proposal)) => {
                        return Poll::Ready(Some(Heard {
                            engine: running.engine,
                            round: running.round,
                            proposal,
                        }));
                    }
                    Poll::Ready(None) => drop(self.running.remove(at)),
                    Poll::Pending => at += 1,
                }
            }
            let due = |timer: &mut Pin<Box<Sleep>>| timer.as_mut().poll(cx).is_ready();
            if !self.running.is_empty() && !self.next_at.as_mut().is_some_and(due) {
                return Poll::Pending;
            }
            if self.meter.is_used_up() {
                self.waiting.retain(Source::is_tactics);
            }
            let Some(source) = self.waiting.pop_front() else {
                self.next_at = None;
                return match self.running.is_empty() {
                    true => Poll::Ready(None),
                    false => Poll::Pending,
                };
            };
            tracing::debug!(engine = %source.engine, "asked");
            let ask = Ask {
                mode: source.engine.mode(),
                meter: self.meter.clone(),
                ..Ask::from(self.goal.clone())
            };
            self.running.push(Running {
                engine: source.engine,
                round: 0,
                proposals: source.prover.propose(&ask),
            });
            self.next_at = Some(Box::pin(tokio::time::sleep(self.head_start)));
        }
    }

    /// Asks `engine` to repair what it proposed `round` rounds after its first proposals.
    pub fn repair(&mut self, engine: Engine, attempt: Attempt, round: u8) {
        let Some(source) = self.sources.iter().find(|one| one.engine == engine) else {
            return;
        };
        tracing::debug!(%engine, round, "asked to repair");
        let ask = Ask {
            mode: source.engine.mode(),
            attempt: Some(attempt),
            answers: Some(REPAIR_ANSWERS),
            meter: self.meter.clone(),
            ..Ask::from(self.goal.clone())
        };
        self.running.push(Running {
            engine: source.engine,
            round,
            proposals: source.prover.propose(&ask),
        });
    }
}
