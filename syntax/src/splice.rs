//! What goes over a `sorry`: the proof, laid out for the place it goes to.
//!
//! A proof comes with its first line at column 0. Its lines are moved, never rewritten: Lean's
//! blocks are told by their columns, and the inside of a string is the user's text. Where several
//! lines can't stand as they are, they start a line of their own or get parentheses.

mod insertion_context;
mod proof;

use crate::HoleKind;

use super::edit::Change;
use super::hole::Hole;
use insertion_context::{Head, Place, Tail};
use proof::Proof;

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

/// The lines of `proof`, of which the first is to stand at `column` and the others move with it.
pub fn moved(proof: &str, column: usize) -> String {
    Proof::read(proof).at(column)
}

fn tactics(place: &Place<'_>, proof: &Proof<'_>) -> String {
    let several = proof.several();
    let group = match (place.head, place.tail) {
        // No tactic goes on like that, so it is told apart from what comes after.
        (_, Tail::Operator | Tail::Operand) => true,
        // What comes after would go with the last tactic, or with a block within it.
        (_, Tail::Separator) if several || proof.open_ended() => true,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HoleKind::{Tactic, Term};
    use crate::Outline;
    use expect_test::{Expect, expect};

    /// What `proof` makes of the first hole of `text`.
    #[track_caller]
    fn check(text: &str, kind: HoleKind, proof: &str, expected: Expect) {
        let outline = Outline::of(text);
        let change = splice(text, &outline.holes[0], kind, proof);
        let shown = change.apply(text);
        expected.assert_eq(&shown.replace('\r', "␍"));
    }

    const TWO: &str = "constructor\n· exact ha\n· exact hb";
    const SEQUENCE: &str = "intro x\nomega";

    #[test]
    fn a_block_of_its_own_keeps_its_column() {
        check(
            "example : T := by\n  sorry",
            Tactic,
            TWO,
            expect![[r#"
            example : T := by
              constructor
              · exact ha
              · exact hb"#]],
        );
        check(
            "example : T := by\n  · sorry\n  · skip",
            Tactic,
            TWO,
            expect![[r#"
                example : T := by
                  · constructor
                    · exact ha
                    · exact hb
                  · skip"#]],
        );
        check(
            "example : T := by\nsorry -- here",
            Tactic,
            SEQUENCE,
            expect![[r#"
                example : T := by
                intro x
                omega -- here"#]],
        );
        check(
            "example : T := by\n  all_goals sorry",
            Tactic,
            SEQUENCE,
            expect![[r#"
                example : T := by
                  all_goals intro x
                            omega"#]],
        );
        check(
            "example : T := by\n  (sorry)",
            Tactic,
            TWO,
            expect![[r#"
            example : T := by
              (constructor
               · exact ha
               · exact hb)"#]],
        );
    }

    #[test]
    fn several_tactics_after_by_or_an_arrow_start_a_line() {
        check(
            "example : T := by sorry",
            Tactic,
            "exact ⟨ha, hb⟩",
            expect!["example : T := by exact ⟨ha, hb⟩"],
        );
        check(
            "example : T := by sorry",
            Tactic,
            TWO,
            expect![[r#"
            example : T := by
              constructor
              · exact ha
              · exact hb"#]],
        );
        check(
            "example : T := by\n  have h : T := by sorry\n  exact h",
            Tactic,
            TWO,
            expect![[r#"
                example : T := by
                  have h : T := by
                    constructor
                    · exact ha
                    · exact hb
                  exact h"#]],
        );
        check(
            "example : T := by\n  cases n with\n  | zero => sorry\n  | succ n => skip",
            Tactic,
            TWO,
            expect![[r#"
                example : T := by
                  cases n with
                  | zero =>
                    constructor
                    · exact ha
                    · exact hb
                  | succ n => skip"#]],
        );
        check(
            "example : T := by\n  · have h : T := by sorry\n    exact h",
            Tactic,
            TWO,
            expect![[r#"
                example : T := by
                  · have h : T := by
                      constructor
                      · exact ha
                      · exact hb
                    exact h"#]],
        );
        check(
            "example : T := by\n  calc a = b := by sorry\n    _ = c := h",
            Tactic,
            TWO,
            expect![[r#"
                example : T := by
                  calc a = b := by
                         constructor
                         · exact ha
                         · exact hb
                    _ = c := h"#]],
        );
        check(
            "example : T := by\n  cases n with\n  | zero => have h : T := by sorry",
            Tactic,
            TWO,
            expect![[r#"
                example : T := by
                  cases n with
                  | zero => have h : T := by
                              constructor
                              · exact ha
                              · exact hb"#]],
        );
        check(
            "example : T := f (by sorry) hb",
            Tactic,
            TWO,
            expect![[r#"
            example : T := f (by
              constructor
              · exact ha
              · exact hb) hb"#]],
        );
        check(
            "example : T := { x := 1, y := by sorry }",
            Tactic,
            TWO,
            expect![[r#"
                example : T := { x := 1, y := by
                                   constructor
                                   · exact ha
                                   · exact hb }"#]],
        );
        check(
            "def t := x\ndecreasing_by sorry",
            Tactic,
            TWO,
            expect![[r#"
            def t := x
            decreasing_by
              constructor
              · exact ha
              · exact hb"#]],
        );
    }

    #[test]
    fn where_one_tactic_stands_several_get_parentheses() {
        check(
            "example : T := by\n  skip <;> sorry",
            Tactic,
            SEQUENCE,
            expect![[r#"
                example : T := by
                  skip <;> (intro x; omega)"#]],
        );
        check(
            "example : T := by\n  skip <;> sorry",
            Tactic,
            TWO,
            expect![[r#"
                example : T := by
                  skip <;> (constructor
                            · exact ha
                            · exact hb)"#]],
        );
        check(
            "example : T := by\n  sorry <;> skip",
            Tactic,
            SEQUENCE,
            expect![[r#"
                example : T := by
                  (intro x; omega) <;> skip"#]],
        );
        check(
            "example : T := by\n  sorry\n    <;> skip",
            Tactic,
            TWO,
            expect![[r#"
                example : T := by
                  (constructor
                   · exact ha
                   · exact hb)
                    <;> skip"#]],
        );
        check(
            "example : T := by\n  first | sorry | skip",
            Tactic,
            SEQUENCE,
            expect![[r#"
                example : T := by
                  first | (intro x; omega) | skip"#]],
        );
        check(
            "example : T := by\n  skip; sorry",
            Tactic,
            SEQUENCE,
            expect![[r#"
                example : T := by
                  skip; (intro x; omega)"#]],
        );
        check(
            "example : T := by\n  skip <;> sorry",
            Tactic,
            "omega",
            expect![[r#"
                example : T := by
                  skip <;> omega"#]],
        );
        check(
            "example : T := ⟨by sorry, hb⟩",
            Tactic,
            "use 0",
            expect!["example : T := ⟨by (use 0), hb⟩"],
        );
        check(
            "example : T := by\n  sorry; skip",
            Tactic,
            "simp",
            expect![[r#"
                example : T := by
                  simp; skip"#]],
        );
    }

    #[test]
    fn a_term_gets_parentheses_where_it_needs_them() {
        check(
            "example : T := sorry",
            Term,
            "f ha",
            expect!["example : T := f ha"],
        );
        check(
            "example : T := f sorry hb",
            Term,
            "id ha",
            expect!["example : T := f (id ha) hb"],
        );
        check(
            "example : T := f sorry hb",
            Term,
            "ha",
            expect!["example : T := f ha hb"],
        );
        check(
            "example : T := f sorry",
            Term,
            "⟨ha, hb⟩",
            expect!["example : T := f ⟨ha, hb⟩"],
        );
        check(
            "example : T := f sorry",
            Term,
            "(a) + (b)",
            expect!["example : T := f ((a) + (b))"],
        );
        check(
            "example : T := ⟨sorry, hb⟩",
            Term,
            "id ha",
            expect!["example : T := ⟨id ha, hb⟩"],
        );
        check(
            "example : T := fun x => sorry",
            Term,
            "x + 1",
            expect!["example : T := fun x => x + 1"],
        );
        check(
            "example : sorry + 1 = 2 := rfl",
            Term,
            "n + 1",
            expect!["example : (n + 1) + 1 = 2 := rfl"],
        );
        check(
            "example : T := sorry.1",
            Term,
            "1",
            expect!["example : T := (1).1"],
        );
        check(
            "example : T := h ▸ sorry",
            Term,
            "id ha",
            expect!["example : T := h ▸ (id ha)"],
        );
        check(
            "example : T := by\n  exact sorry\n  done",
            Term,
            "id ha",
            expect![[r#"
                example : T := by
                  exact id ha
                  done"#]],
        );
        check(
            "example : T := sorry\n  ha",
            Term,
            "fun x => x",
            expect![[r#"
            example : T := (fun x => x)
              ha"#]],
        );
        check(
            "example : T := -sorry",
            Term,
            "-x",
            expect!["example : T := -(-x)"],
        );
        check(
            "example := s!\"{sorry}\"",
            Term,
            "n + 1",
            expect![[r#"example := s!"{n + 1}""#]],
        );
    }

    #[test]
    fn a_term_by_tactics() {
        let block = "by\n  constructor\n  · exact ha\n  · exact hb";
        check(
            "example : T := sorry",
            Term,
            block,
            expect![[r#"
            example : T := by
              constructor
              · exact ha
              · exact hb"#]],
        );
        check(
            "example : T :=\n  sorry",
            Term,
            block,
            expect![[r#"
            example : T :=
              by
                constructor
                · exact ha
                · exact hb"#]],
        );
        check(
            "example : T := sorry",
            Term,
            "by\n  omega",
            expect!["example : T := by omega"],
        );
        check(
            "example : T := f sorry hb",
            Term,
            "by\n  intro x\n  omega",
            expect!["example : T := f (by intro x; omega) hb"],
        );
        check(
            "example : T := f sorry hb",
            Term,
            block,
            expect![[r#"
            example : T := f (by
              constructor
              · exact ha
              · exact hb) hb"#]],
        );
        check(
            "example : T := f\n    sorry",
            Term,
            block,
            expect![[r#"
            example : T := f
                (by
                  constructor
                  · exact ha
                  · exact hb)"#]],
        );
        check(
            "example : T := ⟨sorry, hb⟩",
            Term,
            block,
            expect![[r#"
            example : T := ⟨by
              constructor
              · exact ha
              · exact hb, hb⟩"#]],
        );
        check(
            "example : T := by\n  have h : T := sorry\n  exact h",
            Term,
            "by skip\n   omega",
            expect![[r#"
                example : T := by
                  have h : T := by
                    skip
                    omega
                  exact h"#]],
        );
    }

    #[test]
    fn terms_of_several_lines() {
        check(
            "example : T := sorry",
            Term,
            "fun h => by\n  skip\n  exact h",
            expect![[r#"
                example : T := fun h => by
                  skip
                  exact h"#]],
        );
        check(
            "example : T := f sorry",
            Term,
            "calc a = b := h\n  _ = c := k",
            expect![[r#"
                example : T := f (calc a = b := h
                                    _ = c := k)"#]],
        );
        check(
            "example : T := by\n  exact sorry",
            Term,
            "h.trans\n  k",
            expect![[r#"
                example : T := by
                  exact h.trans
                    k"#]],
        );
        check(
            "example : T := sorry",
            Term,
            "match x with\n| 0 => 1\n| _ => 2",
            expect![[r#"
                example : T := match x with
                               | 0 => 1
                               | _ => 2"#]],
        );
    }

    #[test]
    fn line_ends_are_the_files_and_strings_are_left_alone() {
        check(
            "example : T := by\r\n  sorry\r\n",
            Tactic,
            SEQUENCE,
            expect![[r#"
                example : T := by␍
                  intro x␍
                  omega␍
            "#]],
        );
        check(
            "example : T := by\n    sorry",
            Tactic,
            "  exact f \"a \n b\"\n\n  skip\n\n",
            expect![[r#"
                example : T := by
                    exact f "a 
                 b"

                    skip"#]],
        );
        check(
            "example : T := by sorry",
            Tactic,
            "\n  intro x\r\n  omega\r\n",
            expect![[r#"
                example : T := by
                  intro x
                  omega"#]],
        );
    }
}
