//! The user's Lean.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use unsorry_search::command::LeanCommand;

/// Starts Lean's server in a process group of its own, with pipes to its stdin and stdout.
///
/// # Errors
/// When there is no such program, or it can't be run.
pub fn start(command: &LeanCommand, cwd: &Path) -> Result<Child> {
    let mut builder = Command::new(&command.program);
    // Lean's words on stderr go where they would go without us.
    builder
        .args(&command.args)
        .current_dir(cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut builder, 0);
    builder.spawn().with_context(|| {
        format!(
            "can't start `{command}`: is Lean installed, and on the PATH that your editor sees?"
        )
    })
}
