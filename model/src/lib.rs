//! Proposes proofs: a [`Goal`] in, a stream of [`Candidate`]s out.
//!
//! This crate knows Lean's text but neither LSP nor files nor positions, and it never decides
//! whether a candidate is a proof: Lean does.

mod goal;

pub use goal::{Context, Goal, HoleKind, Hypothesis};

use futures_util::stream::BoxStream;

/// Text that may close a hole. Nothing is known of it until Lean has checked it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// What stands in the hole's place: a tactic block for [`HoleKind::Tactic`] (one tactic a line,
    /// its first line at column 0), a term for [`HoleKind::Term`].
    pub text: String,
    /// The prover that proposed it, as config names it: `tactics`, `local`, `remote`.
    pub engine: &'static str,
}

/// A source of candidates.
pub trait Prover: Send + Sync {
    /// Candidates for `goal`, best first. Dropping the stream cancels the work behind it.
    fn propose(&self, goal: &Goal) -> BoxStream<'static, Candidate>;
}
