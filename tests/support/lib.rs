//! What the end-to-end tests share.

pub mod editor;
#[cfg(unix)]
pub mod relay;
