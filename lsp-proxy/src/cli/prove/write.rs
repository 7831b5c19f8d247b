//! Writing proofs into a file: all of them or nothing.

#[cfg(unix)]
pub use super::replace::replace;

#[cfg(not(unix))]
use std::path::Path;
use std::time::Duration;

#[cfg(not(unix))]
use anyhow::Context;
use anyhow::{Result, bail};

use unsorry_search::check::checker::Checker;

/// Has Lean elaborate the whole file once more with all proofs in it.
///
/// # Errors
/// When it brings an error that the file did not have before.
pub async fn check_whole(
    checker: &Checker,
    uri: &str,
    old: &str,
    new: &str,
    limit: Duration,
) -> Result<()> {
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
            None => bail!(
                "with the proofs in it, line {} has a new error: {}",
                line + 1,
                message.lines().next().unwrap_or_default()
            ),
        }
    }
    Ok(())
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
