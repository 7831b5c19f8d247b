//! Proposes proofs: a [`Goal`] in, a stream of [`Candidate`]s out.
//!
//! The tactics are here whole; of language models, the words that they are asked with and what their
//! answers say. Pure: no IO, no LSP. It never decides whether a candidate is a proof: Lean does.

pub mod answer;
mod ask;
mod engine;
mod generation;
mod goal;
mod portfolio;
pub mod prompt;
mod suggestion;
mod text;

pub use ask::{Ask, Attempt, Meter};
pub use engine::Engine;
pub use generation::{GenerationParams, Mode};
pub use goal::{Context, Goal, HoleKind, Hypothesis};
pub use portfolio::{
    Counterexample, MAX_CANDIDATES, PORTFOLIO, PortfolioRow, Tactics, counterexamples,
};
pub use suggestion::suggestions;

use std::sync::Arc;

use futures_util::stream::BoxStream;

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

/// A message of a prover at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal {
    /// A candidate, or a sketch of one.
    Candidate(Candidate),
    /// The plan in the first answer as far as it is written, from its beginning.
    Plan(String),
    /// An answer of which nothing is proposed, and why.
    Unread(answer::Unread),
    /// The work that the prover is busy with, for the user to see: `loading the model, 40 %`.
    Progress(String),
    /// The reason why nothing comes for now: what is wrong, and where. It is tried again; anything else that the
    /// prover says means that this is over.
    Delayed(String),
    /// The reason why the prover can't go on: what is wrong, where, and what to do about it, in a
    /// sentence. Nothing follows.
    Failed(String),
}

/// The cost of asking models.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// The tokens that they wrote.
    pub tokens: u64,
    /// The price of that in the currency of the prices that were set; 0 where there are none.
    pub money: f64,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, more: Self) {
        self.tokens += more.tokens;
        self.money += more.money;
    }
}

/// A source of candidates.
pub trait Prover: Send + Sync {
    /// Candidates for what is asked, best first. Dropping the stream cancels the work behind it.
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_answered(text: &str, suggestion: &str, expected: Option<&str>) {
        let candidate = Candidate::new(text, Engine::Tactics);
        let answered = candidate.answered(suggestion);
        assert_eq!(answered.map(|one| one.text).as_deref(), expected);
    }

    #[test]
    fn an_answer_takes_the_querys_place() {
        check_answered("exact?", "exact foo", Some("exact foo"));
        check_answered("by exact?", "exact foo", Some("by exact foo"));
        check_answered("intro h\nexact?", "exact h", Some("intro h\nexact h"));
        check_answered(
            "cases n with\n| zero => exact? using h\n| succ n => rfl",
            "exact foo\n  bar",
            Some("cases n with\n| zero => exact foo\n            bar\n| succ n => rfl"),
        );
        check_answered(
            "(simp? [f]); rfl",
            "simp only [f]",
            Some("(simp only [f]); rfl"),
        );
        check_answered("rfl", "rfl", None);
        check_answered("constructor\n· exact?\n· exact?", "rfl", None);
    }
}
