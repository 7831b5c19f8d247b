//! The local prover: a model in this process, by `unsorry-infer`.

mod answers;
mod check;
pub mod engine;
mod prover;
mod settings;

pub use check::{Report, Survey, check, survey};
pub use prover::Local;
pub use settings::Settings;
pub use unsorry_infer::device::Device;
