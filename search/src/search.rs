//! Proposing and checking until a proof is found: one hole, one search.
//!
//! [`Search::prove`] is the whole of it. `cascade` asks the engines, `run` checks what they propose for
//! one goal and has it mended, `sketches` proves the steps of what was only sketched, `refute` near_misses the
//! goal's negation, `polish` makes a proof shorter once there is one. They work side by side on one
//! checker, and what they find goes to [`Found`] and [`SearchStats`], so that nothing is lost when they are
//! stopped.

mod batch_sizer;
mod cascade;
mod polish;
mod refute;
mod run;
mod sketches;
mod stats;
#[cfg(test)]
mod tests;
pub mod wording;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use unsorry_prover::{Candidate, Engine, Meter, Prover, Spent};

use crate::check::baseline::{Baseline, NoGoal, baseline};
use crate::check::checker::{CheckError, Checker};
use crate::memory::Memory;
use crate::target::Target;
use crate::verify::CheckContext;
use crate::verify::Requirements;
use crate::verify::{Refutation, VerifiedProof, VerifiedSketch};
use run::{Progress, Run};
pub use sketches::{SketchProgress, SketchStep, StepState};
pub use stats::NearMiss;
use stats::{Found, SearchStats, lock, taken};

/// How a search is bounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// For a hole, from the moment its goal is known.
    pub budget: Duration,
    /// Most tokens that models write for a hole.
    pub tokens: Option<u64>,
    /// The most a hole may cost, by the prices that are set.
    pub money: Option<f64>,
    /// For one text of candidates.
    pub check: Duration,
    /// How many candidates are checked together.
    pub batch: usize,
    /// How long an engine is given before the next one is asked too.
    pub head_start: Duration,
    /// How long a proof is made shorter, at the most.
    pub polish: Duration,
    /// Whether the contrary of a goal is tried beside it.
    pub refute: bool,
    /// Whether every candidate gets its verdict, proof or no proof, and nothing else is tried: to
    /// measure engines by.
    pub everything: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            budget: Duration::from_secs(60),
            tokens: None,
            money: None,
            check: Duration::from_secs(20),
            batch: 16,
            head_start: Duration::from_secs(10),
            polish: Duration::from_secs(5),
            refute: true,
            everything: false,
        }
    }
}

/// An engine with the prover that does its work.
#[derive(Clone)]
pub struct Source {
    /// The engine, whose mode the prover is asked in.
    pub engine: Engine,
    /// The prover.
    pub prover: Arc<dyn Prover>,
}

impl Source {
    /// Whether it is the portfolio, which costs nothing but checks.
    fn is_tactics(&self) -> bool {
        self.engine == Engine::Tactics
    }
}

/// An engine that could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The engine.
    pub engine: Engine,
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
    /// Asks Lean.
    pub checker: Checker,
    /// What is asked of a proof.
    pub requirements: Requirements,
    /// Propose, in this order: each is asked when the one before it has nothing more to say, or has had
    /// its head start.
    pub sources: Vec<Source>,
    /// Remembers proofs.
    pub memory: Option<Memory>,
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
    /// A candidate for the hole itself has its verdict: none, or what is wrong with it. Whoever is
    /// proposed twice has it twice.
    Judged {
        /// The candidate.
        candidate: Candidate,
        /// The first line of what is wrong.
        error: Option<String>,
    },
    /// An engine is busy with something other than candidates.
    Working {
        /// The engine.
        engine: Engine,
        /// What it does: `loading the model, 40 %`.
        what: String,
    },
    /// What a model says of its plan, as far as it has come.
    Plan(Arc<str>),
    /// How the steps of a sketch stand.
    Sketch(Arc<SketchProgress>),
    /// A proof that stands on its own; a later one is shorter, or another.
    Verified(Arc<VerifiedProof>),
    /// The goal is false.
    Refuted(Arc<Refutation>),
}

/// How a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With a proof that stands on its own.
    Proved,
    /// With a proof of the contrary.
    Refuted,
    /// With nothing left to try.
    Exhausted,
    /// With its budget used up.
    OutOfBudget,
    /// With no proof, and every engine failed.
    Failed,
    /// With no Lean to ask any more: its words. What was found before is told all the same. Where a
    /// proof would have been the end, and there is one, that counts.
    LeanGone(String),
}

