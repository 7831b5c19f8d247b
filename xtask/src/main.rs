//! What a person types: `cargo xtask demo`, `test`, `bench`, `load`, `lean`.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a tool for a terminal: what it prints is what it is for

mod bench;
mod demo;
mod lean;
mod load;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the unsorry workspace.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the program and prove the holes of `examples/`.
    Demo,
    /// Check the format, the lints and the build, and run all tests.
    Test {
        /// Arguments for `cargo test`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Measure what unsorry costs, beside a peer.
    Bench {
        #[command(subcommand)]
        bench: bench::Bench,
    },
    #[command(flatten)]
    Part(bench::Part),
    /// Simulate a prover that many share
    Load(load::Load),
    /// Find Lean, or install it from npm, and print the folder it is in.
    Lean,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Demo => demo::run(),
        Task::Test { arguments } => test::run(&arguments),
        Task::Bench { bench } => bench::run(&bench),
        Task::Part(part) => part.run(),
        Task::Load(load) => load::run(&load),
        Task::Lean => lean::print_folder(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
