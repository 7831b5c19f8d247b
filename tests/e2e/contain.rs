//! What Lean for checking runs in, tried with what could be run in it.
#![cfg(target_os = "linux")]

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use unsorry_tests::editor::program;

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps users from having namespaces of their own, as some systems do.
const NO_NAMESPACES: &str = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"";

/// A container with a command in it; dropping the lifeline ends it.
struct Contained {
    child: Child,
    lifeline: Option<OwnedFd>,
}

impl Contained {
    fn start(folder: &Path, command: &[&str], memory: u64, namespaces: bool) -> Contained {
        let (end, lifeline) = std::io::pipe().expect("a pipe");
        let mut words = Vec::new();
        if !namespaces {
            words.extend(["unshare", "-Ur", "sh", "-c", NO_NAMESPACES, "sh"].map(String::from));
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
            lifeline: Some(lifeline.into()),
        }
    }

    /// Its exit code and what it says.
    fn end(mut self) -> (Option<i32>, String) {
        let mut told = String::new();
        let mut stdout = self.child.stdout.take().expect("a pipe");
        stdout.read_to_string(&mut told).expect("text");
        let status = self.child.wait().expect("it ends");
        (status.code(), told)
    }
}

/// How many processes there are that were started for a folder.
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

/// Waits until no process and no scratch is left.
fn nothing_is_left(folder: &Path) {
    let start = Instant::now();
    let scratch = || {
        let entries = folder.read_dir().expect("there").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("unsorry-")).count()
    };
    while left(folder) > 0 || scratch() > 0 {
        let (processes, scratch) = (left(folder), scratch());
        let late = start.elapsed() > PATIENCE;
        assert!(
            !late,
            "{processes} processes and {scratch} folders are left"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs `test` with namespaces and without, where the system lets one do without.
fn both(test: impl Fn(&Path, bool)) {
    let limited = ["-Ur", "sh", "-c", NO_NAMESPACES, "sh", "true"];
    let status = Command::new("unshare").args(limited).status();
    let can_do_without = status.is_ok_and(|status| status.success());
    for namespaces in [true, false] {
        if namespaces || can_do_without {
            let folder = tempfile::tempdir().expect("a folder");
            test(folder.path(), namespaces);
            nothing_is_left(folder.path());
        }
    }
}

const PLENTY: u64 = 4 << 30;

#[test]
fn it_writes_to_its_scratch_only() {
    both(|folder, namespaces| {
        std::fs::write(folder.join("mine"), "mine").expect("written");
        let script =
            "cat mine; echo x > $TMPDIR/a && cat $TMPDIR/a; echo x > /dev/null && echo null
            echo x > new; echo x >> mine; rm mine; mv mine other; ln mine $TMPDIR/b; mkdir dir
            chmod 777 mine; touch -d @1 mine; truncate -s 0 mine; echo ${SECRET:-no secret}
            echo x > /dev/shm/unsorry-test; : > /tmp/unsorry-test-outside";
        let (_, told) = Contained::start(folder, &["sh", "-c", script], PLENTY, namespaces).end();
        assert_eq!(told, "minex\nnull\nno secret\n");
        let mine = std::fs::metadata(folder.join("mine")).expect("there");
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&mine) & 0o111, 0);
        let age = mine
            .modified()
            .expect("a time")
            .elapsed()
            .unwrap_or_default();
        assert!(age < Duration::from_secs(3600), "{age:?}");
        let text = std::fs::read_to_string(folder.join("mine"));
        assert_eq!(text.expect("it is there"), "mine");
        for name in ["new", "other", "dir"] {
            assert!(!folder.join(name).exists(), "{name}");
        }
        assert!(!Path::new("/dev/shm/unsorry-test").exists());
        assert!(!Path::new("/tmp/unsorry-test-outside").exists());
    });
}

#[test]
fn it_has_no_network() {
    both(|folder, namespaces| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener
            .local_addr()
            .expect("an address")
            .port()
            .to_string();
        let script = "import socket, sys
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(family, kind)
            print('opened', family, kind)
        except OSError as error:
            pass
try:
    socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1)
    print('connected')
except OSError:
    print('closed')";
        let command = ["python3", "-c", script, &port];
        let (code, told) = Contained::start(folder, &command, PLENTY, namespaces).end();
        assert_eq!((code, told.as_str()), (Some(0), "closed\n"));
    });
}

