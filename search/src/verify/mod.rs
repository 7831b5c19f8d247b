//! Proofs, sketches and refutations that Lean has accepted. Each has private fields and one maker, in a file
//! with nothing else in it, and each is made of [`Evidence`].

mod conditions;
mod context;
mod dependencies;
mod evidence;
mod level;
mod proof;
mod refutation;
mod rejection;
mod requirements;
mod sketch;
#[cfg(test)]
mod tests;

pub use context::CheckContext;
pub use evidence::Evidence;
pub use level::Level;
pub use proof::{Replay, VerifiedProof, confirm};
pub use refutation::{Refutation, refute};
pub use rejection::Rejection;
pub use requirements::Requirements;
pub use sketch::{VerifiedSketch, confirm_sketch};
