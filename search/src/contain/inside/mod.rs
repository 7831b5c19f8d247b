//! `unsorry contained-inside`: gives up what Lean does not need, starts Lean so, and opens files for it
//! until it ends.

mod calls;
mod files;
mod namespaces;
mod notify;
mod opener;
mod rights;
mod seccomp;

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    DumpableBehavior, Pid, PidfdFlags, Signal, pidfd_open, set_dumpable_behavior,
    set_parent_process_death_signal,
};

use super::exit_code;
use notify::Listener;

/// The arguments of `unsorry contained-inside`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The only folder that can be written to
    #[arg(long)]
    scratch: PathBuf,
    /// Whether what is in the folder is read and written from outside, so that it stays where it is
    #[arg(long)]
    keep: bool,
    /// The control group to enter
    #[arg(long)]
    group: Option<PathBuf>,
    /// The most memory, in bytes
    #[arg(long)]
    memory: u64,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Runs the command until it ends. Whatever is open but stdin, stdout and stderr is closed, so nobody may have
/// opened anything before.
///
/// # Errors
/// When it can't be started, or not be contained at all.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    // An editor may have left files open for whomever it starts.
    rights::close_others();
    // The supervisor may be killed before it can end us.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have been before we asked for that: it alone reads our reasons.
    anyhow::ensure!(has_reader(&std::io::stderr()), "the supervisor has gone");
    // Without a terminal nobody can type into it.
    let _ = rustix::process::setsid();
    // Everything else on the machine goes first.
    let _ = rustix::process::setpriority_process(None, 10);
    // And where the machine runs out of memory, this ends first.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    if let Some(group) = &arguments.group {
        std::fs::write(group.join("cgroup.procs"), "0").context("its control group")?;
    }
    let own_processes = namespaces::separate();
    if own_processes && !arguments.keep {
        // What can't be had is counted by the supervisor.
        let _ = namespaces::mount_in_memory(&arguments.scratch, arguments.memory);
    }
    rights::lower_limits(arguments.memory, own_processes);
    rights::give_up_capabilities();
    // What we open files with is nobody else's.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    files::restrict(&arguments.scratch).context("Landlock")?;
    let (mut child, listener) = spawn(&arguments.command, own_processes)?;
    // They are the command's from now on.
    rights::close_first().context("/dev/null")?;
    let status = wait(&mut child, listener)?;
    Ok(ExitCode::from(exit_code(status)))
}

/// Starts the command under the filters; with it comes what holds its calls, where the kernel can hold some.
fn spawn(command: &[OsString], own_processes: bool) -> Result<(Child, Option<Listener>)> {
    let (program, args) = command.split_first().context("no command")?;
    let filters = seccomp::filters(own_processes).context("seccomp")?;
    let (ours, theirs) = UnixStream::pair()?;
    let mut command = Command::new(program);
    command.args(args).stderr(Stdio::null());
    let before = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        notify::deny_unknown()?;
        // What an older kernel can't hold is told by `unsorry doctor`.
        if let Ok(listener) = notify::hold_openings() {
            notify::send(&theirs, listener)?;
        }
        for filter in &filters {
            seccompiler::apply_filter(filter).map_err(std::io::Error::other)?;
        }
        Ok(())
    };
    // SAFETY: there is one thread, so whatever is done after a fork can be done.
    #[allow(unsafe_code)]
    let child = unsafe { command.pre_exec(before) }.spawn();
    // With it goes our copy of the other end.
    drop(command);
    let child = child.with_context(|| format!("can't start `{}`", program.display()))?;
    Ok((child, notify::receive(&ours)?))
}

/// Waits for the command's end, and opens files for it until then.
fn wait(child: &mut Child, mut listener: Option<Listener>) -> Result<std::process::ExitStatus> {
    let ended = pidfd_open(Pid::from_child(child), PidfdFlags::empty());
    let ended: OwnedFd = ended.context("can't watch a process")?;
    loop {
        let mut events = vec![PollFd::new(&ended, PollFlags::IN)];
        events.extend(listener.iter().map(|one| PollFd::new(one, PollFlags::IN)));
        let _ = poll(&mut events, None);
        let happened = |number: usize| events.get(number).map(PollFd::revents);
        let has_ended = happened(0).is_some_and(|events| !events.is_empty());
        let call = happened(1).unwrap_or(PollFlags::empty());
        if has_ended {
            return Ok(child.wait()?);
        }
        if call.contains(PollFlags::IN) {
            listener.iter().for_each(opener::serve);
        } else if !call.is_empty() {
            // Nobody is left whose calls it could hold.
            listener = None;
        }
    }
}

/// Whether somebody reads at the other end of a pipe.
fn has_reader(pipe: &impl AsFd) -> bool {
    let mut end = [PollFd::new(pipe, PollFlags::empty())];
    let _ = poll(&mut end, Some(&Timespec::default()));
    !end[0].revents().contains(PollFlags::ERR)
}