/// What a search found.
#[derive(Debug)]
pub struct Outcome {
    /// The hole's goal and surroundings.
    pub baseline: Arc<Baseline>,
    /// Proofs that stand on their own, best first.
    pub proofs: Vec<Arc<VerifiedProof>>,
    /// Proofs that hold once a neighbour that they depend on is proved.
    pub conditional: Vec<Arc<VerifiedProof>>,
    /// The sketch that came furthest, where there is no proof.
    pub sketch: Option<Arc<VerifiedSketch>>,
    /// How the steps stand of the sketch that was worked on last.
    pub sketch_progress: Option<Arc<SketchProgress>>,
    /// That the goal is false.
    pub refuted: Option<Arc<Refutation>>,
    /// The plan behind the best proof, or else the last that a model told.
    pub plan: Option<Arc<str>>,
    /// Candidates that came closest, and what Lean said of them.
    pub near_misses: Vec<NearMiss>,
    /// How many candidates were proposed.
    pub proposed: usize,
    /// How many have had Lean's verdict.
    pub checked: usize,
    /// Candidates without a verdict: too slow, or Lean's process ended on them.
    pub unknown: usize,
    /// The engines that could not go on.
    pub failures: Vec<Failure>,
    /// What the models' answers cost.
    pub spent: Spent,
    /// How long it took, from the moment the goal was known.
    pub took: Duration,
    /// How it ended.
    pub ended: Ended,
}

/// What all who work for one search share.
#[derive(Clone, Copy)]
struct Effort<'a> {
    search: &'a Search,
    steps: &'a UnboundedSender<Step>,
    stats: &'a Mutex<SearchStats>,
    meter: &'a Arc<Meter>,
    /// When the budget is used up.
    deadline: Instant,
}

impl<'a> Effort<'a> {
    /// What it takes to check a candidate for the hole of `task`.
    fn context(&self, task: Task<'a>) -> CheckContext<'a> {
        CheckContext {
            checker: &self.search.checker,
            target: task.target,
            baseline: task.baseline,
            limit: self.search.limits.check,
        }
    }

    fn tell(&self, step: Step) {
        let _ = self.steps.send(step);
    }
}

/// What is to be proved, and how deep inside of what.
#[derive(Clone, Copy)]
struct Task<'a> {
    target: &'a Target,
    baseline: &'a Arc<Baseline>,
    sources: &'a [Source],
    kind: Kind,
    /// Whether its contrary is tried, too.
    refute: bool,
    /// 0 for the hole itself, 1 for a step of a sketch for it.
    depth: usize,
}

/// What a goal is to the search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What the user wants proved.
    Hole,
    /// A step of a sketch. What passes needs no confirmation of its own: the sketch has one in the end.
    Step,
    /// The contrary of a goal.
    Negation,
}

impl Search {
    /// The same search as another one to the checker, which stays with one while that has work.
    fn apart(&self) -> Search {
        Search {
            checker: self.checker.for_one_search(),
            ..self.clone()
        }
    }

