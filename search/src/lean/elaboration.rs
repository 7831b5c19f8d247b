//! The result of elaborating a text.

use std::time::Duration;

use serde_json::Value;

use super::diagnostic::{Diagnostic, Range};

/// A text that Lean has elaborated to its end. There is no other way to get one: the barrier was
/// answered, the diagnostics are of this very version, and nothing was left in progress.
#[derive(Debug)]
pub struct Elaboration {
    /// All that Lean said of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Lean's answers to the questions, in their order.
    pub answers: Vec<Goals>,
    /// The time that Lean took.
    pub took: Duration,
}

/// Lean's goals at a position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goals {
    /// The goals of the tactic there, as Lean shows them; none where there is no tactic.
    pub tactic: Option<Vec<String>>,
    /// The expected type of the term there with its context, and the term's extent.
    pub term: Option<(String, Range)>,
}

impl Goals {
    /// Reads Lean's answers to `plainGoal` and `plainTermGoal`.
    pub fn read(tactic: &Value, term: &Value) -> Goals {
        let tactic = tactic["goals"].as_array().map(|goals| {
            goals
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        });
        let term = term["goal"].as_str().and_then(|goal| {
            let range = serde_json::from_value(term["range"].clone()).ok()?;
            Some((goal.to_owned(), range))
        });
        Goals { tactic, term }
    }
}

/// The reasons why nothing is known of a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// Lean took too long.
    #[error("Lean did not finish within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// Lean's worker for the document, or the whole server, ended.
    #[error("Lean's process for checking ended")]
    Died,
    /// Lean was ended for what it took.
    #[error(
        "Lean's process for checking was ended: it took more memory or processes than `check.memory` allows"
    )]
    Exhausted,
    /// The barrier was passed, yet something is missing that a full elaboration brings.
    #[error("Lean's report is incomplete: {0}")]
    Incomplete(&'static str),
    /// Lean gave up on the whole file, mostly because an import can't be loaded.
    #[error("Lean can't elaborate the file: {0}")]
    Fatal(String),
    /// Lean refused the request.
    #[error("Lean answered with an error: {0}")]
    Refused(String),
}
