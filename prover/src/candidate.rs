//! What a prover proposes for a hole.

use std::sync::Arc;

use crate::engine::Engine;
use crate::suggestion;

/// Text that may close a hole. Nothing is known of it until Lean has checked it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The text for the hole's place: a tactic block for [`HoleKind::Tactic`] (one tactic a line,
    /// its first line at column 0), a term for [`HoleKind::Term`].
    pub text: String,
    /// The prover that proposed it.
    pub engine: Engine,
    /// The plan that it came with, in words.
    pub plan: Option<Arc<str>>,
}

impl Candidate {
    /// A candidate without a plan.
    pub fn new(text: impl Into<String>, engine: Engine) -> Self {
        Self {
            text: text.into(),
            engine,
            plan: None,
        }
    }

    /// Returns a copy with another text.
    pub fn with_text(&self, text: String) -> Self {
        Self {
            text,
            ..self.clone()
        }
    }

    /// Whether it leaves something to prove: it is a sketch, whose `sorry`s are goals of their own.
    pub fn is_sketch(&self) -> bool {
        unsorry_syntax::lex(&self.text)
            .iter()
            .any(|token| token.word(&self.text) == "sorry")
    }

    /// Whether it has a tactic such as `exact?` or `simp?`, which closes the goal only to suggest
    /// something else: what can be offered is that, see [`Candidate::answered`].
    pub fn is_query(&self) -> bool {
        suggestion::queries(&self.text).next().is_some()
    }

    /// Whether it has a tactic such as `exact?`, which looks through all that is in scope.
    pub fn searches_library(&self) -> bool {
        suggestion::searches_library(&self.text)
    }

    /// This candidate with what Lean suggested (one of [`suggestions`]) in its query's place.
    /// `None` unless it has exactly one query.
    pub fn answered(&self, suggestion: &str) -> Option<Self> {
        let mut queries = suggestion::queries(&self.text);
        let (at, word) = queries.next()?;
        if queries.next().is_some() {
            return None;
        }
        let line = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let column = self.text[line..at].chars().count();
        // What follows the word belongs to it, up to the end of its tactic.
        let rest = &self.text[at + word.len()..];
        let end = rest.find(['\n', ')', ';']).unwrap_or(rest.len());
        let suggestion = suggestion.replace('\n', &format!("\n{}", " ".repeat(column)));
        Some(self.with_text(format!("{}{suggestion}{}", &self.text[..at], &rest[end..])))
    }
}
