//! The local prover: a LLaMA-architecture model run in this process.

pub mod config;
pub mod lookup;
pub mod sample;
