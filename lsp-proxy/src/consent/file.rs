//! The file of the state folder that keeps what the user decided for good, for every session.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::config;

/// The file's name.
const NAME: &str = "consent.toml";

/// The user's decision for good about one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The text may be sent.
    Send,
    /// The text may not be sent, and the user is not to be asked again.
    Never,
}

/// The decisions, by address.
pub type Decisions = BTreeMap<String, Decision>;

/// Returns the file's path; none where there is no home.
pub fn path() -> Option<PathBuf> {
    Some(config::state_folder()?.join(NAME))
}

/// Reads the file at `path`. A file that is broken, absent or unreadable decides nothing.
pub fn load(path: &Path) -> Decisions {
    std::fs::read_to_string(path).map_or_else(|_| Decisions::new(), |text| parse(&text))
}

/// Parses a file's `text`: `"address" = "send"` or `"never"`, one a line. Anything unclear is no
/// consent.
fn parse(text: &str) -> Decisions {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let decision = |value: &toml::Value| match value.as_str()? {
        "send" => Some(Decision::Send),
        "never" => Some(Decision::Never),
        _ => None,
    };
    table
        .into_iter()
        .filter_map(|(address, value)| Some((address, decision(&value)?)))
        .collect()
}

/// Returns the text of a file with these `decisions`.
fn text(decisions: &Decisions) -> String {
    let value = |decision: &Decision| match decision {
        Decision::Send => "send",
        Decision::Never => "never",
    };
    let line =
        |(address, decision): (&String, &Decision)| (address.clone(), value(decision).into());
    let table: toml::Table = decisions.iter().map(line).collect();
    format!(
        "# Where unsorry may send the text of your files: \"send\" or \"never\". Without its line, you are asked.\n{table}"
    )
}

/// Adds a decision to the file at `path`. Other sessions may do the same at the same time: none of
/// their decisions is lost, and whoever reads finds the whole file, before or after.
///
/// # Errors
/// When the file can't be read or written: it stays as it was.
pub fn record(path: &Path, address: &str, decision: Decision) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let _lock = lock(path)?;
    let mut decisions = match std::fs::read_to_string(path) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => Decisions::new(),
        Err(error) if error.kind() == ErrorKind::InvalidData => Decisions::new(),
        Err(error) => {
            return Err(error).with_context(|| format!("can't read {}", path.display()));
        }
    };
    decisions.insert(address.to_owned(), decision);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text(&decisions).as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)
        .with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}

/// Waits for the lock that all writers of the file at `path` take, on a file beside it: the file
/// itself is replaced. It is held until the returned file is dropped.
fn lock(path: &Path) -> Result<File> {
    let beside = path.with_extension("lock");
    let file = File::options().create(true).append(true).open(&beside);
    let file = file.with_context(|| format!("can't write {}", beside.display()))?;
    // Some network file systems have no locks: there a decision may be lost, as a full disk loses it.
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => file.lock()?,
        Err(TryLockError::Error(error)) => tracing::warn!(%error, "no lock for {}", path.display()),
        Ok(()) => {}
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn the_format() {
        let decisions = Decisions::from([
            ("http://lab:8000/v1".to_owned(), Decision::Never),
            ("https://a/\"v1\"\n".to_owned(), Decision::Send),
        ]);
        assert_eq!(parse(&text(&decisions)), decisions);
        let check = |text: &str, expected: &[(&str, Decision)]| {
            let expected = expected
                .iter()
                .map(|(address, decision)| ((*address).into(), *decision));
            assert_eq!(parse(text), expected.collect(), "{text}");
        };
        check("", &[]);
        check("\"a\" = \"send\"\n\"b", &[]);
        check(
            "a = 'send'\nb = 'never'",
            &[("a", Decision::Send), ("b", Decision::Never)],
        );
        check("a = 'Send'\nb = true\n[c]\nd = 'send'", &[]);
    }

    #[test]
    fn sessions_that_record_at_once_lose_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/consent.toml");
        let sessions = 8;
        let barrier = Barrier::new(sessions);
        std::thread::scope(|scope| {
            for session in 0..sessions {
                let (path, barrier) = (&path, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    for number in 0..4 {
                        let address = format!("http://{session}/{number}");
                        record(path, &address, Decision::Never).expect("written");
                    }
                });
            }
        });
        assert_eq!(load(&path).len(), sessions * 4);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_read_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("consent.toml");
        // A folder can't be read as a file, whoever we are.
        std::fs::create_dir(&path).expect("made");
        let error = record(&path, "http://lab", Decision::Send).expect_err("refused");
        assert!(error.to_string().contains("can't read"), "{error}");
        assert!(path.is_dir());
    }
}
