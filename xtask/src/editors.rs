//! `cargo xtask editors`: unsorry in the hands of real editors, each with a script in `tests/editors/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::lean::{self, LeanInstall};
use crate::workspace;

/// Runs the tests of the editors named, or of all.
pub(crate) fn run(names: &[String]) -> Result<()> {
    let install = lean::find_or_install()?;
    let program = program()?;
    let all = all()?;
    for name in names {
        ensure!(
            all.contains(name),
            "there are no tests for `{name}`, but for {}",
            all.join(", ")
        );
    }
    let chosen = all
        .iter()
        .filter(|name| names.is_empty() || names.contains(name));
    for name in chosen {
        let script = folder().join(name).join("run.mjs");
        workspace::step(
            &format!("{name} (node {})", script.display()),
            &mut node(&script, &install, &program)?,
        )?;
    }
    Ok(())
}

/// Records the pictures of the README.
pub(crate) fn pictures() -> Result<()> {
    let install = lean::find_or_install()?;
    let program = program()?;
    for name in all()? {
        let script = folder().join(&name).join("picture.mjs");
        if script.is_file() {
            let step = format!("the picture of {name}");
            workspace::step(&step, &mut node(&script, &install, &program)?)?;
        }
    }
    Ok(())
}

/// Builds the VS Code extension.
pub(crate) fn vsix() -> Result<()> {
    let npm = |words: &[&str]| {
        let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        npm.args(words)
            .current_dir(workspace::root().join("editors").join("vscode"));
        npm
    };
    workspace::step("the extension's packages (npm ci)", &mut npm(&["ci"]))?;
    workspace::step(
        "the extension (npm run package)",
        &mut npm(&["run", "package"]),
    )
}

fn folder() -> PathBuf {
    workspace::root().join("tests").join("editors")
}

/// The editors that have tests.
fn all() -> Result<Vec<String>> {
    let folder = folder();
    let entries = folder
        .read_dir()
        .with_context(|| format!("can't read {}", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().join("run.mjs").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// The program that they are tried with.
fn program() -> Result<PathBuf> {
    workspace::built(&workspace::BUILD, "unsorry")
}

/// Node on a script of an editor's.
fn node(script: &Path, install: &LeanInstall, program: &Path) -> Result<Command> {
    let mut node = Command::new("node");
    node.arg(script)
        .current_dir(workspace::root())
        .env("PATH", install.path()?)
        .env("UNSORRY_BIN", program);
    Ok(node)
}
