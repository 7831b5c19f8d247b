//! The second language server: ours. It answers beside Lean, and proves holes.
//!
//! One task hears of everything in order ([`run`]); handlers lock the [`state::State`] briefly and
//! never across an await.

mod apply;
mod code_action;
mod commands;
mod completion;
mod configuration;
mod configured;
mod consent;
mod context;
mod deadline;
mod details;
#[cfg(not(fuzzing))]
mod documents;
#[cfg(fuzzing)]
pub mod documents;
mod edit;
mod event_loop;
mod execute_command;
mod finding;
mod goals;
mod hover;
mod in_flight;
mod initialize;
mod job;
mod known;
mod lean;
mod messages;
mod response_guard;
mod server;
mod settings;
mod state;
mod status;
mod sync;
#[cfg(test)]
mod tests;

pub use configured::Configured;
pub use event_loop::{Setup, run};
pub use settings::Settings;
