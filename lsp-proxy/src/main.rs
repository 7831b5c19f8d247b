//! The program `unsorry`.
// A command line talks to its user on stdout and stderr; `serve` says nothing there but errors
// before it begins.
#![allow(clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use unsorry::cli::{cache, doctor, eval, model, prove, serve};
use unsorry::config;

/// Proves each `sorry` of Lean 4 files, and offers only what Lean has accepted.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration file, in place of the one in your config folder
    #[arg(long, global = true, env = "UNSORRY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Commands,
}

#[derive(Subcommand)]
enum Commands {
    /// Stand between an editor (on stdin and stdout) and Lean's own language server
    Serve(serve::Arguments),
    /// Prove the holes of files, from a terminal or in CI
    Prove(prove::Arguments),
    /// Say how many problems of a set each engine proves, and how sure that is
    Eval(eval::Arguments),
    /// The models that can be run in this process: which there are, getting and checking them
    Model(model::Arguments),
    /// The verified proofs that are kept on this machine: what there is, removing and exporting them
    Cache(cache::Arguments),
    /// Say what works here, what does not and what to do about it, and what would be sent where
    Doctor(doctor::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log();
    let outcome = match arguments.command {
        Commands::Serve(serve) => serve::serve(&serve, arguments.config.as_deref()),
        Commands::Prove(prove) => prove::prove(&prove, arguments.config.as_deref()),
        Commands::Eval(eval) => eval::eval(&eval, arguments.config.as_deref()),
        Commands::Doctor(doctor) => doctor::doctor(&doctor, arguments.config.as_deref()),
        Commands::Cache(cache) => cache::cache(&cache, arguments.config.as_deref()),
        Commands::Model(model) => model::model(&model, arguments.config.as_deref()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("unsorry: {error:#}");
        ExitCode::from(2)
    })
}

/// Logs to a file in the user's state folder; `UNSORRY_LOG` says how much (`debug`, `off`, …). The
/// texts of documents are never in it below `trace`. A log that can't be written is no reason to stop.
fn start_log() {
    const LARGEST: u64 = 5 << 20;
    let Some(path) = config::log_file() else {
        return;
    };
    let keep = std::fs::metadata(&path).is_ok_and(|file| file.len() < LARGEST);
    let open = || {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::OpenOptions::new()
            .create(true)
            .append(keep)
            .write(true)
            .truncate(!keep)
            .open(&path)
    };
    let Ok(file) = open() else { return };
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::INFO.into())
        .with_env_var("UNSORRY_LOG")
        .from_env_lossy();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        // Where a full disk is the trouble, stderr is no place for it: editors show that.
        .log_internal_errors(false)
        .with_writer(std::sync::Mutex::new(file))
        .try_init();
}
