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
    /// What is said of it.
    pub is: Claimed,
}

impl Claim {
    /// The change to the file's text; none where the hole stays.
    pub fn change(&self) -> Option<&Change> {
        match &self.is {
            Claimed::Proof(change) | Claimed::Sketch(change) => Some(change),
            Claimed::Contrary { .. } => None,
        }
    }

    /// What is declared in front of the hole's declaration, and its name; none for most.
    pub fn front(&self) -> Option<(&str, &str)> {
        match &self.is {
            Claimed::Contrary { theorem, name } => Some((theorem, name)),
            Claimed::Proof(_) | Claimed::Sketch(_) => None,
        }
    }

    /// Whether it leaves a `sorry` of its own.
    pub fn leaves_open(&self) -> bool {
        matches!(self.is, Claimed::Sketch(_))
    }
}

/// What is said of a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// This change of the file's text fills it with a proof, and leaves nothing open.
    Proof(Change),
    /// This one fills it with a sketch, which leaves a `sorry`.
    Sketch(Change),
    /// A theorem in front of its declaration contradicts the goal.
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
    pub(super) stated: Vec<String>,
    pub(super) axioms: Vec<String>,
    pub(super) kernel: String,
}

impl Word {
    /// The declarations on which it rests that are not proved themselves, but for those of [`Word::stated`].
    pub fn unproved(&self) -> &[String] {
        &self.unproved
    }

    /// The declarations, not proved themselves, that are part of what is stated: whatever is said of them rests
    /// on them.
    pub fn stated(&self) -> &[String] {
        &self.stated
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
    /// The referee could not be asked this time.
    #[error("the referee could not be asked: {0}; try again")]
    Unknown(String),
}

/// The reasons why there is nothing to judge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It will be so the next time.
    #[error("{0}")]
    Always(String),
    /// It went wrong this time: a process ended, or took too long, or there was no room.
    #[error("{0}")]
    Now(String),
}

impl Failure {
    /// What it means for a claim of a file that could not be compiled as it stands.
    pub fn of_the_file(self) -> NoWord {
        match self {
            Failure::Always(why) => NoWord::NoReferee(why),
            Failure::Now(why) => NoWord::Unknown(why),
        }
    }
}
