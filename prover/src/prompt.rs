//! What Prover-V2 is asked, in the words it was trained on.
//!
//! The message is the model card's
//! (<https://huggingface.co/deepseek-ai/DeepSeek-Prover-V2-7B>): the code with its `sorry` in a
//! fence, and for the reasoning mode a request for a plan. In fast mode the assistant's turn is
//! prefilled up to the hole, so that the model writes nothing but what is missing. A prefill that
//! repeats all of the code is what the model was trained on; that is done while what stands before
//! the declaration is short ([`MAX_REPEATED_TOKENS`] tokens: a usual header). Longer code is not paid for
//! twice: the turn then starts with the declaration.
//!
//! The prefill never ends in blanks or comments: a tokenizer puts blanks and the word after them
//! in one token, and a comment could go on. The answer starts with the blanks instead.

mod context;

use crate::ask::{Ask, Attempt};
use context::File;
use std::borrow::Cow;
use unsorry_syntax::lex;

/// Code before the declaration is repeated in the prefill up to this many tokens.
pub const MAX_REPEATED_TOKENS: usize = 256;

const BEGIN: &str = "<｜begin▁of▁sentence｜>";
const USER: &str = "<｜User｜>";
const ASSISTANT: &str = "<｜Assistant｜>";

const TASK: &str = "Complete the following Lean 4 code:\n\n";
const REFUSED: &str = "\n\nThis was tried in the place of `sorry`, and Lean 4 refused it:\n\n";
const SAYS: &str = "\n\nLean 4 says:\n\n";
const MEND: &str = "\n\nWrite a proof that Lean 4 accepts.";

/// Most bytes of Lean's words on a proof that it refused.
const MAX_ERROR_BYTES: usize = 1200;

const PLAN: &str = "\n\nBefore producing the Lean 4 code to formally prove the given theorem, \
    provide a detailed proof plan outlining the main proof steps and strategies.\n\
    The plan should highlight key ideas, intermediate lemmas, and proof structures that will guide \
    the construction of the final formal proof.";

/// How the model is to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// With what is missing, at once.
    Fast,
    /// With a plan, a sketch, and then the whole code.
    Reasoning,
}

/// A part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A special token, by its name in the vocabulary.
    Marker(&'static str),
    /// Text, in which nothing is a special token, whatever it looks like.
    Text(String),
}

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Up to where the assistant's turn starts.
    pub pieces: Vec<Piece>,
    /// What the assistant's turn starts with, to be made tokens apart from what comes after it; may
    /// be empty. It never ends in blanks.
    pub prefill: String,
}

