//! Trying the contrary of a goal beside it: many a `sorry` can't be proved because it is false.

use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;
use unsorry_prover::{Ask, Candidate, Counterexample, Engine, Proposal, Prover, counterexamples};

use super::run::{Progress, Run};
use super::stats::{Found, lock};
use super::{Effort, Kind, Source, Step, Task};
use crate::check::baseline::{NoGoal, baseline};
use crate::check::checker::CheckError;
use crate::rewrite::negation::Negation;
use crate::verify::{Rejection, VerifiedProof, refute as conclude};

/// How many answers a model is asked for.
const ANSWERS: usize = 4;

/// Tried on the negation once no values are found for which the goal fails.
const TACTICS: [&str; 6] = [
    "decide",
    "omega",
    "simp",
    "intro h\nsimp at h",
    "grind",
    "intro h\ngrind",
];

/// Tries to show that the goal of `task` is false, once the first candidates for it have failed; with
/// models, once they have written something for it.
///
/// # Errors
/// When there is no Lean to ask.
pub(super) async fn refute(
    effort: Effort<'_>,
    task: Task<'_>,
    found: &Mutex<Found>,
    mut progress: watch::Receiver<Progress>,
) -> Result<(), CheckError> {
    if effort.search.limits.everything || !task.refute || task.baseline.error_before {
        return Ok(());
    }
    let goal = &task.baseline.goal;
    let mut come_to = async |wanted: Progress| {
        // Who has ended without it has come as far as it could.
        let reached = progress
            .wait_for(|now| *now >= wanted)
            .await
            .map(|now| *now);
        reached.unwrap_or_else(|_| *progress.borrow()) >= wanted
    };
    if !come_to(Progress::Tried).await {
        return Ok(());
    }
    let Some(negation) = Negation::of(task.target, goal) else {
        return Ok(());
    };
    // What is tried against the user's goal waits while there is something to try for it.
    let search = &match task.depth {
        0 => effort.search.apart(),
        _ => effort.search.clone(),
    };
    let effort = Effort { search, ..effort };
    let stated = match baseline(&search.checker, negation.target()).await {
        Ok(stated) => Arc::new(stated),
        Err(NoGoal::Check(CheckError::NoLean(error))) => return Err(CheckError::NoLean(error)),
        Err(why) => {
            tracing::debug!(%why, "the negation can't be stated");
            return Ok(());
        }
    };
    let values = counterexamples(goal);
    let listed = values
        .iter()
        .map(|value| value.proof.as_str())
        .chain(TACTICS);
    let listed = listed
        .map(|text| Candidate::new(text, Engine::Tactics))
        .collect();
    let listed = Source {
        engine: Engine::Tactics,
        prover: Arc::new(Listed(listed)),
    };
    let models = task.sources.iter().filter(|source| !source.is_tactics());
    let few = |source: &Source| Source {
        engine: source.engine,
        prover: Arc::new(Few(source.prover.clone())),
    };
    // One mode of a model is enough.
    let models: Vec<Source> = models.take(1).map(few).collect();
    for (sources, when) in [(vec![listed], Progress::Tried), (models, Progress::Model)] {
        if sources.is_empty() || !come_to(when).await {
            continue;
        }
        let own = Mutex::new(Found::default());
        let against = Task {
            target: negation.target(),
            baseline: &stated,
            sources: &sources,
            kind: Kind::Negation,
            refute: false,
            depth: task.depth,
        };
        let (sketched, _) = tokio::sync::mpsc::unbounded_channel();
        let (progress, _) = watch::channel(Progress::Begun);
        let (_, sketching) = watch::channel(false);
        let run = Run::new(effort, against, &own, sketched, progress, sketching);
        run.all(Vec::new()).await?;
        let proof = lock(&own).proofs.first().cloned();
        if let Some(proof) = proof
            && self::found(effort, task, found, &negation, proof, &values).await?
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Keeps and tells a refutation, if Lean agrees that it is one.
async fn found(
    effort: Effort<'_>,
    task: Task<'_>,
    found: &Mutex<Found>,
    negation: &Negation,
    proof: Arc<VerifiedProof>,
    values: &[Counterexample],
) -> Result<bool, CheckError> {
    let text = proof.proof();
    let value = values.iter().find(|value| value.proof == text);
    let value = value.map(|value| value.values.clone());
    match conclude(effort.context(task), negation, proof, value).await {
        Ok(refutation) => {
            let refutation = Arc::new(refutation);
            lock(found).refuted = Some(refutation.clone());
            if task.kind == Kind::Hole {
                effort.tell(Step::Refuted(refutation));
            }
            Ok(true)
        }
        Err(Rejection::Check(CheckError::NoLean(error))) => Err(CheckError::NoLean(error)),
        Err(rejection) => {
            tracing::debug!(%rejection, "what was refuted is not the goal");
            Ok(false)
        }
    }
}

/// Proposes what it has.
struct Listed(Vec<Candidate>);

impl Prover for Listed {
    fn propose(&self, _: &Ask) -> BoxStream<'static, Proposal> {
        stream::iter(self.0.clone())
            .map(Proposal::Candidate)
            .boxed()
    }
}

/// Asks a model for a few answers only.
struct Few(Arc<dyn Prover>);

impl Prover for Few {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        let few = Ask {
            answers: Some(ask.answers.unwrap_or(ANSWERS).min(ANSWERS)),
            ..ask.clone()
        };
        self.0.propose(&few)
    }
}
