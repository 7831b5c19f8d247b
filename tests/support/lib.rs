//! The helpers that the end-to-end tests share.

pub mod editor;
pub mod engine;
#[cfg(unix)]
pub mod relay;
