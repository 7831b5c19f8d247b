//! The local prover: a LLaMA-architecture model run in this process.

pub mod config;
mod prover;
mod settings;

pub use prover::Local;
pub use settings::{Device, Mode, Settings};
