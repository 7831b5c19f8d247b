//! An answer while it is written.

use super::{Cutter, whole};
use crate::Goal;

/// An answer as far as it is written.
#[derive(Debug)]
pub enum Written {
    /// What stands at the hole, to be cut where that ends.
    Block(Box<Cutter>),
    /// An answer in words and fences.
    Whole(String),
}

impl Written {
    /// An answer that starts at the hole.
    pub fn at_hole(goal: &Goal) -> Written {
        Written::Block(Box::new(Cutter::new(goal)))
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

    /// What stands at the hole, if there is something; `complete`: the model has ended it itself.
    pub fn candidate(self, goal: &Goal, complete: bool) -> Option<String> {
        match self {
            Written::Block(cutter) => cutter.finish(complete),
            Written::Whole(text) => whole(goal, &text).candidate,
        }
    }
}
