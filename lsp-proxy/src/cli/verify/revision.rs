//! A file as it was at a revision of its Git repository.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The text that the file had at `revision`: what was committed, past no filter that a repository configures.
///
/// # Errors
/// When Git has none, in its words, or it is not UTF-8.
pub fn at(revision: &str, file: &Path) -> Result<String> {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
        bail!("it is in no folder")
    };
    ensure!(
        !revision.is_empty() && !revision.starts_with('-') && !revision.contains(':'),
        "`{revision}` is no revision"
    );
    let mut object = std::ffi::OsString::from(format!("{revision}:./"));
    object.push(name);
    let output = Command::new("git")
        .args(["cat-file", "blob"])
        .arg(object)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .context("can't start `git`")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or_default();
        bail!("git says: {}", said.trim_start_matches("fatal: "))
    }
    String::from_utf8(output.stdout).context("it is not UTF-8 there")
}
