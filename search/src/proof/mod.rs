//! From a goal to a proof that Lean has accepted.

pub mod axioms;
pub mod baseline;
pub mod checker;
pub mod closed;
pub mod gate;
pub mod negation;
pub mod neighbours;
pub mod repair;
pub mod replay;
pub mod screen;
pub mod shorten;
pub mod sketch;
pub mod target;
pub mod verify;
