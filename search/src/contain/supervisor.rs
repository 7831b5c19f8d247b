//! `unsorry contained`: starts a command in a container, watches it, and ends all of it.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustix::thread::UnshareFlags;

use super::scratch::{self, Scratch};
use super::{TOO_MUCH, processes};

/// The interval at which memory and processes are counted.
const COUNT_INTERVAL: Duration = Duration::from_millis(250);

/// The most processes at a time. Lean has one for each open document, and Lake a few.
const MAX_PROCESSES: usize = 64;

/// The most threads of all of them.
const MAX_THREADS: usize = 512;

/// The most that is passed on of why a command could not be started.
const MAX_REASON_BYTES: u64 = 4096;

/// The longest that killed processes may take to end.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// Variables of our environment that are for Lean to know: there may be keys in others.
const VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "LD_LIBRARY_PATH",
    "NIX_LD",
    "NIX_LD_LIBRARY_PATH",
    "UNSORRY_INSIDE",
];

/// Beginnings of the names of more such variables.
const VARIABLE_BEGINNINGS: &[&str] = &["LC_", "LEAN", "LAKE", "ELAN", "XDG_"];

/// Whether a variable of our environment is for Lean to know.
fn is_harmless(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let mut beginnings = VARIABLE_BEGINNINGS.iter();
    VARIABLES.contains(&&*name) || beginnings.any(|beginning| name.starts_with(beginning))
}

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
        Some(folder) => Scratch::given(folder.clone()),
        None => Scratch::new()?,
    };
    // Orphans come to us, not to the system.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    separate();
    let mut child = Command::new("/proc/self/exe")
        .args(["contained-inside", "--scratch"])
        .arg(scratch.path())
        .args(["--memory", &arguments.memory.to_string(), "--"])
        .args(&arguments.command)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_harmless(name)))
        .env("TMPDIR", scratch.path())
        .stderr(Stdio::piped())
        .spawn()
        .context("can't start a process")?;
    let reason = child.stderr.take();
    // While the command starts; what is not done by then is left to the next.
    scratch::sweep(COUNT_INTERVAL);
    let code = watch(&mut child, &lifeline, arguments.memory, &scratch);
    let left = processes::end_all(&mut child, KILL_LIMIT);
    if left > 0 {
        tracing::warn!(left, "processes of a container could not be ended");
    }
    // All that it says before it is the command; whoever started us reads it.
    if let Some(reason) = reason.filter(|pipe| rustix::io::ioctl_fionbio(pipe, true).is_ok()) {
        let mut told = Vec::new();
        let _ = reason.take(MAX_REASON_BYTES).read_to_end(&mut told);
        let _ = std::io::stderr().write_all(&told);
    }
    Ok(ExitCode::from(code?))
}

/// Waits for the end: of the command, of whoever started us, or of its limits.
fn watch(child: &mut Child, lifeline: &OwnedFd, memory: u64, scratch: &Scratch) -> Result<u8> {
    let pid = Pid::from_child(child);
    let ended = pidfd_open(pid, PidfdFlags::empty()).context("can't watch a process")?;
    let every = Timespec {
        tv_sec: 0,
        tv_nsec: COUNT_INTERVAL.as_nanos() as i64,
    };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(code(status));
        }
        let taken = processes::taken();
        // A temporary folder may be in memory, too.
        let size = scratch.size().unwrap_or(u64::MAX);
        if taken.memory.saturating_add(size) > memory
            || taken.processes > MAX_PROCESSES
            || taken.threads > MAX_THREADS
        {
            return Ok(TOO_MUCH);
        }
        let mut ends = [lifeline, &ended].map(|end| PollFd::new(end, PollFlags::IN));
        let _ = poll(&mut ends, Some(&every));
        // Nobody writes to it: whatever there is to say of it is its end.
        if !ends[0].revents().is_empty() {
            return Ok(128 + 9);
        }
    }
}

fn code(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().map(|signal| 128 + signal);
    let code = status.code().or(signal).unwrap_or(1);
    u8::try_from(code & 0xff).unwrap_or(1)
}

/// A network of its own, which is none, and a space of processes that ends with the first of them, where
/// users may have these. What can't be had here, `contained-inside` makes up for.
fn separate() {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    let all =
        UnshareFlags::NEWUSER | UnshareFlags::NEWPID | UnshareFlags::NEWNET | UnshareFlags::NEWIPC;
    // SAFETY: there is one thread, and files stay shared.
    #[allow(unsafe_code)]
    let separate = unsafe { rustix::thread::unshare_unsafe(all) };
    if separate.is_err() {
        return;
    }
    // Its files stay its own.
    let own = |id: u32| format!("{id} {id} 1");
    let _ = std::fs::write("/proc/self/setgroups", "deny");
    let _ = std::fs::write("/proc/self/uid_map", own(user.as_raw()));
    let _ = std::fs::write("/proc/self/gid_map", own(group.as_raw()));
}
