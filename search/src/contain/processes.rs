//! The processes that came from us, as `/proc` shows them.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

use super::limits::{MAX_FILE_BYTES, MAX_PROCESSES};

/// The most bytes that a pipe or a socket may hold, whose sizes nobody in a container can change.
const MAX_HELD_BYTES: u64 = 256 << 10;

/// The memory, processes and threads that all our descendants take together.
#[derive(Debug, Default, Clone, Copy)]
pub struct Taken {
    /// The memory of their own, in bytes: pages of files are shared, and given back when others need them. A file
    /// that is open and in no folder any more is their own, too, and so is what pipes and sockets can hold.
    pub memory: u64,
    /// The number of processes.
    pub processes: usize,
    /// The number of their threads.
    pub threads: usize,
    /// The number of their open files.
    pub files: usize,
    /// Whether a process hides what it has open, as some programs do that can be run and not read.
    pub hidden: bool,
}

/// Returns what the processes that came from us take now, but for files open in `inside`, which opens them
/// for others. Files that were removed from the folder `mapped` and are only mapped count as large as a
/// file can be. Where there are too many processes, only these are counted.
pub fn taken(inside: u32, mapped: Option<&Path>) -> Taken {
    let mut taken = Taken::default();
    let mut counted = HashSet::new();
    let all = descendants();
    taken.processes = all.len();
    // Each look takes its time, in which they become more.
    if all.len() > MAX_PROCESSES {
        return taken;
    }
    for process in all {
        let Some(status) = status(process) else {
            continue;
        };
        let of = |name: &str| number(&status, name).unwrap_or(0);
        let own = ["RssAnon:", "RssShmem:", "VmSwap:", "VmPTE:"];
        taken.memory += own.into_iter().map(of).sum::<u64>() << 10;
        taken.threads += of("Threads:") as usize;
        if process.unsigned_abs() == inside {
            continue;
        }
        match std::fs::read_dir(format!("/proc/{process}/fd")) {
            Ok(open) => {
                for file in open.flatten() {
                    taken.files += 1;
                    let data = std::fs::metadata(file.path());
                    if let Some(data) = data.ok().filter(|data| counted.insert(id(data))) {
                        taken.memory += held(&data);
                    }
                }
            }
            // Or it has ended just now.
            Err(error) => {
                taken.hidden |=
                    error.kind() == ErrorKind::PermissionDenied && self::status(process).is_some();
            }
        }
        if let Some(folder) = mapped {
            let maps = std::fs::read(format!("/proc/{process}/maps")).unwrap_or_default();
            for file in removed(&maps, folder) {
                if counted.insert(file) {
                    taken.memory += MAX_FILE_BYTES;
                }
            }
        }
    }
    taken
}

/// The status of a process that has not ended.
fn status(process: i32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let has_ended = status.contains("\nState:\tZ") || status.contains("\nState:\tX");
    (!has_ended).then_some(status)
}

fn number(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn id(data: &Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}

/// The memory that an open file takes besides what others count.
fn held(data: &Metadata) -> u64 {
    let kind = data.file_type();
    match kind.is_fifo() || kind.is_socket() {
        true => MAX_HELD_BYTES,
        false if kind.is_file() && data.nlink() == 0 => data.blocks() * 512,
        false => 0,
    }
}

/// The files that were removed from `folder` and that a process has mapped, as `/proc/…/maps` tells: their
/// devices and numbers.
fn removed(maps: &[u8], folder: &Path) -> Vec<(u64, u64)> {
    let folder = folder.as_os_str().as_bytes();
    let lines = maps.split(|byte| *byte == b'\n');
    let removed = lines.filter_map(|line| {
        let at = line.iter().position(|byte| *byte == b'/')?;
        let (numbers, path) = line.split_at(at);
        let is_removed = path.starts_with(folder) && path.ends_with(b" (deleted)");
        let numbers = is_removed.then(|| std::str::from_utf8(numbers).ok())??;
        let mut words = numbers.split_whitespace().skip(3);
        let (major, minor) = words.next()?.split_once(':')?;
        let [major, minor] = [major, minor].map(|part| u32::from_str_radix(part, 16).ok());
        let device = rustix::fs::makedev(major?, minor?);
        Some((device, words.next()?.parse().ok()?))
    });
    removed.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_only_mapped() {
        let maps = b"\
7f0000000000-7f0000001000 rw-s 00000000 08:10 42                         /tmp/s/a b (deleted)
7f0000001000-7f0000002000 r--p 00000000 08:10 43                         /tmp/s/c
7f0000002000-7f0000003000 r--p 00000000 08:10 44                         /tmp/other (deleted)
7f0000003000-7f0000004000 rw-p 00000000 00:00 0
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]
";
        let expected = [(rustix::fs::makedev(8, 16), 42)];
        assert_eq!(removed(maps, Path::new("/tmp/s")), expected);
    }
}
