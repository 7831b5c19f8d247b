//! The containment that Lean for checking runs in, tried with what could be run in it.
#![cfg(target_os = "linux")]

mod ends;
mod files;
mod limits;
mod outside;
mod search;

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use unsorry_tests::editor::program;

/// The longest that anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps a command from having namespaces, as some systems do.
const NO_NAMESPACES: &str = include_str!("no_namespaces.py");

/// Enough memory for whatever is tried.
const PLENTY: u64 = 4 << 30;

/// A container with a command in it; dropping the lifeline ends it.
struct Contained {
    child: Child,
    lifeline: Option<UnixStream>,
}

impl Contained {
    fn start(folder: &Path, command: &[&str], memory: u64, namespaces: bool) -> Contained {
        let (end, lifeline) = UnixStream::pair().expect("sockets");
        // As an editor may leave its files open for whomever it starts.
        let mut words = ["sh", "-c", "exec \"$@\" 7>>left_open 8<left_open", "sh"]
            .map(String::from)
            .to_vec();
        if !namespaces {
            words.extend(["python3", "-c", NO_NAMESPACES].map(String::from));
        }
        words.push(program().display().to_string());
        words.extend(["contained", "--memory", &memory.to_string(), "--"].map(String::from));
        words.extend(command.iter().map(|word| word.to_string()));
        let child = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(folder)
            .env("XDG_STATE_HOME", folder.join("state"))
            .env("TMPDIR", folder)
            .env("SECRET", "sk-123")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(OwnedFd::from(end))
            .spawn()
            .expect("it starts");
        Contained {
            child,
            lifeline: Some(lifeline),
        }
    }

    /// Returns the exit code and what the process says.
    fn end(mut self) -> (Option<i32>, String) {
        let mut told = String::new();
        let mut stdout = self.child.stdout.take().expect("a pipe");
        stdout.read_to_string(&mut told).expect("text");
        let status = self.child.wait().expect("it ends");
        (status.code(), told)
    }

    /// Waits until it says that it is up.
    fn is_up(&mut self) {
        let mut up = [0; 3];
        let stdout = self.child.stdout.as_mut().expect("a pipe");
        stdout.read_exact(&mut up).expect("it is up");
    }
}

/// Returns the number of processes that were started for a folder and are left.
fn left(folder: &Path) -> usize {
    // All of them have their temporary files there.
    let mark = folder.display().to_string();
    let marked = |process: &std::fs::DirEntry| {
        let environ = std::fs::read(process.path().join("environ")).unwrap_or_default();
        environ
            .windows(mark.len())
            .any(|part| part == mark.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").expect("Linux").flatten();
    processes.filter(marked).count()
}

/// The temporary folders of containers in a folder.
fn scratches(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("there").flatten();
    let ours =
        |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("unsorry-");
    entries.filter(ours).map(|entry| entry.path()).collect()
}

/// Waits until no process and no scratch is left.
fn nothing_is_left(folder: &Path) {
    let start = Instant::now();
    while left(folder) > 0 || !scratches(folder).is_empty() {
        let (processes, scratch) = (left(folder), scratches(folder).len());
        let late = start.elapsed() > PATIENCE;
        assert!(
            !late,
            "{processes} processes and {scratch} folders are left"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs `test` with namespaces and without. Where the system has none, there is the second only, which
/// fails in CI and is said elsewhere.
fn both(test: impl Fn(&Path, bool)) {
    let all = ["--user", "--map-root-user", "--pid", "--net", "--ipc"];
    let tried = Command::new("unshare")
        .args(all)
        .args(["--fork", "true"])
        .output();
    let namespaces = tried.is_ok_and(|tried| tried.status.success());
    if !namespaces {
        assert!(
            std::env::var_os("CI").is_none(),
            "users can't make namespaces here: a container for CI needs `--privileged`"
        );
        let said = b"NOT RUN: the half with namespaces, which users can't make here\n";
        // Not by a macro, whose words only a failure would show.
        std::io::stderr().write_all(said).expect("stderr");
    }
    for namespaces in [true, false].into_iter().filter(|with| namespaces || !with) {
        let folder = tempfile::tempdir().expect("a folder");
        test(folder.path(), namespaces);
        nothing_is_left(folder.path());
    }
}
