//! End to end: the program in front of the real Lean, as an editor sees it.
//!
//! Starting Lean costs seconds, so the tests of a module share one session, and mostly one document.

mod boundary;
mod cache;
mod contain;
mod crossed;
mod doctor;
mod eval;
mod examples;
mod load;
mod local;
mod neighbours;
mod olean;
mod prove;
mod referee;
mod remote;
mod search;
mod serve;
mod shim;
#[cfg(unix)]
mod terminal;
mod verify;
mod version;
