//! Checking many candidates in one text.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;
use unsorry_prover::{Candidate, HoleKind};

use super::one_by_one::OneByOne;
use super::{Candidates, Role};
use crate::check::checker::Watch;
use crate::check::screen::{Screen, SoFar};
use crate::check::verdict::Verdict;
use crate::lean::elaboration::Unknown;
use crate::search::lean_gone::{LeanGone, UnlessGone};
use crate::search::step::Step;

/// The most verified proofs that a search gives, the one that is applied among them.
const MAX_PROOFS: usize = 3;

/// The time that candidates get after one of their batch has passed.
const AFTER_FIRST: Duration = Duration::from_millis(400);

/// Longer than any search.
const NO_END: Duration = Duration::from_secs(1 << 30);

/// The verdicts of screening a batch: on each, where there is one.
pub(super) enum Verdicts {
    /// Lean was done with all.
    All(Vec<Option<Verdict>>),
    /// Some passed, before the others were done with.
    Early(Vec<Option<Verdict>>),
    /// Lean did not come to an end, for this reason.
    Cut(SoFar, Unknown),
}

impl Candidates<'_> {
    /// Checks `batch` together, then those that pass alone. Those that get no verdict are asked about
    /// again: without the one that Lean did not come to an end with, which has to wait until nothing else
    /// does, or, where that can't be told, one by one. So a candidate takes neither its neighbours' verdicts
    /// with it nor much of their time.
    pub(super) async fn screen(&mut self, batch: Vec<Candidate>) -> Result<(), LeanGone> {
        let batch = self.read(batch).await?;
        let Some(first) = batch.first() else {
            return Ok(());
        };
        self.tell_checking(first);
        let asked = Instant::now();
        let limited = self.goal.sizer().is_limited();
        let screened = self.verdicts(&batch, limited).await?;
        let is_cut = matches!(screened, Verdicts::Cut(..));
        if let Some(all) = self.one_by_one.next(is_cut) {
            self.goal.sizer().no_answer(all);
        }
        let verdicts = match screened {
            Verdicts::All(verdicts) | Verdicts::Early(verdicts) => verdicts,
            Verdicts::Cut(_, why)
                if batch.len() == 1 && !(limited && matches!(why, Unknown::TimedOut(_))) =>
            {
                self.unknown(&batch[0], &why);
                return Ok(());
            }
            Verdicts::Cut(so_far, why) => {
                let busy = so_far.busy.or((batch.len() == 1).then_some(0));
                tracing::debug!(%why, candidates = batch.len(), busy, "no end");
                let mut verdicts = so_far.verdicts;
                verdicts.resize(batch.len(), None);
                match busy {
                    // As if it had spent all heartbeats.
                    Some(busy) => verdicts[busy] = Some(Verdict::OutOfHeartbeats),
                    None => self.one_by_one = OneByOne::of(batch.len()),
                }
                verdicts
            }
        };
        let judged = verdicts.iter().flatten().count();
        tracing::debug!(candidates = batch.len(), judged, took = ?asked.elapsed(), "screened");
        if self.goal.role != Role::Negation {
            self.goal.stats().checked += judged;
        }
        let mut known = Vec::with_capacity(judged);
        for (candidate, verdict) in batch.into_iter().zip(verdicts).rev() {
            match verdict {
                Some(verdict) => known.push((candidate, verdict)),
                None => self.waiting.push_front(candidate),
            }
        }
        known.reverse();
        let passed = self.sort_out(known);
        self.confirm_best(passed).await
    }

    fn tell_checking(&self, first: &Candidate) {
        if self.goal.role == Role::Negation {
            return;
        }
        let (checked, proposed) = {
            let stats = self.goal.stats();
            (stats.checked, stats.proposed)
        };
        self.goal.tell(Step::Checking {
            candidate: first.text.clone(),
            checked,
            proposed,
        });
    }

    /// Lean's verdicts on all of `batch`; or, when some have passed and others take their time, on
    /// those that have passed. Either is only a hint which to confirm. In a `hurry` Lean is not waited for
    /// where it stays long with one of them.
    async fn verdicts(&mut self, batch: &[Candidate], hurry: bool) -> Result<Verdicts, LeanGone> {
        let goal = self.goal;
        let (target, baseline) = (&goal.target, &goal.baseline);
        let limited = goal.sizer().is_limited();
        let kind = baseline.goal.kind;
        let screen = Screen::new(target, kind, batch, limited);
        let (interim, mut seen) = unbounded_channel();
        let give_up = CancellationToken::new();
        let watch = Watch {
            interim,
            give_up: give_up.clone(),
        };
        let text = screen.text.clone();
        // Inside a term it does not say how far it has come.
        let tells = batch.len() > 1 && kind == HoleKind::Tactic;
        let limit = match hurry && !tells {
            true => goal.sizer().text_patience(batch.len()),
            false => Duration::MAX,
        };
        let limit = limit.min(goal.shared.limits.check);
        let whole = goal
            .checker
            .elaborate_watched(&target.uri, text, limit, watch);
        let so_far = Mutex::new(SoFar::default());
        let early = async {
            let mut passed = false;
            let mut since = Instant::now();
            loop {
                let busy = lock(&so_far).busy;
                let patience = match (passed, busy) {
                    (true, _) => AFTER_FIRST,
                    (false, Some(_)) if hurry => goal.sizer().patience(),
                    _ => NO_END,
                };
                let heard = tokio::time::timeout_at((since + patience).into(), seen.recv()).await;
                match heard {
                    // The sender lives as long as `whole` does.
                    Ok(None) => std::future::pending().await,
                    Ok(Some(diagnostics)) => {
                        let now = screen.so_far(target, baseline, &diagnostics);
                        passed = goal.strategy().ends_with_proof && now.has_passed();
                        if passed || now.busy != busy {
                            if busy.is_some() {
                                goal.sizer().took(since.elapsed());
                            }
                            since = Instant::now();
                        }
                        *lock(&so_far) = now;
                    }
                    Err(_) if passed => return,
                    Err(_) => {
                        give_up.cancel();
                        std::future::pending().await
                    }
                }
            }
        };
        let asked = Instant::now();
        let whole = tokio::select! {
            biased;
            whole = whole => Some(whole.unless_gone()?),
            () = early => None,
        };
        let so_far = so_far.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(match whole {
            Some(Ok(whole)) => {
                if !tells {
                    goal.sizer().took(asked.elapsed() / 4);
                }
                let judged = screen.judge(target, baseline, &whole.diagnostics);
                Verdicts::All(goal.sizer().heard(batch.len(), judged))
            }
            Some(Err(why)) => {
                goal.sizer().cut();
                Verdicts::Cut(so_far, why)
            }
            None => Verdicts::Early(so_far.only_passed()),
        })
    }

    /// Puts aside what failed or takes long. Returns what passed, the best first.
    fn sort_out(&mut self, judged: Vec<(Candidate, Verdict)>) -> Vec<Candidate> {
        let mut passed: Vec<(usize, Candidate)> = Vec::new();
        for (candidate, verdict) in judged {
            match verdict {
                Verdict::Passed {
                    suggestions,
                    warnings,
                } if candidate.is_query() => {
                    let answers = suggestions.iter().filter_map(|s| candidate.answered(s));
                    let before = passed.len();
                    passed.extend(answers.map(|answer| (warnings, answer)));
                    let error = match passed.len() > before {
                        true => "it only asks Lean for a proof, which was tried instead",
                        false => "it only asks Lean for a proof, and there is none to be had",
                    };
                    self.judged(&candidate, Some(error.into()));
                }
                Verdict::Passed { warnings, .. } => passed.push((warnings, candidate)),
                // A goal that is false is mostly so for small values.
                Verdict::OutOfHeartbeats if self.goal.role == Role::Negation => {}
                Verdict::OutOfHeartbeats => self.heavy.push_back(candidate),
                Verdict::Failed(complaints) => self.failed(&candidate, &complaints),
            }
        }
        // What a linter complains of comes after what it does not, else as proposed.
        passed.sort_by_key(|(warnings, _)| *warnings);
        passed.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// Confirms what passed, until there are proofs enough.
    async fn confirm_best(&mut self, passed: Vec<Candidate>) -> Result<(), LeanGone> {
        // The referee takes long.
        let most = match self.goal.shared.requirements.referee {
            _ if !self.goal.strategy().ends_with_proof => usize::MAX,
            Some(_) => 1,
            None => MAX_PROOFS,
        };
        for candidate in passed {
            if self.goal.found().proofs.len() >= most || self.goal.found().passed.is_some() {
                break;
            }
            if self.goal.role != Role::Step {
                self.confirm(candidate).await?;
            } else if self.passes_alone(&candidate).await? {
                self.goal.found().step = Some(candidate);
                break;
            }
        }
        Ok(())
    }

    /// Whether Lean takes a candidate in the place of the hole with nothing beside it: as one of several
    /// it may pass and yet call its own theorem without an end. A step has no other confirmation before
    /// the whole sketch's.
    async fn passes_alone(&mut self, candidate: &Candidate) -> Result<bool, LeanGone> {
        let alone = std::slice::from_ref(candidate);
        Ok(match self.verdicts(alone, false).await? {
            Verdicts::Cut(_, why) => {
                self.unknown(candidate, &why);
                false
            }
            Verdicts::All(verdicts) => matches!(verdicts[..], [Some(Verdict::Passed { .. })]),
            Verdicts::Early(_) => true,
        })
    }
}

/// Locks a mutex that nobody holds across an await.
fn lock(mutex: &Mutex<SoFar>) -> MutexGuard<'_, SoFar> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
