//! What lets us in: read when it is needed, never kept in settings, never shown.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use reqwest::header::HeaderValue;

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// There is none.
    None,
    /// In this variable of the environment.
    Env(String),
    /// In this file, which only its owner may read.
    File(PathBuf),
    /// In the system's keyring, under the service `unsorry` and this user name.
    Keyring(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::None => f.write_str("no key"),
            Key::Env(name) => write!(f, "the key in {name}"),
            Key::File(path) => write!(f, "the key in {}", path.display()),
            Key::Keyring(name) => write!(f, "the key `{name}` of the keyring"),
        }
    }
}

impl Key {
    /// The value of the `Authorization` header, marked as sensitive.
    ///
    /// # Errors
    /// When the key is not where it should be, or others may read it too. The message never has it.
    pub(super) fn header(&self) -> Result<Option<HeaderValue>> {
        let key = match self {
            Key::None => return Ok(None),
            Key::Env(name) => std::env::var(name)
                .with_context(|| format!("the key should be in {name}, which is not set"))?,
            Key::File(path) => from_file(path)?,
            Key::Keyring(name) => from_keyring(name)?,
        };
        let key = key.trim();
        ensure!(!key.is_empty(), "{self} is empty");
        let Ok(mut value) = HeaderValue::try_from(format!("Bearer {key}")) else {
            bail!("{self} has characters that no key has");
        };
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

fn from_file(path: &Path) -> Result<String> {
    const MOST: u64 = 1 << 14;
    let named = || format!("can't read the key in {}", path.display());
    let meta = path.metadata().with_context(named)?;
    ensure!(
        meta.is_file() && meta.len() <= MOST,
        "{} is no file with a key",
        path.display()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = meta.permissions().mode();
        ensure!(
            mode & 0o077 == 0,
            "others may read the key in {0}: `chmod 600 {0}` keeps it to yourself",
            path.display()
        );
    }
    std::fs::read_to_string(path).with_context(named)
}

fn from_keyring(name: &str) -> Result<String> {
    let entry = keyring::v1::Entry::new("unsorry", name);
    let key = entry.and_then(|entry| entry.get_password());
    key.with_context(|| {
        format!("the system's keyring gives no key `{name}` of the service `unsorry`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(key: &Key) -> String {
        let error = key.header().expect_err("no key");
        format!("{error:#}")
    }

    #[test]
    fn a_key_in_a_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let key = Key::File(path.clone());
        assert!(error(&key).contains("can't read the key"));
        std::fs::write(&path, "secret\n").expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let allow = |mode| {
                let permissions = std::fs::Permissions::from_mode(mode);
                std::fs::set_permissions(&path, permissions).expect("set");
            };
            allow(0o644);
            assert!(error(&key).contains("chmod 600"));
            allow(0o600);
        }
        let header = key.header().expect("readable").expect("a key");
        assert_eq!(header, "Bearer secret");
        assert!(!format!("{header:?} {key:?} {key}").contains("secret"));
        std::fs::write(&path, "se\ncret").expect("written");
        assert!(!error(&key).contains("cret"));
        std::fs::write(&path, " \n").expect("written");
        assert!(error(&key).contains("is empty"));
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let key = Key::Env("UNSORRY_TEST_NO_SUCH_KEY".into());
        assert!(error(&key).contains("UNSORRY_TEST_NO_SUCH_KEY"));
        assert_eq!(Key::None.header().expect("no key is fine"), None);
    }
}
