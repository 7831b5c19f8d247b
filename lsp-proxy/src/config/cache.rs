//! `[cache]`: whether verified proofs are kept, and where.

use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use serde::Deserialize;

use super::Origin;

/// Names another folder, or `off`.
const VARIABLE: &str = "UNSORRY_CACHE";

/// Whether verified proofs are kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Whether they are.
    pub enabled: bool,
    /// The folder; none where there is no home.
    pub folder: Option<PathBuf>,
}

impl Default for Cache {
    fn default() -> Self {
        let base = etcetera::choose_base_strategy().ok();
        Cache {
            enabled: true,
            folder: base.map(|base| base.cache_dir().join("unsorry")),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Keys {
    enabled: Option<bool>,
}

impl Cache {
    /// Adds what a file or an editor says. Only the user's own file can switch it on.
    pub(super) fn add(&mut self, keys: &Keys, origin: Origin) {
        self.enabled = match (keys.enabled, origin) {
            (None, _) => self.enabled,
            (Some(enabled), Origin::User) => enabled,
            (Some(enabled), Origin::Project | Origin::Editor) => enabled && self.enabled,
        };
    }

    /// Adds what the environment says, which wins over files.
    pub(super) fn add_environment(&mut self) {
        self.add_variable(std::env::var_os(VARIABLE));
    }

    fn add_variable(&mut self, value: Option<OsString>) {
        match value.filter(|value| !value.is_empty()) {
            None => {}
            Some(value) if value == "off" => self.enabled = false,
            Some(folder) => self.folder = Some(folder.into()),
        }
    }

    /// The folder, if proofs are kept.
    pub fn place(&self) -> Option<PathBuf> {
        self.folder.clone().filter(|_| self.enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_switches_it_off() {
        let check = |users: Option<bool>, projects: Option<bool>, variable: &str, on: bool| {
            let mut cache = Cache::default();
            cache.add(&Keys { enabled: users }, Origin::User);
            cache.add(&Keys { enabled: projects }, Origin::Project);
            cache.add_variable(Some(variable.into()));
            assert_eq!(
                cache.place().is_some(),
                on,
                "{users:?} {projects:?} {variable}"
            );
        };
        check(None, None, "", true);
        check(Some(false), None, "", false);
        check(None, Some(false), "", false);
        check(Some(false), Some(true), "", false);
        check(Some(true), Some(true), "off", false);
        check(None, None, "off", false);
        check(Some(false), None, "/elsewhere", false);
    }

    #[test]
    fn another_folder() {
        let mut cache = Cache::default();
        cache.add_variable(Some("/elsewhere".into()));
        assert_eq!(cache.place(), Some("/elsewhere".into()));
    }
}
