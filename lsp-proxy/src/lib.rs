//! unsorry: a language server between an editor and Lean's own.

pub mod assistant;
pub mod cli;
pub mod config;
pub mod consent;
pub mod engines;
pub mod log;
pub mod proxy;
pub mod serve;
pub mod shim;
pub mod terminal;
