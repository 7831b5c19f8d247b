//! The candidates for one goal: engines propose them, and each is checked, repaired, or confirmed.
//!
//! `reading` has Lean's parser read what strangers wrote, `screening` checks many in one text, `confirming` one exactly where it goes, `failing` is what
//! becomes of those that Lean refuses; `seen` and `repairs` keep the books.

mod confirming;
mod failing;
mod one_by_one;
mod reading;
mod repairs;
mod screening;
mod seen;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use unsorry_prover::{Candidate, Engine, Proposal};

use super::cascade::{Cascade, Heard};
use super::goal_search::{GoalSearch, Role};
use super::lean_gone::LeanGone;
use super::step::Step;
use crate::gate::{Refusal, gate};
use crate::rewrite::comments::without_comments;
use crate::rewrite::heartbeats::within_heartbeats;
use crate::verify::Rejection;
use one_by_one::OneByOne;
use repairs::Repairs;
use seen::{Judged, Proposed, Seen};

/// The progress of the work on a goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    Begun,
    /// The first candidates have failed.
    Tried,
    /// A model has written something.
    Model,
}

/// The channels to and from those who work on the same goal in other ways.
pub(super) struct Channels {
    /// Takes the sketches that are proposed.
    pub sketched: UnboundedSender<Candidate>,
    pub progress: watch::Sender<Progress>,
    /// Whether a sketch for the goal is being worked on.
    pub sketching: watch::Receiver<bool>,
}

impl Channels {
    /// Channels with nobody at their other ends.
    pub fn closed() -> Channels {
        Channels {
            sketched: tokio::sync::mpsc::unbounded_channel().0,
            progress: watch::channel(Progress::Begun).0,
            sketching: watch::channel(false).1,
        }
    }
}

/// The candidates for one goal.
pub(super) struct Candidates<'a> {
    goal: &'a GoalSearch<'a>,
    cascade: Cascade,
    channels: Channels,
    seen: Seen,
    /// What Lean's parser has read.
    read: HashSet<String>,
    waiting: VecDeque<Candidate>,
    /// Candidates that ran out of heartbeats while they were screened.
    heavy: VecDeque<Candidate>,
    one_by_one: OneByOne,
    repairs: Repairs,
}

