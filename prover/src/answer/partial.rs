//! An answer while it is written.

use super::{Answer, StopDetector, plan_so_far, whole};
use crate::Goal;

/// An answer as far as it is written.
#[derive(Debug)]
pub enum PartialAnswer {
    /// The text at the hole, to be cut where that ends.
    Block(Box<StopDetector>),
    /// An answer in words and fences.
    Whole(String),
}

impl PartialAnswer {
    /// An answer that starts at the hole.
    pub fn at_hole(goal: &Goal) -> PartialAnswer {
        PartialAnswer::Block(Box::new(StopDetector::new(goal)))
    }

    /// Adds text. Returns whether nothing that comes later matters.
    pub fn push(&mut self, text: &str) -> bool {
        match self {
            PartialAnswer::Block(detector) => detector.push(text),
            PartialAnswer::Whole(whole) => {
                whole.push_str(text);
                false
            }
        }
    }

    /// The plan as far as it is written; asked for after `text` was added, since only whole lines are told.
    pub fn plan(&self, text: &str) -> Option<String> {
        match self {
            PartialAnswer::Whole(whole) if text.contains('\n') => {
                let end = whole.rfind('\n')?;
                plan_so_far(&whole[..end])
            }
            _ => None,
        }
    }

    /// The answer that it came to; `complete` says that the model has ended it itself.
    pub fn answer(self, goal: &Goal, complete: bool) -> Answer {
        match self {
            PartialAnswer::Block(detector) => {
                let (unread, candidate) = (detector.unread(complete), detector.finish(complete));
                Answer {
                    unread: candidate.is_none().then_some(unread),
                    candidates: candidate.into_iter().collect(),
                    ..Answer::default()
                }
            }
            PartialAnswer::Whole(text) => whole(goal, &text, complete),
        }
    }
}
