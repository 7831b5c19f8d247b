//! `unsorry doctor`: what works, and what to do about what does not. Each section is a file here.

mod editors;
mod engines;
mod lean;
mod line;
mod remote;
mod settings;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};

use super::cache;
use crate::config::{self, Config};
use crate::shim::own_file;
use crate::terminal::{say, say_lines};
use line::{Line, Mark, bad, good, plain, shown};

/// The arguments of `unsorry doctor`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Says what works. The exit code says whether all does that is configured.
///
/// # Errors
/// When nothing could be looked at.
pub fn doctor(_: &Arguments, given: Option<&Path>) -> Result<ExitCode> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let runtime = tokio::runtime::Runtime::new().context("can't start threads")?;
    let mut works = true;
    let mut section = |title: &str, lines: Vec<Line>| {
        works &= lines.iter().all(|(mark, _)| *mark != Mark::Bad);
        say_lines(&shown(title, &lines));
    };
    section("Program", program());
    let (config, lines) = settings::settings(given, &cwd);
    section("Settings", lines);
    // That takes a while.
    say!("Lean");
    section("", runtime.block_on(lean::lean(&cwd, &config)));
    section("Editors", editors::editors());
    section("Engines", engines::asked(&config));
    section("Local model", engines::local_model(&config));
    section("Remote engines", runtime.block_on(remote::remotes(&config)));
    section("Kept proofs", vec![kept_proofs(&config)]);
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(match works {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Says which unsorry this is, and where it writes what it does.
fn program() -> Vec<Line> {
    let version = env!("CARGO_PKG_VERSION");
    let own = own_file();
    let own = own.map_or_else(|_| String::new(), |own| format!(", {}", own.display()));
    let mut lines = vec![plain(format!("unsorry {version}{own}"))];
    if let Some(log) = config::log_file() {
        lines.push(plain(format!(
            "log: {}; UNSORRY_LOG=debug makes it say more",
            log.display()
        )));
    }
    lines
}

/// Says how it is with the memory of verified proofs.
fn kept_proofs(config: &Config) -> Line {
    match config.cache.folder_in_use() {
        None => plain("switched off: none is kept, none recalled"),
        Some(folder) => match cache::state(&folder) {
            Ok(state) => good(state),
            Err(error) => bad(format!("{error:#}")),
        },
    }
}
