//! The key that lets us in: never part of the settings, never shown.

mod command;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use reqwest::header::HeaderValue;
use tokio::sync::OnceCell;

pub use command::KeyCommand;

/// The place that a key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// No key.
    None,
    /// The value of this variable of the environment.
    Env(String),
    /// The content of this file, which only its owner may read.
    File(PathBuf),
    /// The first line of this command's stdout.
    Command(KeyCommand),
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySource::None => f.write_str("no key"),
            KeySource::Env(name) => write!(f, "the key in {name}"),
            KeySource::File(path) => write!(f, "the key in {}", path.display()),
            KeySource::Command(command) => write!(f, "the key that {command} prints"),
        }
    }
}

/// The key of one endpoint: read for each request, but for one that a command prints, which is kept in
/// memory until it is refused.
#[derive(Debug)]
pub(super) struct Key {
    source: KeySource,
    printed: Mutex<Arc<OnceCell<HeaderValue>>>,
}

impl Key {
    pub(super) fn new(source: KeySource) -> Key {
        Key {
            source,
            printed: Mutex::default(),
        }
    }

    /// Returns the value of the `Authorization` header, marked as sensitive.
    ///
    /// # Errors
    /// When the key is not where it should be, or others may read it too. The message never has it.
    pub(super) async fn header(&self) -> Result<Option<HeaderValue>> {
        let key = match &self.source {
            KeySource::None => return Ok(None),
            KeySource::Env(name) => std::env::var(name)
                .with_context(|| format!("the key should be in {name}, which is not set"))?,
            KeySource::File(path) => {
                let path = path.clone();
                let reading = tokio::task::spawn_blocking(move || from_file(&path));
                reading.await.context("the key was not read")??
            }
            KeySource::Command(command) => {
                let cell = self.printed().clone();
                // Requests that begin together run it once.
                let header = cell.get_or_try_init(|| async {
                    let key = command.first_line(command::DEADLINE).await?;
                    self.header_of(&key)
                });
                return Ok(Some(header.await?.clone()));
            }
        };
        self.header_of(&key).map(Some)
    }

    /// The endpoint has refused `header`: whether it makes sense to ask for another.
    pub(super) fn refused(&self, header: &HeaderValue) -> bool {
        let mut printed = self.printed();
        if printed.get() == Some(header) {
            *printed = Arc::default();
        }
        matches!(self.source, KeySource::Command(_))
    }

    fn printed(&self) -> std::sync::MutexGuard<'_, Arc<OnceCell<HeaderValue>>> {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn header_of(&self, key: &str) -> Result<HeaderValue> {
        let key = key.trim();
        ensure!(!key.is_empty(), "{} is empty", self.source);
        let Ok(mut value) = HeaderValue::try_from(format!("Bearer {key}")) else {
            bail!("{} has characters that no key has", self.source);
        };
        value.set_sensitive(true);
        Ok(value)
    }
}

fn from_file(path: &Path) -> Result<String> {
    let named = || format!("can't read the key in {}", path.display());
    let meta = path.metadata().with_context(named)?;
    ensure!(
        meta.is_file() && meta.len() <= command::MAX_KEY_BYTES,
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn header(source: &KeySource) -> Result<Option<HeaderValue>> {
        Key::new(source.clone()).header().await
    }

    async fn error(source: &KeySource) -> String {
        let error = header(source).await.expect_err("no key");
        format!("{error:#}")
    }

    #[tokio::test]
    async fn a_key_in_a_file_is_its_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let key = KeySource::File(path.clone());
        assert!(error(&key).await.contains("can't read the key"));
        std::fs::write(&path, "secret\n").expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let allow = |mode| {
                let permissions = std::fs::Permissions::from_mode(mode);
                std::fs::set_permissions(&path, permissions).expect("set");
            };
            allow(0o644);
            assert!(error(&key).await.contains("chmod 600"));
            allow(0o600);
        }
        let header = header(&key).await.expect("readable").expect("a key");
        assert_eq!(header, "Bearer secret");
        assert!(!format!("{header:?} {key:?} {key}").contains("secret"));
        std::fs::write(&path, "se\ncret").expect("written");
        assert!(!error(&key).await.contains("cret"));
        std::fs::write(&path, " \n").expect("written");
        assert!(error(&key).await.contains("is empty"));
    }

    #[tokio::test]
    async fn a_variable_that_is_not_set_is_named() {
        let key = KeySource::Env("UNSORRY_TEST_NO_SUCH_KEY".into());
        assert!(error(&key).await.contains("UNSORRY_TEST_NO_SUCH_KEY"));
        assert_eq!(
            header(&KeySource::None).await.expect("no key is fine"),
            None
        );
    }
}
