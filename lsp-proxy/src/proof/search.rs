//! Proposing and checking until a proof is found: one hole, one search.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use unsorry_model::{Candidate, Proposal, Prover};

use super::baseline::{Baseline, NoGoal, baseline};
use super::checker::{CheckError, Checker};
use super::gate::{gate, without_comments};
use super::screen::{self, Screen, Verdict};
use super::target::Target;
use super::verify::{Rejection, VerifiedProof, confirm};
use crate::lean::shadow::Unknown;

/// How many verified proofs a search gives at the most, the one that is applied among them.
const MOST_PROOFS: usize = 3;

/// How many proofs that lean on an unproved neighbour are kept.
const MOST_LEANING: usize = 4;

/// How long candidates get after one of their batch has passed.
const EARLY: Duration = Duration::from_millis(400);

/// What screening a batch gives.
enum Verdicts {
    /// A verdict on each.
    All(Vec<Verdict>),
    /// Verdicts on those that passed before the others were done with.
    Early(Vec<(usize, Verdict)>),
}

/// How a search is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a hole, from the moment its goal is known.
    pub budget: Duration,
    /// For one text of candidates.
    pub check: Duration,
    /// How many candidates are checked together.
    pub batch: usize,
}

/// Finds proofs.
#[derive(Clone)]
pub struct Search {
    /// Decides.
    pub checker: Checker,
    /// Propose, in this order.
    pub provers: Vec<Arc<dyn Prover>>,
    /// Bounds.
    pub limits: Limits,
}

/// What happens while a search runs.
#[derive(Debug, Clone)]
pub enum Step {
    /// Lean has told the goal.
    Goal(Arc<Baseline>),
    /// Candidates are being checked; so many were before.
    Checking {
        /// The first of them.
        candidate: String,
        /// How many have had their verdict.
        checked: usize,
        /// How many were proposed so far.
        proposed: usize,
    },
    /// A proof that stands on its own.
    Verified(Arc<VerifiedProof>),
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With a proof that stands on its own.
    Proved,
    /// With nothing left to try.
    Exhausted,
    /// With its budget used up.
    OutOfBudget,
}

/// What a search found.
#[derive(Debug)]
pub struct Outcome {
    /// The hole's goal and surroundings.
    pub baseline: Arc<Baseline>,
    /// Proofs that stand on their own, best first.
    pub proofs: Vec<Arc<VerifiedProof>>,
    /// Proofs that lean on a neighbour that is itself unproved.
    pub leaning: Vec<Arc<VerifiedProof>>,
    /// How many candidates were proposed.
    pub proposed: usize,
    /// How many have had Lean's verdict.
    pub checked: usize,
    /// Candidates without a verdict: too slow, or Lean's process ended on them.
    pub unknown: usize,
    /// How long it took, from the moment the goal was known.
    pub took: Duration,
    /// How it ended.
    pub ended: Ended,
}

impl Search {
    /// Searches for proofs of `target`. `known` are tried before anything else.
    /// `steps` is told how it goes, and is closed at the end. Dropping the future
    /// ends the search and all that works for it.
    ///
    /// # Errors
    /// When there is nothing to prove there, or no Lean to check with.
    pub async fn prove(
        &self,
        target: &Target,
        known: Vec<Candidate>,
        steps: UnboundedSender<Step>,
    ) -> Result<Outcome, NoGoal> {
        let baseline = Arc::new(baseline(&self.checker, target).await?);
        let _ = steps.send(Step::Goal(baseline.clone()));
        let started = Instant::now();
        let mut run = Run {
            search: self,
            target,
            baseline: &baseline,
            steps: &steps,
            seen: HashSet::new(),
            proofs: Vec::new(),
            leaning: Vec::new(),
            heavy: Vec::new(),
            proposed: 0,
            checked: 0,
            unknown: 0,
        };
        let ended = match tokio::time::timeout(self.limits.budget, run.all(known)).await {
            Ok(ended) => ended?,
            Err(_) if run.proofs.is_empty() => Ended::OutOfBudget,
            Err(_) => Ended::Proved,
        };
        let Run {
            proofs,
            leaning,
            proposed,
            checked,
            unknown,
            ..
        } = run;
        Ok(Outcome {
            proofs,
            leaning,
            proposed,
            checked,
            unknown,
            ended,
            took: started.elapsed(),
            baseline,
        })
    }
}

