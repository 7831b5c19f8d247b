//! Verdicts on candidates, by Lean's diagnostics. Pure.

use unsorry_syntax::DeclarationKind;

use super::baseline::Baseline;
use crate::lean::diagnostic::{Diagnostic, Severity};
use crate::target::Target;

/// A reason why Lean refuses a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The candidate's line, from 0, as far as that is known.
    pub line: Option<usize>,
    /// Lean's words, mostly.
    pub message: String,
}

impl Complaint {
    /// A complaint about no line in particular.
    pub fn new(message: impl Into<String>) -> Complaint {
        Complaint {
            line: None,
            message: message.into(),
        }
    }

    /// The complaint in a diagnostic about a candidate that starts on `line`.
    pub fn of(diagnostic: &Diagnostic, line: u32) -> Complaint {
        let line = diagnostic.start().line.checked_sub(line);
        Complaint {
            line: line.map(|line| line as usize),
            message: diagnostic.message.clone(),
        }
    }

    /// The first line of the message.
    pub fn first_line(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// That a declaration with a candidate in it is still not whole, though that holds no `sorry` and no hole is left.
pub const HIDDEN_SORRY: &str = "its declaration still leaves a sorry, which is not written there: a macro, a default value or what its statement says holds one";

/// The verdict of a screening on a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No error, no `sorry`.
    Passed {
        /// Lean's suggestions for the place of a `?` tactic.
        suggestions: Vec<String>,
        /// The number of warnings that Lean gives of it, of linters mostly; some are silent where there are
        /// errors, as there are where several stand together.
        warnings: usize,
    },
    /// Lean's errors, in the text's order; at least one.
    Failed(Vec<Complaint>),
    /// Lean ran into the limit of a screening.
    OutOfHeartbeats,
}

/// Returns the verdict on the candidate that starts on `line` in a declaration, by what Lean said of that.
/// Silence is not enough: a theorem must be reported as accomplished where this Lean reports that.
pub fn verdict(target: &Target, baseline: &Baseline, line: u32, said: &[&Diagnostic]) -> Verdict {
    let failed = |why: &str| Verdict::Failed(vec![Complaint::new(why)]);
    if let Some(verdict) = refused(line, said) {
        return verdict;
    }
    if target.siblings().next().is_none() {
        if said.iter().any(|d| d.says_sorry()) {
            return failed(HIDDEN_SORRY);
        }
        // An example may be data, of which Lean does not say so.
        let theorem = target.declaration().kind == DeclarationKind::Theorem;
        let expected = theorem && baseline.reports_accomplished;
        if expected && !said.iter().any(|d| d.says_accomplished()) {
            return failed("Lean does not report the goals as accomplished");
        }
    }
    accepted(said)
}

/// The verdict of Lean's errors on the candidate that starts on `line`; none where there are none.
pub(super) fn refused(line: u32, said: &[&Diagnostic]) -> Option<Verdict> {
    let mut errors: Vec<&&Diagnostic> = said.iter().filter(|d| d.is_error()).collect();
    errors.sort_by_key(|error| error.start());
    if errors.first()?.ran_out() {
        return Some(Verdict::OutOfHeartbeats);
    }
    // A suggestion beside an error may repair it.
    let suggests =
        |d: &&&Diagnostic| !d.is_error() && !unsorry_prover::suggestions(&d.message).is_empty();
    let said = errors.into_iter().chain(said.iter().filter(suggests));
    Some(Verdict::Failed(
        said.map(|d| Complaint::of(d, line)).collect(),
    ))
}

/// The verdict where Lean has no error.
pub(super) fn accepted(said: &[&Diagnostic]) -> Verdict {
    let suggestions = said
        .iter()
        .flat_map(|d| unsorry_prover::suggestions(&d.message));
    let warnings = said.iter().filter(|d| d.severity == Severity::Warning);
    Verdict::Passed {
        suggestions: suggestions.collect(),
        warnings: warnings.count(),
    }
}
