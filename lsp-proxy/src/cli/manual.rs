//! `unsorry completions` and `unsorry man`: what a shell and `man` know of the program.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap_complete::Shell;

use crate::terminal::say_lines;

/// The arguments of `unsorry completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell to write them for
    shell: Shell,
}

/// The arguments of `unsorry man`.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Writes a page for each command into this folder, rather than the main one to stdout
    folder: Option<PathBuf>,
}

/// Writes the completions of `program` to stdout.
pub fn completions(arguments: &Completions, mut program: clap::Command) -> ExitCode {
    let name = program.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, name, &mut text);
    say_lines(&String::from_utf8_lossy(&text));
    ExitCode::SUCCESS
}

/// Writes the manual of `program`.
///
/// # Errors
/// When it can't be written.
pub fn man(arguments: &Man, program: clap::Command) -> Result<ExitCode> {
    match &arguments.folder {
        None => {
            let mut text = Vec::new();
            clap_mangen::Man::new(program).render(&mut text)?;
            say_lines(&String::from_utf8_lossy(&text));
        }
        Some(folder) => std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(program, folder))
            .with_context(|| format!("can't write into {}", folder.display()))?,
    }
    Ok(ExitCode::SUCCESS)
}
