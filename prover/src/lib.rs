//! Proposes proofs: a [`Goal`] in, a stream of [`Candidate`]s out.
//!
//! The tactics are here whole; of language models, the words that they are asked with and what their
//! answers say. Pure: no IO, no LSP. It never decides whether a candidate is a proof: Lean does.

pub mod answer;
mod ask;
mod candidate;
mod engine;
mod generation;
mod goal;
mod portfolio;
pub mod prompt;
mod suggestion;
mod text;

pub use ask::{Ask, Attempt, Meter};
pub use candidate::Candidate;
pub use engine::Engine;
pub use generation::{GenerationParams, Mode};
pub use goal::{Context, Goal, HoleKind, Hypothesis};
pub use portfolio::{
    Counterexample, MAX_CANDIDATES, PORTFOLIO, PortfolioRow, Tactics, counterexamples,
};
pub use suggestion::suggestions;

use futures_util::stream::BoxStream;

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
