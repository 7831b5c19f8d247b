//! An answer while it is written.

use super::{Answer, StopDetector, plan_so_far, whole};
use crate::Goal;

/// An answer as far as it is written.
#[derive(Debug)]
pub enum Written {
    /// What stands at the hole, to be cut where that ends.
    Block(Box<StopDetector>),
    /// An answer in words and fences.
    Whole(String),
}

impl Written {
    /// An answer that starts at the hole.
    pub fn at_hole(goal: &Goal) -> Written {
        Written::Block(Box::new(StopDetector::new(goal)))
    }

    /// Adds text. Whether nothing that comes later matters.
    pub fn push(&mut self, text: &str) -> bool {
        match self {
            Written::Block(cutter) => cutter.push(text),
            Written::Whole(whole) => {
                whole.push_str(text);
                false
            }
        }
    }

    /// What it says of its plan so far; asked after `text` was added, since only whole lines are told.
    pub fn plan(&self, text: &str) -> Option<String> {
        match self {
            Written::Whole(whole) if text.contains('\n') => {
                let end = whole.rfind('\n')?;
                plan_so_far(&whole[..end])
            }
            _ => None,
        }
    }

    /// What it came to; `complete`: the model has ended it itself.
    pub fn answer(self, goal: &Goal, complete: bool) -> Answer {
        match self {
            Written::Block(cutter) => Answer {
                candidate: cutter.finish(complete),
                ..Answer::default()
            },
            Written::Whole(text) => whole(goal, &text),
        }
    }
}
