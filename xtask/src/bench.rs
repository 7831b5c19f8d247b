//! `cargo xtask bench`: what unsorry costs, beside what it is fair to be measured by.

mod check;
mod infer;
mod length;
mod model;
mod peers;
mod plot;
mod relay;
mod remote;
mod search;
mod server;
mod session;
mod shim;
mod start;
mod typing;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use crate::workspace::built;

/// What is measured.
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
        /// Of how many candidates to compare the verdicts with the truth, while Lean is killed
        #[arg(long, default_value_t = 160)]
        checks: usize,
        /// Which candidates come when, and when Lean is killed
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// What a key costs in files of more and more lines
    Length {
        /// Print each row as an object of JSON
        #[arg(long)]
        json: bool,
        /// Draw the curves into this file, as SVG
        #[arg(long, value_name = "FILE")]
        plot: Option<PathBuf>,
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
    pub(crate) better: Better,
    pub(crate) ours: f64,
    pub(crate) peer_name: &'static str,
    /// Its figure, or why it has none.
    pub(crate) peer: Result<f64, String>,
}

/// Which figures are good ones.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    /// Of time and memory.
    Less,
    /// Of speed.
    More,
}

impl Row {
    /// How many times as good ours is as the peer's. None of nothing.
    fn ratio(&self) -> Option<f64> {
        let peer = *self.peer.as_ref().ok()?;
        let ratio = match self.better {
            Better::Less => peer / self.ours,
            Better::More => self.ours / peer,
        };
        ratio.is_finite().then_some(ratio)
    }
}

fn print(rows: &[Row], as_json: bool) {
    if as_json {
        for row in rows {
            let object = json!({
                "bench": row.bench,
                "row": row.row,
                "unit": row.unit,
                "ours": rounded(row.ours),
                "peer": row.peer.as_ref().ok().map(|peer| rounded(*peer)),
                "peer_name": row.peer_name,
                "ratio": row.ratio().map(rounded),
                "why": row.peer.as_ref().err(),
            });
            println!("{object}");
        }
        return;
    }
    for rows in rows.chunk_by(|a, b| a.peer_name == b.peer_name) {
        let peer = rows[0].peer_name;
        println!("{:60}{:>10}{peer:>33}{:>9}", "", "unsorry", "ratio");
        for row in rows {
            let told = |figure: Option<f64>| {
                figure.map_or("–".to_owned(), |figure| rounded(figure).to_string())
            };
            println!(
                "{:60}{:>10}{:>33}{:>9}",
                format!("{} ({})", row.row, row.unit),
                rounded(row.ours),
                told(row.peer.as_ref().ok().copied()),
                told(row.ratio())
            );
        }
        let mut whys: Vec<&String> = rows
            .iter()
            .filter_map(|row| row.peer.as_ref().err())
            .collect();
        whys.dedup();
        for why in whys {
            println!("  –: {why}");
        }
    }
}

/// Of `values`, the one below which this share of them is.
fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

/// With three significant digits, which is more than can be measured.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_above_1_are_in_our_favour() {
        let row = |better, ours, peer| Row {
            bench: "",
            row: "",
            unit: "",
            better,
            ours,
            peer_name: "",
            peer,
        };
        assert_eq!(row(Better::Less, 2.0, Ok(4.0)).ratio(), Some(2.0));
        assert_eq!(row(Better::More, 2.0, Ok(4.0)).ratio(), Some(0.5));
        assert_eq!(row(Better::More, 2.0, Err("it died".into())).ratio(), None);
        assert_eq!(row(Better::More, 0.0, Ok(0.0)).ratio(), None);
    }

    #[test]
    fn quantiles_are_of_the_values_in_order() {
        let values = [3.0, 1.0, 2.0, 5.0, 4.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 0.99), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
