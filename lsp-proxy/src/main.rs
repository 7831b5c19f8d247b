//! The program `unsorry`.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use unsorry::cli::{cache, doctor, eval, manual, model, prove, serve, shim, verify, welcome};
use unsorry::log;
use unsorry::shim::{INSIDE, Real, called_as, own_file, starts_server};
use unsorry::terminal;
#[cfg(target_os = "linux")]
use unsorry_search::contain::{inside, probe, supervisor};
use unsorry_syntax::is_spelt_out;

/// Proves each `sorry` of Lean 4 files, and offers only what Lean has accepted.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration file, in place of the one in your config folder [env: UNSORRY_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Commands>,
}

#[derive(Subcommand)]
enum Commands {
    /// Stand between an editor (on stdin and stdout) and Lean's own language server
    Serve(serve::Arguments),
    /// Prove the holes of files, from a terminal or in CI
    Prove(prove::Arguments),
    /// Say whether a file is another with its holes filled, and nothing else changed
    Verify(verify::Arguments),
    /// Say how many problems of a set each engine proves, and how sure that is
    Eval(eval::Arguments),
    /// The models that can be run in this process: which there are, getting and checking them
    Model(model::Arguments),
    /// The verified proofs that are kept on this machine: what there is, removing and exporting them
    Cache(cache::Arguments),
    /// Make a folder with a `lake` and a `lean` that put unsorry in front of Lean, for editors that start
    /// these themselves
    Shim(shim::Arguments),
    /// Say what works here, what does not and what to do about it, and what would be sent where
    Doctor(doctor::Arguments),
    /// Run a command in a container
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Contained(supervisor::Arguments),
    /// Give up rights, and run a command
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    ContainedInside(inside::Arguments),
    /// Say what is open in a container
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    ContainedProbe,
    /// Print the completions for a shell
    Completions(manual::Completions),
    /// Print the manual page, or write one for each command
    Man(manual::Man),
}

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    if let Some(name) = words.next().and_then(|program| called_as(&program)) {
        // As shells say that there is no such program.
        return instead_of(name, words.collect()).unwrap_or_else(|error| failed(&error, 127));
    }
    leave_with_the_reader();
    // SAFETY: no other thread has begun.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var(INSIDE, "1");
    }
    let mut arguments = Arguments::try_parse().unwrap_or_else(|error| refused(&error));
    arguments.config = arguments.config.or_else(users_choice);
    let Some(command) = arguments.command else {
        log::start();
        return welcome::welcome(arguments.config.as_deref());
    };
    if logs(&command) {
        log::start();
    }
    let outcome = match command {
        Commands::Serve(serve) => serve::serve(&serve, arguments.config.as_deref()),
        Commands::Prove(prove) => prove::prove(&prove, arguments.config.as_deref()),
        Commands::Verify(verify) => verify::verify(&verify, arguments.config.as_deref()),
        Commands::Eval(eval) => eval::eval(&eval, arguments.config.as_deref()),
        Commands::Doctor(doctor) => doctor::doctor(&doctor, arguments.config.as_deref()),
        Commands::Cache(cache) => cache::cache(&cache, arguments.config.as_deref()),
        Commands::Model(model) => model::model(&model, arguments.config.as_deref()),
        #[cfg(target_os = "linux")]
        Commands::Contained(command) => supervisor::run(&command),
        #[cfg(target_os = "linux")]
        Commands::ContainedInside(command) => inside::run(&command),
        #[cfg(target_os = "linux")]
        Commands::ContainedProbe => Ok(probe::run()),
        Commands::Shim(shim) => shim::shim(&shim),
        Commands::Completions(shell) => Ok(manual::completions(&shell, Arguments::command())),
        Commands::Man(man) => manual::man(&man, Arguments::command()),
    };
    outcome.unwrap_or_else(|error| failed(&error, 2))
}

/// Whether a command logs. In a container whatever is open is closed, and a log would be.
fn logs(command: &Commands) -> bool {
    #[cfg(target_os = "linux")]
    if matches!(command, Commands::ContainedInside(_)) {
        return false;
    }
    let _ = command;
    true
}

/// Says what is wrong with the arguments, which may be anybody's as names of files are; or what was asked
/// for by `--help`.
fn refused(error: &clap::Error) -> ! {
    let told = error.render().to_string();
    if !told.chars().any(|c| c != '\n' && is_spelt_out(c)) {
        error.exit();
    }
    terminal::complain_lines(&told);
    std::process::exit(error.exit_code())
}

/// Ends the process quietly when its reader has left, as `head` does.
fn leave_with_the_reader() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload().downcast_ref::<String>();
        let message = message.map(String::as_str).unwrap_or_default();
        if message.starts_with("failed printing to stdout") && message.contains("os error 32") {
            // As a shell tells of SIGPIPE.
            std::process::exit(141);
        }
        terminal::panicked(panic);
    }));
}

fn failed(error: &anyhow::Error, code: u8) -> ExitCode {
    terminal::error(error);
    ExitCode::from(code)
}

/// Runs the program as the shim for `name`. There is nobody to ask for other settings than files and the
/// environment have.
fn instead_of(name: &str, args: Vec<OsString>) -> anyhow::Result<ExitCode> {
    let variable = |name: &str| std::env::var_os(name).unwrap_or_default();
    let inside = variable(INSIDE);
    let own = own_file().ok();
    let real = Real::find(name, &variable("PATH"), &inside, own.as_deref())?;
    // A person at a terminal is no editor.
    let for_editor = starts_server(name, &args) && !std::io::stdin().is_terminal();
    if !inside.is_empty() || !for_editor {
        return real.run(&args);
    }
    log::start();
    // SAFETY: no other thread has begun.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var("PATH", &real.path);
        std::env::set_var(INSIDE, &real.inside);
    }
    let lean = std::iter::once(real.program.into()).chain(args).collect();
    serve::serve(&serve::Arguments::before(lean), users_choice().as_deref())
}

/// Returns the configuration file that the environment names.
fn users_choice() -> Option<PathBuf> {
    let file = std::env::var_os("UNSORRY_CONFIG");
    file.filter(|file| !file.is_empty()).map(PathBuf::from)
}
