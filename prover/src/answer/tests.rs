//! Tests of what is made of answers.

use super::*;
use crate::goal::{Context, Goal, HoleKind};
use HoleKind::{Tactic, Term};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use unsorry_syntax::lex;

fn goal(kind: HoleKind, file: &str) -> Goal {
    let (before, after) = file.split_once("⟦⟧").expect("a hole");
    let context = Context {
        before: before.to_owned(),
        after: after.to_owned(),
        declaration: before.find('⟪').unwrap_or(0),
    };
    let context = Context {
        before: context.before.replace('⟪', ""),
        ..context
    };
    Goal::parse(kind, &["⊢ p".to_owned()], Vec::new(), context).expect("a goal")
}

/// Checks the text that `code`, in a fence, has at the hole `⟦⟧` of `file`.
#[track_caller]
fn check(kind: HoleKind, file: &str, code: &str, expected: Expect) {
    let answer = whole(
        &goal(kind, file),
        &format!("So:\n```lean4\n{code}\n```\n"),
        true,
    );
    let candidate = answer.candidates.first().map_or("none", |first| first);
    expected.assert_eq(&format!("{candidate}\n"));
}

#[test]
fn a_body_is_found_whatever_became_of_its_statement() {
    let file = "import A\n\ntheorem u : q := by sorry\n\n⟪/-- T. -/\ntheorem A.t (n : Nat) (h : 0 < n) :\n    n ≠ 0 := by\n  ⟦⟧\n";
    check(
        Tactic,
        file,
        "import A\ntheorem u : q := by\n  foo\n\ntheorem A.t (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  intro h'\n  -- so\n  omega\n\n/-- X -/\ntheorem v : r := s\n",
        expect![[r#"
                intro h'
                omega
            "#]],
    );
    check(
        Tactic,
        file,
        "namespace A\nlemma t {n : ℕ} (h : n > 0) : n ≠ 0 :=\n  by omega\nend A",
        expect![[r#"
                omega
            "#]],
    );
    check(
        Tactic,
        file,
        "theorem renamed (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  omega",
        expect![[r#"
                omega
            "#]],
    );
    check(
        Tactic,
        file,
        "theorem renamed (n : Nat) (h : 1 < n) : n ≠ 0 := by\n  omega",
        expect![[r#"
                none
            "#]],
    );
    check(
        Tactic,
        file,
        "theorem A.t (n : Nat) (h : 0 < n) : n ≠ 0 :=\n  Nat.pos_iff_ne_zero.mp h",
        expect![[r#"
            exact Nat.pos_iff_ne_zero.mp h
        "#]],
    );
    check(
        Tactic,
        file,
        "theorem A.t (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  sorry",
        expect![[r#"
                none
            "#]],
    );
    check(
        Tactic,
        file,
        "theorem A.t (n : Nat) (h : 0 < n) : n ≠ 0 := by\n",
        expect![[r#"
            none
        "#]],
    );
    check(
        Tactic,
        file,
        "theorem A.t : n ≠ 0 := by\n  exact foo\nwhere\n  foo := bar",
        expect![[r#"
                none
            "#]],
    );
    let example = "⟪example (a b : Nat) : a + b = b + a := ⟦⟧\n";
    check(
        Term,
        example,
        "example : 1 = 1 := rfl\nexample (a b : Nat) :\n  a + b = b + a := by\n  omega\nexample : 2 = 2 := rfl",
        expect![[r#"
                by
                  omega
            "#]],
    );
    check(
        Term,
        example,
        "example (a b : Nat) : b + a = a + b := by\n  omega",
        expect![[r#"
                none
            "#]],
    );
}

#[test]
fn a_hole_inside_a_proof_needs_what_stands_around_it() {
    let file = "⟪theorem t : q := by\n  intro x\n  have h : p := by sorry\n  have k : r := by ⟦⟧\n  exact f h k\n";
    check(
        Tactic,
        file,
        "theorem t : q := by\n  intro x\n  have h : p := by\n    simp\n    omega\n  have k : r := by\n    intro y\n    linarith [h,\n      y]\n  exact f h k",
        expect![[r#"
                intro y
                linarith [h,
                  y]
            "#]],
    );
    check(
        Tactic,
        file,
        "theorem t : q := by\n  intro x\n  have k : r := by simp\n  exact f h k",
        expect![[r#"
                none
            "#]],
    );
    check(
        Tactic,
        file,
        "theorem t : q := by\n  intro x\n  have h : p := by simp\n  have k : r := by omega\n  exact g k",
        expect![[r#"
                none
            "#]],
    );
    let bullets = "⟪theorem t : p ∧ q := by\n  constructor\n  · sorry\n  · ⟦⟧\n";
    check(
        Tactic,
        bullets,
        "theorem t : p ∧ q := by\n  constructor\n  · simp\n  · intro x\n    omega\n",
        expect![[r#"
                intro x
                omega
            "#]],
    );
    check(
        Tactic,
        bullets,
        "theorem t : p ∧ q := by\n  constructor\n  · cases h\n    · simp\n    · omega\n  · intro x\n    omega\n",
        expect![[r#"
                intro x
                omega
            "#]],
    );
    let nested = "⟪theorem t : p := by\n  exact foo (by ⟦⟧) bar\n";
    check(
        Tactic,
        nested,
        "theorem t : p := by\n  exact foo (by\n    simp\n    omega) bar",
        expect![[r#"
                simp
                omega
            "#]],
    );
    let pair = "⟪theorem t : p ∧ q := ⟨⟦⟧, sorry⟩\n";
    check(
        Term,
        pair,
        "theorem t : p ∧ q :=\n  ⟨by simp, by\n    omega⟩",
        expect![[r#"
                by simp
            "#]],
    );
    check(
        Term,
        pair,
        "theorem t : p ∧ q :=\n  ⟨f a (b, c), by simp [x, y]⟩",
        expect![[r#"
                f a (b, c)
            "#]],
    );
}

#[test]
fn cases_calc_mutual_and_where() {
    let case =
        "⟪theorem t : p n := by\n  induction n with\n  | zero => ⟦⟧\n  | succ n ih => simp\n";
    check(
        Tactic,
        case,
        "theorem t : p n := by\n  induction n with\n  | zero =>\n    rw [a]\n    rfl\n  | succ n ih => simp\n",
        expect![[r#"
                rw [a]
                rfl
            "#]],
    );
    let calc = "⟪theorem t : a = c := by\n  calc\n    a = b := h\n    _ = c := by ⟦⟧\n";
    check(
        Tactic,
        calc,
        "theorem t : a = c := by\n  calc a = b := h\n    _ = c := by\n      simp\n      omega",
        expect![[r#"
                simp
                omega
            "#]],
    );
    let mutual = "⟪mutual\ntheorem a : p := by\n  ⟦⟧\ntheorem b : q := by\n  sorry\nend\n";
    check(
        Tactic,
        mutual,
        "mutual\ntheorem a : p := by\n  cases x\n  exact b\ntheorem b : q := by\n  exact a\nend",
        expect![[r#"
                cases x
                exact b
            "#]],
    );
    let helper = "⟪theorem t : p :=\n  step\nwhere\n  step : p := by\n    ⟦⟧\n";
    check(
        Tactic,
        helper,
        "theorem t : p := step\nwhere\n  step : p := by\n    simp",
        expect![[r#"
                simp
            "#]],
    );
    let data = "⟪def f (h : n < 2 := by ⟦⟧) : Nat := n\n";
    check(
        Tactic,
        data,
        "def f (h : n < 2 := by\n  omega) : Nat := n",
        expect![[r#"
                omega
            "#]],
    );
    let two = "⟪theorem t : p n\n  | 0 => ⟦⟧\n  | n + 1 => sorry\n";
    check(
        Term,
        two,
        "theorem t : p n\n  | 0 => rfl\n  | n + 1 => by\n    simp",
        expect![[r#"
                rfl
            "#]],
    );
}

#[test]
fn an_answer_with_a_plan() {
    let file = "⟪theorem t : q := by\n  ⟦⟧\n";
    let text = "### Detailed Proof and Analysis\n\nFirst.\n\n### Step-by-Step Abstract Plan\n\n1. **A**:\n   - b\n\n\
            ### Lean 4 Proof with `have`\n\n```lean4\ntheorem t : q := by\n  have h : p := by sorry\n  sorry\n```\n\n\
            ### Complete Lean 4 Proof\n\n```lean4\ntheorem t : q := by\n  have h : p := by\n    simp\n  exact h\n```\nDone.\n";
    let answer = whole(&goal(Tactic, file), text, true);
    expect![[r#"
        Answer {
            candidates: [
                "have h : p := by\n  simp\nexact h",
            ],
            plan: Some(
                "1. **A**:\n   - b",
            ),
            sketch: Some(
                "have h : p := by sorry\nsorry",
            ),
            unread: None,
        }
    "#]]
    .assert_debug_eq(&answer);
    let cut = text.split_once("  exact h").expect("it has it").0;
    let answer = whole(&goal(Tactic, file), cut, false);
    expect![[r#"
        Answer {
            candidates: [],
            plan: Some(
                "1. **A**:\n   - b",
            ),
            sketch: Some(
                "have h : p := by sorry\nsorry",
            ),
            unread: None,
        }
    "#]]
    .assert_debug_eq(&answer);
}

proptest! {
    #[test]
    fn any_answer_is_read(
        file in r#"⟪(theorem t|example|by|:=|\(|⟨|·| |\n|\||sorry|x|,){0,8}⟦⟧(\)|⟩|, h|\n|  |x|sorry|:=){0,4}"#,
        code in r#"(theorem t|example|by|:=|\(|⟨|\)|⟩|·| |\n|\||sorry|x|,|```|"|/-){0,30}"#,
        tactic: bool,
    ) {
        let kind = if tactic { Tactic } else { Term };
        let answer = whole(&goal(kind, &file), &format!("```\n{code}\n```"), true);
        for candidate in answer.candidates {
            prop_assert!(code.contains(candidate.lines().next().unwrap_or("?")) || candidate.contains(' '));
            let tokens = lex(&candidate);
            prop_assert!(tokens.iter().all(|token| token.word(&candidate) != "sorry"));
        }
    }
}
