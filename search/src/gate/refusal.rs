//! The reasons why a candidate is not shown to Lean.

/// The longest candidate.
pub const MAX_CANDIDATE_BYTES: usize = 64 * 1024;

/// The reason why a candidate is not shown to Lean.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The candidate is empty.
    #[error("it is empty")]
    Empty,
    /// The candidate is longer than [`MAX_CANDIDATE_BYTES`].
    #[error("it is longer than {MAX_CANDIDATE_BYTES} bytes")]
    TooLong,
    /// A string, comment or quoted name is never closed.
    #[error("`{0}` is never closed")]
    Unclosed(String),
    /// A string or character may end elsewhere than it seems to.
    #[error("`{0}` can be read in two ways")]
    Ambiguous(String),
    /// A bracket has no partner.
    #[error("the bracket `{0}` has no partner")]
    Unbalanced(char),
    /// There is a comment, which could hide what comes after it.
    #[error("it holds a comment")]
    Comment,
    /// There is a word or symbol of the table.
    #[error("it holds `{word}`: {reason}")]
    Forbidden {
        /// The word as it is written in the candidate.
        word: String,
        /// The harm that the word could do.
        reason: &'static str,
    },
    /// There is a character that can't be seen, or that changes how text is seen.
    #[error("it holds the invisible character U+{0:04X}")]
    Invisible(u32),
    /// A line stands left of the first one.
    #[error("line {0} stands left of the first line and so outside the hole")]
    Dedented(usize),
    /// Something stands behind the end of a term.
    #[error("`{0}` does not belong to a single term")]
    NotOneTerm(String),
}
