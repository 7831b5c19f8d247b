//! An engine with the prover that does its work.

use std::sync::Arc;

use unsorry_prover::{Engine, Prover};

/// An engine with the prover that does its work.
#[derive(Clone)]
pub struct Source {
    /// The engine, whose mode the prover is asked in.
    pub engine: Engine,
    /// The prover.
    pub prover: Arc<dyn Prover>,
}

impl Source {
    /// Whether it is the portfolio, which costs nothing but checks.
    pub(super) fn is_tactics(&self) -> bool {
        self.engine == Engine::Tactics
    }
}
