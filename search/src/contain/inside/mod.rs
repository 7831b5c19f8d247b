//! `unsorry contained-inside`: gives up what Lean does not need, and becomes Lean.

mod calls;
mod files;
mod rights;
mod seccomp;

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

/// The arguments of `unsorry contained-inside`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The only folder that can be written to
    #[arg(long)]
    scratch: PathBuf,
    /// The most memory, in bytes
    #[arg(long)]
    memory: u64,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Becomes the command.
///
/// # Errors
/// When it can't be started, or not be contained at all.
pub fn run(arguments: &Arguments) -> Result<Infallible> {
    let (program, args) = arguments.command.split_first().context("no command")?;
    // A clone is closed when Lean takes over: what Lean says there goes nowhere.
    let reason = std::io::stderr().as_fd().try_clone_to_owned()?;
    // The supervisor may be killed before it can end us.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have been before we asked for that. In a space of processes of our own its number says
    // nothing; but it alone reads our reasons.
    anyhow::ensure!(has_reader(&reason), "the supervisor has gone");
    // Without a terminal nobody can type into it.
    let _ = rustix::process::setsid();
    // Everything else on the machine goes first.
    let _ = rustix::process::setpriority_process(None, 10);
    rights::lower_limits(arguments.memory);
    rights::give_up_capabilities();
    // An editor may have left files open for whomever it starts.
    rights::close_at_exec();
    files::write_only_to(&arguments.scratch).context("Landlock")?;
    seccomp::deny_calls().context("seccomp")?;
    let error = Command::new(program)
        .args(args)
        .stderr(Stdio::null())
        .exec();
    let error = anyhow!(error).context(format!("can't start `{}`", program.display()));
    // Our own stderr has gone nowhere meanwhile.
    let _ = writeln!(std::fs::File::from(reason), "{error:#}");
    Err(error)
}

/// Whether somebody reads at the other end of a pipe.
fn has_reader(pipe: &impl AsFd) -> bool {
    let mut end = [PollFd::new(pipe, PollFlags::empty())];
    let _ = poll(&mut end, Some(&Timespec::default()));
    !end[0].revents().contains(PollFlags::ERR)
}
