//! Lean's diagnostics, as far as a verdict needs them.

use serde::Deserialize;

use unsorry_syntax::Position;

/// A stretch of a document, its end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Range {
    /// The first position.
    pub start: Position,
    /// The position after the last.
    pub end: Position,
}

/// The severity of a diagnostic, as LSP counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "u8")]
pub enum Severity {
    /// 1
    Error,
    /// 2
    Warning,
    /// 3 and above
    Information,
}

impl From<u8> for Severity {
    fn from(number: u8) -> Self {
        match number {
            0 | 1 => Severity::Error,
            2 => Severity::Warning,
            _ => Severity::Information,
        }
    }
}

/// A message of Lean's about a document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// The range that the message is about, cut to the first line for display.
    pub range: Range,
    /// The whole range; from Lean 4 servers only.
    pub full_range: Option<Range>,
    /// The severity; absent means error, the worst.
    #[serde(default = "error")]
    pub severity: Severity,
    /// Lean's text.
    pub message: String,
    /// Lean's tags: 1 unsolved goals, 2 goals accomplished.
    #[serde(default)]
    pub lean_tags: Vec<u32>,
}

fn error() -> Severity {
    Severity::Error
}

impl Diagnostic {
    /// The position where the whole range begins.
    pub fn start(&self) -> Position {
        self.full_range.unwrap_or(self.range).start
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        // `warningAsError` makes one of a `sorry`, which is no error to us.
        self.severity == Severity::Error && !self.says_sorry()
    }

    /// Whether this says that a declaration holds a `sorry`. Lean has quoted the word in two ways.
    pub fn says_sorry(&self) -> bool {
        self.message.starts_with("declaration uses") && self.message.contains("sorry")
    }

    /// Whether this says that a theorem's goals are accomplished: no error, no `sorry`.
    pub fn says_accomplished(&self) -> bool {
        self.lean_tags.contains(&2)
    }

    /// Whether this says that Lean has spent what it was given.
    pub fn ran_out(&self) -> bool {
        self.message.contains("maximum number of heartbeats")
    }

    /// The message's first line.
    pub fn first_line(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}
