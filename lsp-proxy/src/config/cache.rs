//! `[cache]`: whether verified proofs are kept, and where.

use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::permission::keys;

/// The environment's variable that names another folder, or `off`.
const VARIABLE: &str = "UNSORRY_CACHE";

/// Whether verified proofs are kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Whether proofs are kept.
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

keys! {
    /// The keys of `[cache]`.
    struct Keys of "cache" for Cache {
        // Only the user's own file can switch it on.
        enabled: bool => enabled, project: Lower, editor: Lower;
    }
}

impl Cache {
    /// Takes what the environment says, which wins over files.
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

    /// Returns the folder, if proofs are kept.
    pub fn folder_in_use(&self) -> Option<PathBuf> {
        self.folder.clone().filter(|_| self.enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::permission::Origin;

    #[test]
    fn who_switches_it_off() {
        let check = |users: Option<bool>, projects: Option<bool>, variable: &str, on: bool| {
            let mut cache = Cache::default();
            Keys { enabled: users }.merge_into(&mut cache, Origin::User);
            Keys { enabled: projects }.merge_into(&mut cache, Origin::Project);
            cache.add_variable(Some(variable.into()));
            assert_eq!(
                cache.folder_in_use().is_some(),
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
        assert_eq!(cache.folder_in_use(), Some("/elsewhere".into()));
    }
}
