//! The bounds of a search, and its steps besides having candidates checked.

use std::time::Duration;

/// The bounds of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// The time for a hole, from the moment its goal is known.
    pub budget: Duration,
    /// The most tokens that models write for a hole.
    pub tokens: Option<u64>,
    /// The most a hole may cost, by the prices that are set.
    pub money: Option<f64>,
    /// The time for one text of candidates.
    pub check: Duration,
    /// The most candidates that are checked together.
    pub batch: usize,
    /// The time that an engine is given before the next one is asked too.
    pub head_start: Duration,
    /// The longest that a proof is made shorter.
    pub polish: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            budget: Duration::from_secs(60),
            tokens: None,
            money: None,
            check: Duration::from_secs(20),
            batch: 16,
            head_start: Duration::from_secs(10),
            polish: Duration::from_secs(5),
        }
    }
}

/// The steps of a search besides having candidates checked, and whether a proof is its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strategy {
    /// Whether a proof ends the search; else every candidate gets its verdict.
    pub ends_with_proof: bool,
    /// Whether proofs of earlier searches are tried first.
    pub recalls: bool,
    /// Whether a sketch's steps are proved; else a sketch is a candidate that fails.
    pub fills_sketches: bool,
    /// Whether what failed for little is repaired.
    pub repairs: bool,
    /// Whether the contrary of a goal is tried beside it.
    pub refutes: bool,
    /// Whether a proof is made shorter.
    pub polishes: bool,
    /// Whether the referee is asked later, by whoever searches: the search ends with what has passed.
    pub defers: bool,
}

impl Strategy {
    /// All that may help to find one proof.
    pub const PROVE: Strategy = Strategy {
        ends_with_proof: true,
        recalls: true,
        fills_sketches: true,
        repairs: true,
        refutes: true,
        polishes: true,
        defers: false,
    };

    /// Every candidate gets its verdict, and nothing else is tried: to measure engines by.
    pub const JUDGE_ALL: Strategy = Strategy {
        ends_with_proof: false,
        recalls: false,
        fills_sketches: false,
        repairs: false,
        refutes: false,
        polishes: false,
        defers: false,
    };
}

impl Default for Strategy {
    fn default() -> Strategy {
        Strategy::PROVE
    }
}
