//! What goes over a `sorry`: the proof, laid out for the place it goes to.
//!
//! A proof comes with its first line at column 0. Its lines are moved, never rewritten: Lean's
//! blocks are told by their columns, and the inside of a string is the user's text. Where several
//! lines can't stand as they are, they start a line of their own or get parentheses.

mod proof;
mod seat;

use unsorry_model::HoleKind;

use super::edit::Change;
use super::hole::Hole;
use proof::Proof;
use seat::{Head, Place, Tail};

/// Longer lines are not made by joining shorter ones.
const WIDTH: usize = 100;

/// The change that puts `proof` in the place of `hole`, which must be a hole of `text`.
///
/// The change covers the `sorry`, and the blanks before it where the proof starts a new line.
/// Nothing else changes. `kind` says what the place takes: tactics, or a term.
pub fn splice(text: &str, hole: &Hole, kind: HoleKind, proof: &str) -> Change {
    let place = Place::of(text, hole);
    let proof = Proof::read(proof);
    let mut laid = match kind {
        HoleKind::Tactic => tactics(&place, &proof),
        HoleKind::Term => term(&place, &proof),
    };
    place.keep_apart(&mut laid);
    let mut range = hole.range.clone();
    if laid.starts_with('\n') {
        range.start = text[..range.start].trim_end_matches(' ').len();
    }
    if place.crlf {
        laid = laid.replace('\n', "\r\n");
    }
    Change { range, text: laid }
}

fn tactics(place: &Place<'_>, proof: &Proof<'_>) -> String {
    let several = proof.several();
    let group = match (place.head, place.tail) {
        // What comes after would go with the last tactic, or with a block within it.
        (_, Tail::Operator | Tail::Operand | Tail::Separator) if several || proof.open_ended() => {
            true
        }
        (_, Tail::Comma) if proof.takes_commas() => true,
        (Head::Combinator, _) => several || proof.sequence(),
        (Head::Semicolon, _) => several && !place.first_of_line,
        _ => false,
    };
    if group {
        return match proof.joined("; ", WIDTH) {
            Some(line) => format!("({line})"),
            None => format!("({})", proof.at(place.indent + 1)),
        };
    }
    if several && !place.first_of_line && place.head == Head::Block {
        return format!(
            "\n{}{}",
            " ".repeat(place.block + 2),
            proof.at(place.block + 2)
        );
    }
    proof.at(place.indent)
}

fn term(place: &Place<'_>, proof: &Proof<'_>) -> String {
    let enclosed = place.enclosed(proof);
    let (open, close) = if enclosed { ("(", ")") } else { ("", "") };
    let indent = place.indent + open.len();
    // Text that goes on right after the proof reads better after one line.
    let followed = enclosed || matches!(place.tail, Tail::Closer | Tail::Comma | Tail::Separator);
    let body = match proof.by_block() {
        Some(block) => match (
            block.several(),
            block.joined("; ", WIDTH - indent.min(WIDTH)),
        ) {
            (false, _) => format!("by {}", block.at(indent + 3)),
            (true, Some(line)) if followed => format!("by {line}"),
            (true, _) => {
                // In its own line, `by` is what the block is right of.
                let column = 2 + match place.first_of_line {
                    true => place.indent,
                    false => place.block,
                };
                format!("by\n{}{}", " ".repeat(column), block.at(column))
            }
        },
        None if proof.hangs() && !place.first_of_line => proof.at(place.block),
        None => proof.at(indent),
    };
    format!("{open}{body}{close}")
}
