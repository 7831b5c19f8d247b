//! `cargo xtask bench`: what unsorry costs, beside what it is fair to be measured by.

mod infer;
mod length;
mod model;
mod relay;
mod remote;
mod search;
mod shim;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use crate::workspace::built;

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The relay between an editor and Lean, against a program that only copies bytes
    Relay {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
    },
    /// What a key costs in files of more and more lines
    Length {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
    },
    /// What `unsorry shim` adds to a command that it passes on
    Shim {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
    },
    /// The local prover's model, against llama.cpp and Candle's own
    Infer {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
        /// A GGUF file of the LLaMA architecture; by default one of random numbers, as large as the 7B
        #[arg(long)]
        model: Option<PathBuf>,
        /// How many threads compute
        #[arg(long, default_value_t = 2)]
        threads: usize,
    },
    /// The client of remote engines, against the same requests by the HTTP library alone
    Remote {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
    },
    /// All engines together against each alone, on the shipped problems
    Search {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
        /// How many problems, spread evenly over the set
        #[arg(long, default_value_t = 60)]
        limit: usize,
    },
    /// Write a model of random numbers that is as large as the 7B, for `infer`
    #[command(name = "make-7b")]
    Make7b {
        /// The file
        file: PathBuf,
    },
}

/// The other programs of a benchmark.
#[derive(Subcommand)]
pub(crate) enum Part {
    /// Give back what comes in, as it comes
    #[command(name = "bench-echo", hide = true)]
    Echo,
    /// Answer every request at once
    #[command(name = "bench-lean", hide = true)]
    Lean,
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
            Part::Lean => length::lean(),
            Part::Copier { command } => relay::copier(command),
        }
    }
}

pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Relay { json } => print(&relay::run(&Programs::build()?)?, *json),
        Bench::Length { json } => print(&length::run(&Programs::build()?)?, *json),
        Bench::Shim { json } => print(&shim::run(&Programs::build()?)?, *json),
        Bench::Infer {
            json,
            model,
            threads,
        } => print(&infer::run(model.as_deref(), *threads)?, *json),
        Bench::Remote { json } => print(&remote::run()?, *json),
        Bench::Search { json, limit } => print(&search::run(*limit)?, *json),
        Bench::Make7b { file } => model::make(file)?,
    }
    Ok(())
}

/// Optimised builds.
pub(crate) struct Programs {
    pub(crate) unsorry: PathBuf,
    pub(crate) xtask: PathBuf,
}

impl Programs {
    fn build() -> Result<Programs> {
        let build = |package: &str| built(&["build", "--release", "--package", package], package);
        Ok(Programs {
            unsorry: build("unsorry")?,
            xtask: build("xtask")?,
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
    /// Of the two.
    pub(crate) ratio: f64,
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
                "ratio": rounded(row.ratio),
            });
            println!("{row}");
        }
        return;
    }
    for rows in rows.chunk_by(|a, b| a.peer_name == b.peer_name) {
        let peer = rows[0].peer_name;
        println!("{:46}{:>10}{peer:>18}{:>9}", "", "unsorry", "ratio");
        for row in rows {
            println!(
                "{:46}{:>10}{:>18}{:>9}",
                format!("{} ({})", row.row, row.unit),
                rounded(row.ours),
                rounded(row.peer),
                rounded(row.ratio)
            );
        }
    }
}

/// With three significant digits, which is more than can be measured.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}
