//! Why an export failed.

use std::io;

/// Why constants could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Two different constants of one name were given.
    #[error("there are two different constants {0}")]
    Twice(String),
    /// Constants that are one declaration (an inductive type with those declared together with it, its constructors and
    /// recursors; the quotient) do not belong together, or some were not given.
    #[error("the declaration of {0} is not whole")]
    Incomplete(String),
    /// It could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}
