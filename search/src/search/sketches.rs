//! Proving a goal step by step: what a model only sketched, if Lean takes it so far, has its `sorry`s
//! proved one after the other, each with a small context of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use unsorry_prover::{Candidate, Context, Goal, HoleKind};
use unsorry_syntax::Outline;

use super::goal_search::{GoalSearch, Role};
use super::lean_gone::{LeanGone, UnlessGone};
use super::sketch_progress::{SketchProgress, SketchStep, StepState};
use super::source::Source;
use super::step::Step;
use crate::check::baseline::{Baseline, baseline};
use crate::check::reading::Read;
use crate::gate::gate_sketch;
use crate::rewrite::negation::generalised;
use crate::rewrite::sketch::Sketch;
use crate::target::Target;
use crate::verify::{Rejection, confirm_sketch, pass_sketch};

/// The most sketches for one goal that are worked on.
const MAX_SKETCHES: usize = 4;

/// A sketch with more steps is left alone.
const MAX_STEPS: usize = 12;

/// Steps of sketches for steps of sketches are not sketched again.
const MAX_DEPTH: usize = 2;

/// Looks for a proof of a step's goal.
type Solve = for<'a> fn(&'a GoalSearch<'a>) -> BoxFuture<'a, Result<(), LeanGone>>;

/// The least that a step gets of the time that is left.
const MIN_SHARE: Duration = Duration::from_secs(2);

/// Works on the `sketches` for a goal, one after the other, until one is proved; `busy` is told while it
/// does. Each step is a goal to `solve`.
///
/// # Errors
/// When Lean is gone.
pub(super) async fn prove_all(
    goal: &GoalSearch<'_>,
    mut sketches: UnboundedReceiver<Candidate>,
    busy: watch::Sender<bool>,
    solve: Solve,
) -> Result<(), LeanGone> {
    let mut seen: Vec<String> = Vec::new();
    while let Some(candidate) = sketches.recv().await {
        if seen.contains(&candidate.text) || seen.len() == MAX_SKETCHES || goal.depth >= MAX_DEPTH {
            continue;
        }
        seen.push(candidate.text.clone());
        let begun = match read(goal, &candidate).await? {
            Ok(()) => SketchSearch::begin(goal, &candidate, solve).await,
            Err(rejection) => Err(rejection),
        };
        let mut sketch = match begun.unless_gone()? {
            Ok(sketch) => sketch,
            Err(rejection) => {
                tracing::debug!(%rejection, "a sketch is no use");
                let mut stats = goal.stats();
                if let Rejection::Gate(refusal) = rejection {
                    stats.refused.add(&candidate, refusal);
                } else if goal.role == Role::Hole {
                    stats.near_miss(&candidate, &rejection.to_string(), usize::MAX);
                }
                continue;
            }
        };
        busy.send_replace(true);
        sketch.prove().await?;
        busy.send_replace(false);
        if goal.found().is_proved() {
            return Ok(());
        }
    }
    Ok(())
}

/// Has Lean's own parser read a sketch that a stranger wrote.
async fn read(
    goal: &GoalSearch<'_>,
    sketch: &Candidate,
) -> Result<Result<(), Rejection>, LeanGone> {
    if let Err(refusal) = gate_sketch(goal.baseline.goal.kind, &sketch.text) {
        return Ok(Err(refusal.into()));
    }
    let read = goal.read(std::slice::from_ref(sketch), true).await?;
    Ok(match read.into_iter().flatten().next() {
        Some(Read::Harmful(refusal)) => Err(refusal.into()),
        Some(Read::Error(complaint)) => Err(Rejection::Lean(vec![complaint])),
        Some(Read::Block) | None => Ok(()),
    })
}

/// One sketch that Lean takes but for its `sorry`s.
struct SketchSearch<'a> {
    goal: &'a GoalSearch<'a>,
    solve: Solve,
    sketch: Sketch,
    /// The declaration with the sketch in it, and where its own holes are there.
    text: Arc<str>,
    outline: Arc<Outline>,
    holes: Vec<usize>,
    steps: Vec<SketchStep>,
    /// The baseline of each hole, and its proof.
    baselines: Vec<Option<Arc<Baseline>>>,
    proofs: Vec<Option<(HoleKind, String)>>,
}

