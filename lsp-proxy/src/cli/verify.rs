//! `unsorry verify`: whether a file is another with its holes filled, for CI, graders and reviewers.

mod report;
mod revision;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::prove::{File, project_root, read};
use crate::config::Config;
use crate::terminal::{self, Progress};
use report::{FileReport, Printer};
use unsorry_search::command::LeanCommand;
use unsorry_search::referee::Referee;

/// The longest that one file may take to compile, and the kernel to take it.
const FILE_LIMIT: Duration = Duration::from_secs(1800);

/// The arguments of `unsorry verify`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "unsorry verify [OPTIONS] <BEFORE> <AFTER>\n       unsorry verify [OPTIONS] --git <REV> <FILE>..."
)]
pub struct Arguments {
    /// The file as it was, and the file as it is now; with `--git`, only files as they are now
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Compare each file with what it was at this revision of its Git repository
    #[arg(long, value_name = "REV")]
    git: Option<String>,
    /// Print one JSON object a file
    #[arg(long)]
    json: bool,
    /// The command that starts Lean's server [default: `lake serve --` in a Lake project, else `lean
    /// --server`]
    #[arg(long, value_name = "CMD")]
    lean: Option<String>,
}

/// Says of each declaration of the files before whether it is in those after, with the same statement and a
/// proof. The exit code says: 0 all are, 1 some are not, or something else is wrong, 2 it could not run, 130 it
/// was stopped.
///
/// # Errors
/// When it could not run.
pub fn verify(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("can't start threads")?;
    let code = runtime.block_on(async {
        tokio::select! {
            biased;
            stopped = tokio::signal::ctrl_c() => {
                stopped.context("can't wait for Ctrl-C")?;
                Ok(ExitCode::from(130))
            }
            code = run(arguments, config) => code,
        }
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    code
}

async fn run(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let config = Config::load(config, &cwd)?;
    let pairs = pairs(arguments)?;
    let mut printer = Printer::new(arguments.json);
    let (mut all_well, mut all_ran) = (true, true);
    for (before, after) in pairs {
        let report = match verify_file(arguments, &config, &before, &after).await {
            Ok(report) => report,
            Err(error) => {
                all_ran = false;
                let error = error.context(format!("{} is not verified", after.path.display()));
                match arguments.json {
                    true => FileReport::not_run(&before.name, after.path, &error),
                    false => {
                        terminal::error(&error);
                        continue;
                    }
                }
            }
        };
        all_well &= report.is_well();
        printer.file(&report)?;
    }
    Ok(match (all_ran, all_well) {
        (false, _) => ExitCode::from(2),
        (true, false) => ExitCode::from(1),
        (true, true) => ExitCode::SUCCESS,
    })
}

/// A file as it was.
struct Before {
    name: String,
    text: String,
}

/// What is compared with what. All of it is read before any of it is compiled.
fn pairs<'a>(arguments: &'a Arguments) -> Result<Vec<(Before, File<'a>)>> {
    if let Some(revision) = &arguments.git {
        let pair = |path: &'a PathBuf| {
            let after = read(path)?;
            let text = revision::at(revision, &after.real)
                .with_context(|| format!("can't read {} at {revision}", path.display()))?;
            let name = format!("{revision}:{}", path.display());
            Ok((Before { name, text }, after))
        };
        return arguments.files.iter().map(pair).collect();
    }
    let [before, after] = arguments.files.as_slice() else {
        bail!(
            "it takes two files, the one before and the one after, and not {}; or `--git REV FILE…`",
            arguments.files.len()
        )
    };
    let (before, after) = (read(before)?, read(after)?);
    let name = before.path.display().to_string();
    let text = before.text;
    Ok(vec![(Before { name, text }, after)])
}

async fn verify_file(
    arguments: &Arguments,
    config: &Config,
    before: &Before,
    after: &File<'_>,
) -> Result<FileReport> {
    let root = project_root(&after.real);
    let command = match &arguments.lean {
        Some(text) => LeanCommand::parse(text)?,
        None => LeanCommand::resolve(&[], &root),
    };
    let referee = Referee::new(command, root, config.idle, config.container.clone());
    let bar = Progress::new("{spinner} {prefix} {elapsed} {wide_msg}", arguments.json);
    bar.begin_with(after.path.display());
    bar.say("compiling it as it was and as it is");
    let bar = bar.ticking();
    let texts = (before.text.as_str(), after.text.as_str());
    let verified = referee.verify(&after.real, texts, FILE_LIMIT).await;
    bar.end();
    let verified = verified.map_err(|why| anyhow!("{why}"))?;
    Ok(FileReport::of(&before.name, after.path, verified))
}
