//! Tests of where a block ends.

use super::*;
use crate::goal::Context;
use HoleKind::{Tactic, Term};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn detector(kind: HoleKind, file: &str) -> StopDetector {
    let (before, after) = file.split_once("⟦⟧").expect("a hole");
    StopDetector::at(Boundary::of(
        kind,
        &Context {
            before: before.to_owned(),
            after: after.to_owned(),
            declaration: 0,
        },
    ))
}

/// Checks the block that `answer` gives at the hole `⟦⟧` of `file`; `…` follows if only the answer's end
/// ended the block. It makes no difference in which pieces the answer comes.
#[track_caller]
fn check(kind: HoleKind, file: &str, answer: &str, expected: Expect) {
    let mut at_once = detector(kind, file);
    let ended = at_once.push(answer);
    let mut bit_by_bit = detector(kind, file);
    let mut ended_bit_by_bit = false;
    for c in answer.chars() {
        ended_bit_by_bit = bit_by_bit.push(&c.to_string());
    }
    let text = at_once.finish(true);
    assert_eq!(bit_by_bit.finish(true), text);
    assert_eq!(ended_bit_by_bit, ended);
    let text = text.unwrap_or("none".into());
    expected.assert_eq(&format!("{text}{}\n", if ended { "" } else { " …" }));
}

const BODY: &str = "theorem t : p ∧ q := by\n  ⟦⟧\n";

