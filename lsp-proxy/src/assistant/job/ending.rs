//! The end of the search for a hole, and of a job: what is kept of it, and what is said.

use std::sync::Arc;

use unsorry_search::search::Outcome;
use unsorry_search::search::wording::{complaints, one_line, summary};
use unsorry_search::target::Target;
use unsorry_search::verify::VerifiedProof;

use super::super::state::details::Details;
use super::super::state::finding::Finding;
use super::apply::Applied;

/// Returns the findings of a search of `target`: what it found for the hole and, where a proof was
/// `applied`, what there is to say of that.
pub fn findings(target: &Target, outcome: &Outcome, applied: Option<&Applied>) -> Vec<Finding> {
    let found: Vec<&Arc<VerifiedProof>> =
        outcome.proofs.iter().chain(&outcome.conditional).collect();
    let told = format!("{}{}", summary(outcome), complaints(&outcome.failures));
    let place = target.hole().range.clone();
    let at_hole = Finding::at_hole(target.head().into(), place, &found, told)
        .with(Details::of(outcome), outcome.sketch.as_ref());
    let mut findings = vec![at_hole];
    if let Some(Applied::Done(proof)) = applied {
        let told = format!(
            "**unsorry**: proved by {} · {}",
            proof.engine(),
            proof.standing()
        );
        let others: Vec<&Arc<VerifiedProof>> = outcome.proofs.iter().collect();
        let at_proof = Finding::at_proof(proof, &others, told);
        findings.push(at_proof.with(Details::of(outcome), None));
    }
    findings
}

/// Says how the proof went in.
///
/// # Errors
/// When none did: the message says why.
pub fn sentence(outcome: &Outcome, applied: Option<Applied>) -> Result<String, String> {
    match applied {
        Some(Applied::Done(proof)) => Ok(format!("proved with {}", one_line(proof.proof()))),
        Some(Applied::Refused(why)) => Err(format!(
            "a proof was verified, and the editor did not take the edit ({why}): it is offered as a quick fix"
        )),
        Some(Applied::Gone) => Err("a proof was verified, but the text has changed since".into()),
        None => Err(summary(outcome)),
    }
}

/// Says what became of `many` holes, of which `proved` are proved and those on the lines `left` are not.
pub fn of_many(many: usize, proved: usize, left: &[String]) -> String {
    match left {
        [] => format!("{proved} of {many} proved"),
        [line] => format!("{proved} of {many} proved; left: line {line}"),
        lines => format!(
            "{proved} of {many} proved; left: lines {}",
            lines.join(", ")
        ),
    }
}
