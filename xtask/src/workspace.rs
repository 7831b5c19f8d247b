//! The workspace's folder, and running programs in it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The root of the workspace: that of the clone we are run in. Where clones share a target folder, it need not be the
/// one we were compiled in.
pub(crate) fn root() -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package)
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}

/// The cargo that runs us, in the root of the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command to its end, on our terminal.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("could not start {}", command.get_program().display()))
}

/// Builds the program and all tests. Everything that is tested is built by this one command: another choice of packages
/// would be another choice of their features, and build most of them again.
pub(crate) const BUILD: [&str; 3] = ["test", "--workspace", "--no-run"];

/// Runs cargo with `arguments` and gives the program of this name that it has built: cargo alone knows where that is,
/// given target folders and build targets set elsewhere.
pub(crate) fn built(arguments: &[&str], name: &str) -> Result<PathBuf> {
    let output = cargo(arguments)
        .args(["--message-format", "json-render-diagnostics"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("could not start cargo")?;
    if !output.status.success() {
        bail!("`{name}` did not build ({})", output.status);
    }
    executable(&String::from_utf8_lossy(&output.stdout), name)
        .with_context(|| format!("cargo built no program `{name}`"))
}

/// The program among cargo's messages, one JSON object a line.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name && is_program(message))
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
}

/// Tells a program or a bench from the unit tests that go by the same name.
fn is_program(message: &Value) -> bool {
    match message["target"]["kind"][0].as_str() {
        Some("bin") => message["profile"]["test"] != true,
        Some("bench") => true,
        _ => false,
    }
}

/// Runs a command that must succeed, and says how long it took.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<()> {
    println!("\n==> {name}");
    let start = Instant::now();
    let status = status(command)?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    println!(
        "<== {name}: passed in {:.0} s",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_the_messages_of_cargo() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"unsorry","kind":["lib"]},"executable":null}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"other","kind":["bin"]},"executable":"/t/other"}"#,
            "\n",
            r#"{"target":{"name":"unsorry","kind":["lib"]},"profile":{"test":true},"executable":"/t/deps/unsorry-1"}"#,
            "\n",
            r#"{"target":{"name":"unsorry","kind":["bin"]},"profile":{"test":true},"executable":"/t/deps/unsorry-2"}"#,
            "\n",
            r#"{"target":{"name":"unsorry","kind":["bin"]},"profile":{"test":false},"executable":"/t/unsorry"}"#,
            "\n",
            r#"{"target":{"name":"check","kind":["bench"]},"profile":{"test":true},"executable":"/t/deps/check-3"}"#,
        );
        assert_eq!(executable(messages, "unsorry"), Some("/t/unsorry".into()));
        assert_eq!(
            executable(messages, "check"),
            Some("/t/deps/check-3".into())
        );
        let other = r#"{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(other, "unsorry"), None);
    }
}
