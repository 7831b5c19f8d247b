//! What is claimed of a hole, and the word on it.

use unsorry_syntax::Change;

/// A file as it stands, for one of whose holes something was found.
#[derive(Debug, Clone, Copy)]
pub struct FileAsItStands<'a> {
    /// Its URI.
    pub uri: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// What is said to fill a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The hole, by its number in the outline of the file.
    pub hole: usize,
    /// The change to the file's text.
    pub change: Change,
    /// What it is said to be.
    pub is: Claimed,
}

/// What a claim is said to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// A proof, with nothing left open.
    Proof,
    /// A sketch, which leaves a `sorry`.
    Sketch,
    /// A theorem, in front of the declaration, that contradicts the goal; the change puts [`CONTRARY`]
    /// in the place of the tactic that says so.
    Contrary {
        /// The theorem, whole.
        theorem: String,
        /// Its name.
        name: String,
    },
}

/// The referee's word on a claim: it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub(super) unproved: Vec<String>,
    pub(super) axioms: Vec<String>,
    pub(super) kernel: String,
}

impl Word {
    /// The declarations on which it rests that are not proved themselves, and on which its own did not rest
    /// before.
    pub fn unproved(&self) -> &[String] {
        &self.unproved
    }

    /// All axioms on which it rests, `sorry` not among them.
    pub fn axioms(&self) -> &[String] {
        &self.axioms
    }

    /// The kernel that has taken it: `Lean 4.28.0`.
    pub fn kernel(&self) -> &str {
        &self.kernel
    }
}

/// The reasons why there is no word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWord {
    /// It does not hold.
    #[error("{0}")]
    Refused(String),
    /// There is no referee for this file, or this Lean, whatever is claimed.
    #[error("{0}")]
    NoReferee(String),
}

/// Stands in a claim's change for the tactic that says that a goal is contradicted.
pub const CONTRARY: &str = "unsorry_contrary";
