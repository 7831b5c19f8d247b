//! The number of candidates that can stand in one text. Pure.

use unsorry_prover::Candidate;

use crate::check::baseline::Baseline;
use crate::target::Target;

/// Returns how many of `candidates`, at least one, can stand in one text. A candidate that looks through the
/// library takes long, and stands alone.
pub fn batch(target: &Target, baseline: &Baseline, candidates: &[Candidate], most: usize) -> usize {
    if is_open(&baseline.rendered) || may_fail_on_some(target) {
        return 1;
    }
    let alone = candidates.iter().position(Candidate::searches_library);
    alone.unwrap_or(candidates.len()).clamp(1, most.max(1))
}

/// Whether goals, as Lean shows them, have a part that is still to be found: what one candidate takes for it
/// would hold for the others. A `?` that ends a name or an index is none.
fn is_open(goals: &str) -> bool {
    goals.match_indices('?').any(|(at, _)| {
        let ends = |c: char| c.is_alphanumeric() || "_'!?])»".contains(c);
        let after = goals[at + 1..].chars().next();
        !goals[..at].chars().next_back().is_some_and(ends)
            && after.is_some_and(|c| c.is_alphabetic() || "_«".contains(c))
    })
}

/// Whether the hole stands for several goals, on some of which a candidate may fail.
fn may_fail_on_some(target: &Target) -> bool {
    let before = target.text[..target.hole().range.start]
        .trim_end_matches(|c: char| c.is_whitespace() || c == '(');
    ["any_goals", "repeat'", "repeat1'"]
        .iter()
        .any(|word| before.ends_with(word))
}
