//! `cargo xtask bench`: what unsorry costs, beside what it is fair to be measured by.

mod relay;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::json;

use crate::workspace;

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The relay between an editor and Lean, against a program that only copies bytes
    Relay {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
    },
}

/// The other programs of a benchmark.
#[derive(Subcommand)]
pub(crate) enum Part {
    /// Give back what comes in, as it comes
    #[command(name = "bench-echo", hide = true)]
    Echo,
    /// Copy bytes to and from a program
    #[command(name = "bench-copier", hide = true)]
    Copier {
        #[arg(last = true)]
        command: Vec<String>,
    },
}

impl Part {
    pub(crate) fn run(&self) -> Result<()> {
        match self {
            Part::Echo => relay::echo(),
            Part::Copier { command } => relay::copier(command),
        }
    }
}

pub(crate) fn run(bench: &Bench) -> Result<()> {
    let Bench::Relay { json } = bench;
    let programs = Programs::build()?;
    print(&relay::run(&programs)?, *json);
    Ok(())
}

/// Optimised builds.
pub(crate) struct Programs {
    pub(crate) unsorry: PathBuf,
    pub(crate) xtask: PathBuf,
}

impl Programs {
    fn build() -> Result<Programs> {
        let arguments = [
            "build",
            "--release",
            "--package",
            "unsorry",
            "--package",
            "xtask",
            "--message-format",
            "json-render-diagnostics",
        ];
        let output = workspace::cargo(&arguments)
            .stderr(std::process::Stdio::inherit())
            .output()
            .context("could not start cargo")?;
        if !output.status.success() {
            bail!("the build failed ({})", output.status);
        }
        let messages = String::from_utf8(output.stdout)?;
        let built = |name: &str| {
            messages
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
                .filter(|message| message["target"]["name"] == name)
                .find_map(|message| message["executable"].as_str().map(PathBuf::from))
                .with_context(|| format!("cargo built no program `{name}`"))
        };
        Ok(Programs {
            unsorry: built("unsorry")?,
            xtask: built("xtask")?,
        })
    }
}

/// One thing measured, of ours and of the peer in the same run.
pub(crate) struct Row {
    pub(crate) bench: &'static str,
    pub(crate) row: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) peer: f64,
    pub(crate) peer_name: &'static str,
}

fn print(rows: &[Row], as_json: bool) {
    if as_json {
        for row in rows {
            let row = json!({
                "bench": row.bench,
                "row": row.row,
                "unit": row.unit,
                "ours": rounded(row.ours),
                "peer": rounded(row.peer),
                "peer_name": row.peer_name,
                "ratio": rounded(row.ours / row.peer),
            });
            println!("{row}");
        }
        return;
    }
    let peer = rows.first().map_or("", |row| row.peer_name);
    println!("{:40}{:>12}{peer:>14}{:>9}", "", "unsorry", "ratio");
    for row in rows {
        println!(
            "{:40}{:>12}{:>14}{:>9}",
            format!("{} ({})", row.row, row.unit),
            rounded(row.ours),
            rounded(row.peer),
            rounded(row.ours / row.peer)
        );
    }
}

/// With three significant digits, which is more than can be measured.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
