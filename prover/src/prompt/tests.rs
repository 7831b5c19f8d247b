//! Tests of the prompts.

use super::*;
use crate::goal::{Context, Goal, HoleKind};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::cell::Cell;
use unsorry_syntax::lex;

/// The prompt where nothing has been tried.
fn prompt(goal: &Goal, mode: Mode, budget: usize, count: &dyn Fn(&str) -> usize) -> Option<Prompt> {
    super::prompt(&goal.clone().into(), mode, budget, count)
}

/// The goal at the `sorry` that `⟦⟧` stands for; its declaration starts at `⟪`.
fn goal(file: &str, target: &str) -> Goal {
    let (before, after) = file.split_once("⟦⟧").expect("a hole");
    let (prelude, head) = before.split_once("⟪").expect("a declaration");
    let context = Context {
        before: format!("{prelude}{head}"),
        after: after.to_owned(),
        declaration: prelude.len(),
    };
    let rendered = format!("⊢ {target}");
    Goal::parse(HoleKind::Tactic, &[rendered], Vec::new(), context).expect("a goal")
}

/// About what a tokenizer would say.
fn words(text: &str) -> usize {
    lex(text).len() + text.matches('\n').count()
}

fn check(file: &str, target: &str, mode: Mode, budget: usize, expected: Expect) {
    let mut shown = String::new();
    match prompt(&goal(file, target), mode, budget, &words) {
        Some(Prompt { pieces, prefill }) => {
            for piece in pieces {
                match piece {
                    Piece::Marker(name) => shown += name,
                    Piece::Text(text) => shown += &text,
                }
            }
            shown += &format!("{prefill}…\n");
        }
        None => shown += "none\n",
    }
    expected.assert_eq(&shown);
}

const SMALL: &str = "\u{feff}import Mathlib\r\nopen Nat\r\n\r\n⟪/-- ```\r\n-/\r\ntheorem t : 1 = 1 ∧ 2 = 2 := by\r\n  \
        constructor\r\n  · sorry\r\n  · -- easy\r\n    ⟦⟧\r\n\r\n";