impl<'a> SketchSearch<'a> {
    /// Has Lean check the sketch as it is.
    ///
    /// # Errors
    /// When Lean does not take it.
    async fn begin(
        goal: &'a GoalSearch<'a>,
        candidate: &Candidate,
        solve: Solve,
    ) -> Result<SketchSearch<'a>, Rejection> {
        let kind = goal.baseline.goal.kind;
        gate_sketch(kind, &candidate.text)?;
        let sketch = Sketch::of(kind, candidate).ok_or_else(|| Rejection::because("no sketch"))?;
        let steps = sketch.holes();
        if steps > MAX_STEPS {
            return Err(Rejection::because("it has too many steps"));
        }
        goal.stats().checked += 1;
        let passed = pass_sketch(goal.context(), candidate).await?;
        let change = passed.change().clone();
        let text: Arc<str> = change.apply(goal.target.head()).into();
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
        let begun = SketchSearch {
            goal,
            solve,
            text,
            outline,
            steps: (0..steps).map(label).collect(),
            baselines: vec![None; steps],
            proofs: vec![None; steps],
            holes,
            sketch,
        };
        begun.tell();
        Ok(begun)
    }

    /// Proves the steps, the easy ones first, and then the whole; or keeps what stands of it.
    async fn prove(&mut self) -> Result<(), LeanGone> {
        let all = self.goal.sources.iter().cloned();
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
            if all || self.goal.found().is_proved() {
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
    ) -> Result<bool, LeanGone> {
        let target = Target {
            uri: self.goal.target.uri.clone(),
            text: self.text.clone(),
            outline: self.outline.clone(),
            hole: self.holes[step],
        };
        let Some(baseline) = self.baseline(step, &target).await? else {
            return Ok(true);
        };
        self.set(step, StepState::Tried);
        let kind = baseline.goal.kind;
        // Its contrary is tried once.
        let refutes = self.goal.refutes && !share;
        let search = self.goal.for_step(target, baseline, sources, refutes);
        let until = match share {
            true => Instant::now() + self.share(),
            // Tactics come to an end by themselves.
            false => self.goal.shared.deadline,
        };
        let solved = tokio::time::timeout_at(until.into(), (self.solve)(&search)).await;
        solved.unwrap_or(Ok(()))?;
        let found = search.into_found();
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
        self.proofs[step] = proof.map(|proof| (kind, proof));
        Ok(found.refuted.is_none())
    }

    /// The baseline of a step as it stands, asked for once.
    async fn baseline(
        &mut self,
        step: usize,
        target: &Target,
    ) -> Result<Option<Arc<Baseline>>, LeanGone> {
        if self.baselines[step].is_none() {
            let asked = baseline(&self.goal.checker, target).await;
            let mut baseline = match asked.unless_gone()? {
                Ok(baseline) => baseline,
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
            self.baselines[step] = Some(Arc::new(baseline));
        }
        Ok(self.baselines[step].clone())
    }

    /// The share of the time left that a step may take, as long as others are open too.
    fn share(&self) -> Duration {
        let deadline = self.goal.shared.deadline;
        let left = deadline.saturating_duration_since(Instant::now());
        let open = self.proofs.iter().filter(|proof| proof.is_none()).count();
        (left / u32::try_from(open.max(1) + 1).unwrap_or(u32::MAX)).max(MIN_SHARE)
    }

    fn set(&mut self, step: usize, state: StepState) {
        self.steps[step].state = state;
        self.tell();
    }

    /// Shows how the steps stand.
    fn tell(&self) {
        if self.goal.role == Role::Hole {
            let progress = Arc::new(SketchProgress {
                steps: self.steps.clone(),
            });
            self.goal.found().sketch_progress = Some(progress.clone());
            self.goal.tell(Step::Sketch(progress));
        }
    }

    /// Has the whole confirmed, if all its steps are proved; or else what there is of it, if nothing
    /// better is known.
    async fn keep(&self) -> Result<(), LeanGone> {
        let goal = self.goal;
        let mut sketch = self.sketch.clone();
        // The last first: those before it keep their places.
        for (step, proof) in self.proofs.iter().enumerate().rev() {
            if let Some((kind, proof)) = proof {
                sketch.fill(step, *kind, proof);
            }
        }
        let candidate = sketch.candidate();
        let (steps, open) = (self.steps.len(), sketch.holes());
        if open == 0 && goal.role == Role::Step {
            goal.found().step = Some(candidate);
            return Ok(());
        }
        let rejected = if open == 0 {
            let confirmed = goal.confirm(&candidate).await?;
            confirmed.map(|proof| proof.into_iter().for_each(|proof| goal.keep(proof)))
        } else if goal.role == Role::Hole && self.is_best(open) {
            let verified = async {
                let passed = pass_sketch(goal.context(), &candidate).await?;
                let requirements = goal.shared.requirements;
                confirm_sketch(goal.context(), requirements, passed, (steps, open)).await
            };
            let verified = verified.await;
            let keep = |sketch| goal.found().sketch = Some(Arc::new(sketch));
            verified.unless_gone()?.map(keep)
        } else {
            Ok(())
        };
        // Lean takes the steps one by one, yet not together.
        if let Err(rejection) = rejected {
            tracing::debug!(%rejection, "a sketch does not hold with its steps in it");
        }
        Ok(())
    }

    /// Whether no other sketch has as few open steps.
    fn is_best(&self, open: usize) -> bool {
        let found = self.goal.found();
        let known = found.sketch.as_ref();
        open < self.steps.len() && known.is_none_or(|known| open < known.open())
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
