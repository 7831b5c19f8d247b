//! The places of the user's files and folders.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// Returns the user's own file, whether it is there or not.
pub fn users_file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("unsorry").join("config.toml"))
}

/// Returns the folder that models are in.
pub fn models_folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("unsorry").join("models"))
}

/// Returns the file of the model that a configuration names: a mere name, be it a file's or that of one
/// we know, is looked up among the models that `unsorry model pull` gets, and never in the working
/// directory, where a cloned repository may have one of the same name.
pub fn model_path(named: &Path) -> PathBuf {
    let mere_name = named.as_os_str() == named.file_name().unwrap_or_default();
    let Some(folder) = models_folder().filter(|_| mere_name) else {
        return named.to_owned();
    };
    let known = unsorry_model::hub::KNOWN;
    let known = known.iter().find(|known| named == Path::new(known.name));
    folder.join(known.map_or(named, |known| Path::new(known.file)))
}

/// Returns the folder that `unsorry shim` makes if none is named.
pub fn shim_folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("unsorry").join("shim"))
}

/// Returns the log's file.
pub fn log_file() -> Option<PathBuf> {
    Some(state_folder()?.join("unsorry.log"))
}

/// Returns the folder of the log and of what the user has decided for good.
pub fn state_folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.cache_dir());
    Some(folder.join("unsorry"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_name() {
        let folder = models_folder().expect("a home");
        let check = |named: &str, expected: PathBuf| {
            assert_eq!(model_path(Path::new(named)), expected);
        };
        check("a.gguf", folder.join("a.gguf"));
        check(
            "prover-v2-7b-q8",
            folder.join("DeepSeek-Prover-V2-7B-Q8_0.gguf"),
        );
        check("./a.gguf", "./a.gguf".into());
        check("/models/a.gguf", "/models/a.gguf".into());
        // There is one in this package's folder.
        check("Cargo.toml", folder.join("Cargo.toml"));
    }
}
