//! The reasons why a candidate is not a proof.

use super::level::Level;
use crate::check::checker::CheckError;
use crate::check::verdict::Complaint;
use crate::gate::Refusal;

/// The reason why a candidate is not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The gate refused it.
    #[error("refused by the rule `{rule}`: {0}", rule = .0.rule())]
    Gate(#[from] Refusal),
    /// Lean refuses it.
    #[error("{}", .0.first().map_or("Lean refuses it", Complaint::first_line))]
    Lean(Vec<Complaint>),
    /// The candidate brings axioms of its own.
    #[error("it depends on {0}")]
    Axioms(String),
    /// The candidate is a proof as far as this level, and more is asked for.
    #[error("it is {} only, and `check.level` asks for more{}", .0.title(), .1)]
    Level(Level, String),
    /// The referee refuses it.
    #[error("the referee refuses it: {0}")]
    Referee(String),
    /// The referee could not be asked.
    #[error("{0}")]
    NoWord(String),
    /// Lean's answer is no verdict.
    #[error(transparent)]
    Check(#[from] CheckError),
}

impl Rejection {
    /// A rejection in other words than Lean's.
    pub(crate) fn because(why: &str) -> Rejection {
        Rejection::Lean(vec![Complaint::new(why)])
    }
}
