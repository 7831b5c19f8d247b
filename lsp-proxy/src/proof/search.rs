//! Proposing and checking until a proof is found: one hole, one search.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use unsorry_model::{Candidate, Goal, Proposal, Prover};

use super::baseline::{Baseline, NoGoal, baseline};
use super::checker::{CheckError, Checker};
use super::gate::{gate, without_comments};
use super::screen::{self, Screen, Verdict};
use super::target::Target;
use super::verify::{Rejection, VerifiedProof, confirm};
use crate::lean::shadow::Unknown;
use crate::memory::Memory;

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

/// A prover, and what config calls it.
#[derive(Clone)]
pub struct Engine {
    /// `tactics`, `local`.
    pub name: &'static str,
    /// Proposes.
    pub prover: Arc<dyn Prover>,
}

/// An engine that could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub engine: &'static str,
    /// Why, and what to do about it.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}", self.engine, self.message)
    }
}

/// Finds proofs.
#[derive(Clone)]
pub struct Search {
    /// Decides.
    pub checker: Checker,
    /// Propose, in this order: each begins when the one before it has nothing more to say.
    pub engines: Vec<Engine>,
    /// Bounds.
    pub limits: Limits,
    /// Proofs of earlier searches.
    pub memory: Option<Memory>,
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
    /// An engine is busy with something other than candidates.
    Working {
        /// Its name.
        engine: &'static str,
        /// What it does: `loading the model, 40 %`.
        what: String,
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
    /// With no proof, and every engine failed.
    Failed,
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
    /// The engines that could not go on.
    pub failures: Vec<Failure>,
    /// How long it took, from the moment the goal was known.
    pub took: Duration,
    /// How it ended.
    pub ended: Ended,
}

impl Search {
    /// Searches for proofs of `target`. What is remembered is tried first, then `known`.
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
            heavy: VecDeque::new(),
            failures: Vec::new(),
            proposed: 0,
            checked: 0,
            unknown: 0,
        };
        let budget = self.limits.budget;
        let in_time = if budget.is_zero() {
            false // No engine is even started.
        } else {
            match tokio::time::timeout(budget, run.all(known)).await {
                Ok(done) => done.map(|()| true)?,
                Err(_) => false,
            }
        };
        if let Some(memory) = &self.memory {
            memory.keep(&baseline, &run.proofs).await;
        }
        let ended = if !run.proofs.is_empty() {
            Ended::Proved
        } else if run.failures.len() == self.engines.len() {
            Ended::Failed
        } else if in_time {
            Ended::Exhausted
        } else {
            Ended::OutOfBudget
        };
        let Run {
            proofs,
            leaning,
            failures,
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
            failures,
            ended,
            took: started.elapsed(),
            baseline,
        })
    }
}

/// What is known and what `engines` propose, one after the other, each with its engine's name. An
/// engine is first asked when the one before it has ended.
fn proposals(
    engines: &[Engine],
    goal: &Goal,
    known: Vec<Candidate>,
) -> BoxStream<'static, (&'static str, Proposal)> {
    let known = known
        .into_iter()
        .map(|candidate| (candidate.engine, Proposal::Candidate(candidate)));
    let goal = goal.clone();
    let proposed = stream::iter(engines.to_vec()).flat_map(move |Engine { name, prover }| {
        let proposals = prover.propose(&goal);
        proposals.map(move |proposal| (name, proposal))
    });
    stream::iter(known).chain(proposed).fuse().boxed()
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
    heavy: VecDeque<Candidate>,
    failures: Vec<Failure>,
    proposed: usize,
    checked: usize,
    unknown: usize,
}

