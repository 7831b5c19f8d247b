//! A hole in a text: what is to be proved, and where a proof of it would go. Pure.

use std::sync::Arc;

use unsorry_prover::HoleKind;

use unsorry_syntax::{Change, Declaration, Hole, Outline, splice};

/// The name that a declaration without one gets, so that Lean can be asked about it.
pub const NAME: &str = "unsorry_unnamed";

/// The most tokens of what stands behind a declaration that a proof is tried with.
const MAX_BEHIND: usize = 16;

/// A hole of a document as it was at one moment.
#[derive(Debug, Clone)]
pub struct Target {
    /// The document's URI: candidates are checked beside it.
    pub uri: Arc<str>,
    /// The document's text.
    pub text: Arc<str>,
    /// The outline of `text`.
    pub outline: Arc<Outline>,
    /// The hole's index in the outline.
    pub hole: usize,
}

/// The document with a proof in a hole's place, cut after the hole's declaration.
#[derive(Debug)]
pub struct Spliced {
    /// The text with the proof.
    pub text: String,
    /// The change that makes it of the document's text.
    pub change: Change,
}

impl Target {
    /// The hole.
    pub fn hole(&self) -> &Hole {
        &self.outline.holes[self.hole]
    }

    /// The declaration that holds it.
    pub fn declaration(&self) -> &Declaration {
        self.outline.declaration_of(self.hole())
    }

    /// The text up to the end of the hole's declaration: all that a proof there can depend on.
    pub fn head(&self) -> &str {
        &self.text[..self.declaration().block.end]
    }

    /// The beginning of what stands behind the declaration: a proof may go on with it. It is cut before the next
    /// command's body, or sooner; and behind a word that has what follows it run.
    pub fn behind(&self) -> &str {
        let end = self.declaration().block.end;
        let tokens = self.outline.tokens.iter();
        let behind = tokens.filter(|token| token.range.start >= end && token.is_code());
        let begins_body = |word: &str| matches!(word, ":=" | "where" | "|" | "by" | "=>");
        let runs = |word: &str| {
            word.starts_with('#') || word.starts_with("run_") || word.ends_with("initialize")
        };
        let mut has_run = false;
        let begun = behind.take(MAX_BEHIND).take_while(|token| {
            let word = token.text(&self.text);
            let is_behind_one = has_run;
            has_run |= runs(word);
            !is_behind_one && !begins_body(word)
        });
        let cut = begun.last().map_or(end, |token| token.range.end);
        &self.text[end..cut]
    }

    /// Whether the declaration, or another in the `mutual` block around it, is `unsafe`.
    pub fn is_unsafe(&self) -> bool {
        let block = &self.declaration().block;
        let mut tokens = self.outline.tokens.iter();
        tokens.any(|token| block.contains(&token.range.start) && token.text(&self.text) == "unsafe")
    }

    /// The other holes of the declaration, or of the `mutual` block around it.
    pub fn siblings(&self) -> impl Iterator<Item = &Hole> {
        let block = self.declaration().block.clone();
        let here = self.hole().range.clone();
        self.outline
            .holes
            .iter()
            .filter(move |hole| block.contains(&hole.range.start) && hole.range != here)
    }

    /// The text with `proof` in the hole's place, cut after the declaration.
    pub fn spliced(&self, kind: HoleKind, proof: &str) -> Spliced {
        let change = splice(&self.text, self.hole(), kind, proof);
        Spliced {
            text: change.apply(self.head()),
            change,
        }
    }

    /// `text`, which is the target's as far as the declaration's keyword, with the keyword replaced
    /// by `keyword` and [`NAME`].
    pub fn named(&self, text: &str, keyword: &str) -> String {
        let named = Change {
            range: self.declaration().keyword.clone(),
            text: format!("{keyword} {NAME}"),
        };
        named.apply(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str, hole: usize) -> Target {
        Target {
            uri: "file:///A.lean".into(),
            text: text.into(),
            hole,
            outline: Arc::new(Outline::of(text)),
        }
    }

    #[test]
    fn what_a_proof_may_go_on_with() {
        let check = |behind: &str, expected: &str| {
            let text = format!("theorem t : 1 = 1 := by\n  sorry{behind}");
            assert_eq!(target(&text, 0).behind(), expected, "{behind}");
        };
        check("", "");
        check("\n-- the end\n", "");
        check("\n\nunsafe def x := 1\n", "\n\nunsafe def x");
        check(
            "\n/-- d -/\n@[simp] theorem u (n : Nat) : n = n := rfl",
            "\n/-- d -/\n@[simp] theorem u (n : Nat) : n = n",
        );
        check("\nopen A in\ndef f\n  | 0 => 1", "\nopen A in\ndef f");
        check(
            &format!("\nopen {}", "x ".repeat(99)),
            &format!("\nopen{}", " x".repeat(15)),
        );
        // What would be run is not.
        check("\n#eval f 3\n", "\n#");
        check("\nend A\nrun_cmd f 3\n", "\nend A\nrun_cmd");
        check("\nbuiltin_initialize f\n", "\nbuiltin_initialize");
    }

    #[test]
    fn unsafe_declarations() {
        let check = |text: &str, expected: bool| {
            let target = target(text, Outline::of(text).holes.len() - 1);
            assert_eq!(target.is_unsafe(), expected, "{text}");
        };
        check("unsafe def x := 1\ntheorem t : 1 = 2 := sorry", false);
        check("unsafe theorem t : 1 = 2 := sorry", true);
        check("@[simp] private unsafe def t : 1 = 2 := by\n  sorry", true);
        check(
            "mutual\nunsafe def a := 1\ntheorem t : 1 = 2 := sorry\nend",
            true,
        );
    }
}
