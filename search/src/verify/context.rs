//! The context of checks of texts for one hole.

use std::time::Duration;

use crate::check::baseline::Baseline;
use crate::check::checker::Checker;
use crate::target::Target;

/// All that checks of texts for one hole need.
#[derive(Debug, Clone, Copy)]
pub struct CheckContext<'a> {
    /// Asks Lean.
    pub checker: &'a Checker,
    /// The hole.
    pub target: &'a Target,
    /// Lean's view of it as it stands.
    pub baseline: &'a Baseline,
    /// The longest that Lean may take for a text.
    pub limit: Duration,
}
