//! Making a proof shorter while the user already has it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use unsorry_prover::Candidate;

use super::stats::{Found, lock};
use super::{Effort, Step, Task};
use crate::check::checker::CheckError;
use crate::check::screen::{self, Screen};
use crate::check::verdict::Verdict;
use crate::gate::gate;
use crate::rewrite::shorten::{is_plain, length, shorter, tidy};
use crate::verify::{Rejection, VerifiedProof, confirm};

/// How many of those that passed together are confirmed, at the most.
const MAX_CONFIRMED: usize = 3;

/// A shorter proof may take Lean so much longer, and half as long again.
const SLOWER: Duration = Duration::from_millis(200);

/// Replaces the best proof in `found` by shorter ones that Lean takes as well, as long as there are any.
///
/// # Errors
/// When there is no Lean to ask.
pub(super) async fn polish(
    effort: Effort<'_>,
    task: Task<'_>,
    found: &Mutex<Found>,
) -> Result<(), CheckError> {
    let mut tried: HashSet<String> = HashSet::new();
    let mut rounds = 0;
    loop {
        let best = lock(found).proofs.first().cloned();
        let Some(best) = best else {
            return Ok(());
        };
        let text = best.proof();
        if !is_plain(text) {
            return Ok(());
        }
        let kind = task.baseline.goal.kind;
        let tidied = tidy(text);
        let tidied = Some(tidied).filter(|tidied| tidied != text);
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
        let Some(better) = shortest(effort, task, found, &best, new).await? else {
            return Ok(());
        };
        let better = Arc::new(better);
        // The one that the user has stays; what came between does not.
        let proofs = &mut lock(found).proofs;
        match rounds {
            0 => proofs.insert(0, better.clone()),
            _ => proofs[0] = better.clone(),
        }
        rounds += 1;
        effort.tell(Step::Verified(better));
    }
}

/// The first of `candidates`, which are in the order of their lengths, that Lean takes, and that does
/// not take it much longer than `best`.
async fn shortest(
    effort: Effort<'_>,
    task: Task<'_>,
    found: &Mutex<Found>,
    best: &VerifiedProof,
    mut candidates: Vec<Candidate>,
) -> Result<Option<VerifiedProof>, CheckError> {
    let Task {
        target, baseline, ..
    } = task;
    let search = effort.search;
    let (checker, limits) = (&search.checker, &search.limits);
    while !candidates.is_empty() {
        let together = lock(found).together;
        let many = screen::batch(
            target,
            baseline,
            &candidates,
            together.how_many(limits.batch),
        );
        let batch: Vec<Candidate> = candidates.drain(..many).collect();
        let limited = together.is_limited();
        let screen = Screen::new(target, baseline.goal.kind, &batch, limited);
        let text = screen.text.clone();
        let verdicts = match checker
            .elaborate(&target.uri, text, Vec::new(), limits.check)
            .await
        {
            Ok(elaboration) => {
                let judged = screen.judge(target, baseline, &elaboration.diagnostics);
                lock(found).together.heard(batch.len(), judged)
            }
            Err(CheckError::NoLean(error)) => return Err(CheckError::NoLean(error)),
            Err(CheckError::Unknown(_)) if batch.len() == 1 => continue,
            Err(CheckError::Unknown(_)) => {
                lock(found).together.no_answer(batch.len());
                vec![None; batch.len()]
            }
        };
        lock(effort.stats).checked += verdicts.iter().flatten().count();
        let unknown = batch.iter().zip(&verdicts);
        let unknown = unknown.filter(|(_, verdict)| verdict.is_none());
        candidates.splice(..0, unknown.map(|(candidate, _)| candidate.clone()));
        let passed = batch.iter().zip(&verdicts);
        let passed = passed.filter(|(_, verdict)| matches!(verdict, Some(Verdict::Passed { .. })));
        for (candidate, _) in passed.take(MAX_CONFIRMED) {
            let confirmed = confirm(effort.context(task), &search.requirements, candidate);
            let better = match confirmed.await {
                Ok(better) => better,
                Err(Rejection::Check(CheckError::NoLean(error))) => {
                    return Err(CheckError::NoLean(error));
                }
                Err(_) => continue,
            };
            let quick = better.took() <= best.took() * 3 / 2 + SLOWER;
            let clean = better.depends_on().is_empty() && better.level() >= best.level();
            if quick && clean && length(better.proof()) <= length(best.proof()) {
                return Ok(Some(better));
            }
        }
    }
    Ok(None)
}
