//! Decides what is a proof: Lean as a child process, the container that it is held in, the checking of
//! candidates, and the search that puts them before it.
//!
//! Modules use those above them in this list only.

pub mod command;
pub mod contain;
pub mod lean;
pub mod referee;

pub mod gate;
pub mod target;

pub mod check;
pub mod rewrite;
pub mod verify;

pub mod memory;
pub mod search;
