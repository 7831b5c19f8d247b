//! A row of the table: a text, and where it fits.

use serde::Deserialize;

use super::placeholder::unknown_placeholder;
use super::shape::Shape;

/// A row of the portfolio, or of a user's `[[tactics]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Row")]
pub struct PortfolioRow {
    pub(super) row: Row,
}

/// A row as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) tactic: Option<String>,
    pub(super) term: Option<String>,
    #[serde(default)]
    pub(super) imports: Vec<String>,
    #[serde(default = "after_intro")]
    pub(super) at: Vec<Stage>,
    #[serde(default)]
    pub(super) target: Vec<Shape>,
    #[serde(default)]
    pub(super) mentions: Vec<String>,
    #[serde(default)]
    pub(super) hypothesis: Vec<Shape>,
    #[serde(default)]
    pub(super) variable: Vec<String>,
    #[serde(default)]
    pub(super) data: bool,
    pub(super) most: Option<usize>,
}

/// The place in the proof where a row's text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stage {
    /// The goal as it stands.
    Goal,
    /// The goal once all that it starts with is introduced.
    Intro,
    /// The goal once `∧` and `∃` among the hypotheses are taken apart as well.
    Open,
}

fn after_intro() -> Vec<Stage> {
    vec![Stage::Intro]
}

impl TryFrom<Row> for PortfolioRow {
    type Error = String;

    fn try_from(row: Row) -> Result<Self, String> {
        let texts = [&row.tactic, &row.term];
        if texts.iter().all(|text| text.is_none()) {
            return Err("a row of [[tactics]] needs `tactic` or `term`".into());
        }
        for text in texts.into_iter().flatten() {
            if text.trim().is_empty() {
                return Err("a row of [[tactics]] has an empty text".into());
            }
            if let Some(unknown) = unknown_placeholder(text) {
                return Err(format!("there is no placeholder {unknown} for [[tactics]]"));
            }
        }
        Ok(Self { row })
    }
}

/// Whether a file that imports `imports` may have what a row needs.
///
/// Only roots are compared: nearly every module of Mathlib imports its tactics, and a project's
/// own modules may import anything. A wrong answer costs a candidate that Lean refuses.
pub(super) fn imported(needed: &[String], imports: &[String]) -> bool {
    const CORE: [&str; 4] = ["Init", "Std", "Lean", "Lake"];
    const ABOVE: [(&str, &[&str]); 3] = [
        ("Batteries", &["Aesop", "Mathlib"]),
        ("Aesop", &["Mathlib"]),
        ("Mathlib", &[]),
    ];
    needed.is_empty()
        || needed.iter().any(|needed| {
            let needed = root(needed);
            let above = ABOVE.iter().find(|(name, _)| *name == needed);
            imports.iter().map(|import| root(import)).any(|import| {
                let foreign =
                    !CORE.contains(&import) && !ABOVE.iter().any(|(name, _)| *name == import);
                import == needed || foreign || above.is_some_and(|(_, over)| over.contains(&import))
            })
        })
}

fn root(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}