#[test]
fn fast_mode_is_prefilled_up_to_the_hole() {
    check(
        SMALL,
        "2 = 2",
        Mode::Fast,
        200,
        expect![[r#"
            <｜begin▁of▁sentence｜><｜User｜>Complete the following Lean 4 code:

            ```lean4
            import Mathlib
            open Nat

            /-- ~~~
            -/
            theorem t : 1 = 1 ∧ 2 = 2 := by
              constructor
              · sorry
              · -- easy
                sorry
            ```<｜Assistant｜>```lean4
            import Mathlib
            open Nat

            /-- ~~~
            -/
            theorem t : 1 = 1 ∧ 2 = 2 := by
              constructor
              · sorry
              ·…
        "#]],
    );
}

#[test]
fn reasoning_mode_asks_for_a_plan() {
    check(
        SMALL,
        "2 = 2",
        Mode::Reasoning,
        200,
        expect![[r#"
            <｜begin▁of▁sentence｜><｜User｜>Complete the following Lean 4 code:

            ```lean4
            import Mathlib
            open Nat

            /-- ~~~
            -/
            theorem t : 1 = 1 ∧ 2 = 2 := by
              constructor
              · sorry
              · -- easy
                sorry
            ```

            Before producing the Lean 4 code to formally prove the given theorem, provide a detailed proof plan outlining the main proof steps and strategies.
            The plan should highlight key ideas, intermediate lemmas, and proof structures that will guide the construction of the final formal proof.<｜Assistant｜>…
        "#]],
    );
}

#[test]
fn what_is_not_short_is_not_repeated() {
    let file = format!(
        "import A\ndef f := 1\n{}⟪theorem t : f = 1 := ⟦⟧",
        "#eval f + 1\n".repeat(60)
    );
    let Some(prompt) = prompt(&goal(&file, "f = 1"), Mode::Fast, 5000, &words) else {
        panic!("it fits");
    };
    assert_eq!(prompt.prefill, "```lean4\ntheorem t : f = 1 :=");
    assert!(matches!(&prompt.pieces[2], Piece::Text(text) if text.contains("import A")));
}

const LARGE: &str = "import Mathlib
open Foo

/-! Chatter that no one needs. -/

def unused := 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1

section Old
open Bar
variable (α : Type)
/-- Base. -/
def base (n : Nat) := n + 1
theorem gone : unused = 8 := by
  decide
end Old

namespace N
variable {k : Nat}

mutual
def even : Nat → Bool
  | 0 => true
  | n + 1 => odd n
def odd : Nat → Bool
  | 0 => false
  | n + 1 => even n
end

def twice (n : Nat) := base n + base n

theorem far : 1 = 1 := by
  have : 2 = 2 := rfl
  rfl

#eval twice 2

theorem twice_eq (n : Nat) : twice n = 2 * base n := by
  unfold twice
  omega

theorem near : 3 = 3 := by
  have : 3 = 3 := rfl
  have : 4 = 4 := rfl
  have : 5 = 5 := rfl
  rfl

⟪theorem goal : twice k = base k + base k := by
  ⟦⟧
";

#[test]
fn a_large_file_is_cut_down_to_what_matters() {
    for (budget, expected) in [
        (
            400,
            expect![[r#"
                <｜begin▁of▁sentence｜><｜User｜>Complete the following Lean 4 code:

                ```lean4
                import Mathlib

                open Foo

                def unused := 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1

                section Old

                open Bar
                variable (α : Type)

                /-- Base. -/
                def base (n : Nat) := n + 1

                theorem gone : unused = 8 := by
                  decide

                end Old

                namespace N

                variable {k : Nat}

                mutual

                def even : Nat → Bool
                  | 0 => true
                  | n + 1 => odd n

                def odd : Nat → Bool
                  | 0 => false
                  | n + 1 => even n

                end

                def twice (n : Nat) := base n + base n

                theorem far : 1 = 1 := by
                  have : 2 = 2 := rfl
                  rfl

                theorem twice_eq (n : Nat) : twice n = 2 * base n := by
                  unfold twice
                  omega

                theorem near : 3 = 3 := by
                  have : 3 = 3 := rfl
                  have : 4 = 4 := rfl
                  have : 5 = 5 := rfl
                  rfl

                theorem goal : twice k = base k + base k := by
                  sorry
                ```<｜Assistant｜>```lean4
                theorem goal : twice k = base k + base k := by…
            "#]],
        ),
        (
            200,
            expect![[r#"
                <｜begin▁of▁sentence｜><｜User｜>Complete the following Lean 4 code:

                ```lean4
                import Mathlib

                open Foo

                section Old

                open Bar
                variable (α : Type)

                /-- Base. -/
                def base (n : Nat) := n + 1

                theorem gone : unused = 8 := by
                  decide

                end Old

                namespace N

                variable {k : Nat}

                def twice (n : Nat) := base n + base n

                theorem far : 1 = 1 := by
                  have : 2 = 2 := rfl
                  rfl

                theorem twice_eq (n : Nat) : twice n = 2 * base n := by
                  unfold twice
                  omega

                theorem near : 3 = 3 := by sorry

                theorem goal : twice k = base k + base k := by
                  sorry
                ```<｜Assistant｜>```lean4
                theorem goal : twice k = base k + base k := by…
            "#]],
        ),
        (
            130,
            expect![[r#"
                <｜begin▁of▁sentence｜><｜User｜>Complete the following Lean 4 code:

                ```lean4
                import Mathlib

                open Foo

                section Old

                open Bar
                variable (α : Type)

                /-- Base. -/
                def base (n : Nat) := n + 1

                end Old

                namespace N

                variable {k : Nat}

                def twice (n : Nat) := base n + base n

                theorem goal : twice k = base k + base k := by
                  sorry
                ```<｜Assistant｜>```lean4
                theorem goal : twice k = base k + base k := by…
            "#]],
        ),
        (
            70,
            expect![[r#"
                <｜begin▁of▁sentence｜><｜User｜>Complete the following Lean 4 code:

                ```lean4
                import Mathlib

                open Foo

                namespace N

                variable {k : Nat}

                theorem goal : twice k = base k + base k := by
                  sorry
                ```<｜Assistant｜>```lean4
                theorem goal : twice k = base k + base k := by…
            "#]],
        ),
        (
            50,
            expect![[r#"
                <｜begin▁of▁sentence｜><｜User｜>Complete the following Lean 4 code:

                ```lean4
                theorem goal : twice k = base k + base k := by
                  sorry
                ```<｜Assistant｜>```lean4
                theorem goal : twice k = base k + base k := by…
            "#]],
        ),
    ] {
        check(
            LARGE,
            "twice k = base k + base k",
            Mode::Fast,
            budget,
            expected,
        );
    }
}

#[test]
fn a_mutual_block_is_kept_whole() {
    let file = LARGE.replace("twice k = base k + base k", "even k = !odd k");
    check(
        &file,
        "even k = !odd k",
        Mode::Fast,
        180,
        expect![[r#"
            <｜begin▁of▁sentence｜><｜User｜>Complete the following Lean 4 code:

            ```lean4
            import Mathlib

            open Foo

            namespace N

            variable {k : Nat}

            mutual

            def even : Nat → Bool
              | 0 => true
              | n + 1 => odd n

            def odd : Nat → Bool
              | 0 => false
              | n + 1 => even n

            end

            theorem twice_eq (n : Nat) : twice n = 2 * base n := by
              unfold twice
              omega

            theorem near : 3 = 3 := by sorry

            theorem goal : even k = !odd k := by
              sorry
            ```<｜Assistant｜>```lean4
            theorem goal : even k = !odd k := by…
        "#]],
    );
}

#[test]
fn a_very_long_file_is_not_counted_whole() {
    let mut file = String::from("import Mathlib\nnamespace Long\n");
    for n in 0..4000 {
        file += &format!("\n/-- About {n}. -/\ntheorem t{n} : f{n} = {n} := by\n  simp\n  omega\n");
    }
    file += "\n⟪theorem last : f7 = 7 := by\n  exact t7 ▸ ⟦⟧\n";
    let counted = Cell::new(0);
    let count = |text: &str| {
        counted.set(counted.get() + text.len());
        words(text)
    };
    let prompt = prompt(&goal(&file, "f7 = 7"), Mode::Fast, 300, &count).expect("it fits");
    let Piece::Text(message) = &prompt.pieces[2] else {
        panic!("no message");
    };
    for kept in [
        "import Mathlib\n",
        "namespace Long\n",
        "theorem t7 :",
        "theorem t3999 :",
    ] {
        assert!(message.contains(kept), "{kept} in {message}");
    }
    assert!(!message.contains("theorem t2000 "), "{message}");
    assert!(counted.get() < 30_000, "{} bytes counted", counted.get());
}

proptest! {
    /// The prompt of any file keeps to its budget and has the declaration.
    #[test]
    fn any_file_gives_a_prompt_within_its_budget(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "theorem a : p := by", "\n", "  ", "end", "namespace A", "section", "mutual", "/-", "-/",
            "\"", "(", ")", ":=", "|", "sorry", "@[", "]", "open A in", "def b", "`", "\t", "\r\n", "é", "let",
            "variable", "-- c", "import X", "«", "/--",
        ]), 0..60),
        hole in 0usize..200,
        declaration in 0usize..200,
        budget in 0usize..200,
    ) {
        let text = parts.join(" ");
        let (before, after) = split(&text, hole);
        let context = Context {
            before: before.to_owned(),
            after: after.to_owned(),
            declaration,
        };
        let goal = Goal::parse(HoleKind::Term, &["⊢ b".into()], Vec::new(), context).expect("a goal");
        for mode in [Mode::Fast, Mode::Reasoning] {
            if let Some(prompt) = prompt(&goal, mode, budget, &str::len) {
                prop_assert!(prompt.prefill.trim_end() == prompt.prefill);
                let texts = prompt.pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => text.len(),
                    Piece::Marker(_) => 1,
                });
                prop_assert!(texts.sum::<usize>() + prompt.prefill.len() <= budget);
            }
            let all = prompt(&goal, mode, 100_000, &str::len);
            prop_assert!(all.is_some());
        }
    }
}
