//! The reasons why a candidate is not shown to Lean, each by the rule that it goes by.

use std::fmt;

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
    /// A string, character or name may end elsewhere than it seems to.
    #[error("`{0}` can be read in two ways")]
    Ambiguous(String),
    /// A bracket has no partner.
    #[error("the bracket `{0}` has no partner")]
    Unbalanced(char),
    /// There is a comment, which could hide what comes after it.
    #[error("it holds a comment")]
    Comment,
    /// There is a word or symbol that does harm.
    #[error("it holds `{word}`: {harm}")]
    Forbidden {
        /// The word as it is written in the candidate.
        word: String,
        /// The harm that the word could do.
        harm: Harm,
    },
    /// There is a character that can't be seen, or that changes how text is seen.
    #[error("it holds the invisible character U+{0:04X}")]
    Invisible(u32),
    /// A line stands left of the first one.
    #[error("line {0} stands left of the first line and so outside the hole")]
    Dedented(usize),
    /// It is nested so deeply that it, or what Lean prints of it, can't be read.
    #[error("it is nested too deeply to be looked at")]
    TooDeep,
    /// This Lean reads others, and of this one it says nothing.
    #[error("Lean's own parser gives no answer on it")]
    Unread,
    /// Something stands behind the end of a term.
    #[error("`{0}` does not belong to a single term")]
    NotOneTerm(String),
}

impl Refusal {
    /// The name of the rule that the candidate breaks: a word or two for reports, the same in all versions.
    pub fn rule(&self) -> &'static str {
        match self {
            Refusal::Empty => "empty",
            Refusal::TooLong => "too-long",
            Refusal::Unclosed(_) => "unclosed",
            Refusal::Ambiguous(_) => "ambiguous",
            Refusal::Unbalanced(_) => "bracket",
            Refusal::Comment => "comment",
            Refusal::Forbidden { harm, .. } => harm.rule(),
            Refusal::Invisible(_) => "invisible",
            Refusal::Dedented(_) => "indentation",
            Refusal::TooDeep => "too-deep",
            Refusal::Unread => "unread",
            Refusal::NotOneTerm(_) => "one-term",
        }
    }
}

/// The harm that a word or symbol in a candidate could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// It leaves the goal unproved.
    Unfinished,
    /// It runs code while Lean elaborates.
    RunsCode,
    /// Lean evaluates it, and it is not written out.
    Computed,
    /// It could act on the machine.
    Effect,
    /// It waits, and keeps Lean from others meanwhile.
    Waits,
    /// It trusts compiled code.
    Native,
    /// It goes around the kernel.
    Unchecked,
    /// It is a command.
    Command,
    /// It changes Lean's syntax.
    Syntax,
    /// It changes Lean's options.
    Option,
    /// It belongs to the declaration around the hole.
    Suffix,
    /// It reads a file.
    ReadsFile,
    /// It is a quotation.
    Quotation,
    /// It declares something that outlives the proof.
    Declares,
    /// It gives an attribute.
    Attribute,
    /// It tells the candidate where it is elaborated.
    TellsPlace,
    /// Lean's versions differ in what the escape means.
    Escape,
}

impl Harm {
    /// The name of the rule against it, and the reason for that.
    fn told(self) -> (&'static str, &'static str) {
        match self {
            Harm::Unfinished => ("unproved", "it leaves the goal unproved"),
            Harm::RunsCode => ("runs-code", "it runs code while Lean elaborates"),
            Harm::Computed => (
                "option-value",
                "Lean runs the value of an option to know it",
            ),
            Harm::Effect => ("effect", "it could act on the machine where Lean runs it"),
            Harm::Waits => ("waits", "it proves nothing and takes the time of others"),
            Harm::Native => ("native", "it trusts compiled code, not Lean's kernel"),
            Harm::Unchecked => ("unchecked", "it swaps or skips what the kernel checks"),
            Harm::Command => ("command", "it is a command, and a proof holds none"),
            Harm::Syntax => ("syntax", "it changes Lean's syntax"),
            Harm::Option => ("set-option", "it changes how Lean checks"),
            Harm::Suffix => (
                "declaration",
                "it belongs to the declaration around the hole",
            ),
            Harm::ReadsFile => ("reads-file", "it reads a file"),
            Harm::Quotation => ("quotation", "it is a quotation"),
            Harm::Declares => ("declares", "what it declares would stay behind"),
            Harm::Attribute => ("attribute", "it gives an attribute"),
            Harm::TellsPlace => (
                "tells-place",
                "it can tell a candidate where it is elaborated, and so that it is checked",
            ),
            Harm::Escape => (
                "escape",
                "only \\n, \\t, \\\", \\' and \\\\ are read alike by all that read it",
            ),
        }
    }

    /// The name of the rule against it.
    pub fn rule(self) -> &'static str {
        self.told().0
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.told().1)
    }
}
