//! Writing proofs into a file: all of them or nothing.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

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

/// Puts `new` in the place of `old` in one step, the file's permissions kept.
///
/// # Errors
/// When the file is no longer `old`, or can't be written: then it is as it was.
pub fn replace(path: &Path, old: &str, new: &str) -> Result<()> {
    let now = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
    if now != old.as_bytes() {
        bail!(
            "{} has changed while its holes were being proved; it is left as it is",
            path.display()
        );
    }
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
    file.persist(path).with_context(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_is_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a.lean");
        std::fs::write(&path, "new\r\n").expect("written");
        assert!(replace(&path, "old", "proved").is_err());
        assert_eq!(std::fs::read(&path).expect("read"), b"new\r\n");
        replace(&path, "new\r\n", "proved\r\n").expect("written");
        assert_eq!(std::fs::read(&path).expect("read"), b"proved\r\n");
        assert_eq!(std::fs::read_dir(dir.path()).expect("read").count(), 1);
    }
}
