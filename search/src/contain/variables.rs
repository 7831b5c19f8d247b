//! The environment of what we start: what Lean, Lake and elan are to know, by name. There may be keys in all
//! others.

use std::ffi::{OsStr, OsString};

/// The names, of all systems.
const NAMES: &[&str] = &[
    // Where programs and libraries are.
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "NIX_LD",
    "NIX_LD_LIBRARY_PATH",
    // Who we are, and where files are.
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_DATA_HOME",
    "XDG_DATA_DIRS",
    "XDG_STATE_HOME",
    // How to speak.
    "TERM",
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LC_NUMERIC",
    "LC_TIME",
    // Lean's own. Lake has a key among its variables.
    "LEAN",
    "LEAN_AR",
    "LEAN_CC",
    "LEAN_GITHASH",
    "LEAN_NUM_THREADS",
    "LEAN_PATH",
    "LEAN_SRC_PATH",
    "LEAN_STACK_SIZE_KB",
    "LEAN_SYSROOT",
    "LAKE",
    "LAKE_ARTIFACT_CACHE",
    "LAKE_CACHE_DIR",
    "LAKE_CONFIG",
    "LAKE_HOME",
    "LAKE_NO_CACHE",
    "LAKE_OVERRIDE_LEAN",
    "LAKE_PKG_URL_MAP",
    "ELAN",
    "ELAN_HOME",
    "ELAN_TOOLCHAIN",
    // Ours: that whoever starts us again is not to be asked.
    "UNSORRY_INSIDE",
    // Windows does nothing without these.
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
];

/// The variables of our environment that whatever is contained may know.
pub fn harmless() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| is_harmless(name))
}

fn is_harmless(name: &OsStr) -> bool {
    let is = |known: &&str| match cfg!(windows) {
        true => name.eq_ignore_ascii_case(known),
        false => name == *known,
    };
    NAMES.iter().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless() {
        let check = |name: &str, expected: bool| {
            assert_eq!(is_harmless(OsStr::new(name)), expected, "{name}");
        };
        for name in ["PATH", "HOME", "LEAN_PATH", "ELAN_HOME", "LC_ALL"] {
            check(name, true);
        }
        for name in [
            "OPENAI_API_KEY",
            "LAKE_CACHE_KEY",
            "LEAN_TOKEN",
            "GITHUB_TOKEN",
            "SSH_AUTH_SOCK",
            "LD_PRELOAD",
            "UNSORRY_KEY",
            "",
        ] {
            check(name, false);
        }
        check("Path", cfg!(windows));
    }
}
