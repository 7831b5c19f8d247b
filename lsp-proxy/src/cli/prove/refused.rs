//! What `prove --json` tells of candidates that the gate refused.

use std::collections::BTreeMap;

use serde::Serialize;
use unsorry_search::search::Refused;

/// The candidates that the gate refused.
#[derive(Debug, Serialize)]
pub struct RefusedReport {
    pub candidates: usize,
    /// The number of them by the rule that they break.
    pub rules: BTreeMap<&'static str, usize>,
    pub first: RefusedCandidate,
}

/// A candidate that the gate refused.
#[derive(Debug, Serialize)]
pub struct RefusedCandidate {
    pub text: String,
    pub rule: &'static str,
    pub reason: String,
}

impl RefusedReport {
    /// The report; none where nothing was refused.
    pub fn of(refused: &Refused) -> Option<RefusedReport> {
        let (first, refusal) = refused.first()?;
        Some(RefusedReport {
            candidates: refused.count(),
            rules: refused.rules().clone(),
            first: RefusedCandidate {
                text: first.text.clone(),
                rule: refusal.rule(),
                reason: refusal.to_string(),
            },
        })
    }
}
