//! Proofs, sketches and refutations that Lean has accepted. Each has private fields and one maker, in a file
//! with nothing else in it, and rests on the referee's word; [`Evidence`] is what a Lean says that has run a
//! candidate, which is a reason to ask the referee, and counts where this Lean can't have one.

mod conditions;
mod context;
mod dependencies;
mod evidence;
mod level;
mod passed;
mod proof;
mod refutation;
mod rejection;
mod requirements;
mod sketch;
#[cfg(test)]
mod tests;
mod witness;

pub use context::CheckContext;
pub use evidence::Evidence;
pub use level::Level;
pub use passed::{Passed, pass};
pub use proof::{VerifiedProof, confirm, confirm_passed, confirmed};
pub use refutation::{Refutation, refute};
pub use rejection::Rejection;
pub use requirements::Requirements;
pub use sketch::{VerifiedSketch, confirm_sketch, pass_sketch};
