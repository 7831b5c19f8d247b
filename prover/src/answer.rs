//! The extraction of a hole's text from a model's answer.
//!
//! A [`StopDetector`] reads an answer that goes on from a prefilled turn, while it is written. [`whole`]
//! reads an answer in words and code. Both give text as [`crate::Candidate`] wants it,
//! comments taken out; neither knows whether it is a proof.

mod align;
mod body;
mod boundary;
#[cfg(test)]
mod forms;
mod layout;
mod partial;
mod parts;
mod prose;
mod stop_detector;
mod whole;

pub use partial::PartialAnswer;
pub use stop_detector::StopDetector;
pub use whole::whole;

use std::sync::Arc;

use crate::{Candidate, Engine};

/// The parts of a whole answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The proofs, as they are to stand in the hole's place, best first.
    pub candidates: Vec<String>,
    /// The plan in words.
    pub plan: Option<String>,
    /// The sketch of a proof, with `sorry` where the steps are to be proved.
    pub sketch: Option<String>,
    /// The reason why there is neither proof nor sketch.
    pub unread: Option<Unread>,
}

/// The reason why nothing is read of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unread {
    /// It has no Lean code in it.
    NoCode,
    /// Its code is not for the hole: another theorem's, or without what stands around the hole.
    OtherCode,
    /// It leaves a `sorry`.
    Unproved,
    /// The limit of tokens cut it off.
    CutOff,
}

impl Answer {
    /// The candidates and the sketch, as `engine`'s, each with the plan.
    pub fn candidates(self, engine: Engine) -> impl Iterator<Item = Candidate> {
        let plan: Option<Arc<str>> = self.plan.map(Arc::from);
        let texts = self.candidates.into_iter().chain(self.sketch);
        texts.map(move |text| Candidate {
            plan: plan.clone(),
            ..Candidate::new(text, engine)
        })
    }
}

/// The plan in an answer that is still being written: what stands under its heading, or, before that is
/// there, all that is no code.
pub fn plan_so_far(text: &str) -> Option<String> {
    let words = || {
        let words = text.split("```").next().unwrap_or_default().trim();
        (!words.is_empty()).then(|| words.to_owned())
    };
    plan(text).or_else(words)
}

/// The text under the heading that has the word `Plan`.
fn plan(text: &str) -> Option<String> {
    let heading = |line: &str| line.starts_with('#');
    let mut lines = text.lines();
    lines.find(|line| heading(line) && line.to_lowercase().contains("plan"))?;
    let plan: Vec<&str> = lines
        .take_while(|line| !heading(line) && !line.starts_with("```"))
        .collect();
    let plan = plan.join("\n").trim().to_owned();
    (!plan.is_empty()).then_some(plan)
}

#[cfg(test)]
mod tests;
