//! Checking many candidates in one text.

use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;
use unsorry_prover::Candidate;

use super::{Candidates, Role};
use crate::check::screen::Screen;
use crate::check::verdict::Verdict;
use crate::lean::elaboration::Unknown;
use crate::search::lean_gone::{LeanGone, UnlessGone};
use crate::search::step::Step;

/// The most verified proofs that a search gives, the one that is applied among them.
const MAX_PROOFS: usize = 3;

/// The time that candidates get after one of their batch has passed.
const AFTER_FIRST: Duration = Duration::from_millis(400);

/// The verdicts of screening a batch.
pub(super) enum Verdicts {
    /// A verdict on each, where there is one.
    All(Vec<Option<Verdict>>),
    /// Verdicts on those that passed before the others were done with.
    Early(Vec<(usize, Verdict)>),
}

impl Candidates<'_> {
    /// Checks `batch` together, then those that pass alone. Those that get no verdict are asked about
    /// again, with fewer others where none got one: a candidate must not take its neighbours with it.
    pub(super) async fn screen(&mut self, batch: Vec<Candidate>) -> Result<(), LeanGone> {
        let batch = self.read(batch).await?;
        let Some(first) = batch.first() else {
            return Ok(());
        };
        self.tell_checking(first);
        let asked = Instant::now();
        let verdicts = match self.verdicts(&batch).await? {
            Ok(Verdicts::All(verdicts)) => verdicts,
            Ok(Verdicts::Early(winners)) => {
                let mut verdicts = vec![None; batch.len()];
                for (at, verdict) in winners {
                    verdicts[at] = Some(verdict);
                }
                verdicts
            }
            Err(why) if batch.len() == 1 => {
                self.unknown(&batch[0], &why);
                return Ok(());
            }
            Err(why) => {
                tracing::debug!(%why, candidates = batch.len(), "no answer");
                self.goal.sizer().no_answer(batch.len());
                vec![None; batch.len()]
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
    /// those that have passed. Either is only a hint which to confirm.
    async fn verdicts(
        &mut self,
        batch: &[Candidate],
    ) -> Result<Result<Verdicts, Unknown>, LeanGone> {
        let goal = self.goal;
        let (target, baseline) = (&goal.target, &goal.baseline);
        let limited = goal.sizer().is_limited();
        let screen = Screen::new(target, baseline.goal.kind, batch, limited);
        let (interim, mut seen) = unbounded_channel();
        let text = screen.text.clone();
        let limit = goal.shared.limits.check;
        let whole = goal
            .checker
            .elaborate_watched(&target.uri, text, limit, interim);
        let early = async {
            let mut winners = Vec::new();
            let mut patience = Duration::MAX;
            // The sender lives as long as `whole` does.
            while let Ok(Some(diagnostics)) = tokio::time::timeout(patience, seen.recv()).await {
                winners = screen.passed(target, baseline, &diagnostics);
                if !winners.is_empty() {
                    patience = AFTER_FIRST;
                }
            }
            if winners.is_empty() {
                std::future::pending::<()>().await;
            }
            winners
        };
        tokio::select! {
            biased;
            whole = whole => Ok(whole.unless_gone()?.map(|whole| {
                let judged = screen.judge(target, baseline, &whole.diagnostics);
                Verdicts::All(goal.sizer().heard(batch.len(), judged))
            })),
            winners = early, if goal.strategy().ends_with_proof => Ok(Ok(Verdicts::Early(winners))),
        }
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
        Ok(
            match self.verdicts(std::slice::from_ref(candidate)).await? {
                Err(why) => {
                    self.unknown(candidate, &why);
                    false
                }
                Ok(Verdicts::All(verdicts)) => {
                    matches!(verdicts[..], [Some(Verdict::Passed { .. })])
                }
                Ok(Verdicts::Early(_)) => true,
            },
        )
    }
}
