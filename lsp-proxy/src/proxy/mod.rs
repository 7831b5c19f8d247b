//! The relay: two threads, one a direction, each the only one to decide the order of its direction, and a
//! third ([`deadlines`]) that lets go of what was held for the assistant too long.
//!
//! A thread of the relay reads, routes and writes; it never waits for the assistant. What the
//! assistant sends on its own goes through an [`Output`], whole messages only, behind whatever was
//! written before. If the assistant is gone, what remains is a plain relay.
//!
//! Messages that nobody here needs are written from the buffer that they were read into. The rest of one
//! that is too long for the buffer is left to the system to copy.

mod abandon;
mod deadlines;
mod event;
mod injector;
pub mod merge;
pub mod merges;
mod output;
mod pump;
mod relay;
pub mod route;
pub mod tap;
#[cfg(test)]
mod tests;

pub use abandon::abandon;
pub use deadlines::Deadlines;
pub use event::Event;
pub use injector::Injector;
pub use output::Output;
pub use relay::{Shared, editor_to_lean, lean_to_editor};
