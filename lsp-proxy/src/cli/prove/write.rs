//! Writing proofs into a file: all with which Lean takes it whole.

#[cfg(unix)]
pub use super::replace::replace;

#[cfg(not(unix))]
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
#[cfg(not(unix))]
use anyhow::{Context, bail};

use unsorry_search::check::checker::Checker;

/// An error that proofs bring to a file.
#[derive(Debug, PartialEq, Eq)]
pub struct NewError {
    /// Its line in the file with the proofs in it, from 0.
    pub line: u32,
    /// The first line of Lean's words.
    pub message: String,
}

/// Has Lean elaborate the whole file once more with all proofs in it. Returns the first error that the file did not
/// have before.
///
/// # Errors
/// When Lean does not say.
pub async fn check_whole(
    checker: &Checker,
    uri: &str,
    old: &str,
    new: &str,
    limit: Duration,
) -> Result<Option<NewError>> {
    let errors = async |text: &str| -> Result<Vec<(u32, String)>> {
        let elaboration = checker
            .elaborate(uri, text.to_owned(), Vec::new(), limit)
            .await?;
        let errors = elaboration.diagnostics.into_iter().filter(|d| d.is_error());
        Ok(errors.map(|d| (d.start().line, d.message)).collect())
    };
    let mut before: Vec<String> = Vec::new();
    let after = errors(new).await?;
    if !after.is_empty() {
        before = errors(old)
            .await?
            .into_iter()
            .map(|(_, message)| message)
            .collect();
    }
    for (line, message) in after {
        match before.iter().position(|old| *old == message) {
            Some(at) => drop(before.swap_remove(at)),
            None => {
                let message = message.lines().next().unwrap_or_default().to_owned();
                return Ok(Some(NewError { line, message }));
            }
        }
    }
    Ok(None)
}

/// Puts `new` in the place of `old`, as [`super::replace::replace`] does where more is known of files.
///
/// # Errors
/// When the file is no longer `old`, or can't be written: then it is as it was.
#[cfg(not(unix))]
pub fn replace(path: &Path, old: &str, new: &str) -> Result<()> {
    use std::io::Write as _;
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = || format!("can't write {}", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(failed)?;
    file.write_all(new.as_bytes()).with_context(failed)?;
    let permissions = std::fs::metadata(path).with_context(failed)?.permissions();
    if permissions.readonly() {
        bail!("{} is read-only; it is left as it is", path.display());
    }
    file.as_file()
        .set_permissions(permissions)
        .with_context(failed)?;
    file.as_file().sync_all().with_context(failed)?;
    let now = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
    if now != old.as_bytes() {
        bail!(
            "{} has changed while its holes were being proved; it is left as it is",
            path.display()
        );
    }
    file.persist(path).with_context(failed)?;
    Ok(())
}