impl<'a> Candidates<'a> {
    pub fn new(goal: &'a GoalSearch<'a>, channels: Channels) -> Candidates<'a> {
        let shared = goal.shared;
        let head_start = shared.limits.head_start;
        Candidates {
            cascade: Cascade::new(
                &goal.sources,
                &goal.baseline.goal,
                &shared.meter,
                head_start,
            ),
            goal,
            channels,
            seen: Seen::default(),
            read: HashSet::new(),
            waiting: VecDeque::new(),
            heavy: VecDeque::new(),
            one_by_one: OneByOne::default(),
            repairs: Repairs::default(),
        }
    }

    /// Checks all that is proposed, what is remembered and `known` before anything else, until there is
    /// a proof.
    ///
    /// # Errors
    /// When Lean is gone.
    pub async fn check_all(mut self, known: Vec<Candidate>) -> Result<(), LeanGone> {
        self.check_remembered().await?;
        if !known.is_empty() && !self.goal.is_done() {
            known.into_iter().for_each(|one| self.propose(one, 0));
            self.check_next().await?;
        }
        while !self.goal.is_done() {
            self.fill().await;
            if self.waiting.is_empty() && self.heavy.is_empty() {
                return Ok(());
            }
            self.check_next().await?;
        }
        Ok(())
    }

    /// Checks what waits: a batch of it, or, where nothing else does, one that takes long.
    async fn check_next(&mut self) -> Result<(), LeanGone> {
        if self.waiting.is_empty() {
            if let Some(candidate) = self.heavy.pop_front() {
                self.confirm(candidate).await?;
            }
            return Ok(());
        }
        let size = match self.one_by_one.goes_on() {
            true => 1,
            false => self.goal.batch_size(self.waiting.make_contiguous()),
        };
        let batch = self.waiting.drain(..size).collect();
        self.screen(batch).await?;
        self.come_to(Progress::Tried);
        Ok(())
    }

    fn come_to(&self, progress: Progress) {
        self.channels.progress.send_if_modified(|now| {
            let further = *now < progress;
            *now = progress.max(*now);
            further
        });
    }

    /// Takes proposals until a batch is full, or none is ready and there is something to check. With
    /// nothing to check, a proof that failed for little is sent back, and the next proposal waited for.
    /// What takes long waits until no sketch is being worked on: its steps are worth more.
    async fn fill(&mut self) {
        while self.waiting.len() < self.goal.shared.limits.batch {
            let sketching = *self.channels.sketching.borrow();
            let idle = self.waiting.is_empty() && (self.heavy.is_empty() || sketching);
            let heard = match self.cascade.next().now_or_never() {
                Some(Some(heard)) => heard,
                _ if !idle => return,
                _ if self.send_back() => continue,
                Some(None) => {
                    if sketching && !self.heavy.is_empty() {
                        // An error says that nobody sketches any more.
                        let _ = self.channels.sketching.wait_for(|busy| !busy).await;
                    }
                    return;
                }
                None => {
                    let sketching = &mut self.channels.sketching;
                    tokio::select! {
                        heard = self.cascade.next() => match heard {
                            Some(heard) => heard,
                            None => continue,
                        },
                        _ = sketching.changed(), if !self.heavy.is_empty() => continue,
                    }
                }
            };
            self.hear(heard);
        }
    }

    fn hear(&mut self, heard: Heard) {
        let Heard {
            engine,
            round,
            proposal,
        } = heard;
        let writes = matches!(proposal, Proposal::Candidate(_) | Proposal::Plan(_));
        if engine != Engine::Tactics && writes {
            self.come_to(Progress::Model);
        }
        let of_hole = self.goal.role == Role::Hole;
        if of_hole && round == 0 && !matches!(proposal, Proposal::Delayed(_)) {
            self.goal.stats().resume(engine);
        }
        match proposal {
            Proposal::Candidate(candidate) => {
                let candidate = Candidate {
                    engine,
                    ..candidate
                };
                self.propose(candidate, round);
            }
            Proposal::Plan(plan) if of_hole && !self.is_told(&plan) => {
                let plan: Arc<str> = plan.into();
                self.goal.stats().plan = Some(plan.clone());
                self.goal.tell(Step::Plan(plan));
            }
            Proposal::Plan(_) => {}
            Proposal::Unread(why) if self.goal.role != Role::Negation => {
                *self.goal.stats().unread.entry(why).or_default() += 1;
            }
            Proposal::Unread(_) => {}
            Proposal::Progress(what) => self.goal.tell(Step::Working { engine, what }),
            Proposal::Delayed(what) => {
                if of_hole && round == 0 {
                    self.goal.stats().delay(engine, what.clone());
                }
                self.goal.tell(Step::Delayed { engine, what });
            }
            Proposal::Failed(message) => {
                tracing::warn!(%engine, message, "an engine failed");
                // What it fails at besides is not what it was wanted for.
                if of_hole && round == 0 {
                    self.goal.stats().fail(engine, message);
                }
            }
        }
    }

    /// Whether this is what was told of the plan last.
    fn is_told(&self, plan: &str) -> bool {
        self.goal.stats().plan.as_deref() == Some(plan)
    }

    /// A candidate is to be checked, unless it was or the gate refuses it. What leaves steps to prove
    /// is for others.
    fn propose(&mut self, candidate: Candidate, round: u8) {
        if self.goal.role != Role::Negation {
            self.goal.stats().proposed += 1;
        }
        let text = within_heartbeats(&without_comments(&candidate.text));
        let candidate = candidate.with_text(text);
        if candidate.is_sketch() && self.goal.strategy().fills_sketches {
            let _ = self.channels.sketched.send(candidate);
            return;
        }
        if self.wait(&candidate, round)
            && let Err(refusal) = gate(self.goal.baseline.goal.kind, &candidate.text)
        {
            self.waiting.pop_back();
            self.refused(&candidate, refusal);
        }
    }

    /// The gate refuses a candidate.
    fn refused(&mut self, candidate: &Candidate, refusal: Refusal) {
        tracing::debug!(candidate = candidate.text, %refusal, "refused by the gate");
        if self.goal.role != Role::Negation {
            self.goal.stats().refused.add(candidate, refusal.clone());
        }
        self.judged(candidate, Some(Rejection::Gate(refusal).to_string()));
    }

    /// Puts a candidate at the end of those that wait, if it is new.
    fn wait(&mut self, candidate: &Candidate, round: u8) -> bool {
        match self.seen.propose(&candidate.text, round) {
            Proposed::New => {
                self.waiting.push_back(candidate.clone());
                true
            }
            Proposed::Waits => false,
            Proposed::Known(verdict) => {
                self.judged(candidate, verdict);
                false
            }
        }
    }

    /// A candidate has its verdict.
    fn judged(&mut self, candidate: &Candidate, verdict: Judged) {
        let times = self.seen.judge(&candidate.text, verdict.clone());
        for _ in 0..times {
            self.goal.tell_of_hole(Step::Judged {
                candidate: candidate.clone(),
                error: verdict.clone(),
            });
        }
    }
}
