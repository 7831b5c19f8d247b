//! One goal: its candidates are checked, mended, and confirmed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use unsorry_prover::{Attempt, Candidate, Engine, Proposal};

use super::cascade::{Cascade, Heard};
use super::stats::{Found, lock};
use super::{Effort, Kind, Step, Task};
use crate::check::checker::CheckError;
use crate::check::screen::{self, Screen};
use crate::check::verdict::{Complaint, Verdict};
use crate::gate::gate;
use crate::lean::elaboration::Unknown;
use crate::rewrite::comments::without_comments;
use crate::rewrite::repair::repairs;
use crate::verify::{Rejection, confirm};

/// How many verified proofs a search gives at the most, the one that is applied among them.
const MAX_PROOFS: usize = 3;

/// How many proofs that depend on an unproved neighbour are kept.
const MAX_CONDITIONAL: usize = 4;

/// How long candidates get after one of their batch has passed.
const EARLY: Duration = Duration::from_millis(400);

/// How many texts a goal's candidates are mended to, as Lean says.
const MAX_MENDS: usize = 32;

/// How many proofs of a goal are sent back to a model.
const MAX_REPAIRS: usize = 4;

/// How often what comes of one proof is sent back.
const MAX_ROUNDS: u8 = 2;

/// A proof with more errors is not almost one.
const ALMOST: usize = 2;

/// What screening a batch gives.
enum Verdicts {
    /// What there is to say of each.
    All(Vec<Option<Verdict>>),
    /// Verdicts on those that passed before the others were done with.
    Early(Vec<(usize, Verdict)>),
}

/// How far the work on a goal has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    Begun,
    /// The first candidates have failed.
    Tried,
    /// A model has written something.
    Model,
}

/// What is known of a text that was proposed.
#[derive(Default)]
struct Seen {
    /// How often it was proposed since its verdict was told.
    untold: usize,
    /// Nothing yet, or what is wrong with it, if anything is.
    verdict: Option<Option<String>>,
    /// How often a model has mended what it comes from.
    round: u8,
}

/// A proof that was refused for little.
struct Repairable {
    errors: usize,
    engine: Engine,
    attempt: Attempt,
    round: u8,
}

pub(super) struct Run<'a> {
    effort: Effort<'a>,
    task: Task<'a>,
    found: &'a Mutex<Found>,
    cascade: Cascade,
    sketched: UnboundedSender<Candidate>,
    progress: watch::Sender<Progress>,
    /// Whether a sketch for the goal is being worked on.
    sketching: watch::Receiver<bool>,
    seen: HashMap<String, Seen>,
    waiting: VecDeque<Candidate>,
    /// Candidates that ran out of heartbeats while they were screened.
    heavy: VecDeque<Candidate>,
    /// Fewest errors first.
    almost: Vec<Repairable>,
    mends: usize,
    repairs: usize,
}

