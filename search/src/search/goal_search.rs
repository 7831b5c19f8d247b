//! The search for a proof of one goal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;
use unsorry_prover::{Candidate, Meter};

use super::batch_sizer::BatchSizer;
use super::lean_gone::{LeanGone, UnlessGone};
use super::limits::{Limits, Strategy};
use super::sketch_progress::SketchProgress;
use super::source::Source;
use super::stats::SearchStats;
use super::step::Step;
use crate::check::baseline::Baseline;
use crate::check::checker::Checker;
use crate::check::reading::Read;
use crate::check::{reader, screen};
use crate::gate::Refusal;
use crate::memory::Memory;
use crate::target::Target;
use crate::verify::{
    CheckContext, Passed, Refutation, Rejection, Requirements, VerifiedProof, VerifiedSketch,
    confirm_passed, pass,
};

/// The most proofs that are kept that depend on an unproved neighbour.
const MAX_CONDITIONAL: usize = 4;

/// The state that the searches for all goals of one hole share: the hole's own, those of sketches' steps, and
/// of their contraries.
pub(super) struct Shared<'a> {
    pub requirements: &'a Requirements,
    pub limits: &'a Limits,
    pub strategy: Strategy,
    pub memory: Option<&'a Memory>,
    pub steps: UnboundedSender<Step>,
    pub stats: Mutex<SearchStats>,
    pub meter: Arc<Meter>,
    /// The time when the budget is used up.
    pub deadline: Instant,
}

/// The role of a goal in the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The goal that the user wants proved.
    Hole,
    /// A step of a sketch. What passes needs no confirmation of its own: the sketch has one in the end.
    Step,
    /// The contrary of a goal.
    Negation,
}

/// The results for one goal.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Proofs that stand on their own, best first.
    pub proofs: Vec<Arc<VerifiedProof>>,
    pub conditional: Vec<Arc<VerifiedProof>>,
    /// A candidate that would do for a step of a sketch.
    pub step: Option<Candidate>,
    /// What the referee is asked about later.
    pub passed: Option<Passed>,
    /// A shorter proof than the best, which the referee is still to see.
    pub shorter: Option<Passed>,
    pub sketch: Option<Arc<VerifiedSketch>>,
    pub sketch_progress: Option<Arc<SketchProgress>>,
    pub refuted: Option<Arc<Refutation>>,
}

impl Found {
    pub fn is_proved(&self) -> bool {
        !self.proofs.is_empty() || self.step.is_some() || self.passed.is_some()
    }
}

/// The search for a proof of one goal. What it finds stays in it, whenever its work is stopped.
pub(super) struct GoalSearch<'a> {
    pub shared: &'a Shared<'a>,
    pub checker: Checker,
    pub target: Target,
    pub baseline: Arc<Baseline>,
    pub sources: Vec<Source>,
    pub role: Role,
    /// Whether the contrary is tried, too.
    pub refutes: bool,
    /// 0 for the hole itself, 1 for a step of a sketch for it.
    pub depth: usize,
    found: Mutex<Found>,
    sizer: Mutex<BatchSizer>,
}

