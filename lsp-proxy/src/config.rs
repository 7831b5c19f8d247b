//! Settings: the user's `config.toml`, then a project's `.unsorry.toml`, then `UNSORRY_MODEL` and
//! `UNSORRY_CACHE`. Each section is a file here, and lists its keys and who may set them; what others
//! than the user may set is preference only: no command, no endpoint, no file.

mod cache;
mod check;
mod editor;
mod file;
#[cfg(any(test, fuzzing))]
mod fuzzed;
mod generation;
mod load;
mod local;
mod paths;
mod permission;
mod read;
mod remote;
mod search;
#[cfg(test)]
mod tests;
mod values;

pub use cache::Cache;
#[cfg(any(test, fuzzing))]
pub use fuzzed::a_project_is_bounded;
pub use local::Local;
pub use paths::{log_file, model_path, models_folder, shim_folder, state_folder, users_file};
pub use permission::Origin;
pub use read::parse_duration;
pub use unsorry_prover::Engine;
pub use values::Config;
