//! The question to a prover.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Spent;
use crate::generation::Mode;
use crate::goal::Goal;

/// A goal for a prover, and how to go about it.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The goal.
    pub goal: Goal,
    /// The form of a model's answers; where nothing is said, as its settings have it.
    pub mode: Option<Mode>,
    /// A proof that Lean refused, to be repaired.
    pub attempt: Option<Attempt>,
    /// The most answers wanted of a model, if fewer than its settings have.
    pub answers: Option<usize>,
    /// The meter on which models count what they spend, as they spend it; they end when it is used up.
    pub meter: Arc<Meter>,
}

/// A count of what is spent, and how much may be; shared by all that one search asks.
#[derive(Debug, Default)]
pub struct Meter {
    spent: Mutex<Spent>,
    tokens: Option<u64>,
    money: Option<f64>,
}

impl Meter {
    /// A meter with limits, where there are some.
    pub fn new(tokens: Option<u64>, money: Option<f64>) -> Meter {
        Meter {
            spent: Mutex::default(),
            tokens,
            money,
        }
    }

    /// Adds to what is spent.
    pub fn spend(&self, more: Spent) {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner) += more;
    }

    /// The amount spent so far.
    pub fn spent(&self) -> Spent {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether as much is spent as may be.
    pub fn is_used_up(&self) -> bool {
        let spent = self.spent();
        self.tokens.is_some_and(|most| spent.tokens >= most)
            || self.money.is_some_and(|most| spent.money >= most)
    }
}

/// A proof that Lean refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The text that stood in the hole's place.
    pub text: String,
    /// The error that Lean reported for it.
    pub error: String,
}

impl From<Goal> for Ask {
    fn from(goal: Goal) -> Ask {
        Ask {
            goal,
            mode: None,
            attempt: None,
            answers: None,
            meter: Arc::default(),
        }
    }
}

impl Ask {
    /// The generation parameters for this question to a model that is set up as `generation` says.
    pub fn generation_params(
        &self,
        generation: &crate::GenerationParams,
    ) -> crate::GenerationParams {
        let most = self.answers.unwrap_or(usize::MAX);
        crate::GenerationParams {
            mode: self.mode.or(generation.mode),
            candidates: generation.candidates.min(most).max(1),
            ..generation.clone()
        }
    }
}
