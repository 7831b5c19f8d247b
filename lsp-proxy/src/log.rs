//! The log: a file in the user's state folder, which all processes of ours append to.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use unsorry_syntax::Visible;

use crate::config;

/// The size from which on a process that starts begins a new log.
const MAX_LOG_BYTES: u64 = 5 << 20;

/// Logs from now on; `UNSORRY_LOG` says how much (`debug`, `off`, …). The texts of documents are never in
/// it below `trace`. A log that can't be written is no reason to stop.
pub fn start() {
    let Some(log) = config::log_file().and_then(|path| Log::open(path, MAX_LOG_BYTES).ok()) else {
        return;
    };
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::INFO.into())
        .with_env_var("UNSORRY_LOG")
        .from_env_lossy();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        // Where a full disk is the trouble, stderr is no place for it: editors show that.
        .log_internal_errors(false)
        .with_writer(Mutex::new(log))
        .try_init();
}

/// A log that others write to as well: each line is one write to the file's end.
struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Opens the log at `path`. One of `max_bytes` or more is first renamed to end with `.old`, where it
    /// replaces the one before it; whoever has it open goes on there.
    fn open(path: PathBuf, max_bytes: u64) -> io::Result<Log> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let is_full = || fs::metadata(&path).is_ok_and(|file| file.len() >= max_bytes);
        if is_full() {
            let lock = append_to(&path.with_extension("lock"))?;
            lock.lock()?;
            // Another one that starts may have done it meanwhile.
            if is_full() {
                fs::rename(&path, path.with_extension("log.old"))?;
            }
        }
        let file = append_to(&path)?;
        Ok(Log { path, file })
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if is_removed(&self.file) {
            self.file = append_to(&self.path)?;
        }
        // An event is a line, whoever wrote what it quotes.
        let text = String::from_utf8_lossy(line);
        let event = text.strip_suffix('\n').unwrap_or(&text);
        self.file
            .write_all(format!("{}\n", Visible(event)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Whether the file has no name any more: it was renamed, and then replaced.
#[cfg(unix)]
fn is_removed(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|file| file.nlink() == 0)
}

#[cfg(not(unix))]
fn is_removed(_: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn processes_that_start_at_once_lose_no_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state/unsorry.log");
        let mut before = Log::open(path.clone(), 100).expect("opened");
        let full = format!("{}\n", "x".repeat(200));
        before.write_all(full.as_bytes()).expect("written");
        let processes = 8;
        let barrier = Barrier::new(processes);
        std::thread::scope(|scope| {
            for process in 0..processes {
                let (path, barrier) = (path.clone(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    // As full as it is only once: what they write makes it no new one.
                    let mut log = Log::open(path, 200).expect("opened");
                    for number in 0..4 {
                        log.write_all(format!("{process}{number}\n").as_bytes())
                            .expect("written");
                    }
                });
            }
        });
        before.write_all(b"before\n").expect("written");
        let read = |name: &str| fs::read_to_string(path.with_extension(name)).expect("a log");
        assert_eq!(read("log.old"), format!("{full}before\n"));
        let log = read("log");
        let mut lines: Vec<&str> = log.lines().collect();
        lines.sort_unstable();
        let numbers =
            (0..processes).flat_map(|process| (0..4).map(move |number| (process, number)));
        let expected: Vec<String> = numbers
            .map(|(process, number)| format!("{process}{number}"))
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn an_event_is_a_line_with_nothing_to_obey() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("unsorry.log");
        let mut log = Log::open(path.clone(), 100).expect("opened");
        log.write_all("a\u{1b}c\u{202e}\nERROR forged\n".as_bytes())
            .expect("written");
        let log = fs::read_to_string(&path).expect("a log");
        assert_eq!(log, "a\\u{1b}c\\u{202e}\\nERROR forged\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_log_that_is_gone_is_begun_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("unsorry.log");
        let mut log = Log::open(path.clone(), 100).expect("opened");
        fs::remove_file(&path).expect("removed");
        log.write_all(b"line\n").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("a log"), "line\n");
    }
}
