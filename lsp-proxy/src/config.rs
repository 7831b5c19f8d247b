//! Settings: the user's `config.toml`, then a project's `.unsorry.toml`, then `UNSORRY_MODEL` and
//! `UNSORRY_CACHE`. Each section is a file here, and lists its keys and who may set them; what others
//! than the user may set is preference only: no command, no endpoint, no file.

#[cfg(any(test, fuzzing))]
mod bounded;
mod cache;
mod check;
mod editor;
mod generation;
mod key;
mod load;
mod local;
mod paths;
mod read;
mod remote;
mod search;
#[cfg(test)]
mod tests;
mod values;

#[cfg(any(test, fuzzing))]
pub use bounded::a_project_is_bounded;
pub use cache::Cache;
pub use key::Origin;
pub use local::Local;
pub use paths::{log_file, model_path, models_folder, shim_folder, state_folder, users_file};
pub use read::parse_duration;
pub use unsorry_prover::Engine;
pub use values::Config;
