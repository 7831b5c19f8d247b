//! `cargo xtask demo`: the program at work on `examples/`, from a fresh clone.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{lean, workspace};

/// Builds the program and proves the holes of every example. That some stay open is no failure.
pub(crate) fn run() -> Result<()> {
    let examples = examples()?;
    let install = lean::find_or_install()?;
    println!("Using {install}.");
    let program = build()?;
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

/// Builds the program and says where it is: cargo alone knows, given target folders and build targets set elsewhere.
fn build() -> Result<PathBuf> {
    println!("Building unsorry…");
    let output = workspace::cargo(&["build", "--release", "--package", "unsorry"])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("could not start cargo")?;
    if !output.status.success() {
        bail!("unsorry did not build");
    }
    executable(&String::from_utf8_lossy(&output.stdout)).context("cargo built no program `unsorry`")
}

/// The program among cargo's messages, one JSON object a line.
fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "unsorry")
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages_of_cargo() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"unsorry","kind":["lib"]},"executable":null}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"unsorry","kind":["bin"]},"executable":"/t/unsorry"}"#,
        );
        assert_eq!(executable(messages), Some("/t/unsorry".into()));
        assert_eq!(
            executable(r#"{"reason":"build-finished","success":true}"#),
            None
        );
    }
}
