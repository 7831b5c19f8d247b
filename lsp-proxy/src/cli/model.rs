//! `unsorry model`: the models that can be run in this process.

mod info;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use unsorry_infer::memory::{SCRATCH_BYTES, available_main_memory, format_bytes, process_memory};
use unsorry_model::hub::{self, KNOWN, Known, Progress, Wanted};
use unsorry_model::local::{self, LocalSettings};

use crate::config::{self, Config};
use crate::engines;
use crate::terminal::{self, Progress as Bar, say};

/// The arguments of `unsorry model`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the models that we know and those that are here, and what fits this machine
    List,
    /// Download a model from the Hugging Face hub; goes on where it was cut off
    Pull {
        /// A name that `list` shows, or a file there as owner/repository/file.gguf
        #[arg(default_value = KNOWN[0].name)]
        model: String,
    },
    /// Say what a model's file has, and what it needs
    Info {
        /// A GGUF file, a folder of safetensors, or a name that `list` shows [default: the configured one]
        file: Option<PathBuf>,
    },
    /// Load a model, have it write, and say how fast it is
    Check {
        /// A GGUF file, a folder of safetensors, or a name that `list` shows [default: the configured one]
        file: Option<PathBuf>,
        /// The number of tokens to write
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(2..))]
        tokens: u16,
    },
}

/// Runs the command.
///
/// # Errors
/// When it can't be done: the message says what to do.
pub fn model(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    match &arguments.command {
        Command::List => list(),
        Command::Pull { model } => pull(model),
        Command::Info { file } => {
            let settings = settings(file.as_deref(), config)?;
            terminal::say_lines(&info::info(&settings, available_main_memory())?);
            Ok(())
        }
        Command::Check { file, tokens } => {
            check(&settings(file.as_deref(), config)?, usize::from(*tokens))
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The configured model, or `file` set up like it.
fn settings(file: Option<&Path>, config: Option<&Path>) -> Result<LocalSettings> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let mut config = Config::load(config, &cwd)?;
    if let Some(file) = file {
        config.local.model = Some(file.to_owned());
    }
    let settings = config.local.settings();
    let settings = settings.context(
        "no model is configured: name a file, or write `model = \"…\"` under `[local]` in your config.toml",
    )?;
    // Who types a file's name means the file that is here.
    let typed = file.filter(|file| file.exists());
    let model = typed.map_or_else(|| config::model_path(&settings.model), Path::to_owned);
    ensure!(model.exists(), engines::no_such_model(&model));
    Ok(LocalSettings { model, ..settings })
}

fn folder() -> Result<PathBuf> {
    config::models_folder().context("there is no home folder to keep models in: set HOME")
}

fn list() -> Result<()> {
    let folder = folder()?;
    let available = available_main_memory();
    for known in &KNOWN {
        let here = folder.join(known.file).is_file();
        say!(
            "{:<16} {:>8}  {}; {}",
            known.name,
            format_bytes((known.gigabytes * 1e9) as u64),
            if here { "here" } else { "not here" },
            fits(known, available),
        );
        say!("{:27}{}", "", known.what);
        say!("{:27}{}/{}", "", known.repository, known.file);
    }
    let mut others: Vec<(String, u64)> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let other = name.ends_with(".gguf") && KNOWN.iter().all(|known| known.file != name);
            Some((name, entry.metadata().ok()?.len())).filter(|_| other)
        })
        .collect();
    others.sort();
    for (name, bytes) in others {
        say!("{name}  {}  here", format_bytes(bytes));
    }
    say!("");
    say!(
        "Models are in {}. This machine has {} of memory free.",
        folder.display(),
        format_bytes(available)
    );
    Ok(())
}

/// Whether a model fits, as far as one can say without its file.
fn fits(known: &Known, available: u64) -> String {
    const USEFUL: u64 = 2048;
    let fixed = (known.gigabytes * 1e9) as u64 + SCRATCH_BYTES;
    let positions = available.saturating_sub(fixed) / known.position_bytes;
    if positions < USEFUL {
        let more = fixed + USEFUL * known.position_bytes - available;
        format!("does not fit: {} more memory needed", format_bytes(more))
    } else {
        let positions = positions.min(known.context) / 1024 * 1024;
        format!("fits, with {positions} tokens of text")
    }
}

fn pull(model: &str) -> Result<()> {
    let wanted = Wanted::parse(model)?;
    let folder = folder()?;
    let runtime = tokio::runtime::Runtime::new().context("can't start threads")?;
    let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    let bar = Bar::new(template, false);
    let mut on = |name: &str, progress| {
        let (doing, done, total) = match progress {
            Progress::Loading(done, total) => (name.to_owned(), done, total),
            Progress::Checking(done, total) => (format!("checking {name}"), done, total),
        };
        bar.reset_for(doing);
        bar.set(done, total);
    };
    let path = runtime.block_on(async {
        tokio::select! {
            // It is listened for before anything is begun.
            biased;
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!(
                "stopped; the next `unsorry model pull {model}` goes on from there"
            )),
            outcome = hub::pull(&wanted, &folder, &mut on) => outcome,
        }
    });
    bar.end();
    let path = path?;
    say!("{}", path.display());
    say!(
        "To use it, write under `[local]` in your config.toml: model = \"{}\"",
        wanted.name()
    );
    Ok(())
}

fn check(settings: &LocalSettings, tokens: usize) -> Result<()> {
    let bar = Bar::new("loading {wide_bar} {percent} %", false);
    let report = local::check(settings, tokens, &mut |share| {
        bar.set((share * 1000.) as u64, 1000);
    });
    bar.end();
    let report = report?;
    say!("{}", settings.model.display());
    say!("device    {}", report.device);
    say!("load      {:.2} s", report.load.as_secs_f64());
    say!(
        "prefill   {:.1} tok/s, {} tokens in {:.2} s",
        rate(report.prompt_tokens, report.prefill),
        report.prompt_tokens,
        report.prefill.as_secs_f64()
    );
    // The first token is the prompt's.
    let decoded = report.generated_tokens.saturating_sub(1);
    say!(
        "decode    {:.1} tok/s, {decoded} tokens in {:.2} s",
        rate(decoded, report.decode),
        report.decode.as_secs_f64()
    );
    if let Some((now, most)) = process_memory() {
        say!(
            "memory    {} now, {} at most",
            format_bytes(now),
            format_bytes(most)
        );
    }
    let mut name = "text";
    for line in report.text.trim().lines() {
        say!("{name:<9} {line}");
        name = "";
    }
    Ok(())
}

fn rate(tokens: usize, time: Duration) -> f64 {
    tokens as f64 / time.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits() {
        const GB: u64 = 1_000_000_000;
        let check = |available, expected: &str| {
            assert_eq!(fits(&KNOWN[0], available), expected);
        };
        check(64 * GB, "fits, with 65536 tokens of text");
        check(6 * GB, "fits, with 2048 tokens of text");
        check(4 * GB, "does not fit: 1.76 GB more memory needed");
        check(0, "does not fit: 5.76 GB more memory needed");
    }
}
