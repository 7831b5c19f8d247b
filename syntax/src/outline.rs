//! Everything that is read off a text at once.

use super::{Declaration, Hole, LineIndex, Token, declarations, holes, lex};

/// A text's tokens and what was found among them, made in one pass over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// All tokens, comments included.
    pub tokens: Vec<Token>,
    /// The declarations, in order.
    pub declarations: Vec<Declaration>,
    /// The holes, in order.
    pub holes: Vec<Hole>,
    /// Offsets to positions and back.
    pub lines: LineIndex,
}

impl Outline {
    /// The outline of `text`.
    pub fn of(text: &str) -> Self {
        let tokens = lex(text);
        let declarations = declarations(text, &tokens);
        let holes = holes(text, &tokens, &declarations);
        Self {
            tokens,
            declarations,
            holes,
            lines: LineIndex::new(text),
        }
    }

    /// The declaration that a hole stands in.
    pub fn declaration_of(&self, hole: &Hole) -> &Declaration {
        &self.declarations[hole.declaration]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_read_in_one_go() {
        let mut text = String::from("import Foo\n\nnamespace Long\n");
        for n in 0..500 {
            text.push_str(&format!(
                "\n/-- About {n}. -/\n@[simp] theorem t{n} : True := by\n"
            ));
            for step in 0..34 {
                text.push_str(&format!(
                    "  have h{step} (x : Nat) : x + {step} = {step} + x := by omega\n"
                ));
            }
            text.push_str("  sorry\n");
        }
        text.push_str("\nend Long\n");
        let outline = Outline::of(&text);
        assert!(outline.lines.lines() > 18_000);
        assert_eq!(
            (outline.declarations.len(), outline.holes.len()),
            (500, 500)
        );
        let hole = &outline.holes[499];
        assert!(
            outline
                .declaration_of(hole)
                .extent
                .contains(&hole.range.start)
        );
    }
}