struct Run<'a> {
    search: &'a Search,
    target: &'a Target,
    baseline: &'a Arc<Baseline>,
    steps: &'a UnboundedSender<Step>,
    seen: HashSet<String>,
    proofs: Vec<Arc<VerifiedProof>>,
    leaning: Vec<Arc<VerifiedProof>>,
    /// Candidates that ran out of heartbeats while they were screened.
    heavy: Vec<Candidate>,
    proposed: usize,
    checked: usize,
    unknown: usize,
}

impl Run<'_> {
    async fn all(&mut self, known: Vec<Candidate>) -> Result<Ended, CheckError> {
        let goal = &self.baseline.goal;
        let proposals: Vec<BoxStream<'static, Candidate>> = self
            .search
            .provers
            .iter()
            .map(|prover| {
                let proposals = prover.propose(goal);
                let candidates = proposals.filter_map(async |proposal| match proposal {
                    Proposal::Candidate(candidate) => Some(candidate),
                    Proposal::Progress(_) | Proposal::Failed(_) => None,
                });
                candidates.boxed()
            })
            .collect();
        let mut proposals = stream::iter(known).chain(stream::iter(proposals).flatten());
        let most = self.search.limits.batch;
        let mut waiting: Vec<Candidate> = Vec::new();
        loop {
            while waiting.len() < most
                && let Some(candidate) = proposals.next().await
            {
                self.proposed += 1;
                let text = without_comments(&candidate.text);
                let candidate = Candidate { text, ..candidate };
                // Equal candidates are checked once; what the gate refuses, never.
                if self.seen.insert(candidate.text.clone())
                    && gate(goal.kind, &candidate.text).is_ok()
                {
                    waiting.push(candidate);
                }
            }
            if waiting.is_empty() {
                break;
            }
            let together = screen::batch(self.target, &waiting, most);
            let batch = waiting.drain(..together).collect();
            self.screen(batch).await?;
            if !self.proofs.is_empty() {
                return Ok(Ended::Proved);
            }
        }
        for candidate in std::mem::take(&mut self.heavy) {
            self.confirm(candidate).await?;
            if !self.proofs.is_empty() {
                return Ok(Ended::Proved);
            }
        }
        Ok(Ended::Exhausted)
    }

    /// Checks `batch` together, then those that pass alone. A batch that gets no answer is halved:
    /// one candidate must not take its neighbours with it.
    async fn screen(&mut self, batch: Vec<Candidate>) -> Result<(), CheckError> {
        let mut stack = vec![batch];
        while let Some(mut batch) = stack.pop() {
            let _ = self.steps.send(Step::Checking {
                candidate: batch[0].text.clone(),
                checked: self.checked,
                proposed: self.proposed,
            });
            let asked = Instant::now();
            match self.verdicts(&batch).await {
                Ok(Verdicts::All(verdicts)) => {
                    tracing::debug!(candidates = batch.len(), took = ?asked.elapsed(), "screened");
                    self.checked += batch.len();
                    self.winners(batch.into_iter().zip(verdicts)).await?;
                }
                Ok(Verdicts::Early(winners)) => {
                    tracing::debug!(winners = winners.len(), took = ?asked.elapsed(), "seen early");
                    self.checked += winners.len();
                    let (won, rest): (Vec<_>, Vec<_>) = batch
                        .into_iter()
                        .enumerate()
                        .partition(|(at, _)| winners.iter().any(|(winner, _)| winner == at));
                    let won = won.into_iter().map(|(_, candidate)| candidate);
                    let verdicts = winners.into_iter().map(|(_, verdict)| verdict);
                    self.winners(won.zip(verdicts)).await?;
                    if !rest.is_empty() {
                        stack.push(rest.into_iter().map(|(_, candidate)| candidate).collect());
                    }
                }
                Err(CheckError::NoLean(error)) => return Err(CheckError::NoLean(error)),
                Err(CheckError::Unknown(_)) if batch.len() == 1 => self.unknown += 1,
                Err(CheckError::Unknown(why)) => {
                    tracing::debug!(%why, candidates = batch.len(), "halving a batch");
                    let second = batch.split_off(batch.len() / 2);
                    stack.extend([second, batch]);
                }
            }
            if !self.proofs.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Lean's verdicts on all of `batch`; or, when some have passed and others take their time, on
    /// those that have passed. Either is only a hint whom to confirm.
    async fn verdicts(&self, batch: &[Candidate]) -> Result<Verdicts, CheckError> {
        let (target, baseline) = (self.target, self.baseline);
        let screen = Screen::new(target, baseline.goal.kind, batch);
        let (interim, mut seen) = unbounded_channel();
        let text = screen.text.clone();
        let limit = self.search.limits.check;
        let whole = self
            .search
            .checker
            .elaborate_watched(&target.uri, text, limit, interim);
        let early = async {
            let mut winners = Vec::new();
            let mut patience = Duration::MAX;
            // The sender lives as long as `whole` does.
            while let Ok(Some(diagnostics)) = tokio::time::timeout(patience, seen.recv()).await {
                winners = screen.accomplished(target, baseline, &diagnostics);
                if !winners.is_empty() {
                    patience = EARLY;
                }
            }
            if winners.is_empty() {
                std::future::pending::<()>().await;
            }
            winners
        };
        tokio::select! {
            biased;
            whole = whole => {
                let verdicts = screen.verdicts(target, baseline, &whole?.diagnostics);
                Ok(Verdicts::All(verdicts))
            }
            winners = early => Ok(Verdicts::Early(winners)),
        }
    }

    async fn winners(
        &mut self,
        judged: impl Iterator<Item = (Candidate, Verdict)>,
    ) -> Result<(), CheckError> {
        let mut passed: Vec<(usize, Candidate)> = Vec::new();
        for (candidate, verdict) in judged {
            match verdict {
                Verdict::Passed {
                    suggestions,
                    warnings,
                } if candidate.is_query() => {
                    let answers = suggestions.iter().filter_map(|s| candidate.answered(s));
                    passed.extend(answers.map(|answer| (warnings, answer)));
                }
                Verdict::Passed { warnings, .. } => passed.push((warnings, candidate)),
                Verdict::OutOfHeartbeats => self.heavy.push(candidate),
                Verdict::Failed(error) => {
                    tracing::trace!(candidate = candidate.text, error, "refused by Lean");
                }
            }
        }
        // What a linter complains of comes after what it does not, else as proposed.
        passed.sort_by_key(|(warnings, _)| *warnings);
        for (_, candidate) in passed {
            if self.proofs.len() >= MOST_PROOFS {
                break;
            }
            self.confirm(candidate).await?;
        }
        Ok(())
    }

    async fn confirm(&mut self, candidate: Candidate) -> Result<(), CheckError> {
        if self
            .proofs
            .iter()
            .chain(&self.leaning)
            .any(|proof| proof.proof() == candidate.text)
        {
            return Ok(());
        }
        let limit = self.search.limits.check;
        match confirm(
            &self.search.checker,
            self.target,
            self.baseline,
            &candidate,
            limit,
        )
        .await
        {
            Ok(proof) if proof.leans_on().is_empty() => {
                let proof = Arc::new(proof);
                self.proofs.push(proof.clone());
                let _ = self.steps.send(Step::Verified(proof));
            }
            Ok(proof) if self.leaning.len() < MOST_LEANING => self.leaning.push(Arc::new(proof)),
            Ok(_) => {}
            Err(Rejection::Check(CheckError::NoLean(error))) => {
                return Err(CheckError::NoLean(error));
            }
            Err(Rejection::Check(CheckError::Unknown(
                Unknown::Refused(_) | Unknown::TimedOut(_),
            ))) => self.unknown += 1,
            Err(rejection) => tracing::trace!(%rejection, "screened, yet not confirmed"),
        }
        Ok(())
    }
}
