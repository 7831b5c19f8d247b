//! unsorry: a language server between an editor and Lean's own.

pub mod document;
pub mod proof;
