//! What is said of two files, and of each declaration.

use super::super::compiler::CompileError;

/// What is said of two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// What became of each declaration.
    Declarations {
        /// All of the first file, and then those of the second that the first does not have.
        verdicts: Vec<Verdict>,
        /// The kernel that has taken what is new or changed: `Lean 4.28.0`.
        kernel: String,
        /// The lines, from 0, of the first file's commands with errors; these were left out.
        left_out: Vec<usize>,
    },
    /// The second file has errors.
    Errors(Vec<CompileError>),
    /// They don't import the same: why nothing else was looked at.
    Imports(String),
}

/// What became of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its name, as its reader knows it; `example 2` for the second example.
    pub name: String,
    /// `theorem`, `definition`, …
    pub kind: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// The axioms that it rests on, `sorry` not among them; none where it has changed.
    pub axioms: Vec<String>,
    /// The definitions that its statement rests on, and that were a `sorry`.
    pub on_filled: Vec<String>,
}

/// How a declaration stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is what it was.
    Unchanged,
    /// It was proved before, and is proved in another way.
    Reproved,
    /// It rested on a `sorry`, and is proved.
    Proved,
    /// It was data that a `sorry` stood for, and has a value.
    Filled,
    /// It is new, and as it may be.
    New,
    /// It rests on a `sorry`: its own, where nothing is named, or that of these declarations, too.
    Open(Vec<String>),
    /// It is not what it was: what of it.
    Changed(String),
    /// It is not there any more.
    Gone,
    /// It rests on these axioms, which are neither standard nor those that it rested on.
    Axioms(Vec<String>),
    /// It is an axiom that was not there.
    NewAxiom,
    /// Lean makes nothing of it in the first file, for an error at this line, from 0.
    Unknown {
        /// The line.
        line: usize,
    },
    /// The kernel does not take it, or what it is made of: why.
    Refused(String),
}

impl Standing {
    /// Whether nothing is wrong with it.
    pub fn is_well(&self) -> bool {
        matches!(
            self,
            Standing::Unchanged
                | Standing::Reproved
                | Standing::Proved
                | Standing::Filled
                | Standing::New
        )
    }
}
