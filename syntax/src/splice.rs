//! The text that goes over a `sorry`: the proof, laid out for the place it goes to.
//!
//! A proof comes with its first line at column 0. Its lines are moved, never rewritten: Lean's
//! blocks are told by their columns, and the inside of a string is the user's text. Where several
//! lines can't stand as they are, they start a line of their own or get parentheses.

mod proof;
mod site;

use crate::HoleKind;

use super::edit::Change;
use super::hole::Hole;
use proof::Proof;
use site::{Head, Site, Tail};

/// The widest line, in characters, that is made by joining shorter ones.
const MAX_WIDTH: usize = 100;

/// The change that puts `proof` in the place of `hole`, which must be a hole of `text`.
///
/// The change covers the `sorry`, and the blanks before it where the proof starts a new line.
/// Nothing else changes. `kind` says what the place takes: tactics, or a term.
pub fn splice(text: &str, hole: &Hole, kind: HoleKind, proof: &str) -> Change {
    let site = Site::of(text, hole);
    let proof = Proof::read(proof);
    let mut laid = match kind {
        HoleKind::Tactic => tactics(&site, &proof),
        HoleKind::Term => term(&site, &proof),
    };
    site.keep_apart(&mut laid);
    let mut range = hole.range.clone();
    if laid.starts_with('\n') {
        range.start = text[..range.start].trim_end_matches(' ').len();
    }
    if site.crlf {
        laid = laid.replace('\n', "\r\n");
    }
    Change { range, text: laid }
}

/// The lines of `proof`, of which the first is to stand at `column` and the others move with it.
pub fn moved(proof: &str, column: usize) -> String {
    Proof::read(proof).at(column)
}

fn tactics(site: &Site<'_>, proof: &Proof<'_>) -> String {
    let several = proof.several();
    let group = match (site.head, site.tail) {
        // No tactic goes on like that, so it is told apart from what comes after.
        (_, Tail::Operator | Tail::Operand) => true,
        // What comes after would go with the last tactic, or with a block within it.
        (_, Tail::Separator) if several || proof.open_ended() => true,
        (_, Tail::Comma) if proof.takes_commas() => true,
        (Head::Combinator, _) => several || proof.sequence(),
        (Head::Semicolon, _) => several && !site.first_of_line,
        _ => false,
    };
    if group {
        return match proof.joined("; ", MAX_WIDTH) {
            Some(line) => format!("({line})"),
            None => format!("({})", proof.at(site.indent + 1)),
        };
    }
    if several && !site.first_of_line && site.head == Head::Block {
        return format!(
            "\n{}{}",
            " ".repeat(site.block + 2),
            proof.at(site.block + 2)
        );
    }
    proof.at(site.indent)
}

fn term(site: &Site<'_>, proof: &Proof<'_>) -> String {
    let enclosed = site.enclosed(proof);
    let (open, close) = if enclosed { ("(", ")") } else { ("", "") };
    let indent = site.indent + open.len();
    // Text that goes on right after the proof reads better after one line.
    let followed = enclosed || matches!(site.tail, Tail::Closer | Tail::Comma | Tail::Separator);
    let body = match proof.by_block() {
        Some(block) => match (
            block.several(),
            block.joined("; ", MAX_WIDTH - indent.min(MAX_WIDTH)),
        ) {
            (false, _) => format!("by {}", block.at(indent + 3)),
            (true, Some(line)) if followed => format!("by {line}"),
            (true, _) => {
                // In its own line, `by` is what the block is right of.
                let column = 2 + match site.first_of_line {
                    true => site.indent,
                    false => site.block,
                };
                format!("by\n{}{}", " ".repeat(column), block.at(column))
            }
        },
        None if proof.hangs() && !site.first_of_line => proof.at(site.block),
        None => proof.at(indent),
    };
    format!("{open}{body}{close}")
}

#[cfg(test)]
mod tests;
