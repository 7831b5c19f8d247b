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
mod local;
mod paths;
mod read;
mod remote;
mod search;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use unsorry_model::remote::Settings as Endpoint;
use unsorry_prover::PortfolioRow;

use unsorry_search::contain;
use unsorry_search::search::Limits;
use unsorry_search::verify::Level;

#[cfg(any(test, fuzzing))]
pub use bounded::a_project_is_bounded;
pub use cache::Cache;
use key::{Key, Permission};
pub use local::Local;
pub use paths::{log_file, model_path, models_folder, shim_folder, state_folder, users_file};
pub use read::parse_duration;
use remote::Remote;
pub use unsorry_prover::Engine;

/// A project's file, looked for in the working directory and above.
const PROJECT_FILE: &str = ".unsorry.toml";

/// All settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// For one hole.
    pub budget: Duration,
    /// For one text of candidates.
    pub timeout: Duration,
    /// After which the unused checker is ended.
    pub idle: Duration,
    /// The least that a proof must have passed.
    pub level: Level,
    /// Whether each proof is replayed in Lean's kernel.
    pub replay: bool,
    /// What holds Lean for checking.
    pub container: contain::Limits,
    /// Rows for the portfolio, before its own.
    pub tactics: Vec<PortfolioRow>,
    /// For one hole: most tokens that models write.
    pub tokens: Option<u64>,
    /// For one hole: the most it may cost, by the prices that are set.
    pub money: Option<f64>,
    /// How long an engine is given before the next one is asked too.
    pub head_start: Duration,
    /// How long a proof is made shorter, at the most.
    pub polish: Duration,
    /// Whether the contrary of a goal is tried beside it.
    pub refute: bool,
    /// Which provers to ask, in this order; none where nobody has said.
    pub engines: Option<Vec<Engine>>,
    /// The model in this process.
    pub local: Local,
    /// Engines elsewhere.
    pub remote: Vec<Endpoint>,
    /// The memory of verified proofs.
    pub cache: Cache,
    /// The user's own file, whether it is there or not.
    pub users_file: Option<PathBuf>,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user's own.
    User,
    /// A project's, which may come from anywhere.
    Project,
    /// What an editor sends, which may come from the project as well.
    Editor,
}

impl Default for Config {
    fn default() -> Self {
        let limits = Limits::default();
        Config {
            budget: limits.budget,
            tokens: limits.tokens,
            money: limits.money,
            head_start: limits.head_start,
            polish: limits.polish,
            refute: limits.refute,
            timeout: limits.check,
            idle: Duration::from_secs(300),
            level: Level::LeanChecked,
            replay: false,
            container: contain::Limits::default(),
            tactics: Vec::new(),
            engines: None,
            local: Local::default(),
            remote: Vec::new(),
            cache: Cache::default(),
            users_file: None,
        }
    }
}

/// A file's tables.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    search: search::Keys,
    check: check::Keys,
    local: Local,
    remote: Vec<Remote>,
    cache: cache::Keys,
    tactics: Vec<PortfolioRow>,
}

/// Returns all keys, each with who may set it.
fn keys() -> Vec<Key> {
    let list = |name, permission, reason| Key {
        table: None,
        name,
        project: permission,
        editor: permission,
        reason,
    };
    let reason = "a project must not be able to send your code anywhere";
    let lists = [
        list("remote", Permission::Forbidden, Some(reason)),
        list("tactics", Permission::Free, None),
    ];
    let sections = [search::Keys::KEYS, check::Keys::KEYS, cache::Keys::KEYS];
    let sections = sections.concat().into_iter();
    sections.chain(local::keys()).chain(lists).collect()
}

impl Config {
    /// Reads the user's file (`given`, or the one in the user's config folder if it is there) and the
    /// project's.
    ///
    /// # Errors
    /// When a file can't be read or says what is not known: the message names file and key.
    pub fn load(given: Option<&Path>, cwd: &Path) -> Result<Config> {
        match Config::as_far_as_possible(given, cwd) {
            (config, None) => Ok(config),
            (_, Some(mistake)) => Err(mistake),
        }
    }

    /// The same without the files that have a mistake, for whoever has to go on, and the first mistake.
    pub fn as_far_as_possible(given: Option<&Path>, cwd: &Path) -> (Config, Option<anyhow::Error>) {
        let mut config = Config {
            users_file: given.map(Path::to_owned).or_else(users_file),
            ..Config::default()
        };
        let mut mistake = None;
        for (path, origin) in Config::files(given, cwd) {
            let mut with = config.clone();
            match with.add_file(&path, origin) {
                Ok(()) => config = with,
                Err(error) => mistake = mistake.or(Some(error)),
            }
        }
        config.add_environment();
        // What can't be read may say that nothing is to be kept.
        config.cache.enabled &= mistake.is_none();
        (config, mistake)
    }

    /// The files that there are to read, in this order: the user's, be it the `given` one or that of
    /// the config folder, and the project's.
    pub fn files(given: Option<&Path>, cwd: &Path) -> Vec<(PathBuf, Origin)> {
        let users = given.map(Path::to_owned).or_else(users_file);
        let users = users.filter(|path| given.is_some() || path.is_file());
        let projects = cwd
            .ancestors()
            .map(|dir| dir.join(PROJECT_FILE))
            .find(|path| path.is_file());
        let users = users.map(|path| (path, Origin::User));
        let projects = projects.map(|path| (path, Origin::Project));
        users.into_iter().chain(projects).collect()
    }

    /// Adds what the file at `path` says.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn add_file(&mut self, path: &Path, origin: Origin) -> Result<()> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read {}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        self.add(&text, origin, folder)
            .with_context(|| format!("in {}", path.display()))
    }

    /// Adds what the environment says, which wins over files.
    pub fn add_environment(&mut self) {
        let model = std::env::var_os("UNSORRY_MODEL").filter(|model| !model.is_empty());
        self.local.model = model.map(PathBuf::from).or(self.local.model.take());
        self.cache.add_environment();
    }

    /// Adds what the `text` of a file in `folder` says.
    ///
    /// # Errors
    /// When a key is unknown, a value makes no sense, or the key is not for this origin to set: nothing
    /// is added.
    pub fn add(&mut self, text: &str, origin: Origin, folder: &Path) -> Result<()> {
        let file: File = toml::from_str(text)?;
        key::check_permissions(&toml::from_str(text)?, origin, &keys())?;
        if !file.remote.is_empty() {
            self.remote = remote::settings(&file.remote, folder)?;
        }
        file.search.merge_into(self, origin);
        file.check.merge_into(self, origin);
        file.cache.merge_into(self, origin);
        self.local.add(file.local, folder);
        self.tactics.extend(file.tactics);
        Ok(())
    }
}
