//! A Lean that reads no more of a text than a test needs.
//!
//! It takes every proof without the word `wrong`, and every goal is the statement of its theorem. A `sorry`
//! behind a backtick it does not elaborate.

use std::time::Duration;

use serde_json::{Value, json};
use unsorry_search::check::checker::Checker;
use unsorry_search::lean::diagnostic::{Diagnostic, Range, Severity};
use unsorry_search::lean::elaboration::{Elaboration, Goals};
use unsorry_syntax::{LineIndex, Position};

/// Returns the statement of the last theorem that begins in `text`.
fn statement(text: &str) -> Option<&str> {
    let theorem = &text[text.rfind("theorem ")?..];
    let statement = &theorem[theorem.find(" : ")? + 3..];
    statement.split(" :=").next()
}

/// Returns what the user's Lean answers to a question about the goal at a position of `text`.
pub fn goal(text: &str, params: &Value, method: &str) -> Value {
    let position: Position =
        serde_json::from_value(params["position"].clone()).expect("a position");
    let at = LineIndex::new(text).offset(position);
    let quoted = text[..at].ends_with("| ");
    match statement(&text[..at]).filter(|_| text[at..].starts_with("sorry") && !quoted) {
        Some(statement) if method == "$/lean/plainGoal" => json!({
            "goals": [format!("⊢ {statement}")],
            "rendered": "",
        }),
        _ => Value::Null,
    }
}

/// The checker that asks this Lean.
pub fn checker() -> Checker {
    Checker::scripted(elaborate)
}

fn elaborate(text: &str) -> Elaboration {
    let mut diagnostics = Vec::new();
    let mut refused = false;
    for (line, text) in text.lines().enumerate() {
        refused &= !text.starts_with("  · ");
        let mut says = |severity, message: &str| {
            let at = Position {
                line: u32::try_from(line).expect("a short text"),
                character: 0,
            };
            diagnostics.push(Diagnostic {
                range: Range { start: at, end: at },
                full_range: None,
                severity,
                message: message.to_owned(),
                lean_tags: Vec::new(),
            });
        };
        if let Some(name) = text.strip_prefix("#print axioms ") {
            let message = format!("'{name}' does not depend on any axioms");
            says(Severity::Information, &message);
        } else if text.contains("wrong") {
            says(Severity::Error, "no");
            refused = true;
        } else if text.contains("unsorry_passed") && !refused {
            says(Severity::Error, "unsorry_passed");
        }
    }
    let goal = statement(text).map(|statement| vec![format!("⊢ {statement}")]);
    Elaboration {
        diagnostics,
        answers: vec![Goals {
            tactic: goal,
            term: None,
        }],
        took: Duration::ZERO,
    }
}
