//! Making a proof shorter while the user already has it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use unsorry_prover::Candidate;

use super::goal_search::GoalSearch;
use super::lean_gone::{LeanGone, UnlessGone};
use super::step::Step;
use crate::check::screen::Screen;
use crate::check::verdict::Verdict;
use crate::gate::gate;
use crate::rewrite::shorten::{is_plain, length, shorter, tidy};
use crate::verify::{Passed, confirm_passed, pass};

/// The most of those that passed together that are tried alone.
const MAX_CONFIRMED: usize = 3;

/// The time by which Lean may take longer for a shorter proof, beside half as long again.
const MAX_SLOWER: Duration = Duration::from_millis(200);

/// Looks for shorter proofs than the best that was found which Lean takes as well, as long as there are any; the
/// last stays in the goal search.
///
/// # Errors
/// When Lean is gone.
pub(super) async fn polish(goal: &GoalSearch<'_>) -> Result<(), LeanGone> {
    let best = {
        let found = goal.found();
        let confirmed = found.proofs.first().map(|best| {
            let like = Candidate::new(best.proof(), best.engine());
            (
                Candidate {
                    plan: best.plan().cloned(),
                    ..like
                },
                best.took(),
            )
        });
        let passed = found.passed.as_ref();
        confirmed.or_else(|| passed.map(|best| (best.candidate().clone(), best.took())))
    };
    let Some((like, mut took)) = best.filter(|(best, _)| is_plain(&best.text)) else {
        return Ok(());
    };
    let mut tried: HashSet<String> = HashSet::new();
    let mut text = like.text.clone();
    loop {
        let kind = goal.baseline.goal.kind;
        let tidied = Some(tidy(&text)).filter(|tidied| *tidied != text);
        let all = shorter(&text)
            .into_iter()
            .map(|text| tidy(&text))
            .chain(tidied);
        let new = all.filter(|text| tried.insert(text.clone()) && gate(kind, text).is_ok());
        let new: Vec<Candidate> = new.map(|text| like.with_text(text)).collect();
        let Some(better) = shortest(goal, (&text, took), new).await? else {
            return Ok(());
        };
        (text, took) = (better.candidate().text.clone(), better.took());
        goal.found().shorter = Some(better);
    }
}

/// Has the referee confirm the shortest proof that was found, and offers it first.
///
/// # Errors
/// When Lean is gone.
pub(super) async fn conclude(goal: &GoalSearch<'_>) -> Result<(), LeanGone> {
    let Some(shorter) = goal.found().shorter.take() else {
        return Ok(());
    };
    if goal.defers() {
        goal.found().passed = Some(shorter);
        return Ok(());
    }
    let requirements = goal.shared.requirements;
    let confirmed = confirm_passed(goal.context(), requirements, shorter).await;
    let proof = match confirmed.unless_gone()? {
        Ok(proof) => Arc::new(proof),
        Err(rejection) => {
            tracing::debug!(%rejection, "a shorter proof is none");
            return Ok(());
        }
    };
    let is_better = {
        let found = goal.found();
        let best = found.proofs.first();
        best.is_some_and(|best| proof.depends_on().is_empty() && proof.level() >= best.level())
    };
    if is_better {
        // The one that the user has stays.
        goal.found().proofs.insert(0, proof.clone());
        goal.tell(Step::Verified(proof));
    }
    Ok(())
}

/// The first of `candidates`, which are in the order of their lengths, that Lean takes, and that does
/// not take it much longer than the best so far, which is given with its time.
async fn shortest(
    goal: &GoalSearch<'_>,
    (best, took): (&str, Duration),
    mut candidates: Vec<Candidate>,
) -> Result<Option<Passed>, LeanGone> {
    while !candidates.is_empty() {
        let size = goal.batch_size(&candidates);
        let batch: Vec<Candidate> = candidates.drain(..size).collect();
        let Some(verdicts) = verdicts(goal, &batch).await? else {
            continue;
        };
        goal.stats().checked += verdicts.iter().flatten().count();
        let passed = batch.iter().zip(&verdicts);
        let passed = passed.filter(|(_, verdict)| matches!(verdict, Some(Verdict::Passed { .. })));
        for (candidate, _) in passed.take(MAX_CONFIRMED) {
            let Ok(better) = pass(goal.context(), candidate).await.unless_gone()? else {
                continue;
            };
            let quick = better.took() <= took * 3 / 2 + MAX_SLOWER;
            if quick && length(&candidate.text) <= length(best) {
                return Ok(Some(better));
            }
        }
        let unknown = batch.into_iter().zip(verdicts);
        let unknown = unknown.filter(|(_, verdict)| verdict.is_none());
        candidates.splice(..0, unknown.map(|(candidate, _)| candidate));
    }
    Ok(None)
}

/// Lean's verdicts on all of `batch` in one text; none where there is no answer on one alone, which it
/// would not give the next time either.
async fn verdicts(
    goal: &GoalSearch<'_>,
    batch: &[Candidate],
) -> Result<Option<Vec<Option<Verdict>>>, LeanGone> {
    let (target, baseline) = (&goal.target, &goal.baseline);
    let limited = goal.sizer().is_limited();
    let screen = Screen::new(target, baseline.goal.kind, batch, limited);
    let text = screen.text.clone();
    let limit = goal.shared.limits.check;
    let elaborated = goal
        .checker
        .elaborate(&target.uri, text, Vec::new(), limit)
        .await;
    Ok(match elaborated.unless_gone()? {
        Ok(elaboration) => {
            let judged = screen.judge(target, baseline, &elaboration.diagnostics);
            Some(goal.sizer().heard(batch.len(), judged))
        }
        Err(_) if batch.len() == 1 => None,
        Err(_) => {
            goal.sizer().no_answer(batch.len());
            Some(vec![None; batch.len()])
        }
    })
}
