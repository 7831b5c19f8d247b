//! The processes of a session, as the system shows them.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The time that what is killed may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// A process that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    parent: u32,
    /// The time of its start, which with the number tells a process from all others.
    started: u64,
    /// The command line.
    pub(crate) line: String,
}

/// Returns all that run; none that have ended and were not waited for.
fn all() -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").expect("Linux has it").flatten();
    let process = |entry: std::fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // pid (name) state parent …
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        (!matches!(*fields.first()?, "Z" | "X")).then_some(Process {
            pid,
            parent: fields.get(1)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
            line: String::from_utf8_lossy(&line).replace('\0', " "),
        })
    };
    entries.filter_map(process).collect()
}

/// Returns the processes that `root` has started, and those that these have.
pub(crate) fn below(root: u32) -> Vec<Process> {
    let all = all();
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for process in all.iter().filter(|process| process.parent == parent) {
            parents.push(process.pid);
            found.push(process.clone());
        }
    }
    found
}

/// Returns the processes of the Lean that checks, from the supervisor on.
pub(crate) fn of_checker(unsorry: u32) -> Vec<Process> {
    let all = below(unsorry);
    let is_supervisor = |process: &&Process| {
        process.parent == unsorry && process.line.starts_with("unsorry contained ")
    };
    let Some(supervisor) = all.iter().find(is_supervisor) else {
        return Vec::new();
    };
    let mut found = vec![supervisor.clone()];
    found.extend(below(supervisor.pid));
    found
}

/// Returns the processes of the user's Lean that have a document.
pub(crate) fn workers(unsorry: u32) -> Vec<Process> {
    let checkers = of_checker(unsorry);
    let mut all = below(unsorry);
    all.retain(|process| process.line.contains("--worker") && !checkers.contains(process));
    all
}

/// Sends a signal to a process, which may have ended.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let _ = kill_process(pid.expect("a process"), signal);
}

/// Fails if one of them is left after a moment.
pub(crate) fn assert_gone(processes: &[Process]) {
    assert_none_left(|| {
        let all = all();
        let same = |one: &&Process| {
            let is = |other: &Process| (one.pid, one.started) == (other.pid, other.started);
            all.iter().any(is)
        };
        processes.iter().filter(same).cloned().collect()
    });
}

/// Fails if a process with `word` in its command line is left after a moment.
pub(crate) fn assert_nobody_has(word: &str) {
    assert_none_left(|| {
        let mut all = all();
        all.retain(|process| process.line.contains(word));
        all
    });
}

fn assert_none_left(left: impl Fn() -> Vec<Process>) {
    let deadline = Instant::now() + ENDS_WITHIN;
    loop {
        let left = left();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "left behind: {left:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A figure of a process in kilobytes or pieces, by its name in `/proc`; none when it has ended.
pub(crate) fn figure(pid: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let number = line.trim_start_matches(':').split_whitespace().next()?;
    number.parse().ok()
}
