//! The commands of the workspace: `cargo xtask demo`, `test`, `bench`, …

#![allow(clippy::print_stdout, clippy::print_stderr)] // a tool for a terminal: what it prints is what it is for

mod arrows;
mod attacks;
mod bench;
mod demo;
mod dist;
mod editors;
mod faults;
mod fuzz;
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
        /// Leave out the tests in real editors.
        #[arg(long)]
        no_editors: bool,
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
    /// Run the tests in real editors: all, or those named
    Editors { names: Vec<String> },
    /// Record the pictures of the README
    Pictures,
    /// Build the VS Code extension into `target/`
    Vsix,
    /// Build what a release has for this machine into `target/dist`
    Dist(dist::Dist),
    /// Fuzz what unsorry reads
    Fuzz(fuzz::Fuzz),
    /// Try hostile and honest candidates in odd files before a real Lean and the referee, at length
    Attacks(attacks::Attacks),
    /// Let everything that can fail do so, at random, in many sessions
    Faults(faults::Faults),
    /// Check that crates and files depend only on those below them
    Arrows,
    /// Find Lean, or install it from npm, and print the folder it is in.
    Lean,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Demo => demo::run(),
        Task::Test {
            no_editors,
            arguments,
        } => test::run(&arguments, no_editors),
        Task::Editors { names } => editors::run(&names),
        Task::Pictures => editors::pictures(),
        Task::Vsix => editors::vsix(),
        Task::Dist(dist) => dist::run(&dist),
        Task::Bench { bench } => bench::run(&bench),
        Task::Part(part) => part.run(),
        Task::Load(load) => load::run(&load),
        Task::Fuzz(fuzz) => fuzz::run(&fuzz),
        Task::Attacks(attacks) => attacks::run(&attacks),
        Task::Faults(faults) => faults::run(&faults),
        Task::Arrows => arrows::run(),
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