impl<'a> Run<'a> {
    pub fn new(
        effort: Effort<'a>,
        task: Task<'a>,
        found: &'a Mutex<Found>,
        sketched: UnboundedSender<Candidate>,
        progress: watch::Sender<Progress>,
        sketching: watch::Receiver<bool>,
    ) -> Run<'a> {
        let head_start = effort.search.limits.head_start;
        let goal = &task.baseline.goal;
        Run {
            cascade: Cascade::new(task.sources, goal, effort.meter, head_start),
            effort,
            task,
            found,
            sketched,
            progress,
            sketching,
            seen: HashMap::new(),
            waiting: VecDeque::new(),
            heavy: VecDeque::new(),
            almost: Vec::new(),
            mends: 0,
            repairs: 0,
        }
    }

    /// Checks all that is proposed, what is remembered and `known` before anything else, until there is
    /// a proof.
    ///
    /// # Errors
    /// When there is no Lean to ask.
    pub async fn all(mut self, known: Vec<Candidate>) -> Result<(), CheckError> {
        self.remembered().await?;
        if !known.is_empty() && !self.is_done() {
            known.into_iter().for_each(|one| self.propose(one, 0));
            self.batches().await?;
        }
        while !self.is_done() {
            self.fill().await;
            if self.waiting.is_empty() && self.heavy.is_empty() {
                return Ok(());
            }
            self.batches().await?;
        }
        Ok(())
    }

    /// Confirms proofs of earlier searches, each alone: the first is likely to be all that is needed.
    async fn remembered(&mut self) -> Result<(), CheckError> {
        let search = self.effort.search;
        let Some(memory) = &search.memory else {
            return Ok(());
        };
        if self.task.kind != Kind::Hole || self.everything() {
            return Ok(());
        }
        let engines: Vec<Engine> = search.sources.iter().map(|one| one.engine).collect();
        for candidate in memory.recall(self.task.baseline, &engines).await {
            if self.is_done() {
                break;
            }
            let (checked, proposed) = {
                let mut stats = lock(self.effort.stats);
                stats.proposed += 1;
                stats.checked += 1;
                (stats.checked - 1, stats.proposed)
            };
            self.effort.tell(Step::Checking {
                candidate: candidate.text.clone(),
                checked,
                proposed,
            });
            self.seen.entry(candidate.text.clone()).or_default().untold += 1;
            self.confirm(candidate).await?;
        }
        Ok(())
    }

    fn everything(&self) -> bool {
        self.effort.search.limits.everything
    }

    fn is_done(&self) -> bool {
        !self.everything() && lock(self.found).is_proved()
    }

    /// Checks what waits: a batch of it, or, where nothing else does, one that takes long.
    async fn batches(&mut self) -> Result<(), CheckError> {
        if self.waiting.is_empty() {
            if let Some(candidate) = self.heavy.pop_front() {
                self.confirm(candidate).await?;
            }
            return Ok(());
        }
        let together = lock(self.found).together;
        let most = together.how_many(self.effort.search.limits.batch);
        let waiting = self.waiting.make_contiguous();
        let many = screen::batch(self.task.target, self.task.baseline, waiting, most);
        let batch = self.waiting.drain(..many).collect();
        self.screen(batch).await?;
        self.come_to(Progress::Tried);
        Ok(())
    }

    fn come_to(&self, progress: Progress) {
        self.progress.send_if_modified(|now| {
            let further = *now < progress;
            *now = progress.max(*now);
            further
        });
    }

    /// Takes proposals until a batch is full, or none is ready and there is something to check. With
    /// nothing to check, a proof that almost passed is sent back, and the next proposal waited for.
    /// What takes long waits until no sketch is being worked on: its steps are worth more.
    async fn fill(&mut self) {
        while self.waiting.len() < self.effort.search.limits.batch {
            let sketching = *self.sketching.borrow();
            let idle = self.waiting.is_empty() && (self.heavy.is_empty() || sketching);
            let heard = match self.cascade.next().now_or_never() {
                Some(Some(heard)) => heard,
                _ if !idle => return,
                _ if self.repair() => continue,
                Some(None) => {
                    if sketching && !self.heavy.is_empty() {
                        // An error says that nobody sketches any more.
                        let _ = self.sketching.wait_for(|busy| !busy).await;
                    }
                    return;
                }
                None => {
                    let (cascade, sketching) = (&mut self.cascade, &mut self.sketching);
                    tokio::select! {
                        heard = cascade.next() => match heard {
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
        let shown = self.task.kind == Kind::Hole;
        match proposal {
            Proposal::Candidate(candidate) => {
                let candidate = Candidate {
                    engine,
                    ..candidate
                };
                self.propose(candidate, round);
            }
            Proposal::Plan(plan) if shown && !self.is_told(&plan) => {
                let plan: Arc<str> = plan.into();
                lock(self.effort.stats).plan = Some(plan.clone());
                self.effort.tell(Step::Plan(plan));
            }
            Proposal::Plan(_) => {}
            Proposal::Progress(what) => self.effort.tell(Step::Working { engine, what }),
            Proposal::Failed(message) => {
                tracing::warn!(%engine, message, "an engine failed");
                // What it fails at besides is not what it was wanted for.
                if shown && round == 0 {
                    lock(self.effort.stats).fail(engine, message);
                }
            }
        }
    }

    /// Whether this is what was told of the plan last.
    fn is_told(&self, plan: &str) -> bool {
        lock(self.effort.stats).plan.as_deref() == Some(plan)
    }

    /// A candidate is to be checked, unless it was or the gate refuses it. What leaves steps to prove
    /// is for others.
    fn propose(&mut self, candidate: Candidate, round: u8) {
        if self.task.kind != Kind::Negation {
            lock(self.effort.stats).proposed += 1;
        }
        let candidate = candidate.with_text(without_comments(&candidate.text));
        if candidate.is_sketch() && !self.everything() {
            let _ = self.sketched.send(candidate);
            return;
        }
        if self.wait(&candidate, round)
            && let Err(refusal) = gate(self.task.baseline.goal.kind, &candidate.text)
        {
            self.waiting.pop_back();
            self.judged(&candidate, Some(format!("refused: {refusal}")));
        }
    }

    /// Puts it at the end, if it is new.
    fn wait(&mut self, candidate: &Candidate, round: u8) -> bool {
        let seen = self.seen.entry(candidate.text.clone()).or_default();
        let new = seen.untold == 0 && seen.verdict.is_none();
        seen.untold += 1;
        if new {
            seen.round = round;
            self.waiting.push_back(candidate.clone());
        } else if let Some(verdict) = seen.verdict.clone() {
            self.judged(candidate, verdict);
        }
        new
    }

    /// It has its verdict: what is wrong with it, if anything is.
    fn judged(&mut self, candidate: &Candidate, error: Option<String>) {
        let seen = self.seen.entry(candidate.text.clone()).or_default();
        seen.verdict = Some(error.clone());
        let times = std::mem::take(&mut seen.untold);
        if self.task.kind == Kind::Hole {
            for _ in 0..times {
                self.effort.tell(Step::Judged {
                    candidate: candidate.clone(),
                    error: error.clone(),
                });
            }
        }
    }

    /// Lean refuses it: it is mended as Lean says, kept to be sent back, or only remembered.
    fn failed(&mut self, candidate: &Candidate, complaints: &[Complaint]) {
        let first = complaints
            .first()
            .map_or("Lean refuses it", Complaint::first_line);
        tracing::trace!(candidate = candidate.text, error = first, "refused by Lean");
        self.judged(candidate, Some(first.to_owned()));
        if self.task.kind == Kind::Hole {
            lock(self.effort.stats).tried(candidate, first, complaints.len());
        }
        if self.everything() || candidate.engine == Engine::Tactics {
            return;
        }
        let goal = &self.task.baseline.goal;
        let round = self.seen.get(&candidate.text).map_or(0, |seen| seen.round);
        for mended in repairs(goal, &candidate.text, complaints) {
            if self.mends < MAX_MENDS && gate(goal.kind, &mended).is_ok() {
                let mended = candidate.with_text(mended);
                self.mends += usize::from(self.wait(&mended, round));
            }
        }
        if complaints.len() <= ALMOST && round < MAX_ROUNDS {
            let error = complaints.iter().map(|complaint| match complaint.line {
                Some(line) => format!("line {}: {}", line + 1, complaint.message),
                None => complaint.message.clone(),
            });
            let almost = Repairable {
                errors: complaints.len(),
                engine: candidate.engine,
                attempt: Attempt {
                    text: candidate.text.clone(),
                    error: error.collect::<Vec<_>>().join("\n"),
                },
                round: round + 1,
            };
            let at = self
                .almost
                .partition_point(|one| one.errors <= almost.errors);
            self.almost.insert(at, almost);
            self.almost.truncate(MAX_REPAIRS);
        }
    }

    /// Sends a proof that almost passed back to the model it came from. Whether there was one.
    fn repair(&mut self) -> bool {
        {
            let stats = lock(self.effort.stats);
            let failed = |engine| {
                stats
                    .failures
                    .iter()
                    .any(|failure| failure.engine == engine)
            };
            self.almost.retain(|almost| !failed(almost.engine));
        }
        if self.repairs == MAX_REPAIRS || self.almost.is_empty() {
            return false;
        }
        self.repairs += 1;
        // Nobody is asked any more once there is nothing left to spend.
        if self.effort.meter.is_used_up() {
            return false;
        }
        let Repairable {
            engine,
            attempt,
            round,
            ..
        } = self.almost.remove(0);
        self.cascade.repair(engine, attempt, round);
        true
    }

    /// Checks `batch` together, then those that pass alone. Whoever gets no verdict is asked about again, with
    /// fewer others where nobody got one: a candidate must not take its neighbours with it.
    async fn screen(&mut self, batch: Vec<Candidate>) -> Result<(), CheckError> {
        let (checked, proposed) = {
            let stats = lock(self.effort.stats);
            (stats.checked, stats.proposed)
        };
        if self.task.kind != Kind::Negation {
            self.effort.tell(Step::Checking {
                candidate: batch[0].text.clone(),
                checked,
                proposed,
            });
        }
        let asked = Instant::now();
        let verdicts = match self.verdicts(&batch).await {
            Ok(Verdicts::All(verdicts)) => verdicts,
            Ok(Verdicts::Early(winners)) => {
                let mut verdicts = vec![None; batch.len()];
                for (at, verdict) in winners {
                    verdicts[at] = Some(verdict);
                }
                verdicts
            }
            Err(CheckError::NoLean(error)) => return Err(CheckError::NoLean(error)),
            Err(CheckError::Unknown(why)) if batch.len() == 1 => {
                self.unknown(&batch[0], &why);
                return Ok(());
            }
            Err(CheckError::Unknown(why)) => {
                tracing::debug!(%why, candidates = batch.len(), "no answer");
                lock(self.found).together.no_answer(batch.len());
                vec![None; batch.len()]
            }
        };
        let judged = verdicts.iter().flatten().count();
        tracing::debug!(candidates = batch.len(), judged, took = ?asked.elapsed(), "screened");
        self.count(judged);
        let mut known = Vec::with_capacity(judged);
        for (candidate, verdict) in batch.into_iter().zip(verdicts).rev() {
            match verdict {
                Some(verdict) => known.push((candidate, verdict)),
                None => self.waiting.push_front(candidate),
            }
        }
        self.winners(known.into_iter().rev()).await
    }

    /// So many candidates have their verdict.
    fn count(&self, judged: usize) {
        if self.task.kind != Kind::Negation {
            lock(self.effort.stats).checked += judged;
        }
    }

    fn unknown(&mut self, candidate: &Candidate, why: &Unknown) {
        lock(self.effort.stats).unknown += 1;
        self.judged(candidate, Some(why.to_string()));
    }

    /// Lean's verdicts on all of `batch`; or, when some have passed and others take their time, on
    /// those that have passed. Either is only a hint whom to confirm.
    async fn verdicts(&mut self, batch: &[Candidate]) -> Result<Verdicts, CheckError> {
        let Task {
            target, baseline, ..
        } = self.task;
        let limited = lock(self.found).together.is_limited();
        let screen = Screen::new(target, baseline.goal.kind, batch, limited);
        let (interim, mut seen) = unbounded_channel();
        let text = screen.text.clone();
        let search = self.effort.search;
        let whole =
            search
                .checker
                .elaborate_watched(&target.uri, text, search.limits.check, interim);
        let early = async {
            let mut winners = Vec::new();
            let mut patience = Duration::MAX;
            // The sender lives as long as `whole` does.
            while let Ok(Some(diagnostics)) = tokio::time::timeout(patience, seen.recv()).await {
                winners = screen.passed(target, baseline, &diagnostics);
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
                let whole = whole?;
                let judged = screen.judge(target, baseline, &whole.diagnostics);
                let verdicts = lock(self.found).together.heard(batch.len(), judged);
                Ok(Verdicts::All(verdicts))
            }
            winners = early, if !self.everything() => Ok(Verdicts::Early(winners)),
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
                Verdict::OutOfHeartbeats if self.task.kind == Kind::Negation => {}
                Verdict::OutOfHeartbeats => self.heavy.push_back(candidate),
                Verdict::Failed(complaints) => self.failed(&candidate, &complaints),
            }
        }
        // What a linter complains of comes after what it does not, else as proposed.
        passed.sort_by_key(|(warnings, _)| *warnings);
        for (_, candidate) in passed {
            // A replay takes long.
            let most = match self.effort.search.requirements.replayer() {
                Some(_) => 1,
                None => MAX_PROOFS,
            };
            if !self.everything() && lock(self.found).proofs.len() >= most {
                break;
            }
            if self.task.kind == Kind::Step {
                if self.passes_alone(&candidate).await? {
                    lock(self.found).step = Some(candidate);
                    break;
                }
                continue;
            }
            self.confirm(candidate).await?;
        }
        Ok(())
    }

    /// Whether Lean takes it in the place of the hole with nothing beside it: as one of several it may pass and
    /// yet call its own theorem without an end. A step has no other confirmation before the whole sketch's.
    async fn passes_alone(&mut self, candidate: &Candidate) -> Result<bool, CheckError> {
        match self.verdicts(std::slice::from_ref(candidate)).await {
            Err(CheckError::Unknown(why)) => {
                self.unknown(candidate, &why);
                Ok(false)
            }
            Ok(Verdicts::All(verdicts)) => {
                Ok(matches!(verdicts[..], [Some(Verdict::Passed { .. })]))
            }
            Ok(Verdicts::Early(_)) => Ok(true),
            Err(gone) => Err(gone),
        }
    }

    async fn confirm(&mut self, candidate: Candidate) -> Result<(), CheckError> {
        let known = {
            let found = lock(self.found);
            let mut all = found.proofs.iter().chain(&found.conditional);
            all.any(|proof| proof.proof() == candidate.text)
        };
        if known {
            self.judged(&candidate, None);
            return Ok(());
        }
        let requirements = &self.effort.search.requirements;
        match confirm(self.effort.context(self.task), requirements, &candidate).await {
            Ok(proof) if proof.depends_on().is_empty() => {
                let proof = Arc::new(proof);
                lock(self.found).proofs.push(proof.clone());
                self.judged(&candidate, None);
                if self.task.kind == Kind::Hole {
                    self.effort.tell(Step::Verified(proof));
                }
            }
            Ok(proof) => {
                let names = proof.depends_on().join(", ");
                self.judged(
                    &candidate,
                    Some(format!("it leans on {names}, not proved yet")),
                );
                let mut found = lock(self.found);
                if found.conditional.len() < MAX_CONDITIONAL {
                    found.conditional.push(Arc::new(proof));
                }
            }
            Err(Rejection::Check(CheckError::NoLean(error))) => {
                return Err(CheckError::NoLean(error));
            }
            Err(Rejection::Check(CheckError::Unknown(why))) => match why {
                Unknown::Refused(_) | Unknown::TimedOut(_) => self.unknown(&candidate, &why),
                _ => self.judged(&candidate, Some(why.to_string())),
            },
            Err(Rejection::Lean(complaints)) => self.failed(&candidate, &complaints),
            Err(rejection) => {
                tracing::trace!(%rejection, "screened, yet not confirmed");
                self.judged(&candidate, Some(rejection.to_string()));
            }
        }
        Ok(())
    }
}
