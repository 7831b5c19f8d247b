//! What a candidate must be before Lean sees it: one block of tactics or one term, and no command.
//!
//! Elaborating runs code, so what could run a program, change the meaning of the statement or get
//! out of the hole is refused by its tokens, not found out afterwards. This is the first of several
//! lines: what passes here is no proof, and what is a proof Lean decides.

mod options;
mod shape;
mod table;
#[cfg(test)]
mod tests;
mod tokens;
mod visible;
mod words;

use unsorry_prover::HoleKind;

pub use visible::is_hidden;

use tokens::Tokens;

/// The longest candidate.
pub const MAX_CANDIDATE_BYTES: usize = 64 * 1024;

/// Why a candidate is not tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is longer than [`MAX_CANDIDATE_BYTES`].
    #[error("it is longer than {MAX_CANDIDATE_BYTES} bytes")]
    TooLong,
    /// A string, comment or quoted name in it is never closed.
    #[error("`{0}` is never closed")]
    Unclosed(String),
    /// A string or character may end elsewhere than it seems to.
    #[error("`{0}` can be read in two ways")]
    Ambiguous(String),
    /// A bracket has no partner.
    #[error("the bracket `{0}` has no partner")]
    Unbalanced(char),
    /// It holds a comment, which could hide what comes after it.
    #[error("it holds a comment")]
    Comment,
    /// It holds a word or symbol of the table.
    #[error("it holds `{word}`: {reason}")]
    Forbidden {
        /// As it is written in the candidate.
        word: String,
        /// What it could do.
        reason: &'static str,
    },
    /// It holds a character that can't be seen, or that changes how text is seen.
    #[error("it holds the invisible character U+{0:04X}")]
    Invisible(u32),
    /// A line in it stands left of its first line.
    #[error("line {0} stands left of the first line and so outside the hole")]
    Dedented(usize),
    /// As a term, it goes on after the term's end.
    #[error("`{0}` does not belong to a single term")]
    NotOneTerm(String),
}

/// Checks one candidate for a hole of `kind`.
///
/// # Errors
/// When it must not be shown to Lean.
pub fn gate(kind: HoleKind, candidate: &str) -> Result<(), Refusal> {
    examine(kind, candidate, false)
}

/// The same for a sketch, which may leave a `sorry`.
///
/// # Errors
/// As [`gate`].
pub fn gate_sketch(kind: HoleKind, sketch: &str) -> Result<(), Refusal> {
    examine(kind, sketch, true)
}

fn examine(kind: HoleKind, candidate: &str, sketch: bool) -> Result<(), Refusal> {
    if candidate.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if candidate.len() > MAX_CANDIDATE_BYTES {
        return Err(Refusal::TooLong);
    }
    let tokens = Tokens::of(candidate);
    visible::characters(&tokens)?;
    visible::comments(&tokens)?;
    visible::strings(&tokens)?;
    shape::balanced(&tokens)?;
    words::tokens(&tokens, sketch)?;
    words::anywhere(candidate)?;
    // After an error Lean may read on within a string, or take code for one.
    if candidate.contains('"') {
        let bare = candidate.replace('"', " ");
        let tokens = Tokens::of(&bare);
        if !tokens.iter().all(|token| token.is_code()) {
            return Err(Refusal::Comment);
        }
        words::tokens(&tokens, sketch)?;
    }
    shape::indented(&tokens)?;
    if kind == HoleKind::Term {
        shape::single_term(&tokens)?;
    }
    Ok(())
}
