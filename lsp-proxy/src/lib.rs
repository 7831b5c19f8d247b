//! unsorry: a language server between an editor and Lean's own.

pub mod assistant;
pub mod cli;
pub mod config;
pub mod consent;
pub mod contain;
pub mod document;
pub mod engines;
pub mod lean;
pub mod memory;
pub mod proof;
pub mod proxy;
pub mod shim;
pub mod wire;
