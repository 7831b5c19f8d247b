//! Proving a goal step by step: what a model only sketched, if Lean takes it so far, has its `sorry`s
//! proved one after the other, each with a small context of its own.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use unsorry_prover::{Candidate, Context, Goal, HoleKind};

use super::stats::{Found, lock, taken};
use super::{Effort, Kind, Source, Step, Task};
use crate::check::baseline::{Baseline, NoGoal, baseline};
use crate::check::checker::CheckError;
use crate::gate::gate_sketch;
use crate::rewrite::negation::generalised;
use crate::rewrite::sketch::Sketch;
use crate::target::Target;
use crate::verify::{Rejection, VerifiedProof, confirm, confirm_sketch};
use unsorry_syntax::Outline;

/// How many sketches for one goal are worked on.
const MAX_SKETCHES: usize = 4;

/// A sketch with more steps is left alone.
const MAX_STEPS: usize = 12;

/// Steps of sketches for steps of sketches are not sketched again.
const DEEPEST: usize = 2;

/// The least that a step gets of the time that is left.
const LEAST: Duration = Duration::from_secs(2);

/// How the steps of a sketch stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchProgress {
    /// Its steps, in the text's order.
    pub steps: Vec<SketchStep>,
}

/// A step of a sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchStep {
    /// What it is to prove: `h₁ : a < b`.
    pub goal: String,
    /// How it stands.
    pub state: StepState,
}

/// How a step of a sketch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Nothing has been found so far.
    Open,
    /// It is being worked on.
    Tried,
    /// Lean takes this for it.
    Proved(String),
    /// Its contrary is proved: the sketch leads nowhere.
    False,
}

impl SketchProgress {
    /// How many steps are proved.
    pub fn proved(&self) -> usize {
        let proved = |step: &&SketchStep| matches!(step.state, StepState::Proved(_));
        self.steps.iter().filter(proved).count()
    }
}

/// Works on the `sketches` for `task`, one after the other, until one is proved; `busy` is told while it
/// does.
///
/// # Errors
/// When there is no Lean to ask.
pub(super) async fn work(
    effort: Effort<'_>,
    task: Task<'_>,
    found: &Mutex<Found>,
    mut sketches: UnboundedReceiver<Candidate>,
    busy: watch::Sender<bool>,
) -> Result<(), CheckError> {
    let mut seen: Vec<String> = Vec::new();
    while let Some(candidate) = sketches.recv().await {
        if seen.contains(&candidate.text) || seen.len() == MAX_SKETCHES || task.depth >= DEEPEST {
            continue;
        }
        seen.push(candidate.text.clone());
        let mut work = match Work::begin(effort, task, found, &candidate).await {
            Ok(work) => work,
            Err(Rejection::Check(CheckError::NoLean(error))) => {
                return Err(CheckError::NoLean(error));
            }
            Err(rejection) => {
                tracing::debug!(%rejection, "a sketch is no use");
                if task.kind == Kind::Hole {
                    let error = rejection.to_string();
                    lock(effort.stats).tried(&candidate, &error, usize::MAX);
                }
                continue;
            }
        };
        busy.send_replace(true);
        work.prove().await?;
        busy.send_replace(false);
        if lock(found).is_proved() {
            return Ok(());
        }
    }
    Ok(())
}

/// One sketch that Lean takes but for its `sorry`s.
struct Work<'a> {
    effort: Effort<'a>,
    task: Task<'a>,
    found: &'a Mutex<Found>,
    sketch: Sketch,
    /// The declaration with the sketch in it, and where its own holes are there.
    text: Arc<str>,
    outline: Arc<Outline>,
    holes: Vec<usize>,
    steps: Vec<SketchStep>,
    /// What is to be proved in each hole, and the proof.
    goals: Vec<Option<Arc<Baseline>>>,
    proofs: Vec<Option<(HoleKind, String)>>,
}

