//! The assistant as an editor sees it, with a scripted Lean and scripted provers: real messages into
//! [`run`](super::run), and what comes out of it.

mod consent;
mod editing;
mod editor;
mod jobs;
mod lean;
mod mistakes;
mod offers;
mod prover;
mod settings;
mod status;
