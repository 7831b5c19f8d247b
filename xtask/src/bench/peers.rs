//! The programs that others have written, installed into `target/peers` where they are not there.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

use crate::workspace;

/// The program of a crate with the same name.
pub(super) fn of_crate(name: &str, version: &str) -> Result<PathBuf> {
    let folder = folder(name, version);
    let program = folder
        .join("bin")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        // What it is built from is of no use to anyone afterwards.
        let target = tempfile::tempdir()?;
        let package = format!("{name}@{version}");
        let mut install = workspace::cargo(&["install", "--locked", &package, "--root"]);
        install.arg(&folder).arg("--target-dir").arg(target.path());
        quietly(&mut install)?;
    }
    Ok(program)
}

/// A Python that has this package.
pub(super) fn of_python(name: &str, version: &str) -> Result<PathBuf> {
    let folder = folder(name, version);
    let python = match cfg!(windows) {
        true => folder.join("Scripts/python.exe"),
        false => folder.join("bin/python"),
    };
    let has = |python: &PathBuf| {
        let import = format!("import {name}");
        let tried = Command::new(python)
            .args(["-c", &import])
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    };
    if !has(&python) {
        let base = if cfg!(windows) { "python" } else { "python3" };
        quietly(Command::new(base).args(["-m", "venv"]).arg(&folder))?;
        let package = format!("{name}=={version}");
        quietly(Command::new(&python).args(["-m", "pip", "install", "--quiet", &package]))?;
    }
    Ok(python)
}

/// The version is in the folder's name: another one is installed anew.
fn folder(name: &str, version: &str) -> PathBuf {
    let peers = workspace::root().join("target/peers");
    peers.join(format!("{name}-{version}"))
}

/// Runs what must succeed. What it says is for the person, and not among the rows.
fn quietly(command: &mut Command) -> Result<()> {
    let status = workspace::status(command.stdout(Stdio::null()))?;
    ensure!(
        status.success(),
        "{} failed ({status})",
        command.get_program().display()
    );
    Ok(())
}