impl<'a> GoalSearch<'a> {
    /// The search for a proof of the hole itself, which asks Lean by `checker`.
    pub fn for_hole(
        shared: &'a Shared<'a>,
        checker: Checker,
        target: &Target,
        baseline: Arc<Baseline>,
        sources: &[Source],
    ) -> GoalSearch<'a> {
        GoalSearch {
            shared,
            checker,
            target: target.clone(),
            baseline,
            sources: sources.to_vec(),
            role: Role::Hole,
            refutes: shared.strategy.refutes,
            depth: 0,
            found: Mutex::default(),
            sizer: Mutex::default(),
        }
    }

    /// The search for a proof of a step of a sketch for this goal.
    pub fn for_step(
        &self,
        target: Target,
        baseline: Arc<Baseline>,
        sources: &[Source],
        refutes: bool,
    ) -> GoalSearch<'a> {
        GoalSearch {
            shared: self.shared,
            checker: self.checker.clone(),
            target,
            baseline,
            sources: sources.to_vec(),
            role: Role::Step,
            refutes,
            depth: self.depth + 1,
            found: Mutex::default(),
            sizer: Mutex::default(),
        }
    }

    /// The search for a proof of this goal's contrary.
    pub fn for_negation(
        &self,
        checker: &Checker,
        target: &Target,
        baseline: &Arc<Baseline>,
        sources: Vec<Source>,
    ) -> GoalSearch<'a> {
        GoalSearch {
            shared: self.shared,
            checker: checker.clone(),
            target: target.clone(),
            baseline: baseline.clone(),
            sources,
            role: Role::Negation,
            refutes: false,
            depth: self.depth,
            found: Mutex::default(),
            sizer: Mutex::default(),
        }
    }

    pub fn strategy(&self) -> Strategy {
        self.shared.strategy
    }

    /// Whether the referee is asked later about proofs of the hole.
    pub fn defers(&self) -> bool {
        self.role == Role::Hole && self.strategy().defers
    }

    /// The results so far. Nobody holds them across an await.
    pub fn found(&self) -> MutexGuard<'_, Found> {
        lock(&self.found)
    }

    pub fn into_found(self) -> Found {
        let found = self.found.into_inner();
        found.unwrap_or_else(PoisonError::into_inner)
    }

    /// The sizer of the goal's batches. Nobody holds it across an await.
    pub fn sizer(&self) -> MutexGuard<'_, BatchSizer> {
        lock(&self.sizer)
    }

    pub fn stats(&self) -> MutexGuard<'_, SearchStats> {
        lock(&self.shared.stats)
    }

    /// Whether a proof was found, and nothing else is wanted.
    pub fn is_done(&self) -> bool {
        self.strategy().ends_with_proof && self.found().is_proved()
    }

    pub fn tell(&self, step: Step) {
        let _ = self.shared.steps.send(step);
    }

    /// Tells what is of interest for the hole itself only.
    pub fn tell_of_hole(&self, step: Step) {
        if self.role == Role::Hole {
            self.tell(step);
        }
    }

    /// The context to check a candidate for this goal in.
    pub fn context(&self) -> CheckContext<'_> {
        CheckContext {
            checker: &self.checker,
            target: &self.target,
            baseline: &self.baseline,
            limit: self.shared.limits.check,
        }
    }

    /// The number of `candidates` that are checked in one text.
    pub fn batch_size(&self, candidates: &[Candidate]) -> usize {
        let most = self.sizer().how_many(self.shared.limits.batch);
        screen::batch(&self.target, &self.baseline, candidates, most)
    }

    /// Has Lean's own parser read strangers' candidates, nothing of them elaborated. None where this Lean reads
    /// nothing: there the rules of the raw text stand alone.
    ///
    /// # Errors
    /// When Lean is gone.
    pub async fn read(
        &self,
        candidates: &[Candidate],
        sketches: bool,
    ) -> Result<Option<Vec<Read>>, LeanGone> {
        let hole = (&self.target, self.baseline.goal.kind);
        let limit = self.shared.limits.check;
        let read = reader::read(&self.checker, hole, candidates, sketches, limit).await;
        let refused = |_| candidates.iter().map(|_| Read::Harmful(Refusal::Unread));
        Ok(read
            .unless_gone()?
            .unwrap_or_else(|why| Some(refused(why).collect())))
    }

    /// Has Lean check a candidate alone, exactly where it will go, and the referee say that it is a proof;
    /// none where the referee is to be asked later.
    ///
    /// # Errors
    /// When Lean is gone.
    pub async fn confirm(
        &self,
        candidate: &Candidate,
    ) -> Result<Result<Option<VerifiedProof>, Rejection>, LeanGone> {
        let passed = match pass(self.context(), candidate).await.unless_gone()? {
            Ok(passed) => passed,
            Err(rejection) => return Ok(Err(rejection)),
        };
        if self.role == Role::Negation || self.defers() {
            self.found().passed = Some(passed);
            return Ok(Ok(None));
        }
        self.tell_of_hole(Step::Passed(candidate.clone()));
        let requirements = self.shared.requirements;
        let confirmed = confirm_passed(self.context(), requirements, passed).await;
        Ok(confirmed.unless_gone()?.map(Some))
    }

    /// Keeps a proof, and tells of one that stands on its own.
    pub fn keep(&self, proof: VerifiedProof) {
        let proof = Arc::new(proof);
        let mut found = self.found();
        if proof.depends_on().is_empty() {
            found.proofs.push(proof.clone());
            drop(found);
            self.tell_of_hole(Step::Verified(proof));
        } else if found.conditional.len() < MAX_CONDITIONAL {
            found.conditional.push(proof);
        }
    }
}

/// Locks a mutex that nobody holds across an await.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
