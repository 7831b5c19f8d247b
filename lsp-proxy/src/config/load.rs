//! Reading files, and adding what they say to what was said before.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;
use unsorry_prover::PortfolioRow;

use super::local::{self, Local};
use super::paths::users_file;
use super::permission::{self, Key, Origin, Permission};
use super::remote::{self, Remote};
use super::values::Config;
use super::{cache, check, file, search};

/// A project's file, looked for in the working directory and above.
const PROJECT_FILE: &str = ".unsorry.toml";

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
pub(super) fn keys() -> Vec<Key> {
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

    /// Reads the same files but for those that have a mistake, for whoever has to go on. Returns the first
    /// mistake too.
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
            // Whatever it is: something else in its place is told, not passed over.
            .find(|path| path.symlink_metadata().is_ok());
        let users = users.map(|path| (path, Origin::User));
        let projects = projects.map(|path| (path, Origin::Project));
        users.into_iter().chain(projects).collect()
    }

    /// Adds what the file at `path` says.
    ///
    /// # Errors
    /// The errors of [`Config::load`].
    pub fn add_file(&mut self, path: &Path, origin: Origin) -> Result<()> {
        let text = file::read(path, origin)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        self.add(&text, origin, folder)
            .with_context(|| format!("in {}", path.display()))
    }

    /// Takes what the environment says, which wins over files.
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
        permission::check_permissions(&toml::from_str(text)?, origin, &keys())?;
        if !file.remote.is_empty() {
            self.remote = remote::settings(&file.remote, folder)?;
        }
        file.search.merge_into(self, origin);
        file.check.merge_into(self, origin);
        file.cache.merge_into(&mut self.cache, origin);
        self.local.add(file.local, folder);
        self.tactics.extend(file.tactics);
        Ok(())
    }
}
