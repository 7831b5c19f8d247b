//! Settings: the user's `config.toml`, then a project's `.unsorry.toml`, each key of the later file
//! winning. What a project may set is preference only: no command, no endpoint, no file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer};
use unsorry_model::Entry;

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
    /// Rows for the portfolio, before its own.
    pub tactics: Vec<Entry>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            budget: Duration::from_secs(60),
            timeout: Duration::from_secs(20),
            idle: Duration::from_secs(300),
            tactics: Vec::new(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    search: Search,
    check: Check,
    tactics: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Search {
    #[serde(deserialize_with = "duration")]
    budget: Option<Duration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Check {
    #[serde(deserialize_with = "duration")]
    timeout: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    idle: Option<Duration>,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// Reads `60s`, `2min`, `500ms`.
///
/// # Errors
/// When `text` is no duration.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("`{text}` is no duration such as `60s`: {error}"))
}

impl Config {
    /// Reads the user's file (`given`, or the one in the user's config folder if it is there) and the
    /// project's.
    ///
    /// # Errors
    /// When a file can't be read or says what is not known: the message names file and key.
    pub fn load(given: Option<&Path>, cwd: &Path) -> Result<Config> {
        let mut config = Config::default();
        let named = given.map(Path::to_owned);
        let users = named
            .or_else(|| Some(user_folder()?.join("config.toml")).filter(|path| path.is_file()));
        let projects = cwd
            .ancestors()
            .map(|dir| dir.join(PROJECT_FILE))
            .find(|path| path.is_file());
        for path in users.into_iter().chain(projects) {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("can't read {}", path.display()))?;
            config
                .add(&text)
                .with_context(|| format!("in {}", path.display()))?;
        }
        Ok(config)
    }

    fn add(&mut self, text: &str) -> Result<()> {
        let File {
            search,
            check,
            tactics,
        } = toml::from_str(text)?;
        let set = |place: &mut Duration, value: Option<Duration>| *place = value.unwrap_or(*place);
        set(&mut self.budget, search.budget);
        set(&mut self.timeout, check.timeout);
        set(&mut self.idle, check.idle);
        self.tactics.extend(tactics);
        Ok(())
    }
}

fn user_folder() -> Option<PathBuf> {
    Some(
        etcetera::choose_base_strategy()
            .ok()?
            .config_dir()
            .join("unsorry"),
    )
}

/// Where logs go.
pub fn state_folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(
        base.state_dir()
            .unwrap_or_else(|| base.cache_dir())
            .join("unsorry"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_files_win() {
        let mut config = Config::default();
        config
            .add("[search]\nbudget = '5s'\n[check]\ntimeout = '1s 500ms'")
            .expect("valid");
        config.add("[search]\nbudget = '2min'").expect("valid");
        assert_eq!(config.budget, Duration::from_secs(120));
        assert_eq!(config.timeout, Duration::from_millis(1500));
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text: &str, part: &str| {
            let error = format!("{:#}", Config::default().add(text).expect_err("invalid"));
            assert!(error.contains(part), "{error}");
        };
        check("[serch]\nbudget = '5s'", "serch");
        check("[search]\nbudgt = '5s'", "budgt");
        check("[search]\nbudget = 'soon'", "soon");
        check("[search]\nbudget = 5", "budget");
        check("[remote]\nurl = 'http://example.org'", "remote");
    }
}
