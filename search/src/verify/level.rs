//! The level to which a proof was checked.

use serde::Deserialize;

/// The level to which a proof was checked; each includes those before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Lean's elaborator and kernel took it without error or `sorry`.
    #[default]
    LeanChecked,
    /// The proof rests on no axiom but the standard ones and those that were there before.
    AxiomsClean,
    /// Lean's kernel has taken the proof once more, in a process that has not elaborated it.
    KernelReplayed,
}

impl Level {
    /// The name for a reader.
    pub fn title(self) -> &'static str {
        match self {
            Level::LeanChecked => "Lean-checked",
            Level::AxiomsClean => "axioms clean",
            Level::KernelReplayed => "kernel-replayed",
        }
    }

    /// The name in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Level::LeanChecked => "lean-checked",
            Level::AxiomsClean => "axioms-clean",
            Level::KernelReplayed => "kernel-replayed",
        }
    }
}
