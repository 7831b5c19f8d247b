//! A sketch: a candidate that leaves steps to prove, each a `sorry` of its own. Pure.

use unsorry_prover::{Candidate, HoleKind};

use unsorry_syntax::{Outline, splice};

/// A sketch, and what of its steps is filled in.
#[derive(Debug, Clone)]
pub struct Sketch {
    /// The sketch in a declaration of its own, so that its holes are found as any others.
    text: String,
    outline: Outline,
    like: Candidate,
}

/// The text in front of tactics, which stand below it with two blanks before each line.
const TACTICS: &str = "theorem sketch : goal := by\n  ";

/// The text in front of a term.
const TERM: &str = "theorem sketch : goal :=\n  ";

impl Sketch {
    /// The sketch in `candidate`, for a hole of `kind`. None if it has no `sorry`.
    pub fn of(kind: HoleKind, candidate: &Candidate) -> Option<Sketch> {
        let head = match kind {
            HoleKind::Tactic => TACTICS,
            HoleKind::Term => TERM,
        };
        let text = format!("{head}{}", candidate.text.replace('\n', "\n  "));
        let outline = Outline::of(&text);
        let own = outline.declarations.len() == 1 && !outline.holes.is_empty();
        own.then_some(Sketch {
            text,
            outline,
            like: candidate.clone(),
        })
    }

    /// The number of the sketch's holes.
    pub fn holes(&self) -> usize {
        self.outline.holes.len()
    }

    /// The statement that the `hole`, from 0, is to prove, as it is written there: `h₁ : a < b`; none where
    /// it is no `have` of one line.
    pub fn label(&self, hole: usize) -> Option<String> {
        let at = self.outline.holes[hole].range.start;
        let before = &self.text[..at];
        let start = ["have ", "obtain ", "suffices "]
            .iter()
            .filter_map(|word| before.rfind(word).map(|at| at + word.len()))
            .max()?;
        let label = before[start..].trim_end();
        let label = label.strip_suffix("by").unwrap_or(label).trim_end();
        let label = label.strip_suffix(":=")?.trim_end();
        // It belongs to another step if there is a proof between.
        let own = !label.contains(":=") && !label.is_empty();
        own.then(|| label.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Puts `proof`, for a hole of `kind`, into `hole`, counted from 0: it is a hole no more.
    pub fn fill(&mut self, hole: usize, kind: HoleKind, proof: &str) {
        let change = splice(&self.text, &self.outline.holes[hole], kind, proof);
        self.text = change.apply(&self.text);
        self.outline = Outline::of(&self.text);
    }

    /// The sketch as it is now; a candidate for a proof once it has no hole.
    pub fn candidate(&self) -> Candidate {
        let body = self.text.split_once('\n').map_or("", |(_, body)| body);
        let lines = body
            .lines()
            .map(|line| line.strip_prefix("  ").unwrap_or(line));
        self.like.with_text(lines.collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use unsorry_prover::HoleKind::{Tactic, Term};

    /// The labels of a sketch's steps, and it with `proofs` in its holes, in their order.
    fn check(kind: HoleKind, text: &str, proofs: &[(HoleKind, &str)], expected: Expect) {
        let mut sketch = Sketch::of(
            kind,
            &Candidate::new(text, unsorry_prover::Engine::Local(None)),
        )
        .expect("a sketch");
        let labels = (0..sketch.holes()).map(|hole| sketch.label(hole).unwrap_or("-".into()));
        let mut shown: Vec<String> = labels.collect();
        for (kind, proof) in proofs {
            sketch.fill(0, *kind, proof);
        }
        shown.push(sketch.candidate().text);
        expected.assert_eq(&shown.join("\n"));
    }

    #[test]
    fn steps_are_filled_where_they_stand() {
        check(
            Tactic,
            "have h₁ : a < b := by sorry\nhave h₂ :\n    b < c := by\n  sorry\nhave h₃ : x := foo\ncases n with\n| zero => sorry\n| succ n => exact lt h₁ h₂ sorry",
            &[
                (Tactic, "simp\nomega"),
                (Tactic, "cases h\n· rfl\n· simp"),
                (Tactic, "decide"),
                (Term, "by\n  intro x\n  rfl"),
            ],
            expect![[r#"
                h₁ : a < b
                h₂ : b < c
                -
                -
                have h₁ : a < b := by
                  simp
                  omega
                have h₂ :
                    b < c := by
                  cases h
                  · rfl
                  · simp
                have h₃ : x := foo
                cases n with
                | zero => decide
                | succ n => exact lt h₁ h₂ (by intro x; rfl)"#]],
        );
    }

    #[test]
    fn a_term_can_be_a_sketch() {
        check(
            Term,
            "by\n  have h : p := sorry\n  exact f h sorry",
            &[(Term, "rfl"), (Term, "fun x => x")],
            expect![[r#"
                h : p
                -
                by
                  have h : p := rfl
                  exact f h (fun x => x)"#]],
        );
    }

    #[test]
    fn what_is_none() {
        let sketch = |text| {
            Sketch::of(
                Tactic,
                &Candidate::new(text, unsorry_prover::Engine::Local(None)),
            )
            .is_some()
        };
        assert!(!sketch("exact h"));
        assert!(!sketch("exact h\ntheorem x : p := sorry"));
        assert!(sketch("constructor\n· sorry\n· rfl"));
    }
}