    /// Searches for proofs of `target`. What is remembered is tried first, then `known`.
    /// `steps` is told how it goes, and is closed at the end. `stop` ends it once the goal is known, with
    /// what was found by then, as does a Lean that is gone; dropping the future ends it and all that
    /// works for it at any time.
    ///
    /// # Errors
    /// When there is no goal to begin with.
    pub async fn prove(
        &self,
        target: &Target,
        known: Vec<Candidate>,
        steps: UnboundedSender<Step>,
        stop: &CancellationToken,
    ) -> Result<Outcome, NoGoal> {
        let search = &self.apart();
        let baseline = baseline(&search.checker, target).await?;
        self.requirements.can_be_met(&baseline)?;
        let baseline = Arc::new(baseline);
        let _ = steps.send(Step::Goal(baseline.clone()));
        let started = Instant::now();
        let budget = self.limits.budget;
        let deadline = started + budget;
        let stats = Mutex::new(SearchStats::default());
        let meter = Arc::new(Meter::new(self.limits.tokens, self.limits.money));
        let found = Mutex::new(Found::default());
        let effort = Effort {
            search,
            steps: &steps,
            stats: &stats,
            meter: &meter,
            deadline,
        };
        let task = Task {
            target,
            baseline: &baseline,
            sources: &self.sources,
            kind: Kind::Hole,
            refute: self.limits.refute,
            depth: 0,
        };
        let solved = if budget.is_zero() {
            None // No engine is even started.
        } else {
            until(deadline, stop, effort.solve(task, known, &found)).await
        };
        let in_time = solved.is_some();
        let gone = solved.and_then(Result::err);
        let polish = gone.is_none() && !self.limits.everything && !self.limits.polish.is_zero();
        if polish && !lock(&found).proofs.is_empty() {
            let deadline = deadline.min(Instant::now() + self.limits.polish);
            // Without a Lean it stays as long as it is.
            until(deadline, stop, polish::polish(effort, task, &found)).await;
        }
        if let Some(memory) = &self.memory {
            let proofs = lock(&found).proofs.clone();
            memory.keep(&baseline, &proofs).await;
        }
        let (stats, found) = (taken(stats), taken(found));
        let cut_short = self.limits.everything && gone.is_some();
        let ended = if !found.proofs.is_empty() && !cut_short {
            Ended::Proved
        } else if found.refuted.is_some() {
            Ended::Refuted
        } else if let Some(gone) = gone {
            Ended::LeanGone(gone.to_string())
        } else if stats.failed(&self.sources) {
            Ended::Failed
        } else if in_time && !meter.is_used_up() {
            Ended::Exhausted
        } else {
            Ended::OutOfBudget
        };
        let behind = found.proofs.first().and_then(|proof| proof.plan().cloned());
        Ok(Outcome {
            plan: behind.or(stats.plan),
            proofs: found.proofs,
            conditional: found.conditional,
            sketch: found.sketch,
            sketch_progress: found.sketch_progress,
            refuted: found.refuted,
            near_misses: stats.near_misses,
            proposed: stats.proposed,
            checked: stats.checked,
            unknown: stats.unknown,
            failures: stats.failures,
            spent: meter.spent(),
            ended,
            took: started.elapsed(),
            baseline,
        })
    }
}

/// What comes of `work`; none if `deadline` or `stop` comes first.
async fn until<T>(
    deadline: Instant,
    stop: &CancellationToken,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.cancelled() => None,
        done = tokio::time::timeout_at(deadline.into(), work) => done.ok(),
    }
}

impl<'a> Effort<'a> {
    /// Works on `task` until there is a proof, or its contrary, in `found`, or nothing is left to try.
    ///
    /// # Errors
    /// When there is no Lean to ask.
    fn solve(
        self,
        task: Task<'a>,
        known: Vec<Candidate>,
        found: &'a Mutex<Found>,
    ) -> BoxFuture<'a, Result<(), CheckError>> {
        async move {
            let (sketched, sketches) = unbounded_channel();
            let (progress, progressed) = watch::channel(Progress::Begun);
            let (busy, sketching) = watch::channel(false);
            let run = Run::new(self, task, found, sketched, progress, sketching);
            // The channels are closed when it is done: then the others end, too.
            let run = async move { run.all(known).await };
            let sketches = sketches::work(self, task, found, sketches, busy);
            let refute = refute::refute(self, task, found, progressed);
            tokio::pin!(run, sketches, refute);
            let (mut running, mut sketching, mut refuting) = (true, true, true);
            while running || sketching || refuting {
                tokio::select! {
                    biased;
                    done = &mut run, if running => { done?; running = false; }
                    done = &mut sketches, if sketching => { done?; sketching = false; }
                    done = &mut refute, if refuting => { done?; refuting = false; }
                }
                let found = lock(found);
                let proved = found.is_proved() && !self.search.limits.everything;
                if proved || found.refuted.is_some() {
                    break;
                }
            }
            Ok(())
        }
        .boxed()
    }
}
