//! The gate: conditions on a candidate before Lean sees it: one block of tactics or one term, and no command.
//!
//! Elaborating runs code, so what could run a program, change the meaning of the statement or get
//! out of the hole is refused by its tokens, not found out afterwards. This is the first of several
//! lines: what passes here is no proof, and what is a proof Lean decides.

mod arguments;
mod forbidden_words;
mod literals;
mod options;
mod raw;
mod refusal;
mod shape;
#[cfg(test)]
mod tests;
mod tokens;
mod tree;
mod visible;
mod words;

use unsorry_prover::HoleKind;

pub use refusal::{Harm, MAX_CANDIDATE_BYTES, Refusal};
pub use tree::Tree;
pub use words::is_limit;

use tokens::Tokens;
use words::View;

/// Checks one candidate for a hole of `kind`.
///
/// # Errors
/// When it must not be shown to Lean.
pub fn gate(kind: HoleKind, candidate: &str) -> Result<(), Refusal> {
    examine(kind, candidate, false)
}

/// Checks a sketch, which may leave a `sorry`, as [`gate`] checks a candidate.
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
    visible::characters(candidate)?;
    visible::comments(&tokens)?;
    literals::strings(&tokens)?;
    shape::balanced(&tokens)?;
    shape::shallow(&tokens)?;
    let view = View {
        kind,
        sketch,
        bare: false,
    };
    words::tokens(&tokens, view)?;
    words::anywhere(&tokens, sketch)?;
    // After an error Lean may read on within a string, or take code for one.
    if candidate.contains('"') {
        let bare = literals::opened(candidate);
        words::tokens(&Tokens::of(&bare), View { bare: true, ..view })?;
    }
    literals::escapes(&tokens)?;
    literals::plain(&tokens)?;
    shape::indented(&tokens)?;
    if kind == HoleKind::Term {
        shape::single_term(&tokens)?;
    }
    Ok(())
}
