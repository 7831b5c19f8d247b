//! The local prover: a model in this process, by `unsorry-infer`.

mod candidates;
mod loaded_model;
mod propose;
mod prover;
mod request;
mod settings;
mod speed;
mod threads;

pub use prover::Local;
pub use settings::LocalSettings;
pub use speed::{SpeedReport, Survey, check, survey};
pub use unsorry_infer::device::DevicePreference;
