//! What a prover is asked.

use crate::goal::Goal;
use crate::prompt::Mode;

/// A goal, and how to go about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The goal.
    pub goal: Goal,
    /// How a model is to answer; where nothing is said, as its settings have it.
    pub mode: Option<Mode>,
    /// A proof that Lean refused, to be mended.
    pub attempt: Option<Attempt>,
    /// Most answers wanted of a model, if fewer than its settings have.
    pub answers: Option<usize>,
}

/// A proof that Lean refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// What stood in the hole's place.
    pub text: String,
    /// What Lean said of it.
    pub error: String,
}

impl From<Goal> for Ask {
    fn from(goal: Goal) -> Ask {
        Ask {
            goal,
            mode: None,
            attempt: None,
            answers: None,
        }
    }
}

impl Ask {
    /// How the model is asked for this, if it is set up as `asking`.
    pub(crate) fn asking(&self, asking: &crate::Asking) -> crate::Asking {
        let most = self.answers.unwrap_or(usize::MAX);
        crate::Asking {
            mode: self.mode.or(asking.mode),
            candidates: asking.candidates.min(most).max(1),
            ..asking.clone()
        }
    }
}