#[test]
fn a_block_ends_at_fences_dedents_and_declarations() {
    let two = "\n  constructor\n  · simp\n    omega\n  · exact hq\n";
    check(
        Tactic,
        BODY,
        two,
        expect![[r#"
            constructor
            · simp
              omega
            · exact hq …
        "#]],
    );
    check(
        Tactic,
        BODY,
        &format!("{two}```\nText"),
        expect![[r#"
            constructor
            · simp
              omega
            · exact hq
        "#]],
    );
    check(
        Tactic,
        BODY,
        &format!("{two}\ntheorem u"),
        expect![[r#"
            constructor
            · simp
              omega
            · exact hq
        "#]],
    );
    check(
        Tactic,
        BODY,
        &format!("{two}end Foo"),
        expect![[r#"
            constructor
            · simp
              omega
            · exact hq
        "#]],
    );
    check(
        Tactic,
        BODY,
        &format!("{two}@[simp] "),
        expect![[r#"
                constructor
                · simp
                  omega
                · exact hq
            "#]],
    );
    check(
        Tactic,
        BODY,
        " simp```",
        expect![[r#"
                simp
            "#]],
    );
    check(
        Tactic,
        BODY,
        "\r\n\tsimp\r\n\tomega\r\n",
        expect![[r#"
            simp
            omega …
        "#]],
    );
    check(
        Tactic,
        BODY,
        "\nsimp\nomega\nlemma x : p",
        expect![[r#"
            simp
            omega
        "#]],
    );
    check(
        Tactic,
        "theorem t :\n    p := by sorry; ⟦⟧",
        " simp",
        expect![[r#"
                simp …
            "#]],
    );
}

#[test]
fn a_block_that_starts_on_its_line() {
    let have = "theorem t : q := by\n  have h : p := by ⟦⟧\n  exact f h\n";
    check(
        Tactic,
        have,
        " simp\n  exact f h",
        expect![[r#"
                simp
            "#]],
    );
    check(
        Tactic,
        have,
        " nlinarith [a,\n    b, -- why\n    c]\n    <;> omega\n  exact",
        expect![[r#"
                nlinarith [a,
                  b,
                  c]
                  <;> omega …
            "#]],
    );
    check(
        Tactic,
        have,
        "\n    simp\n\n    omega\n  exact f h",
        expect![[r#"
                simp
                omega
            "#]],
    );
    check(
        Tactic,
        have,
        " exact fun x => by\n    intro y\n    simp\n  exact f",
        expect![[r#"
                exact fun x => by
                  intro y
                  simp
            "#]],
    );
    check(
        Tactic,
        have,
        " simp at *\n  exact f",
        expect![[r#"
                simp at *
            "#]],
    );
    check(
        Tactic,
        have,
        " cases x with\n    | inl h => rfl\n    | inr h => rfl\n  exact f h",
        expect![[r#"
                cases x with
                  | inl h => rfl
                  | inr h => rfl
            "#]],
    );
    check(
        Tactic,
        have,
        " calc a = b := h\n    _ = c := k\n  exact f h",
        expect![[r#"
                calc a = b := h
                  _ = c := k
            "#]],
    );
    check(
        Tactic,
        have,
        " simp\n    omega\n",
        expect![[r#"
            simp
        "#]],
    );
}

#[test]
fn bullets_cases_and_calc_steps() {
    let bullet = "theorem t : p ∧ q := by\n  constructor\n  · ⟦⟧\n  · sorry\n";
    check(
        Tactic,
        bullet,
        " simp\n  · omega",
        expect![[r#"
            simp
        "#]],
    );
    check(
        Tactic,
        bullet,
        "\n    simp\n    omega\n  · omega",
        expect![[r#"
                simp
                omega
            "#]],
    );
    let case =
        "theorem t : p n := by\n  induction n with\n  | zero => ⟦⟧\n  | succ n ih => sorry\n";
    check(
        Tactic,
        case,
        " rfl\n  | succ n ih => simp",
        expect![[r#"
            rfl
        "#]],
    );
    check(
        Tactic,
        case,
        "\n    intro x\n    cases x with\n    | a => rfl\n    | b => rfl\n  | succ",
        expect![[r#"
                intro x
                cases x with
                | a => rfl
                | b => rfl
            "#]],
    );
    let calc =
        "theorem t : a = d := by\n  calc a = b := ⟦⟧\n    _ = c := by sorry\n    _ = d := sorry\n";
    check(
        Term,
        calc,
        " by\n      simp\n    _ = c := by",
        expect![[r#"
            by
              simp …
        "#]],
    );
    check(
        Term,
        calc,
        " foo\n      bar\n    _ = c := by",
        expect![[r#"
            foo
              bar …
        "#]],
    );
    let step =
        "theorem t : a = d :=\n  calc\n    a = b := h\n    _ = c := by ⟦⟧\n    _ = d := sorry\n";
    check(
        Tactic,
        step,
        " simp\n    _ = d := rfl",
        expect![[r#"
            simp
        "#]],
    );
    let field = "instance : Foo where\n  one := by ⟦⟧\n  mul := by sorry\n";
    check(
        Tactic,
        field,
        " simp\n  mul := by simp",
        expect![[r#"
            simp
        "#]],
    );
    let helper = "theorem t : p :=\n  step\nwhere\n  step : p := by\n    ⟦⟧\n  other : q := sorry";
    check(
        Tactic,
        helper,
        "\n    simp\n  other : q := h",
        expect![[r#"
            simp
        "#]],
    );
    let alternative = "theorem t : p n → q\n  | 0 => ⟦⟧\n  | n + 1 => sorry\n";
    check(
        Term,
        alternative,
        " fun h => by\n    simp\n  | n + 1",
        expect![[r#"
                fun h => by
                  simp
            "#]],
    );
}

#[test]
fn what_follows_is_known_before_its_end() {
    let more = "theorem t : p := by\n  intro x\n  ⟦⟧\n  exact A.f.g x\n  rfl";
    check(
        Tactic,
        more,
        "\n  simp\n  exact A.f.g x\n  rf",
        expect![[r#"
            simp
        "#]],
    );
    check(
        Tactic,
        more,
        "\n  simp\n  exact A.f.gg x\n  rf",
        expect![[r#"
            simp
            exact A.f.gg x
            rf …
        "#]],
    );
    let bullet = "theorem t : p := by\n  intro x\n  ⟦⟧\n  · -- First\n    rfl\n  · rfl\n";
    check(
        Tactic,
        bullet,
        "\n  constructor\n  · -- First\n    rfl\n",
        expect![[r#"
                constructor
            "#]],
    );
    check(
        Tactic,
        bullet,
        "\n  exact r\n```",
        expect![[r#"
            exact r
        "#]],
    );
}

#[test]
fn what_follows_the_hole_ends_the_block() {
    let more = "theorem t : p := by\n  intro x\n  ⟦⟧\n  exact f x\n";
    check(
        Tactic,
        more,
        "\n  simp\n  exact f x\n",
        expect![[r#"
                simp
            "#]],
    );
    check(
        Tactic,
        more,
        "\n  simp\n  exact f x y\n  exact f x",
        expect![[r#"
                simp
                exact f x y …
            "#]],
    );
    check(
        Tactic,
        more,
        " at h\n",
        expect![[r#"
            none
        "#]],
    );
    check(
        Tactic,
        more,
        "\nexact h\n",
        expect![[r#"
            none
        "#]],
    );
    check(
        Tactic,
        "theorem t := by\n  ⟦⟧ <;> simp\n",
        "\n  constructor <;> simp\n",
        expect![[r#"
                constructor
            "#]],
    );
    check(
        Tactic,
        "theorem t := by\n  ⟦⟧\n  <;> simp\n",
        "\n  constructor\n  <;> simp\n",
        expect![[r#"
                constructor
            "#]],
    );
    check(
        Tactic,
        "theorem t := by first | ⟦⟧ | sorry\n",
        " simp | rfl",
        expect![[r#"
                simp
            "#]],
    );
    check(
        Term,
        "def f := if h : p then ⟦⟧ else sorry",
        " foo h else bar",
        expect![[r#"
                foo h
            "#]],
    );
}

#[test]
fn terms_end_where_their_brackets_do() {
    let pair = "theorem t : p ∧ q :=\n  ⟨⟦⟧, hq⟩\n";
    check(
        Term,
        pair,
        " f x (g, y), hq⟩",
        expect![[r#"
                f x (g, y)
            "#]],
    );
    check(
        Term,
        pair,
        "show ∀ x, p x from h, hq⟩",
        expect![[r#"
                show ∀ x, p x from h
            "#]],
    );
    check(
        Term,
        "theorem t : p := foo (⟦⟧)\n",
        "by\n  simp) bar",
        expect![[r#"
                by
                  simp
            "#]],
    );
    check(
        Tactic,
        "theorem t : p := foo (by ⟦⟧) b\n",
        " simp [x]) b",
        expect![[r#"
                simp [x]
            "#]],
    );
    check(
        Term,
        "theorem t : p ∧ q :=\n  ⟨hp, ⟦⟧⟩\n",
        " hq, hr⟩",
        expect![[r#"
                hq, hr
            "#]],
    );
    check(
        Tactic,
        "example := xs[i]'(by ⟦⟧)\n",
        "\n  omega)",
        expect![[r#"
                omega
            "#]],
    );
}

#[test]
fn terms_span_lines() {
    let own = "theorem t : p :=\n  ⟦⟧\n";
    check(
        Term,
        own,
        "\n  fun x => by\n    simp\n    exact h\n\ntheorem",
        expect![[r#"
                fun x => by
                  simp
                  exact h …
            "#]],
    );
    check(
        Term,
        own,
        " by\n  simp\n  omega\n```",
        expect![[r#"
            by
              simp
              omega
        "#]],
    );
    check(
        Term,
        own,
        "\n  foo\n    (bar\n  baz)\n\nend",
        expect![[r#"
            foo
              (bar
            baz) …
        "#]],
    );
    check(
        Term,
        own,
        " fun\n  | 0 => rfl\n  | n + 1 => by\n    simp\n",
        expect![[r#"
                fun
                  | 0 => rfl
                  | n + 1 => by
                    simp …
            "#]],
    );
    check(
        Term,
        "theorem t :\n    p := ⟦⟧\n",
        " by\n  simp\n  omega\nend",
        expect![[r#"
                by
                  simp
                  omega …
            "#]],
    );
    check(
        Term,
        own,
        " f \"a\n b\"\n  c\nwhere\n  g",
        expect![[r#"
            f "a
             b"
              c
        "#]],
    );
}

#[test]
fn comments_are_left_out() {
    check(
        Tactic,
        BODY,
        "\n  -- First ```\n  simp /- x -/ at h -- so\n  /- more\n - -/\n  omega\n-- end\n",
        expect![[r#"
                simp at h
                omega …
            "#]],
    );
    check(
        Tactic,
        BODY,
        " -- let's see\n  simp\n  omega",
        expect![[r#"
            simp
            omega …
        "#]],
    );
    check(
        Tactic,
        BODY,
        " /- see -/ simp\n  omega",
        expect![[r#"
            simp …
        "#]],
    );
}

#[test]
fn code_in_a_string_is_read_as_code() {
    check(
        Tactic,
        BODY,
        "\n  exact s!\"a {f \"b\"} c\" ++ x.1.2\n  simp\nend",
        expect![[r#"
            exact s!"a {f "b"} c" ++ x.1.2
            simp …
        "#]],
    );
    check(
        Tactic,
        "example := f (by ⟦⟧) x\n",
        " trace s!\"{g (h)} )\") x",
        expect![[r#"
            trace s!"{g (h)} )"
        "#]],
    );
    for junk in [
        " exact s!\"{sorry}\"",
        " exact s!\"{x\n```\n}\"",
        " exact s!\"{x",
    ] {
        let mut detector = detector(Tactic, BODY);
        detector.push(junk);
        assert_eq!(detector.finish(true), None, "{junk:?}");
    }
}

#[test]
fn junk_is_none() {
    for junk in [
        "",
        "\n\n",
        "```",
        "\n```",
        "\n  -- nothing\n",
        "\n  simp\n  sorry\n",
        " admit",
        "\n  simp [a\n```\n",
        " exact \"a\n",
        "\n  rw [a\ntheorem x",
        "\u{fffd}",
        " simp\u{fffd}",
        ")",
        "\nend",
    ] {
        let mut detector = detector(Tactic, BODY);
        detector.push(junk);
        assert_eq!(detector.finish(true), None, "{junk:?}");
    }
    let mut endless = detector(Tactic, BODY);
    let mut pieces = 0;
    while !endless.push(" simp;") {
        pieces += 1;
    }
    assert!(pieces * 6 <= MAX_ANSWER_BYTES);
    assert_eq!(endless.finish(false), None);
}

#[test]
fn an_answer_cut_off_loses_its_last_line() {
    let cut = |answer: &str| {
        let mut detector = detector(Tactic, BODY);
        detector.push(answer);
        detector.finish(false)
    };
    assert_eq!(cut("\n  simp\n  ome").as_deref(), Some("simp"));
    assert_eq!(cut("\n  simp [a,\n    b"), None);
    assert_eq!(cut(" simp"), None);
    assert_eq!(cut("\n  simp\nend").as_deref(), Some("simp"));
    assert_eq!(cut("\n  simp\n```").as_deref(), Some("simp"));
}

#[test]
fn a_string_does_not_reach_beyond_the_fence() {
    let file = "theorem a : T := by\n  ⟦⟧";
    check(
        Tactic,
        file,
        "exact \"a\n```\nmore\" b",
        expect![[r#"
            none
        "#]],
    );
    check(
        Tactic,
        file,
        "exact \"a\n```",
        expect![[r#"
            none
        "#]],
    );
}

#[test]
fn a_string_behind_the_block_is_not_looked_at() {
    // Whether `r#` begins a raw string is not known before more is there.
    let answer = "x r#\n=0 \"\n```\n0 0 0 0 0";
    for size in 1..answer.len() {
        let mut detector = detector(Term, "theorem t : p := ⟦⟧\n");
        for piece in answer.as_bytes().chunks(size) {
            detector.push(std::str::from_utf8(piece).expect("ASCII"));
        }
        assert_eq!(detector.finish(true).as_deref(), Some("x r#"), "{size}");
    }
}

#[test]
fn a_raw_string_may_begin_with_any_number_of_signs() {
    for hashes in [1, 11, 12, 15, 40] {
        let hashes = "#".repeat(hashes);
        // As a string without the signs it would end where the signs do not.
        for end in [format!("\"{hashes} y"), "\" y".to_owned()] {
            let answer = format!("x r{hashes}\"\n0{end}\n");
            let cut = |size: usize| {
                let mut detector = detector(Term, "theorem t : p := ⟦⟧\n");
                for piece in answer.as_bytes().chunks(size) {
                    detector.push(std::str::from_utf8(piece).expect("ASCII"));
                }
                detector.finish(true)
            };
            assert_eq!(cut(answer.len()).is_some(), end.contains('#'));
            for size in 1..answer.len() {
                assert_eq!(cut(size), cut(answer.len()), "{answer:?}, {size}");
            }
        }
    }
}

proptest! {
    /// No answer to any hole makes it panic, and the pieces make no difference.
    #[test]
    fn any_answer_is_read(
        file in r#"(theorem|  |\n|by|:=|\(|⟨|·|\||sorry|x|,){0,12}"#,
        after in r#"(\)|⟩|, h|\n|  |x|; |sorry| <;> |\|){0,8}"#,
        answer in r#"(simp|\n|  | |by|:=|=>|\(|\)|⟨|⟩|\[|\]|·|\||<;>|<|;|x|y|,|"|s!"|\{|\}|1|\.|r#|e|\\|`|--|/-|-/|'|∀|end|é|\u{fffd}|\t|\r){0,24}"#,
        tactic: bool,
        complete: bool,
    ) {
        let file = format!("{file}⟦⟧{after}");
        let kind = if tactic { Tactic } else { Term };
        let mut at_once = detector(kind, &file);
        at_once.push(&answer);
        let mut bit_by_bit = detector(kind, &file);
        for c in answer.chars() {
            bit_by_bit.push(&c.to_string());
        }
        let text = at_once.finish(complete);
        prop_assert_eq!(&bit_by_bit.finish(complete), &text);
        if let Some(text) = text {
            prop_assert!(text.starts_with(|c: char| !c.is_whitespace()));
            prop_assert!(lex(&text).iter().all(|token| token.is_code() && token.word(&text) != "sorry"));
        }
    }
}
