//! Why a file could not be read.

/// What was wrong with a module's files, and where. Who has it can only compile the module again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a compiled Lean file that can be read: {what} (file {part} of the module, byte {offset})"
)]
pub struct ReadError {
    /// What was wrong, in words.
    pub what: String,
    /// Which of the module's files, from 0.
    pub part: usize,
    /// The byte of that file at which the damaged object, or field of the header, begins.
    pub offset: usize,
}
