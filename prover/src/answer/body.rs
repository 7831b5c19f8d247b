//! Code that is no declaration: the tactics or the term that stand at the hole, and nothing else.

use unsorry_syntax::keyword::{self, CommandKind};
use unsorry_syntax::{commands, lex};

use super::boundary::{Boundary, goes_on};
use super::layout::without_by;
use super::prose::is_tactic;
use super::stop_detector::StopDetector;
use crate::goal::{Context, Goal, HoleKind};

/// The text that stands at the hole where all of `code` does; `sketch` says whether it may leave a `sorry`.
pub(super) fn at_hole(goal: &Goal, code: &str, sketch: bool) -> Option<String> {
    let code = moved_left(code.trim_start_matches('\n'));
    let tokens = lex(&code);
    let own = |command: CommandKind| command == CommandKind::Directive;
    if !commands(&code, &tokens).iter().all(|one| own(one.kind)) {
        return None;
    }
    let (code, had_by) = without_by(&code);
    let code = first_line_in_place(&code);
    let tokens = lex(&code);
    let first = tokens.iter().find(|token| token.is_code())?.text(&code);
    let named = || {
        let names = goal.hypotheses.iter().flat_map(|one| &one.names);
        first.contains('.')
            || first.starts_with(|c: char| c.is_uppercase() || c.is_numeric())
            || names.into_iter().any(|name| name == first)
    };
    let is_term = match first {
        "fun" | "λ" | "⟨" | "(" | "@" | "if" | "Iff" | "." => true,
        "have" | "let" | "show" | "match" | "suffices" | "calc" | "open" | "set_option" => {
            goal.kind == HoleKind::Term
        }
        "·" => false,
        "rfl" | "absurd" | "trivial" => goal.kind == HoleKind::Term,
        _ if is_tactic(first) => false,
        _ => goal.kind == HoleKind::Term || named(),
    };
    let read = |kind| {
        let mut detector = StopDetector::at(Boundary::of(kind, &Context::default()));
        if sketch {
            detector.takes_sorry();
        }
        detector.push(&code);
        detector.all()
    };
    let term = || read(HoleKind::Term).filter(|_| is_term && !had_by);
    match (term(), goal.kind) {
        (Some(term), HoleKind::Term) => Some(term),
        (Some(term), HoleKind::Tactic) => exact(&term),
        (None, HoleKind::Term) => read(HoleKind::Tactic).map(|tactics| by(&tactics)),
        (None, HoleKind::Tactic) => read(HoleKind::Tactic),
    }
}

/// Tactics as a term.
fn by(tactics: &str) -> String {
    match tactics.contains('\n') {
        true => format!("by\n  {}", tactics.replace('\n', "\n  ")),
        false => format!("by {tactics}"),
    }
}

/// A term as a tactic; none if it is a `by` with nothing behind it.
pub(super) fn exact(term: &str) -> Option<String> {
    match without_by(term) {
        (tactics, true) => (!tactics.is_empty()).then_some(tactics),
        (term, false) => Some(format!("exact {}", term.replace('\n', "\n  "))),
    }
}

/// `code` with the blanks away that all its lines have in front.
pub(super) fn moved_left(code: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines = code.lines().filter(|line| !line.trim().is_empty());
    let least = lines.map(indent).min().unwrap_or(0);
    let lines = code.lines().map(|line| line.get(least..).unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// `code` with its other lines under the first, where that alone has lost its blanks: the second begins a
/// tactic of its own.
fn first_line_in_place(code: &str) -> String {
    let tokens = lex(code);
    let code_tokens = || tokens.iter().filter(|token| token.is_code());
    let mut lines = code_tokens().filter(|token| token.first_on_line);
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else {
        return code.to_owned();
    };
    let before = code_tokens().rfind(|token| token.range.end <= second.range.start);
    let is_open = before.is_some_and(|last| goes_on(last.text(code)));
    let brackets = code_tokens().take_while(|token| token.range.start < second.range.start);
    let depth: isize = brackets.map(|token| token.bracket_depth(code)).sum();
    let structures = matches!(first.text(code), "·" | "case" | "next" | "{" | "first");
    let begins = is_tactic(second.text(code)) && !keyword::starts_command(second.text(code));
    let rest = lines.chain([second]).map(|token| token.column).min();
    let moved = rest.unwrap_or(0).saturating_sub(first.column);
    if is_open || structures || !begins || depth > 0 || moved == 0 {
        return code.to_owned();
    }
    let blanks = " ".repeat(moved);
    code.replace(&format!("\n{blanks}"), "\n")
}
