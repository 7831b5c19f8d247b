//! The word of the Lean that has run a candidate, where there is no referee: read from what it prints.

use super::conditions;
use super::context::CheckContext;
use super::evidence::Evidence;
use super::level::Level;
use super::rejection::Rejection;
use crate::check::axioms::AxiomReport;

/// What a Lean that has run a candidate says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Testimony {
    /// The level that follows from it.
    pub level: Level,
    /// The axioms; none where it does not tell.
    pub axioms: Option<Vec<String>>,
    /// The unproved declarations of the file that it rests on.
    pub unproved: Vec<String>,
}

impl Testimony {
    /// The level and the axioms, in words.
    pub fn standing(&self) -> String {
        match (self.level, &self.axioms) {
            (Level::LeanChecked, None) => {
                "Lean-checked; axioms not reported by this Lean".to_owned()
            }
            (Level::LeanChecked, Some(axioms)) => {
                format!("Lean-checked; axioms: {}", axioms.join(", "))
            }
            _ => "Lean-checked, axioms clean".to_owned(),
        }
    }
}

/// Asks Lean about the declaration in `text`, which it has taken already.
///
/// # Errors
/// When there is more in it than a proof, or that can't be known.
pub async fn testify(cx: CheckContext<'_>, text: &str) -> Result<Testimony, Rejection> {
    let evidence = Evidence::inspected(cx, text.to_owned(), Vec::new()).await?;
    if let Some(error) = evidence.errors().next() {
        return Err(Rejection::because(error.first_line()));
    }
    conditions::keeps_its_statement(cx, &evidence)?;
    if cx.target.siblings().count() > 0 {
        conditions::is_whole(cx, evidence.text()).await?;
    }
    let report = evidence.axioms();
    let level = conditions::level(&report, &cx.baseline.axioms)?;
    let unproved = match level {
        Level::LeanChecked => conditions::unproved(cx, &evidence).await?,
        _ => Vec::new(),
    };
    let axioms = match report {
        AxiomReport::Axioms(axioms) => Some(axioms),
        AxiomReport::NotReported(_) => None,
    };
    Ok(Testimony {
        level,
        axioms,
        unproved,
    })
}
