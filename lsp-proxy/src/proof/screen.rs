//! Many candidates in one text: copies of the hole's declaration, a candidate in each. Pure.
//!
//! A copy stands in a namespace of its own, so that names don't clash and a recursive call still
//! means the copy itself, and without its attributes, so that no copy helps another through `simp`.
//! What looks through the environment (`exact?`) could still find another copy: such a candidate has
//! its text to itself. A verdict here is never the last word: winners are confirmed alone.

use std::ops::Range;

use unsorry_model::{Candidate, HoleKind};

use super::baseline::Baseline;
use super::target::Target;
use crate::document::{DeclarationKind, LineIndex, splice};
use crate::lean::diagnostic::{Diagnostic, Severity};

/// What Lean may spend on one candidate while it is screened, in its own thousands of allocations. A
/// candidate that needs more is tried again alone under the user's own limit.
const HEARTBEATS: u32 = 20_000;

/// A text to elaborate, and where each candidate stands in it.
#[derive(Debug)]
pub struct Screen {
    /// The text.
    pub text: String,
    lines: Vec<Range<u32>>,
}

/// What screening says of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No error, no `sorry`.
    Passed {
        /// What Lean suggests in the place of a `?` tactic.
        suggestions: Vec<String>,
        /// How many warnings Lean gives, of linters mostly. The declaration's own are among them.
        warnings: usize,
    },
    /// Lean's first error.
    Failed(String),
    /// Lean ran into the limit of a screening.
    OutOfHeartbeats,
}

/// How many of `candidates`, at least one, can stand in one text.
pub fn batch(target: &Target, candidates: &[Candidate], most: usize) -> usize {
    if !target.declaration().screenable {
        return 1;
    }
    let alone = candidates.iter().position(Candidate::searches_library);
    alone.unwrap_or(candidates.len()).clamp(1, most)
}

impl Screen {
    /// Builds the text.
    pub fn new(target: &Target, kind: HoleKind, candidates: &[Candidate]) -> Screen {
        let declaration = target.declaration();
        let mut text = target.text[..declaration.unit.start].to_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let mut line = LineIndex::new(&text).position(text.len()).line;
        let mut lines = Vec::with_capacity(candidates.len());
        for (number, candidate) in candidates.iter().enumerate() {
            let copy = copy(target, kind, &candidate.text);
            let copy = if declaration.screenable {
                format!(
                    "namespace Unsorry{number}\nset_option maxHeartbeats {HEARTBEATS} in\n{copy}\nend Unsorry{number}\n"
                )
            } else {
                format!("{copy}\n")
            };
            let end = line + u32::try_from(copy.matches('\n').count()).unwrap_or(u32::MAX);
            lines.push(line..end);
            line = end;
            text.push_str(&copy);
        }
        Screen { text, lines }
    }

    /// The candidates, by index, that Lean reports as accomplished while others are in progress.
    pub fn accomplished(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> Vec<(usize, Verdict)> {
        let verdicts = self.said(diagnostics).enumerate().filter_map(|(at, said)| {
            let accomplished = said.iter().any(|d| d.says_accomplished());
            accomplished.then(|| (at, verdict(target, baseline, &said)))
        });
        verdicts
            .filter(|(_, verdict)| matches!(verdict, Verdict::Passed { .. }))
            .collect()
    }

    /// What Lean says of each copy.
    fn said<'a>(&self, diagnostics: &'a [Diagnostic]) -> impl Iterator<Item = Vec<&'a Diagnostic>> {
        self.lines.iter().map(|lines| {
            let inside = |d: &&Diagnostic| lines.contains(&d.start().line);
            diagnostics.iter().filter(inside).collect()
        })
    }

    /// Reads the verdicts, in the candidates' order.
    pub fn verdicts(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> Vec<Verdict> {
        self.said(diagnostics)
            .map(|said| verdict(target, baseline, &said))
            .collect()
    }
}

/// The hole's declaration with `candidate` in it; without its attributes where that is safe.
fn copy(target: &Target, kind: HoleKind, candidate: &str) -> String {
    let declaration = target.declaration();
    let change = splice(&target.text, target.hole(), kind, candidate);
    let mut copy = String::new();
    let mut at = declaration.unit.start;
    let cuts = declaration
        .attributes
        .iter()
        .filter(|_| declaration.screenable)
        .cloned();
    for (range, text) in cuts
        .map(|range| (range, ""))
        .chain([(change.range, change.text.as_str())])
    {
        copy.push_str(&target.text[at..range.start]);
        copy.push_str(text);
        at = range.end;
    }
    copy.push_str(&target.text[at..declaration.unit.end]);
    copy
}

/// What Lean said of one declaration, as a verdict on the candidate in it. Silence is not enough: a
/// theorem must be reported as accomplished where this Lean reports that.
pub fn verdict(target: &Target, baseline: &Baseline, said: &[&Diagnostic]) -> Verdict {
    let error = said
        .iter()
        .find(|d| d.is_error() && !baseline.errors.contains(&d.message));
    if let Some(error) = error {
        if error.message.contains("maximum number of heartbeats") {
            return Verdict::OutOfHeartbeats;
        }
        return Verdict::Failed(error.first_line().to_owned());
    }
    if target.siblings().next().is_none() {
        if said.iter().any(|d| d.says_sorry()) {
            return Verdict::Failed("it leaves a sorry".into());
        }
        let theorem = matches!(
            target.declaration().kind,
            DeclarationKind::Theorem | DeclarationKind::Example
        );
        let expected = theorem && baseline.reports_accomplished && baseline.errors.is_empty();
        if expected && !said.iter().any(|d| d.says_accomplished()) {
            return Verdict::Failed("Lean does not report the goals as accomplished".into());
        }
    }
    let suggestions = said
        .iter()
        .flat_map(|d| unsorry_model::suggestions(&d.message))
        .collect();
    let warnings = said.iter().filter(|d| d.severity == Severity::Warning);
    Verdict::Passed {
        suggestions,
        warnings: warnings.count(),
    }
}
