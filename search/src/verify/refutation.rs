//! The sole maker of [`Refutation`].

use std::sync::Arc;

use super::context::CheckContext;
use super::evidence::Evidence;
use super::proof::VerifiedProof;
use super::rejection::Rejection;
use crate::rewrite::closed::{closed, theorems, with_axiom};
use crate::rewrite::negation::{NAME, Negation};

/// A refutation of a goal: a proof of its negation, its context generalised, which Lean has accepted before
/// the goal's declaration, and from which Lean concludes against the goal itself. Only [`refute`] makes one.
#[derive(Debug, Clone)]
pub struct Refutation {
    /// `¬ (∀ (n : Nat), n < n)`
    statement: String,
    proof: Arc<VerifiedProof>,
    counterexample: Option<String>,
}

impl Refutation {
    /// The counterexample at which the goal fails: `n = 0`.
    pub fn counterexample(&self) -> Option<&str> {
        self.counterexample.as_deref()
    }

    /// The refutation in words, with what was proved.
    pub fn told(&self) -> String {
        let level = self.proof.level().title();
        let values = match &self.counterexample {
            Some(values) => format!(", for {values}"),
            None => String::new(),
        };
        let statement = &self.statement;
        format!("this sorry is false{values}: Lean has accepted a proof of {statement} ({level})")
    }
}

/// Concludes from `proof`, of a negation's statement, that the goal of `cx` is false: Lean must accept, in
/// the user's own text, that what was proved is the negation of that very goal.
///
/// # Errors
/// When Lean does not, or that can't be known.
pub async fn refute(
    cx: CheckContext<'_>,
    negation: &Negation,
    proof: Arc<VerifiedProof>,
    counterexample: Option<String>,
) -> Result<Refutation, Rejection> {
    if **proof.head() != *negation.target().head() {
        return Err(Rejection::because("it is the proof of something else"));
    }
    if !proof.depends_on().is_empty() || proof.siblings() > 0 {
        return Err(Rejection::because("it leans on what is not proved"));
    }
    if cx.baseline.error_before {
        return Err(Rejection::because("an error stands before the declaration"));
    }
    let target = &with_axiom(cx.target);
    let linked = async |theorem: &str| {
        let linked = negation.linked(cx.target, proof.change(), theorem);
        Evidence::of(CheckContext { target, ..cx }, closed(cx.target, &linked)).await
    };
    let evidence = linked(NAME).await?;
    if let Some(error) = evidence.errors().next() {
        return Err(Rejection::because(error.first_line()));
    }
    // The goal as it was compared: Lean might have filled in what is still open in it.
    let goal = evidence.said().find(|d| d.message.contains('⊢'));
    if !goal.is_some_and(|goal| is_settled(&goal.message)) {
        return Err(Rejection::because("its goal is not settled"));
    }
    let is_whole = |evidence: &Evidence<'_>| {
        let expected = theorems(cx.target).filter(|_| cx.baseline.reports_accomplished);
        // The negation is one more.
        let accomplished = expected.is_none_or(|theorems| evidence.accomplished() > theorems);
        accomplished && evidence.errors().next().is_none() && !evidence.says_sorry()
    };
    if !is_whole(&evidence) {
        return Err(Rejection::because("Lean does not report it as whole"));
    }
    // What would be taken whatever stands there says nothing.
    if is_whole(&linked("True.intro").await?) {
        return Err(Rejection::because("an error there would not be heard of"));
    }
    Ok(Refutation {
        statement: negation.statement().to_owned(),
        proof,
        counterexample,
    })
}

/// Whether a goal, printed whole, has nothing in it that Lean is still to find.
fn is_settled(goal: &str) -> bool {
    let open = goal.match_indices('?').any(|(at, _)| {
        let before = goal[..at].chars().next_back();
        let after = goal[at + 1..].chars().next();
        let name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !name(before) && name(after)
    });
    !open && !goal.contains('⋯')
}
