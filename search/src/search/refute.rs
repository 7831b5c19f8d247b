//! Trying the contrary of a goal beside it: many a `sorry` can't be proved because it is false.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;
use unsorry_prover::{Ask, Candidate, Counterexample, Engine, Proposal, Prover, counterexamples};

use super::candidates::{Candidates, Channels, Progress};
use super::goal_search::{GoalSearch, Role};
use super::lean_gone::{LeanGone, UnlessGone};
use super::source::Source;
use super::step::Step;
use crate::check::baseline::baseline;
use crate::check::checker::Checker;
use crate::rewrite::negation::Negation;
use crate::verify::{self, CheckContext, Passed};

/// The number of answers that a model is asked for.
const MAX_ANSWERS: usize = 4;

/// Tried on the negation once no values are found for which the goal fails.
const TACTICS: [&str; 6] = [
    "decide",
    "omega",
    "simp",
    "intro h\nsimp at h",
    "grind",
    "intro h\ngrind",
];

/// Tries to show that the goal is false, once the first candidates for it have failed; with models, once
/// they have written something for it.
///
/// # Errors
/// When Lean is gone.
pub(super) async fn refute(
    goal: &GoalSearch<'_>,
    mut progress: watch::Receiver<Progress>,
) -> Result<(), LeanGone> {
    if !goal.refutes || goal.baseline.error_before {
        return Ok(());
    }
    let mut come_to = async |wanted: Progress| {
        // Work that has ended without it has come as far as it could.
        let reached = progress
            .wait_for(|now| *now >= wanted)
            .await
            .map(|now| *now);
        reached.unwrap_or_else(|_| *progress.borrow()) >= wanted
    };
    if !come_to(Progress::Tried).await {
        return Ok(());
    }
    let Some(negation) = Negation::of(&goal.target, &goal.baseline.goal) else {
        return Ok(());
    };
    // What is tried against the user's goal waits while there is something to try for it.
    let checker = match goal.role {
        Role::Hole => goal.checker.for_one_search(),
        Role::Step | Role::Negation => goal.checker.clone(),
    };
    let stated = match baseline(&checker, negation.target()).await.unless_gone()? {
        Ok(stated) => Arc::new(stated),
        Err(why) => {
            tracing::debug!(%why, "the negation can't be stated");
            return Ok(());
        }
    };
    let values = counterexamples(&goal.baseline.goal);
    let models = goal.sources.iter().filter(|source| !source.is_tactics());
    let few = |source: &Source| Source {
        engine: source.engine,
        prover: Arc::new(Few(source.prover.clone())),
    };
    // One mode of a model is enough.
    let models: Vec<Source> = models.take(1).map(few).collect();
    for (sources, when) in [
        (vec![listed(&values)], Progress::Tried),
        (models, Progress::Model),
    ] {
        if sources.is_empty() || !come_to(when).await {
            continue;
        }
        let against = goal.for_negation(&checker, negation.target(), &stated, sources);
        Candidates::new(&against, Channels::closed())
            .check_all(Vec::new())
            .await?;
        if let Some(passed) = against.into_found().passed
            && conclude(goal, &checker, &negation, &passed, &values).await?
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Keeps and tells a refutation, if Lean agrees that it is one.
async fn conclude(
    goal: &GoalSearch<'_>,
    checker: &Checker,
    negation: &Negation,
    passed: &Passed,
    values: &[Counterexample],
) -> Result<bool, LeanGone> {
    let value = values
        .iter()
        .find(|value| value.proof == passed.candidate().text);
    let value = value.map(|value| value.values.clone());
    let cx = CheckContext {
        checker,
        ..goal.context()
    };
    match verify::refute(cx, goal.shared.requirements, negation, passed, value)
        .await
        .unless_gone()?
    {
        Ok(refutation) => {
            let refutation = Arc::new(refutation);
            goal.found().refuted = Some(refutation.clone());
            goal.tell_of_hole(Step::Refuted(refutation));
            Ok(true)
        }
        Err(rejection) => {
            tracing::debug!(%rejection, "what was refuted is not the goal");
            Ok(false)
        }
    }
}

/// Small values for which the goal may fail, and then a few tactics.
fn listed(values: &[Counterexample]) -> Source {
    let values = values.iter().map(|value| value.proof.as_str());
    let texts = values.chain(TACTICS);
    let candidates = texts.map(|text| Candidate::new(text, Engine::Tactics));
    Source {
        engine: Engine::Tactics,
        prover: Arc::new(Listed(candidates.collect())),
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
            answers: Some(ask.answers.unwrap_or(MAX_ANSWERS).min(MAX_ANSWERS)),
            ..ask.clone()
        };
        self.0.propose(&few)
    }
}
