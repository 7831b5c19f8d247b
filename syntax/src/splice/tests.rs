//! Tests of splicing.

use super::*;
use crate::HoleKind::{Tactic, Term};
use crate::Outline;
use expect_test::{Expect, expect};

/// Checks what `proof` makes of the first hole of `text`.
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
