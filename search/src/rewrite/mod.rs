//! Rules that edit a proof's text, or the text around it. Pure.

pub mod closed;
pub mod comments;
pub mod heartbeats;
pub mod negation;
pub mod repair;
pub mod shorten;
pub mod sketch;