impl<'a> Work<'a> {
    /// Has Lean check the sketch as it is.
    ///
    /// # Errors
    /// When Lean does not take it.
    async fn begin(
        effort: Effort<'a>,
        task: Task<'a>,
        found: &'a Mutex<Found>,
        candidate: &Candidate,
    ) -> Result<Work<'a>, Rejection> {
        let kind = task.baseline.goal.kind;
        gate_sketch(kind, &candidate.text)?;
        let sketch = Sketch::of(kind, candidate).ok_or_else(|| Rejection::because("no sketch"))?;
        let steps = sketch.holes();
        if steps > MAX_STEPS {
            return Err(Rejection::because("it has too many steps"));
        }
        lock(effort.stats).checked += 1;
        let verified = confirm_sketch(effort.context(task), candidate, (steps, steps)).await?;
        let change = verified.change().clone();
        let text: Arc<str> = change.apply(task.target.head()).into();
        let outline = Arc::new(Outline::of(&text));
        let inside = change.range.start..change.range.start + change.text.len();
        let holes = outline.holes.iter().enumerate();
        let holes: Vec<usize> = holes
            .filter(|(_, hole)| inside.contains(&hole.range.start))
            .map(|(at, _)| at)
            .collect();
        if holes.len() != steps {
            return Err(Rejection::because("its steps can't be told apart"));
        }
        let label = |hole| SketchStep {
            goal: sketch.label(hole).unwrap_or_default(),
            state: StepState::Open,
        };
        let work = Work {
            effort,
            task,
            found,
            text,
            outline,
            steps: (0..steps).map(label).collect(),
            goals: vec![None; steps],
            proofs: vec![None; steps],
            holes,
            sketch,
        };
        work.tell();
        Ok(work)
    }

    /// Proves the steps, the easy ones first, and then the whole; or keeps what stands of it.
    async fn prove(&mut self) -> Result<(), CheckError> {
        let all = self.task.sources.iter().cloned();
        let (tactics, models): (Vec<_>, Vec<_>) = all.partition(Source::is_tactics);
        for (sources, share) in [(&tactics, false), (&models, true)] {
            if sources.is_empty() {
                continue;
            }
            for step in 0..self.steps.len() {
                if self.proofs[step].is_none() && !self.step(step, sources, share).await? {
                    return Ok(());
                }
            }
            self.keep().await?;
            let all = self.proofs.iter().all(Option::is_some);
            if all || lock(self.found).is_proved() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Tries a step, with its share of the time if others are to have theirs. Whether the sketch may
    /// still lead somewhere.
    async fn step(
        &mut self,
        step: usize,
        sources: &[Source],
        share: bool,
    ) -> Result<bool, CheckError> {
        let target = Target {
            uri: self.task.target.uri.clone(),
            text: self.text.clone(),
            outline: self.outline.clone(),
            hole: self.holes[step],
        };
        let Some(goal) = self.goal(step, &target).await? else {
            return Ok(true);
        };
        self.set(step, StepState::Tried);
        let found = Mutex::new(Found::default());
        let task = Task {
            target: &target,
            baseline: &goal,
            sources,
            kind: Kind::Step,
            // Once is enough.
            refute: self.task.refute && !share,
            depth: self.task.depth + 1,
        };
        let solved = self.effort.solve(task, Vec::new(), &found);
        let until = match share {
            true => Instant::now() + self.share(),
            // Tactics come to an end by themselves.
            false => self.effort.deadline,
        };
        if let Ok(done) = tokio::time::timeout_at(until.into(), solved).await {
            done?;
        }
        let found = taken(found);
        let confirmed = || found.proofs.first().map(|proof| proof.proof().to_owned());
        let proof = found.step.map(|step| step.text).or_else(confirmed);
        self.set(
            step,
            match (&proof, &found.refuted) {
                (Some(proof), _) => StepState::Proved(proof.clone()),
                (None, Some(_)) => StepState::False,
                (None, None) => StepState::Open,
            },
        );
        self.proofs[step] = proof.map(|proof| (goal.goal.kind, proof));
        Ok(found.refuted.is_none())
    }

    /// The goal of a step, asked for once.
    async fn goal(
        &mut self,
        step: usize,
        target: &Target,
    ) -> Result<Option<Arc<Baseline>>, CheckError> {
        if self.goals[step].is_none() {
            let mut baseline = match baseline(&self.effort.search.checker, target).await {
                Ok(baseline) => baseline,
                Err(NoGoal::Check(CheckError::NoLean(error))) => {
                    return Err(CheckError::NoLean(error));
                }
                Err(why) => {
                    tracing::debug!(%why, "a step has no goal");
                    return Ok(None);
                }
            };
            if self.steps[step].goal.is_empty() {
                let words = baseline.goal.target.split_whitespace();
                self.steps[step].goal = words.collect::<Vec<_>>().join(" ");
            }
            if let Some(context) = small_context(&baseline.goal) {
                baseline.goal.context = context;
            }
            self.goals[step] = Some(Arc::new(baseline));
        }
        Ok(self.goals[step].clone())
    }

    /// What a step may take of the time that is left, as long as others are open too.
    fn share(&self) -> Duration {
        let left = self
            .effort
            .deadline
            .saturating_duration_since(Instant::now());
        let open = self.proofs.iter().filter(|proof| proof.is_none()).count();
        (left / u32::try_from(open.max(1) + 1).unwrap_or(u32::MAX)).max(LEAST)
    }

    fn set(&mut self, step: usize, state: StepState) {
        self.steps[step].state = state;
        self.tell();
    }

    /// Shows how the steps stand.
    fn tell(&self) {
        if self.task.kind == Kind::Hole {
            let progress = Arc::new(SketchProgress {
                steps: self.steps.clone(),
            });
            lock(self.found).sketch_progress = Some(progress.clone());
            self.effort.tell(Step::Sketch(progress));
        }
    }

    /// Has the whole confirmed, if all its steps are proved; or else what there is of it, if nothing
    /// better is known.
    async fn keep(&self) -> Result<(), CheckError> {
        let mut sketch = self.sketch.clone();
        // The last first: those before it keep their places.
        for (step, proof) in self.proofs.iter().enumerate().rev() {
            if let Some((kind, proof)) = proof {
                sketch.fill(step, *kind, proof);
            }
        }
        let candidate = sketch.candidate();
        let (steps, open) = (self.steps.len(), sketch.holes());
        let cx = self.effort.context(self.task);
        if open == 0 && self.task.kind == Kind::Step {
            lock(self.found).step = Some(candidate);
            return Ok(());
        }
        if open == 0 {
            let requirements = &self.effort.search.requirements;
            return match confirm(cx, requirements, &candidate).await {
                Ok(proof) => {
                    self.verified(proof);
                    Ok(())
                }
                Err(rejection) => self.no_use(rejection),
            };
        }
        let better = {
            let found = lock(self.found);
            let known = found.sketch.as_ref();
            open < steps && known.is_none_or(|known| open < known.open())
        };
        if !better || self.task.kind != Kind::Hole {
            return Ok(());
        }
        match confirm_sketch(cx, &candidate, (steps, open)).await {
            Ok(verified) => {
                lock(self.found).sketch = Some(Arc::new(verified));
                Ok(())
            }
            Err(rejection) => self.no_use(rejection),
        }
    }

    fn verified(&self, proof: VerifiedProof) {
        let proof = Arc::new(proof);
        let mut found = lock(self.found);
        if proof.depends_on().is_empty() {
            found.proofs.push(proof.clone());
            drop(found);
            if self.task.kind == Kind::Hole {
                self.effort.tell(Step::Verified(proof));
            }
        } else {
            found.conditional.push(proof);
        }
    }

    /// Lean takes the steps one by one, yet not together.
    fn no_use(&self, rejection: Rejection) -> Result<(), CheckError> {
        if let Rejection::Check(CheckError::NoLean(error)) = rejection {
            return Err(CheckError::NoLean(error));
        }
        tracing::debug!(%rejection, "a sketch does not hold with its steps in it");
        Ok(())
    }
}

/// A step's goal as a theorem of its own: what a model is shown instead of the whole sketch. None where
/// it has names that can't be written.
fn small_context(goal: &Goal) -> Option<Context> {
    let statement = generalised(goal)?;
    let declaration = goal.context.declaration;
    let mut before = goal.context.before.get(..declaration)?.to_owned();
    let by = match goal.kind {
        HoleKind::Tactic => " := by\n  ",
        HoleKind::Term => " := ",
    };
    before += &format!("theorem step {statement}{by}");
    Some(Context {
        before,
        after: "\n".to_owned(),
        declaration,
    })
}
