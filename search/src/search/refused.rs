//! The candidates that the gate refused, for the telling.

use std::collections::BTreeMap;

use unsorry_prover::Candidate;

use crate::gate::Refusal;

/// The candidates that the gate refused: Lean never saw them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    rules: BTreeMap<&'static str, usize>,
    first: Option<(Candidate, Refusal)>,
}

impl Refused {
    /// One more of them.
    pub fn add(&mut self, candidate: &Candidate, refusal: Refusal) {
        *self.rules.entry(refusal.rule()).or_default() += 1;
        self.first.get_or_insert((candidate.clone(), refusal));
    }

    /// The number of them.
    pub fn count(&self) -> usize {
        self.rules.values().sum()
    }

    /// The rules that were broken, each with the number of candidates for which it was the reason.
    pub fn rules(&self) -> &BTreeMap<&'static str, usize> {
        &self.rules
    }

    /// The first of them, and the reason.
    pub fn first(&self) -> Option<&(Candidate, Refusal)> {
        self.first.as_ref()
    }

    /// `3 refused by the gate (command 2, option-value 1)`; none where there are none.
    pub fn told(&self) -> Option<String> {
        let rules = self.rules.iter().map(|(rule, n)| format!("{rule} {n}"));
        let rules: Vec<String> = rules.collect();
        let told = || {
            format!(
                "{} refused by the gate ({})",
                self.count(),
                rules.join(", ")
            )
        };
        (!rules.is_empty()).then(told)
    }
}
