//! The second language server: ours. It answers beside Lean, and proves holes.
//!
//! One task hears of everything in order ([`run`]); its handlers share the [`state`], whose one lock is
//! never held across an await.

mod code_action;
mod commands;
mod completion;
mod configuration;
mod configured;
mod consent;
mod context;
mod deadline;
mod event_loop;
mod execute_command;
mod goals;
mod hover;
mod in_flight;
mod initialize;
mod job;
mod lean;
mod messages;
mod response_guard;
mod server;
mod settings;
#[cfg(not(fuzzing))]
mod state;
#[cfg(fuzzing)]
pub mod state;
mod status;
mod sync;
#[cfg(test)]
mod tests;
mod visible;
mod workspace_edit;

pub use configured::Configured;
pub use event_loop::{Setup, run};
pub use settings::Settings;
