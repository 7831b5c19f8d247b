//! What processes have mapped, as `/proc/…/maps` tells: how much that is, and which of it are files that were
//! removed. A list can be long, and telling it takes the kernel its time, so that it is read in slices between
//! which other things are looked at.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::processes::Process;

/// The interval at which a process is looked at again that has done something since.
const INTERVAL: Duration = Duration::from_secs(1);

/// The lines that are read between looks at the clock.
const LINES: usize = 256;

/// A file: its device and its number.
type FileId = (u64, u64);

/// What was read so far.
#[derive(Debug)]
pub struct Mappings {
    /// The folder whose removed files are told.
    folder: PathBuf,
    known: HashMap<i32, Known>,
    /// Processes that are to be read, the next one at the end.
    queue: Vec<Process>,
    now: Option<Reading>,
    begun: Instant,
}

/// What is known of a process.
#[derive(Debug, Default)]
struct Known {
    /// The number of its mappings.
    count: usize,
    removed: HashSet<FileId>,
    /// The time that it had taken by then.
    time: u64,
}

/// A process's list, while it is read.
#[derive(Debug)]
struct Reading {
    process: Process,
    lines: BufReader<File>,
    known: Known,
}

impl Mappings {
    /// Nothing is known yet. Of removed files those in `folder` are told.
    pub fn new(folder: &Path) -> Mappings {
        Mappings {
            folder: folder.to_owned(),
            known: HashMap::new(),
            queue: Vec::new(),
            now: None,
            begun: Instant::now(),
        }
    }

    /// Reads for so long, and at least something, what `processes` have mapped that are new, or have done
    /// something since they were read. Returns whether that is all for now.
    pub fn read(&mut self, processes: &[Process], time: Duration) -> bool {
        let until = Instant::now() + time;
        let all: HashSet<i32> = processes.iter().map(|process| process.id).collect();
        self.known.retain(|process, _| all.contains(process));
        self.queue.retain(|process| all.contains(&process.id));
        self.now.take_if(|now| !all.contains(&now.process.id));
        self.fill(processes);
        while self.go_on() {
            if Instant::now() > until {
                return false;
            }
        }
        true
    }

    /// The number of all mappings.
    pub fn count(&self) -> usize {
        let known: usize = self.known.values().map(|known| known.count).sum();
        // One that is read again is known already.
        let more = self.now.as_ref().map_or(0, |now| {
            let before = self.known.get(&now.process.id);
            let before = before.map_or(0, |before| before.count);
            now.known.count.saturating_sub(before)
        });
        known + more
    }

    /// The files that were removed and are mapped.
    pub fn removed(&self) -> HashSet<FileId> {
        let now = self.now.iter().map(|now| &now.known);
        let all = self.known.values().chain(now);
        all.flat_map(|known| known.removed.iter().copied())
            .collect()
    }

    fn fill(&mut self, processes: &[Process]) {
        let is_read = |process: &&Process| {
            let now = self.now.iter().map(|now| &now.process);
            now.chain(&self.queue).any(|read| read.id == process.id)
        };
        let is_new = |process: &&Process| !self.known.contains_key(&process.id);
        // It may have had all the time of its parent.
        let mut next: Vec<Process> = processes.iter().filter(is_new).copied().collect();
        next.retain(|process| !is_read(&process));
        if self.queue.is_empty() && self.begun.elapsed() > INTERVAL {
            self.begun = Instant::now();
            let has_gone_on = |process: &&Process| {
                let known = self.known.get(&process.id);
                known.is_some_and(|known| known.time != process.time)
            };
            let again = processes.iter().filter(has_gone_on);
            let again: Vec<Process> = again.filter(|one| !is_read(one)).copied().collect();
            self.queue = again;
        }
        self.queue.append(&mut next);
    }