#[test]
fn it_ends_at_its_limits() {
    both(|folder, namespaces| {
        let eats = "import time
kept = []
while True:
    kept.append(bytearray(10 << 20))";
        let many = "import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = [bytearray(20 << 20)]
        time.sleep(1000)
time.sleep(1000)";
        let shares = "import mmap, time
kept = []
while True:
    kept.append(mmap.mmap(-1, 10 << 20))
    kept[-1].write(bytes(10 << 20))";
        let threads = "import threading, time
while True:
    threading.Thread(target=time.sleep, args=(1000,)).start()";
        let files = "while :; do head -c 10000000 /dev/zero > $TMPDIR/$((n = n + 1)); done";
        let forks = "while :; do sleep 1000 & done";
        for (command, memory) in [
            (["python3", "-c", eats], 200 << 20),
            (["python3", "-c", many], 100 << 20),
            (["python3", "-c", shares], 200 << 20),
            (["python3", "-c", threads], PLENTY),
            (["sh", "-c", files], 200 << 20),
            (["sh", "-c", forks], PLENTY),
        ] {
            let (code, _) = Contained::start(folder, &command, memory, namespaces).end();
            assert_eq!(code, Some(86), "{command:?}");
            nothing_is_left(folder);
        }
    });
}

#[test]
fn it_ends_with_whoever_started_it() {
    both(|folder, namespaces| {
        let script = "setsid sh -c 'sleep 1000 & setsid sleep 1000' & echo up; sleep 1000";
        let mut contained = Contained::start(folder, &["sh", "-c", script], PLENTY, namespaces);
        let mut up = [0; 3];
        let stdout = contained.child.stdout.as_mut().expect("a pipe");
        stdout.read_exact(&mut up).expect("it is up");
        assert!(left(folder) >= 3);
        drop(contained.lifeline.take());
        nothing_is_left(folder);
        contained.child.wait().expect("it has ended");
    });
}

#[test]
fn the_commands_end_is_passed_on() {
    both(|folder, namespaces| {
        let end = |script: &str| {
            let command = ["sh", "-c", script];
            Contained::start(folder, &command, PLENTY, namespaces)
                .end()
                .0
        };
        assert_eq!(end("exit 7"), Some(7));
        assert_eq!(end("setsid sleep 1000 & exit 3"), Some(3));
        if namespaces {
            // Without, no signal can be sent at all.
            assert_eq!(end("sh -c 'kill -9 $$'; exit $?"), Some(137));
        }
    });
}

/// We are killed at any moment, with Lean at work: nothing of it stays.
#[test]
fn nothing_is_left_of_a_killed_search() {
    let text = "theorem t (a b c n : Nat) (h : a ^ (n + 3) + b ^ (n + 3) = c ^ (n + 3)) : a * b * c = 0 := by\n  sorry\n";
    let mut wait = 30;
    for _ in 0..8 {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("A.lean");
        std::fs::write(&file, text).expect("written");
        let mut prove = Command::new(program())
            .args(["prove", "--no-cache"])
            .arg(&file)
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .env("XDG_CONFIG_HOME", folder.path())
            .env("TMPDIR", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(wait));
        wait *= 2;
        prove.kill().expect("killed");
        prove.wait().expect("it is gone");
        nothing_is_left(folder.path());
    }
}

#[test]
fn a_search_says_what_its_lean_took_too_much_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("A.lean");
    std::fs::write(&file, "theorem t : 1 = 1 := by\n  sorry\n").expect("written");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[check]\nmemory = '60MB'\n").expect("written");
    let prove = Command::new(program())
        .args(["prove", "--no-cache"])
        .arg(&file)
        .env("UNSORRY_CONFIG", &config)
        .env("XDG_STATE_HOME", folder.path().join("state"))
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&prove.stderr) + String::from_utf8_lossy(&prove.stdout);
    assert!(told.contains("`check.memory`"), "{told}");
    assert_ne!(prove.status.code(), Some(0), "{told}");
}
