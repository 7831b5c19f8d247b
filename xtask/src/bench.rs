//! `cargo xtask bench`: what unsorry costs, beside what it is fair to be measured by.

mod check;
mod infer;
mod length;
mod model;
mod peers;
mod plot;
mod referee;
mod relay;
mod remote;
mod row;
mod search;
mod server;
mod session;
mod shim;
mod start;
mod typing;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use row::{Programs, print};

/// The benches.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The relay between an editor and Lean, against a program that only copies bytes,
    /// emacs-lsp-booster and lspmux
    Relay {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
        /// Draw the most telling rows into this file, as SVG
        #[arg(long, value_name = "FILE")]
        plot: Option<PathBuf>,
    },
    /// Until the first answer is there, and the memory of a session in which nothing happens
    Start {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
    },
    /// Answers while somebody types, with unsorry and without
    Typing {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
    },
    /// Candidates a second, against one at a time and leanclient
    Check {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
        /// Compare the verdicts of so many candidates with the truth, while Lean is killed
        #[arg(long, default_value_t = 160)]
        checks: usize,
        /// Which candidates come when, and when Lean is killed
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The cost of a key in files of more and more lines
    Length {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
        /// Draw the curves into this file, as SVG
        #[arg(long, value_name = "FILE")]
        plot: Option<PathBuf>,
    },
    /// The time that `unsorry shim` adds to a command that it passes on
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
        /// The number of computing threads
        #[arg(long, default_value_t = 2)]
        threads: usize,
    },
    /// The referee's pass over a file beside Lean's own time for it, and a hole with and without its word
    Referee {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
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
        /// The number of problems, spread evenly over the set
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
    /// Answer each request with its parameters
    #[command(name = "bench-server", hide = true)]
    Server,
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
            Part::Server => server::serve(),
            Part::Copier { command } => server::copier(command),
        }
    }
}

pub(crate) fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Relay { json, plot } => {
            let rows = relay::run(&Programs::build()?)?;
            print(&rows, *json);
            if let Some(file) = plot {
                std::fs::write(file, relay::picture(&rows))?;
            }
        }
        Bench::Start { json } => print(&start::run(&Programs::build()?)?, *json),
        Bench::Typing { json } => print(&typing::run(&Programs::build()?)?, *json),
        Bench::Check { json, checks, seed } => print(&check::run(*checks, *seed)?, *json),
        Bench::Length { json, plot } => {
            let curves = length::run(&Programs::build()?)?;
            match json {
                true => print(&length::rows(&curves), true),
                false => length::print(&curves),
            }
            if let Some(file) = plot {
                std::fs::write(file, length::picture(&curves))?;
            }
        }
        Bench::Shim { json } => print(&shim::run(&Programs::build()?)?, *json),
        Bench::Infer {
            json,
            model,
            threads,
        } => print(&infer::run(model.as_deref(), *threads)?, *json),
        Bench::Referee { json } => print(&referee::run()?, *json),
        Bench::Remote { json } => print(&remote::run()?, *json),
        Bench::Search { json, limit } => print(&search::run(*limit)?, *json),
        Bench::Make7b { file } => model::make(file)?,
    }
    Ok(())
}
