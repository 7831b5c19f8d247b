//! The local prover: a LLaMA-architecture model run in this process.

pub mod config;
pub mod tokenizer;
pub mod weights;
