//! The extraction of a hole's text from a model's answer.
//!
//! A [`StopDetector`] reads an answer that goes on from a prefilled turn, while it is written. [`whole`]
//! reads an answer with the whole code in a fence. Both give text as [`crate::Candidate`] wants it,
//! comments taken out; neither knows whether it is a proof.

mod align;
mod boundary;
mod layout;
mod partial;
mod stop_detector;

pub use partial::PartialAnswer;
pub use stop_detector::StopDetector;

use std::sync::Arc;

use crate::goal::{Context, Goal};
use crate::{Candidate, Engine};
use boundary::Boundary;
use unsorry_syntax::lex;

/// The parts of a whole answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The proof, as it is to stand in the hole's place.
    pub candidate: Option<String>,
    /// The plan in words.
    pub plan: Option<String>,
    /// The sketch of a proof, with `sorry` where the steps are to be proved.
    pub sketch: Option<String>,
}

impl Answer {
    /// The candidate and the sketch, as `engine`'s, each with the plan.
    pub fn candidates(self, engine: Engine) -> impl Iterator<Item = Candidate> {
        let plan: Option<Arc<str>> = self.plan.map(Arc::from);
        let texts = [self.candidate, self.sketch].into_iter().flatten();
        texts.map(move |text| Candidate {
            plan: plan.clone(),
            ..Candidate::new(text, engine)
        })
    }
}

/// Reads an answer that has the whole code in its last complete fence.
///
/// Only what stands at the hole is taken: what the model made of the statement is thrown away. The
/// declaration is found by its name, or else by its statement, and what precedes and follows the
/// hole in its body must be there word for word, but for white space and other holes. Where that
/// does not tell for sure what stands at the hole, there is no candidate.
pub fn whole(goal: &Goal, text: &str) -> Answer {
    let text = text.replace("\r\n", "\n").replace('\t', "  ");
    let fences = fences(&text);
    Answer {
        plan: plan(&text),
        candidate: fences.last().and_then(|code| at_hole(goal, code, false)),
        sketch: sketch(goal, &fences),
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

/// The text that the last of `fences` with something left to prove has at the hole.
fn sketch(goal: &Goal, fences: &[&str]) -> Option<String> {
    let mut sketches = fences
        .iter()
        .rev()
        .filter_map(|code| at_hole(goal, code, true));
    sketches.find(|text| {
        let tokens = lex(text);
        let has = |word: &str| tokens.iter().any(|token| token.word(text) == word);
        // A lone `sorry` sketches nothing.
        has("sorry")
            && tokens
                .iter()
                .any(|token| !matches!(token.word(text), "sorry" | "by" | ""))
    })
}

/// The text of `code` where `goal` has its hole; `sketch` says whether it may leave a `sorry`.
fn at_hole(goal: &Goal, code: &str, sketch: bool) -> Option<String> {
    let range = align::aligned(&goal.context, code)?;
    let context = Context {
        before: code[..range.start].to_owned(),
        ..Context::default()
    };
    let middle = &code[range];
    let mut detector = StopDetector::at(Boundary::of(goal.kind, &context));
    if sketch {
        detector.takes_sorry();
    }
    detector.push(middle);
    detector.all()
}

/// The code of every complete fence. One that another opens is not complete.
fn fences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(info) = line.trim().strip_prefix("```") else {
            continue;
        };
        match open {
            Some(from) if info.is_empty() => {
                found.push(&text[from..start]);
                open = None;
            }
            _ => open = Some(at),
        }
    }
    found
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
