//! `unsorry cache`: the proofs that were kept, for their owner.

mod export;
mod show;
mod store;
#[cfg(test)]
mod tests;

use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use crate::config::{Config, parse_duration};
use crate::terminal::{self, Lines};
use store::{number, open};
use unsorry_search::memory::{self, FILE, StoreError};

pub use store::state;

/// The arguments of `unsorry cache`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say where the proofs are, and how many [this is the default]
    Show {
        /// Also list their goals, the newest first
        #[arg(long)]
        goals: bool,
    },
    /// Remove them
    Clear {
        /// Only proofs that were not used for this long, such as `30d`
        #[arg(long, value_name = "TIME", value_parser = parse_duration)]
        older_than: Option<Duration>,
    },
    /// Write them out, for fine-tuning: goal, context and proof, one JSON object a line
    Export {
        /// Do it; without this, only say what would be written
        #[arg(long)]
        jsonl: bool,
        /// A file that is not there yet [default: stdout]
        file: Option<PathBuf>,
    },
}

/// Runs the command.
///
/// # Errors
/// When it can't be done: the message says why.
pub fn cache(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let config = Config::load(config, &cwd)?;
    let folder = config.cache.folder.as_deref();
    let folder = folder.context("there is no home folder to keep proofs in: set HOME")?;
    let mut out = BufWriter::new(terminal::stdout());
    let mut out = Lines(&mut out);
    let done = match &arguments.command {
        None => show::show(folder, config.cache.enabled, false, &mut out),
        Some(Command::Show { goals }) => show::show(folder, config.cache.enabled, *goals, &mut out),
        Some(Command::Clear { older_than }) => clear(folder, *older_than, &mut out),
        Some(Command::Export { jsonl, file }) => {
            export::export(folder, *jsonl, file.as_deref(), &mut out)
        }
    };
    match done.and_then(|()| Ok(out.flush()?)) {
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done.map(|()| ExitCode::SUCCESS),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Removes the proofs, or those not used for `older_than`.
fn clear(folder: &Path, older_than: Option<Duration>, out: &mut Lines<'_>) -> Result<()> {
    let before = older_than.map(|age| SystemTime::now().checked_sub(age));
    let before = before.map(|before| before.unwrap_or(SystemTime::UNIX_EPOCH));
    let removed = match open(folder) {
        Ok(Some(mut store)) => store.clear(before)?,
        Ok(None) => 0,
        // Nothing of it is left either.
        Err(StoreError::Broken(..)) if older_than.is_none() => {
            memory::set_aside(folder)?;
            0
        }
        Err(problem) => return Err(problem.into()),
    };
    let what = number(i64::try_from(removed).unwrap_or(i64::MAX), "proof");
    let left = if older_than.is_none() && memory::remove_aside(folder) {
        ", and a damaged file"
    } else {
        ""
    };
    let path = folder.join(FILE);
    out.line(format_args!("{what} removed from {}{left}", path.display()))?;
    Ok(())
}
