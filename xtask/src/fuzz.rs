//! `cargo xtask fuzz`: what unsorry reads, with bytes that nobody would write, by libFuzzer.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::workspace;

/// The cargo-fuzz that is used, which is installed into `target/` where it is not there.
const VERSION: &str = "0.13.2";

/// The arguments of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub(crate) struct Fuzz {
    /// Targets of `fuzz/targets`; all without any
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, default_value_t = 600)]
    seconds: u32,
    /// Do not look for more: keep, among the seeds, the fewest inputs that reach all that was reached
    #[arg(long)]
    keep: bool,
}

/// Fuzzes one target after the other, from its seeds and what earlier runs have found worth keeping.
pub(crate) fn run(fuzz: &Fuzz) -> Result<()> {
    let all = targets()?;
    for target in &fuzz.targets {
        ensure!(
            all.contains(target),
            "there is no `{target}`, but {}",
            all.join(", ")
        );
    }
    let tools = workspace::root().join("target/cargo-fuzz");
    let program = tools.join("bin/cargo-fuzz");
    if !program.is_file() {
        let version = format!("cargo-fuzz@{VERSION}");
        let mut install = workspace::cargo(&["install", "--locked", &version, "--root"]);
        workspace::step("install cargo-fuzz", install.arg(&tools))?;
    }
    let chosen = all
        .iter()
        .filter(|name| fuzz.targets.is_empty() || fuzz.targets.contains(name));
    for target in chosen {
        let corpus = folder().join("corpus").join(target);
        std::fs::create_dir_all(&corpus)?;
        let seeds = match target.as_str() {
            "gguf" => workspace::root().join("tests/fixtures/llama"),
            _ => folder().join("seeds").join(target),
        };
        // New inputs go to the first.
        let (folders, how) = match fuzz.keep {
            true => ([seeds, corpus], "-set_cover_merge=1".to_owned()),
            false => ([corpus, seeds], format!("-max_total_time={}", fuzz.seconds)),
        };
        let mut command = Command::new(&program);
        command
            .args(["fuzz", "run", "--fuzz-dir"])
            .arg(folder())
            .arg(target)
            .args(folders)
            .args(["--", "-rss_limit_mb=2048", "-timeout=10", &how])
            .current_dir(workspace::root())
            // SQLite is there twice.
            .env("ASAN_OPTIONS", "detect_odr_violation=0")
            // Sanitizers are not for stable compilers otherwise.
            .env("RUSTC_BOOTSTRAP", "1");
        workspace::step(&format!("fuzz {target}"), &mut command)?;
    }
    Ok(())
}

fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

fn targets() -> Result<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(folder().join("targets"))?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}
