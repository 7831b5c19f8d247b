//! A candidate that Lean has taken, in a process that has run it: a reason to ask the referee, and no more.

use std::time::Duration;

use unsorry_prover::Candidate;
use unsorry_syntax::{Change, LineIndex};

use super::conditions;
use super::context::CheckContext;
use super::evidence::Evidence;
use super::rejection::Rejection;
use crate::gate::gate;

/// A candidate that Lean has taken exactly where it would go. It is no proof.
#[derive(Debug, Clone)]
pub struct Passed {
    pub(super) candidate: Candidate,
    pub(super) change: Change,
    pub(super) text: String,
    pub(super) took: Duration,
}

impl Passed {
    /// The candidate.
    pub fn candidate(&self) -> &Candidate {
        &self.candidate
    }

    /// The change to the text that was checked, which takes in the hole, and perhaps blanks before it.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The time that Lean took for it, with all that stands in its declaration.
    pub fn took(&self) -> Duration {
        self.took
    }
}

/// Has Lean check `candidate` alone, exactly where it will go.
///
/// # Errors
/// When Lean does not take it, or that can't be known.
pub async fn pass(cx: CheckContext<'_>, candidate: &Candidate) -> Result<Passed, Rejection> {
    let kind = cx.baseline.goal.kind;
    gate(kind, &candidate.text)?;
    if candidate.is_query() {
        return Err(Rejection::because("it only asks Lean for a proof"));
    }
    // It is read before anything of it is run.
    let is_read = conditions::is_read(cx, candidate).await?;
    let spliced = cx.target.spliced(kind, &candidate.text);
    // Where tactics go, Lean must show a goal at the first of them: it was run.
    let first_token = LineIndex::new(&spliced.text).position(first_token(&spliced.change));
    let evidence = Evidence::in_place(cx, spliced.text, vec![first_token]).await?;
    conditions::ends_where_it_should(cx, &evidence)?;
    conditions::is_accepted(cx, &evidence, first_token)?;
    if !is_read {
        conditions::is_one_block(cx, candidate).await?;
    }
    Ok(Passed {
        candidate: candidate.clone(),
        change: spliced.change,
        took: evidence.took(),
        text: evidence.into_text(),
    })
}

/// The offset of a candidate's first token once `change` is made.
fn first_token(change: &Change) -> usize {
    let blank = |c: char| c.is_whitespace() || c == '(';
    change.range.start + change.text.len() - change.text.trim_start_matches(blank).len()
}
