//! Lean's view of texts: of a declaration as it stands, and of candidates in the place of its hole.

pub mod axioms;
pub mod baseline;
pub mod behind;
pub mod checker;
mod queue;
pub mod reader;
pub mod reading;
mod request;
mod schedule;
pub mod screen;
#[cfg(any(test, feature = "testing"))]
mod script;
mod slot;
pub mod verdict;
