//! The processes that came from us, as `/proc` shows them.

use std::collections::{HashMap, HashSet};
use std::os::unix::fs::MetadataExt;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

/// The memory, processes and threads that all our descendants take together.
#[derive(Debug, Default, Clone, Copy)]
pub struct Taken {
    /// The memory of their own, in bytes: pages of files are shared, and given back when others need them. A file
    /// that is open and in no folder any more is their own, too.
    pub memory: u64,
    /// The number of processes.
    pub processes: usize,
    /// The number of their threads.
    pub threads: usize,
}

/// Returns what the processes that came from us take now.
pub fn taken() -> Taken {
    let mut taken = Taken::default();
    let mut removed = HashSet::new();
    for process in descendants() {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"));
        let status = status.unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            number.unwrap_or(0)
        };
        taken.memory += (of("RssAnon:") + of("RssShmem:") + of("VmSwap:")) << 10;
        taken.threads += of("Threads:") as usize;
        taken.processes += 1;
        let open = std::fs::read_dir(format!("/proc/{process}/fd"));
        for file in open.into_iter().flatten().flatten() {
            let data = std::fs::metadata(file.path());
            let data = data.ok().filter(|data| data.is_file() && data.nlink() == 0);
            if let Some(data) = data.filter(|data| removed.insert((data.dev(), data.ino()))) {
                taken.memory += data.blocks() * 512;
            }
        }
    }
    taken
}

/// Kills the child and all that came from it. Comes back when they are gone; says how many are not, where
/// the kernel keeps the same ones for longer than `within`.
pub fn end_all(child: &mut Child, within: Duration) -> usize {
    let _ = child.kill();
    let (mut before, mut since) = (Vec::new(), Instant::now());
    // Whoever was started while we looked has a parent that we know by the next time.
    loop {
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        let mut left = descendants();
        left.sort_unstable();
        // Where they change, it goes on: a fork bomb is never left to itself.
        if left != before {
            (before, since) = (left, Instant::now());
        }
        if before.is_empty() || since.elapsed() > within {
            return before.len();
        }
        for pid in before.iter().copied().filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// All processes whose parent is one of them, or we.
fn descendants() -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        if let Some(parent) = parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut round = vec![std::process::id() as i32];
    while let Some(parent) = round.pop() {
        let of = children.remove(&parent).unwrap_or_default();
        round.extend(&of);
        found.extend(of);
    }
    found
}

/// The parent of a process that is still there: what has ended takes nothing.
fn parent(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may be anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    words.next()?;
    words.next()?.parse().ok()
}
