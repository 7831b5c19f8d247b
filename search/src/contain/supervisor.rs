//! `unsorry contained`: starts a command in a container, watches it, and ends all of it.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::group::Group;
use super::limits::{MAX_MAPPINGS, MAX_OPEN_FILES, MAX_PROCESSES, MAX_THREADS, MAX_WATCHES};
use super::mappings::Mappings;
use super::scratch::{self, Scratch};
use super::{TOO_MUCH, exit_code, processes, variables};

/// The interval at which memory and processes are counted.
const COUNT_INTERVAL: Duration = Duration::from_millis(250);

/// The interval where more than half of the memory is taken.
const SHORT_INTERVAL: Duration = Duration::from_millis(50);

/// The longest that mappings are read before everything else is counted again.
const SLICE: Duration = Duration::from_millis(50);

/// The kernel's memory that a mapping can take, with its name and what else belongs to it, in bytes.
const MAPPING_BYTES: u64 = 512;

/// The most that is passed on of why a command could not be started.
const MAX_REASON_BYTES: u64 = 4096;

/// The longest that killed processes may take to end.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// The arguments of `unsorry contained`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The most memory, in bytes
    #[arg(long)]
    memory: u64,
    /// The folder that it may write to, in the place of one of its own
    #[arg(long)]
    scratch: Option<PathBuf>,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Runs the command until it ends or stderr, which is a lifeline, is closed at its other end. What can't be
/// started is told there.
///
/// # Errors
/// When it can't be started.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let lifeline = std::io::stderr().as_fd().try_clone_to_owned()?;
    let scratch = match &arguments.scratch {
        Some(folder) => Scratch::given(folder.clone())?,
        None => Scratch::new()?,
    };
    // Orphans come to us, not to the system.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let group = Group::new(arguments.memory);
    let mut inside = Command::new("/proc/self/exe");
    inside
        .arg("contained-inside")
        .arg("--scratch")
        .arg(scratch.path());
    if arguments.scratch.is_some() {
        inside.arg("--keep");
    }
    if let Some(group) = &group {
        inside.arg("--group").arg(group.path());
    }
    let mut child = inside
        .args(["--memory", &arguments.memory.to_string(), "--"])
        .args(&arguments.command)
        .env_clear()
        .envs(variables::harmless())
        .env("TMPDIR", scratch.path())
        .stderr(Stdio::piped())
        .spawn()
        .context("can't start a process")?;
    let reason = child.stderr.take();
    // While the command starts; what is not done by then is left to the next.
    scratch::sweep(COUNT_INTERVAL);
    let is_counted = group.is_some();
    let code = watch(
        &mut child,
        &lifeline,
        arguments.memory,
        &scratch,
        is_counted,
    );
    let was_exhausted = group.as_ref().is_some_and(Group::was_exhausted);
    group.iter().for_each(Group::end);
    let left = processes::end_all(&mut child, KILL_LIMIT);
    if left > 0 {
        tracing::warn!(left, "processes of a container could not be ended");
    }
    // Whoever started us may have been killed, with folders that only we can remove now.
    scratch::sweep(COUNT_INTERVAL);
    // All that it says before it is the command; whoever started us reads it.
    if let Some(reason) = reason.filter(|pipe| rustix::io::ioctl_fionbio(pipe, true).is_ok()) {
        let mut told = Vec::new();
        let _ = reason.take(MAX_REASON_BYTES).read_to_end(&mut told);
        let _ = std::io::stderr().write_all(&told);
    }
    Ok(ExitCode::from(match was_exhausted {
        true => TOO_MUCH,
        false => code?,
    }))
}

/// Waits for the end: of the command, of whoever started us, or of its limits. Of these the kernel may have
/// `counted` memory.
fn watch(
    child: &mut Child,
    lifeline: &OwnedFd,
    memory: u64,
    scratch: &Scratch,
    counted: bool,
) -> Result<u8> {
    let pid = Pid::from_child(child);
    let ended = pidfd_open(pid, PidfdFlags::empty()).context("can't watch a process")?;
    let inside = child.id();
    let mut mappings = Mappings::new(scratch.path());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(exit_code(status));
        }
        // A temporary folder may be in memory, too.
        let (size, by_kernel) = scratch.size(inside);
        let taken = processes::taken(inside, &mappings.removed());
        let mapped = mappings.count() as u64 * MAPPING_BYTES;
        let in_all = taken.memory.saturating_add(size.unwrap_or(u64::MAX));
        let in_all = in_all.saturating_add(mapped);
        if in_all > memory
            || taken.processes.len() > MAX_PROCESSES
            || taken.threads > MAX_THREADS
            || taken.files > MAX_OPEN_FILES
            || taken.watches > MAX_WATCHES
            || mappings.count() > MAX_MAPPINGS
            || taken.hidden
        {
            return Ok(TOO_MUCH);
        }
        let all_read = counted && by_kernel || mappings.read(&taken.processes, SLICE);
        let interval = match in_all > memory / 2 {
            _ if !all_read => Duration::ZERO,
            true => SHORT_INTERVAL,
            false => COUNT_INTERVAL,
        };
        let interval = Timespec {
            tv_sec: 0,
            tv_nsec: interval.as_nanos() as i64,
        };
        let mut ends = [lifeline, &ended].map(|end| PollFd::new(end, PollFlags::IN));
        let _ = poll(&mut ends, Some(&interval));
        // Nobody writes to it: whatever there is to say of it is its end.
        if !ends[0].revents().is_empty() {
            return Ok(128 + 9);
        }
    }
}
