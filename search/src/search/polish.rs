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
use crate::verify::VerifiedProof;

/// The most of those that passed together that are confirmed.
const MAX_CONFIRMED: usize = 3;

/// The time by which Lean may take longer for a shorter proof, beside half as long again.
const MAX_SLOWER: Duration = Duration::from_millis(200);

/// Replaces the best proof that was found by shorter ones that Lean takes as well, as long as there are
/// any.
///
/// # Errors
/// When Lean is gone.
pub(super) async fn polish(goal: &GoalSearch<'_>) -> Result<(), LeanGone> {
    let mut tried: HashSet<String> = HashSet::new();
    let mut rounds = 0;
    loop {
        let best = goal.found().proofs.first().cloned();
        let Some(best) = best.filter(|best| is_plain(best.proof())) else {
            return Ok(());
        };
        let text = best.proof();
        let kind = goal.baseline.goal.kind;
        let tidied = Some(tidy(text)).filter(|tidied| tidied != text);
        let all = shorter(text)
            .into_iter()
            .map(|text| tidy(&text))
            .chain(tidied);
        let new = all.filter(|text| tried.insert(text.clone()) && gate(kind, text).is_ok());
        let like = Candidate {
            plan: best.plan().cloned(),
            ..Candidate::new("", best.engine())
        };
        let new: Vec<Candidate> = new.map(|text| like.with_text(text)).collect();
        let Some(better) = shortest(goal, &best, new).await? else {
            return Ok(());
        };
        let better = Arc::new(better);
        // The one that the user has stays; what came between does not.
        let proofs = &mut goal.found().proofs;
        match rounds {
            0 => proofs.insert(0, better.clone()),
            _ => proofs[0] = better.clone(),
        }
        rounds += 1;
        goal.tell(Step::Verified(better));
    }
}

/// The first of `candidates`, which are in the order of their lengths, that Lean takes, and that does
/// not take it much longer than `best`.
async fn shortest(
    goal: &GoalSearch<'_>,
    best: &VerifiedProof,
    mut candidates: Vec<Candidate>,
) -> Result<Option<VerifiedProof>, LeanGone> {
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
            let Ok(better) = goal.confirm(candidate).await? else {
                continue;
            };
            let quick = better.took() <= best.took() * 3 / 2 + MAX_SLOWER;
            let clean = better.depends_on().is_empty() && better.level() >= best.level();
            if quick && clean && length(better.proof()) <= length(best.proof()) {
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
