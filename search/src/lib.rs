//! Decides what is a proof: Lean as a child process, the container that it is held in, the checking of
//! candidates, and the search that puts them before it.

pub mod command;
pub mod contain;
pub mod lean;
pub mod memory;
pub mod proof;
pub mod search;