/// The prompt for what is asked, to be answered as `mode` says, of at most `budget` tokens, the prefill included. `count` says how many
/// tokens a text has. `None` if not even the hole's declaration fits.
///
/// A file that does not fit is cut down to what matters, in the file's order: what is in force at
/// the hole (imports, `open`, `variable`, …), what the goal and the declaration name and what that
/// names, then what shares names with them, then what stands nearest. Theorems lose their proofs
/// first.
pub fn prompt(
    ask: &Ask,
    mode: Mode,
    budget: usize,
    count: &dyn Fn(&str) -> usize,
) -> Option<Prompt> {
    let goal = &ask.goal;
    let context = &goal.context;
    let repair = ask.attempt.as_ref().map(repair).unwrap_or_default();
    let (prelude, head) = split(&context.before, context.declaration);
    let (prelude, head, rest) = (plain(prelude), plain(head), plain(&context.after));
    let prelude = prelude.trim_start_matches('\u{feff}');
    // Columns stay as they are in the file.
    let line = prelude.rfind('\n').map_or(0, |newline| newline + 1);
    let indent = Some(&prelude[line..]).filter(|indent| indent.trim().is_empty());
    let head = format!("{}{head}", indent.unwrap_or_default());
    let declaration = format!("{head}sorry{rest}");
    let declaration = declaration.trim_end();

    let written = |before: &str, repeated: &str| {
        let message = match mode {
            Mode::Fast => format!("{TASK}```lean4\n{before}{declaration}\n```{repair}"),
            Mode::Reasoning => {
                format!("{TASK}```lean4\n{before}{declaration}\n```{repair}{PLAN}")
            }
        };
        let prefill = match mode {
            Mode::Fast => {
                let turn = format!("```lean4\n{}", code(&format!("{repeated}{head}")));
                turn.trim_end().to_owned()
            }
            Mode::Reasoning => String::new(),
        };
        let tokens = 3 + count(&message) + count(&prefill);
        let pieces = vec![
            Piece::Marker(BEGIN),
            Piece::Marker(USER),
            Piece::Text(message),
            Piece::Marker(ASSISTANT),
        ];
        (tokens <= budget).then_some(Prompt { pieces, prefill })
    };

    // No tokenizer makes a text of Lean this much shorter, so nothing that large is counted.
    let whole = prelude.trim();
    if whole.len() <= budget.saturating_mul(16) {
        let whole = match whole {
            "" => String::new(),
            _ => format!("{whole}\n\n"),
        };
        let repeated = match count(&whole) <= MAX_REPEATED_TOKENS {
            true => &*whole,
            false => "",
        };
        if let Some(prompt) = written(&whole, repeated) {
            return Some(prompt);
        }
    }
    let alone = written("", "")?;
    let used = 3
        + count(&alone.prefill)
        + alone
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => count(text),
                Piece::Marker(_) => 0,
            })
            .sum::<usize>();
    let file = File::read(prelude);
    let mut names = format!("{} {declaration}", goal.target);
    for hypothesis in &goal.hypotheses {
        names.extend([" ", &hypothesis.ty]);
    }
    let mut chosen = file.choose(&names, budget.saturating_sub(used), count);
    // Tokens of the whole may be a few more than those of its parts.
    while !chosen.is_empty() {
        if let Some(prompt) = written(&file.written(&chosen), "") {
            return Some(prompt);
        }
        chosen.pop();
    }
    Some(alone)
}

/// What is said of a proof that Lean refused. It comes after the code, so that the prompt begins as the
/// one before it did.
fn repair(attempt: &Attempt) -> String {
    let (error, rest) = split(&attempt.error, MAX_ERROR_BYTES);
    let dots = if rest.is_empty() { "" } else { "…" };
    let (text, error) = (plain(attempt.text.trim_end()), plain(error.trim_end()));
    format!("{REFUSED}```lean4\n{text}\n```{SAYS}```\n{error}{dots}\n```{MEND}")
}

/// `text` cut at `at`, or at the character that is there.
pub(crate) fn split(text: &str, at: usize) -> (&str, &str) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.split_at(at)
}

/// Lines that end in `\n`, and no fence but the prompt's own (documentation is Markdown).
fn plain(text: &str) -> Cow<'_, str> {
    match text.contains("```") || text.contains('\r') {
        true => text.replace("\r\n", "\n").replace("```", "~~~").into(),
        false => text.into(),
    }
}

/// `text` without the blanks and comments that it ends in.
pub(crate) fn code(text: &str) -> &str {
    let last = lex(text).into_iter().rfind(|token| token.is_code());
    &text[..last.map_or(0, |token| token.range.end)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goal::{Context, Goal, HoleKind};
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use std::cell::Cell;

    /// The prompt where nothing has been tried.
    fn prompt(
        goal: &Goal,
        mode: Mode,
        budget: usize,
        count: &dyn Fn(&str) -> usize,
    ) -> Option<Prompt> {
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
            file +=
                &format!("\n/-- About {n}. -/\ntheorem t{n} : f{n} = {n} := by\n  simp\n  omega\n");
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
        /// Whatever the file is, the prompt keeps to its budget and has the declaration.
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
}
