//! Lean as a child process: how to start one, how to be rid of it, how to ask it things.

pub mod diagnostic;
pub mod elaboration;
pub mod process;
pub mod server;
pub mod shadow;