    /// Reads a piece; returns whether there is more.
    fn go_on(&mut self) -> bool {
        let mut reading = match (self.now.take(), self.queue.pop()) {
            (Some(now), next) => {
                self.queue.extend(next);
                now
            }
            (None, Some(next)) => match Reading::start(next) {
                Some(reading) => reading,
                // It has ended.
                None => return true,
            },
            (None, None) => return false,
        };
        match reading.go_on(&self.folder) {
            true => self.now = Some(reading),
            false => drop(self.known.insert(reading.process.id, reading.known)),
        }
        true
    }
}

impl Reading {
    fn start(process: Process) -> Option<Reading> {
        let lines = File::open(format!("/proc/{}/maps", process.id)).ok()?;
        let known = Known {
            time: process.time,
            ..Known::default()
        };
        Some(Reading {
            process,
            lines: BufReader::new(lines),
            known,
        })
    }

    /// Reads some lines; returns whether there are more.
    fn go_on(&mut self, folder: &Path) -> bool {
        let mut line = Vec::new();
        for _ in 0..LINES {
            line.clear();
            match self.lines.read_until(b'\n', &mut line) {
                Ok(1..) => {
                    self.known.count += 1;
                    self.known.removed.extend(removed(&line, folder));
                }
                _ => return false,
            }
        }
        true
    }
}

/// The file that was removed from `folder` and that a line of `/proc/…/maps` tells of.
fn removed(line: &[u8], folder: &Path) -> Option<FileId> {
    let line = line.strip_suffix(b" (deleted)\n")?;
    let at = line.iter().position(|byte| *byte == b'/')?;
    let (numbers, path) = line.split_at(at);
    if !path.starts_with(folder.as_os_str().as_bytes()) {
        return None;
    }
    let mut words = std::str::from_utf8(numbers)
        .ok()?
        .split_whitespace()
        .skip(3);
    let (major, minor) = words.next()?.split_once(':')?;
    let [major, minor] = [major, minor].map(|part| u32::from_str_radix(part, 16).ok());
    let device = rustix::fs::makedev(major?, minor?);
    Some((device, words.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_only_mapped() {
        let check = |line: &str, expected: Option<FileId>| {
            let found = removed(format!("{line}\n").as_bytes(), Path::new("/tmp/s"));
            assert_eq!(found, expected, "{line}");
        };
        let file = (rustix::fs::makedev(8, 16), 42);
        let begin = "7f0000000000-7f0000001000 rw-s 00000000 08:10 42         ";
        check(&format!("{begin}/tmp/s/a b (deleted)"), Some(file));
        check(&format!("{begin}/tmp/s/c"), None);
        check(&format!("{begin}/tmp/other (deleted)"), None);
        check("7f0000002000-7f0000003000 rw-p 00000000 00:00 0", None);
        check(
            "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0  [stack]",
            None,
        );
    }

    #[test]
    fn lists_are_read_in_slices() {
        let folder = tempfile::tempdir().expect("a folder");
        let process = |time| Process {
            id: std::process::id() as i32,
            time,
        };
        let mut mappings = Mappings::new(folder.path());
        let slices = |mappings: &mut Mappings, time: u64| {
            mappings.begun -= INTERVAL * 2;
            let slices = (1..).find(|_| mappings.read(&[process(time)], Duration::ZERO));
            slices.unwrap_or_default()
        };
        assert!(slices(&mut mappings, 1) > 1);
        let count = mappings.count();
        assert!(count > 1);
        // Nothing is read again while nothing is done, or counted twice.
        assert_eq!(slices(&mut mappings, 1), 1);
        mappings
            .known
            .values_mut()
            .for_each(|known| known.count *= 10);
        assert!(slices(&mut mappings, 2) > 1);
        assert!(mappings.count() < 2 * count);
        mappings.begun -= INTERVAL * 2;
        assert!(!mappings.read(&[process(3)], Duration::ZERO));
        assert!(mappings.count() < 2 * count);
        // Nothing is kept that is gone.
        assert!(mappings.read(&[], Duration::ZERO));
        assert_eq!((mappings.count(), mappings.removed().len()), (0, 0));
    }
}
