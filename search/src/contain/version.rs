//! Lean's version, as it says it. Which Lean that is, and what that does first, a project's files may say: so
//! even this is asked in the container.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::{Container, ContainerConfig};
use crate::command::LeanCommand;

/// The most bytes of what it says that are read.
const MAX_BYTES: u64 = 4096;

/// Returns the first line that the program of `command` prints about its version in `cwd`, within `limits`
/// and so long.
///
/// # Errors
/// When it can't be started, or says nothing.
pub async fn version(
    command: &LeanCommand,
    cwd: &Path,
    limits: &ContainerConfig,
    patience: Duration,
) -> Result<String> {
    let asking = command.asking_version();
    let (mut builder, container) = super::command(&asking, cwd, limits, None)?;
    builder
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut child = builder
        .spawn()
        .context("it can't be started: is Lean installed and on PATH?")?;
    if let Some(container) = &container {
        container.hold(&child)?;
    }
    let stdout = child.stdout.take().context("no stdout")?;
    let mut told = Vec::new();
    let answered = async {
        stdout.take(MAX_BYTES).read_to_end(&mut told).await?;
        child.wait().await
    };
    let Ok(status) = timeout(patience, answered).await else {
        bail!("`{asking}` says nothing within {} s", patience.as_secs());
    };
    let status = status.with_context(|| format!("can't read what `{asking}` says"))?;
    let told = String::from_utf8_lossy(&told);
    let line = told.lines().map(str::trim).find(|line| !line.is_empty());
    match (line, container.as_ref().and_then(Container::reason)) {
        (Some(line), _) if status.success() => Ok(line.to_owned()),
        (_, Some(reason)) => bail!("it can't be started: {reason}: is Lean installed and on PATH?"),
        _ => bail!(
            "`{asking}` does not say a version ({status}): does it in this folder, outside of the container? elan may have to get a toolchain first"
        ),
    }
}
