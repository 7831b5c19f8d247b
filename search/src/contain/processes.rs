//! The processes that came from us, as `/proc` shows them.

use std::collections::{HashMap, HashSet};
use std::fs::{File, Metadata};
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

use super::limits::{MAX_FILE_BYTES, MAX_OPEN_FILES, MAX_PROCESSES, MAX_WATCHES};

/// The most bytes that a pipe or a socket may hold, whose sizes nobody in a container can change.
const MAX_HELD_BYTES: u64 = 256 << 10;

/// The kernel's memory that a watched file takes, in bytes.
const WATCH_BYTES: u64 = 256;

/// A process that came from us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: i32,
    /// The time that it has taken of processors, in the kernel's ticks: whoever takes none changes nothing.
    pub time: u64,
}

/// What all our descendants take together.
#[derive(Debug, Default)]
pub struct Taken {
    /// The memory of their own, in bytes: pages of files are shared, and given back when others need them. A file
    /// that is open and in no folder any more is their own, too, and so is what pipes and sockets can hold.
    pub memory: u64,
    /// They themselves.
    pub processes: Vec<Process>,
    /// The number of their threads.
    pub threads: usize,
    /// The number of their open files; when there are too many, the others are not counted.
    pub files: usize,
    /// The number of files that they watch by `epoll`: these outlive the numbers that they were made for. When
    /// there are too many, the others are not counted.
    pub watches: usize,
    /// Whether a process hides what it has open, as some programs do that can be run and not read.
    pub hidden: bool,
}

/// Returns what the processes that came from us take now, but for files open in `inside`, which opens them
/// for others; and the `removed` files that are only mapped, which count as large as a file can be. Where there
/// are too many processes, only these are counted.
pub fn taken(inside: u32, removed: &HashSet<(u64, u64)>) -> Taken {
    let mut taken = Taken {
        processes: descendants(),
        ..Taken::default()
    };
    // Each look takes its time, in which they become more.
    if taken.processes.len() > MAX_PROCESSES {
        return taken;
    }
    let mut counted = HashSet::new();
    for Process { id, .. } in taken.processes.clone() {
        let Some(status) = status(id) else {
            continue;
        };
        let of = |name: &str| number(&status, name).unwrap_or(0);
        let own = ["RssAnon:", "RssShmem:", "VmSwap:", "VmPTE:"];
        taken.memory += own.into_iter().map(of).sum::<u64>() << 10;
        taken.threads += of("Threads:") as usize;
        if id.unsigned_abs() != inside {
            taken.look_at_files(id, &mut counted);
        }
    }
    let mapped = removed.difference(&counted).count() as u64;
    taken.memory += mapped * MAX_FILE_BYTES + taken.watches as u64 * WATCH_BYTES;
    taken
}

impl Taken {
    /// Counts what a process has open, but for what was counted before.
    fn look_at_files(&mut self, process: i32, counted: &mut HashSet<(u64, u64)>) {
        let open = match std::fs::read_dir(format!("/proc/{process}/fd")) {
            Ok(open) => open,
            Err(error) => {
                // Or it has ended just now.
                self.hidden |=
                    error.kind() == ErrorKind::PermissionDenied && status(process).is_some();
                return;
            }
        };
        for file in open.flatten() {
            self.files += 1;
            if self.files > MAX_OPEN_FILES || self.watches > MAX_WATCHES {
                return;
            }
            let Ok(data) = std::fs::metadata(file.path()) else {
                continue;
            };
            // It is of no kind, as what only the kernel makes.
            if data.mode() & libc::S_IFMT == 0 {
                let number = file.file_name();
                let told = Path::new("/proc")
                    .join(format!("{process}/fdinfo"))
                    .join(number);
                self.watches += watches(told);
            } else if counted.insert(id(&data)) {
                self.memory += held(&data);
            }
        }
    }
}

/// The number of files that an open file watches, as the kernel tells of it; no more are told than may be.
fn watches(told: impl AsRef<Path>) -> usize {
    let Ok(told) = File::open(told) else { return 0 };
    let lines = BufReader::new(told).split(b'\n').map_while(Result::ok);
    let watches = lines.filter(|line| line.starts_with(b"tfd:"));
    watches.take(MAX_WATCHES + 1).count()
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

/// Kills the child and all that came from it. Comes back when they are gone; says how many are not, where
/// the kernel keeps the same ones for longer than `within`.
pub fn end_all(child: &mut Child, within: Duration) -> usize {
    let _ = child.kill();
    let (mut before, mut since) = (Vec::new(), Instant::now());
    // Whoever was started while we looked has a parent that we know by the next time.
    loop {
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        let left = descendants().into_iter().map(|process| process.id);
        let mut left: Vec<i32> = left.collect();
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
fn descendants() -> Vec<Process> {
    let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        // What has ended takes nothing.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if let Some((parent, time)) = parent_and_time(&stat) {
            children
                .entry(parent)
                .or_default()
                .push(Process { id, time });
        }
    }
    let mut found = Vec::new();
    let mut round = vec![std::process::id() as i32];
    while let Some(parent) = round.pop() {
        let of = children.remove(&parent).unwrap_or_default();
        round.extend(of.iter().map(|process| process.id));
        found.extend(of);
    }
    found
}

/// The parent of a process and the time that it has taken, as `/proc/…/stat` tells.
fn parent_and_time(stat: &str) -> Option<(i32, u64)> {
    // The name, in parentheses, may be anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut words = rest.split(' ').skip(1);
    let parent = words.next()?.parse().ok()?;
    let mut words = words.skip(9);
    let mut time = || words.next()?.parse::<u64>().ok();
    Some((parent, time()? + time()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_and_times() {
        let stat = "7 (a) b) S 3 7 7 0 -1 4194560 105 0 0 0 20 22 0 0 20 0 1 0";
        assert_eq!(parent_and_time(stat), Some((3, 42)));
        assert_eq!(parent_and_time("7 (a) S 3"), None);
    }

    #[test]
    fn files_that_are_watched() {
        use rustix::event::epoll;
        let watcher = epoll::create(epoll::CreateFlags::CLOEXEC).expect("one");
        let watched: Vec<_> = (0..3).map(|_| std::io::pipe().expect("a pipe")).collect();
        for (end, _) in &watched {
            let data = epoll::EventData::new_u64(0);
            epoll::add(&watcher, end, data, epoll::EventFlags::IN).expect("watched");
        }
        let count = |file: &dyn std::os::fd::AsRawFd| {
            watches(format!("/proc/self/fdinfo/{}", file.as_raw_fd()))
        };
        assert_eq!(count(&watcher), 3);
        assert_eq!(count(&watched[0].0), 0);
    }
}
