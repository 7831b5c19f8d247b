//! The sole maker of [`VerifiedSketch`].

use std::ops::Range;
use std::sync::Arc;

use unsorry_prover::Candidate;
use unsorry_syntax::{Change, LineIndex};

use super::conditions;
use super::context::CheckContext;
use super::evidence::Evidence;
use super::rejection::Rejection;
use crate::check::verdict::Complaint;
use crate::gate::gate_sketch;

/// A sketch that Lean takes in the user's own text, exactly where it would go, but for the `sorry`s that
/// it has itself. It is no proof. Only [`confirm_sketch`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedSketch {
    text: String,
    change: Change,
    head: Arc<str>,
    hole: Range<usize>,
    steps: usize,
    open: usize,
}

impl VerifiedSketch {
    /// The sketch itself.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The change to the text that was checked.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The text that it was checked in, up to the end of the declaration, before the change.
    pub fn head(&self) -> &Arc<str> {
        &self.head
    }

    /// The hole's token in that text.
    pub fn hole(&self) -> &Range<usize> {
        &self.hole
    }

    /// The number of its steps.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The number of its steps that are still to be proved.
    pub fn open(&self) -> usize {
        self.open
    }

    /// `3 of 4 steps proved, 1 sorry left`
    pub fn standing(&self) -> String {
        let VerifiedSketch { steps, open, .. } = self;
        let plural = if *steps == 1 { "" } else { "s" };
        let left = if *open == 1 { "sorry" } else { "sorries" };
        format!(
            "{} of {steps} step{plural} proved, {open} {left} left",
            steps - open
        )
    }
}

/// Has Lean check `sketch`, which leaves `open` of its `steps` to be proved, exactly where it would go.
///
/// # Errors
/// When it has any error, or that can't be known.
pub async fn confirm_sketch(
    cx: CheckContext<'_>,
    sketch: &Candidate,
    (steps, open): (usize, usize),
) -> Result<VerifiedSketch, Rejection> {
    let kind = cx.baseline.goal.kind;
    gate_sketch(kind, &sketch.text)?;
    if sketch.is_query() {
        return Err(Rejection::because("it only asks Lean for a proof"));
    }
    let spliced = cx.target.spliced(kind, &sketch.text);
    let change = spliced.change;
    let start = change.range.start + change.text.len() - change.text.trim_start().len();
    let start = LineIndex::new(&spliced.text).position(start).line;
    let evidence = Evidence::of(cx, spliced.text).await?;
    let errors: Vec<Complaint> = evidence
        .errors()
        .map(|error| Complaint::of(error, start))
        .collect();
    if !errors.is_empty() {
        return Err(Rejection::Lean(errors));
    }
    // It may have been taken for something else than it looks like: its `sorry`s must be seen.
    if !evidence.says_sorry() {
        return Err(Rejection::because("Lean sees no sorry in it"));
    }
    conditions::is_whole(cx, evidence.text()).await?;
    Ok(VerifiedSketch {
        text: sketch.text.clone(),
        change,
        head: cx.target.head().into(),
        hole: cx.target.hole().range.clone(),
        steps,
        open,
    })
}
