//! The sole maker of [`VerifiedSketch`].

use std::ops::Range;
use std::sync::Arc;

use unsorry_prover::Candidate;
use unsorry_syntax::{Change, LineIndex};

use super::conditions;
use super::context::CheckContext;
use super::evidence::Evidence;
use super::rejection::Rejection;
use super::requirements::Requirements;
use crate::check::baseline::HEAD_LIMIT;
use crate::check::verdict::Complaint;
use crate::gate::gate_sketch;
use crate::referee::{Claim, Claimed, NoWord};

/// A sketch that holds in the user's own text, exactly where it would go, but for the `sorry`s that it has
/// itself. It is no proof. Only [`confirm_sketch`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedSketch {
    text: String,
    change: Change,
    head: Arc<str>,
    hole: Range<usize>,
    steps: usize,
    open: usize,
    /// The declarations that it uses and that are not proved themselves.
    depends_on: Vec<String>,
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
        let VerifiedSketch {
            steps,
            open,
            depends_on,
            ..
        } = self;
        let plural = if *steps == 1 { "" } else { "s" };
        let left = if *open == 1 { "sorry" } else { "sorries" };
        let leans = match depends_on.as_slice() {
            [] => String::new(),
            names => format!("; leans on {}, not proved yet", names.join(", ")),
        };
        format!(
            "{} of {steps} step{plural} proved, {open} {left} left{leans}",
            steps - open
        )
    }
}

/// A sketch that Lean has taken, in a process that has run it.
#[derive(Debug, Clone)]
pub struct PassedSketch {
    text: String,
    change: Change,
    whole: String,
}

impl PassedSketch {
    /// The change to the text that was checked.
    pub fn change(&self) -> &Change {
        &self.change
    }
}

/// Has Lean check `sketch` exactly where it would go.
///
/// # Errors
/// When it has any error, or that can't be known.
pub async fn pass_sketch(
    cx: CheckContext<'_>,
    sketch: &Candidate,
) -> Result<PassedSketch, Rejection> {
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
    Ok(PassedSketch {
        text: sketch.text.clone(),
        change,
        whole: evidence.into_text(),
    })
}

/// Has the referee say that `sketch`, which leaves `open` of its `steps` to be proved, is proved but for these.
///
/// # Errors
/// When it is not, or that can't be known.
pub async fn confirm_sketch(
    cx: CheckContext<'_>,
    requirements: &Requirements,
    sketch: PassedSketch,
    (steps, open): (usize, usize),
) -> Result<VerifiedSketch, Rejection> {
    let claim = Claim {
        hole: cx.target.hole,
        is: Claimed::Sketch(sketch.change.clone()),
    };
    let depends_on = match requirements
        .judge(cx.target, claim, HEAD_LIMIT + cx.limit)
        .await
    {
        Ok(word) => word.unproved().to_vec(),
        Err(NoWord::Refused(why)) => return Err(Rejection::Referee(why)),
        Err(no @ NoWord::Unknown(_)) => return Err(Rejection::NoWord(no.to_string())),
        Err(NoWord::NoReferee(_)) => {
            conditions::is_whole(cx, &sketch.whole).await?;
            Vec::new()
        }
    };
    Ok(VerifiedSketch {
        text: sketch.text,
        change: sketch.change,
        head: cx.target.head().into(),
        hole: cx.target.hole().range.clone(),
        steps,
        open,
        depends_on,
    })
}