impl Run<'_> {
    /// Checks all that is remembered and proposed, until there is a proof.
    async fn all(&mut self, known: Vec<Candidate>) -> Result<(), CheckError> {
        self.remembered().await?;
        let mut proposals = proposals(&self.search.engines, &self.baseline.goal, known);
        let most = self.search.limits.batch;
        let mut waiting: Vec<Candidate> = Vec::new();
        while self.proofs.is_empty() {
            self.fill(&mut waiting, &mut proposals).await;
            if !waiting.is_empty() {
                let together = screen::batch(self.target, &waiting, most);
                let batch = waiting.drain(..together).collect();
                self.screen(batch).await?;
            } else if let Some(candidate) = self.heavy.pop_front() {
                self.confirm(candidate).await?;
            } else {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Confirms proofs of earlier searches, each alone: the first is likely to be all that is needed.
    async fn remembered(&mut self) -> Result<(), CheckError> {
        let search = self.search;
        let Some(memory) = &search.memory else {
            return Ok(());
        };
        for candidate in memory.recall(self.baseline, &search.engines).await {
            if !self.proofs.is_empty() {
                break;
            }
            let _ = self.steps.send(Step::Checking {
                candidate: candidate.text.clone(),
                checked: self.checked,
                proposed: self.proposed,
            });
            self.proposed += 1;
            self.checked += 1;
            self.seen.insert(candidate.text.clone());
            self.confirm(candidate).await?;
        }
        Ok(())
    }

    /// Takes proposals until a batch is full, or none is ready and there is something to check. With
    /// nothing to check, it waits for one.
    async fn fill(
        &mut self,
        waiting: &mut Vec<Candidate>,
        proposals: &mut BoxStream<'static, (&'static str, Proposal)>,
    ) {
        while waiting.len() < self.search.limits.batch {
            let next = if waiting.is_empty() && self.heavy.is_empty() {
                proposals.next().await
            } else {
                proposals.next().now_or_never().flatten()
            };
            match next {
                Some((_, Proposal::Candidate(candidate))) => {
                    self.proposed += 1;
                    let text = without_comments(&candidate.text);
                    let candidate = Candidate { text, ..candidate };
                    // Equal candidates are checked once; what the gate refuses, never.
                    if self.seen.insert(candidate.text.clone())
                        && gate(self.baseline.goal.kind, &candidate.text).is_ok()
                    {
                        waiting.push(candidate);
                    }
                }
                Some((engine, Proposal::Progress(what))) => {
                    let _ = self.steps.send(Step::Working { engine, what });
                }
                Some((engine, Proposal::Failed(message))) => {
                    tracing::warn!(engine, message, "an engine failed");
                    self.failures.push(Failure { engine, message });
                }
                None => return,
            }
        }
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
                Verdict::OutOfHeartbeats => self.heavy.push_back(candidate),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Outline, Position};
    use crate::lean::diagnostic::{Diagnostic, Range, Severity};
    use crate::lean::shadow::{Elaboration, Goals};
    use std::sync::Mutex;

    /// Proposes what it is given, then what is sent to it.
    struct Scripted(Mutex<Option<BoxStream<'static, Proposal>>>);

    impl Prover for Scripted {
        fn propose(&self, _: &Goal) -> BoxStream<'static, Proposal> {
            let mut script = self.0.lock().expect("no panic");
            script.take().expect("it is asked once")
        }
    }

    fn engine(
        name: &'static str,
        script: impl futures_util::Stream<Item = Proposal> + Send + 'static,
    ) -> Engine {
        let prover = Arc::new(Scripted(Mutex::new(Some(script.boxed()))));
        Engine { name, prover }
    }

    fn candidate(text: &str) -> Proposal {
        Proposal::Candidate(Candidate {
            text: text.to_owned(),
            engine: "scripted",
        })
    }

    fn candidates(texts: &[&str]) -> Vec<Proposal> {
        texts.iter().map(|text| candidate(text)).collect()
    }

    /// A Lean that refuses each line with the word `wrong`; over `heavy` ones it runs out of the
    /// heartbeats that screening gives it.
    fn lean(text: &str) -> Elaboration {
        let says = |line: usize, severity, message: &str| {
            let at = Position {
                line: line as u32,
                character: 0,
            };
            Diagnostic {
                range: Range { start: at, end: at },
                full_range: None,
                severity,
                message: message.to_owned(),
                lean_tags: Vec::new(),
            }
        };
        let limited = text.contains("maxHeartbeats");
        let diagnostics = text.lines().enumerate().filter_map(|(at, line)| {
            let says = |severity, message| Some(says(at, severity, message));
            if line.starts_with("#print axioms") {
                says(Severity::Information, "'t' does not depend on any axioms")
            } else if line.contains("heavy") && limited {
                says(Severity::Error, "maximum number of heartbeats")
            } else if line.contains("wrong") {
                says(Severity::Error, "no")
            } else {
                None
            }
        });
        Elaboration {
            diagnostics: diagnostics.collect(),
            answers: vec![Goals {
                tactic: Some(vec!["⊢ 1 = 1".into()]),
                term: None,
            }],
        }
    }

    /// What of the candidates Lean was asked about at once.
    type Asked = Arc<Mutex<Vec<Vec<String>>>>;

    /// Searches with `engines`. `heard` is told of each text of candidates before Lean answers.
    async fn search(
        engines: Vec<Engine>,
        mut heard: impl FnMut(&[String]) + Send + 'static,
    ) -> (Outcome, Vec<String>, Vec<Vec<String>>) {
        const SOURCE: &str = "theorem t : 1 = 1 := by\n  sorry\n";
        let asked = Asked::default();
        let seen = asked.clone();
        let checker = Checker::scripted(move |text| {
            // Candidates stand on lines of their own, indented as the hole was.
            let lines = text.lines().filter(|line| !line.contains("sorry"));
            let candidates: Vec<String> = lines
                .filter_map(|line| Some(line.strip_prefix("  ")?.to_owned()))
                .collect();
            if !candidates.is_empty() {
                heard(&candidates);
                seen.lock().expect("no panic").push(candidates);
            }
            lean(text)
        });
        let search = Search {
            checker,
            engines,
            limits: Limits {
                budget: Duration::from_secs(20),
                check: Duration::from_secs(10),
                batch: 3,
            },
            memory: None,
        };
        let target = Target {
            uri: "file:///A.lean".into(),
            outline: Arc::new(Outline::of(SOURCE)),
            text: SOURCE.into(),
            hole: 0,
        };
        let (steps, mut watched) = unbounded_channel();
        let outcome = search.prove(&target, Vec::new(), steps).await;
        let mut working = Vec::new();
        while let Ok(step) = watched.try_recv() {
            if let Step::Working { engine, what } = step {
                working.push(format!("{engine}: {what}"));
            }
        }
        let asked = asked.lock().expect("no panic").clone();
        (outcome.expect("a goal"), working, asked)
    }

    fn proofs(outcome: &Outcome) -> Vec<&str> {
        outcome.proofs.iter().map(|proof| proof.proof()).collect()
    }

    #[tokio::test]
    async fn what_is_ready_is_checked_in_full_batches() {
        let ready = candidates(&[
            "wrong 1", "wrong 2", "wrong 2", "wrong 3", "wrong 4", "right",
        ]);
        let (outcome, _, asked) = search(vec![engine("a", stream::iter(ready))], |_| {}).await;
        assert_eq!(outcome.ended, Ended::Proved);
        assert_eq!(proofs(&outcome), ["right"]);
        let expected: [&[&str]; 3] = [
            &["wrong 1", "wrong 2", "wrong 3"],
            &["wrong 4", "right"],
            &["right"], // confirmed
        ];
        assert_eq!(asked, expected);
        assert_eq!((outcome.proposed, outcome.checked), (6, 5));
    }

    /// A stream and what feeds it.
    fn slow() -> (
        UnboundedSender<Proposal>,
        impl futures_util::Stream<Item = Proposal>,
    ) {
        let (sender, mut receiver) = unbounded_channel();
        (sender, stream::poll_fn(move |cx| receiver.poll_recv(cx)))
    }

    #[tokio::test]
    async fn a_slow_engine_is_not_waited_for_while_there_is_something_to_check() {
        let (sender, script) = slow();
        let fast = engine(
            "fast",
            stream::iter(candidates(&["wrong 1", "heavy wrong"])),
        );
        let mut next = candidates(&["wrong 2", "wrong 3", "right"]).into_iter();
        // Each candidate comes only after Lean was asked about the one before.
        let heard = move |asked: &[String]| {
            if asked.len() == 1 {
                next.next()
                    .into_iter()
                    .for_each(|one| drop(sender.send(one)));
            }
        };
        let (outcome, _, asked) = search(vec![fast, engine("slow", script)], heard).await;
        assert_eq!(proofs(&outcome), ["right"]);
        let expected: [&[&str]; 6] = [
            &["wrong 1", "heavy wrong"],
            &["heavy wrong"], // again, without a limit, as nothing else is ready
            &["wrong 2"],
            &["wrong 3"],
            &["right"],
            &["right"],
        ];
        assert_eq!(asked, expected);
    }

    #[tokio::test]
    async fn an_engine_that_fails_ends_its_own_part() {
        let failing = vec![
            Proposal::Progress("loading".into()),
            candidate("wrong 1"),
            Proposal::Failed("no such file".into()),
        ];
        let engines = || engine("a", stream::iter(failing.clone()));
        let failure = Failure {
            engine: "a",
            message: "no such file".into(),
        };

        let other = engine("b", stream::iter(candidates(&["right"])));
        let (outcome, working, _) = search(vec![engines(), other], |_| {}).await;
        assert_eq!(outcome.ended, Ended::Proved);
        assert_eq!(outcome.failures, vec![failure.clone()]);
        assert_eq!(working, ["a: loading"]);

        let other = engine("b", stream::iter(candidates(&["wrong 2"])));
        let (outcome, _, _) = search(vec![engines(), other], |_| {}).await;
        assert_eq!(outcome.ended, Ended::Exhausted);
        assert_eq!(outcome.failures, vec![failure.clone()]);

        let (outcome, _, _) = search(vec![engines()], |_| {}).await;
        assert_eq!(outcome.ended, Ended::Failed);
        assert_eq!((outcome.checked, outcome.failures), (1, vec![failure]));
    }

    #[tokio::test]
    async fn nothing_more_is_asked_of_engines_once_there_is_a_proof() {
        let (sender, script) = slow();
        let first = engine(
            "a",
            stream::iter(candidates(&["wrong 1", "wrong 2", "right"])).chain(script),
        );
        // Asked for a proposal, it would panic: it has no script.
        let second = Engine {
            name: "b",
            prover: Arc::new(Scripted(Mutex::new(None))),
        };
        let (outcome, _, _) = search(vec![first, second], |_| {}).await;
        assert_eq!(outcome.ended, Ended::Proved);
        assert!(sender.is_closed(), "the stream was dropped");
    }
}
