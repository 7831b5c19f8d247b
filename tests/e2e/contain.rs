//! The containment that Lean for checking runs in, tried with what could be run in it.
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use unsorry_tests::editor::program;

/// The longest that anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps a command from having namespaces, as some systems do.
const NO_NAMESPACES: &str = "import ctypes, os, platform, struct, sys
unshare = {'x86_64': 272, 'aarch64': 97}[platform.machine()]
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, unshare), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(steps), ctypes.addressof(code)))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
os.execvp(sys.argv[1], sys.argv[1:])";

/// A container with a command in it; dropping the lifeline ends it.
struct Contained {
    child: Child,
    lifeline: Option<UnixStream>,
}

impl Contained {
    fn start(folder: &Path, command: &[&str], memory: u64, namespaces: bool) -> Contained {
        let (end, lifeline) = UnixStream::pair().expect("sockets");
        // As an editor may leave its files open for whomever it starts.
        let mut words = ["sh", "-c", "exec \"$@\" 7>>left_open", "sh"]
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

const PLENTY: u64 = 4 << 30;

#[test]
fn it_writes_to_its_scratch_only() {
    both(|folder, namespaces| {
        std::fs::write(folder.join("mine"), "mine").expect("written");
        let script =
            "cat mine; echo x > $TMPDIR/a && cat $TMPDIR/a; echo x > /dev/null && echo null
            echo x > new; echo x >> mine; rm mine; mv mine other; ln mine $TMPDIR/b; mkdir dir
            chmod 777 mine; touch -d @1 mine; truncate -s 0 mine; echo ${SECRET:-no secret}
            echo x >&7; echo x > /proc/self/fd/7; echo x 1<> /proc/self/cwd/mine
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
        let open = std::fs::read_to_string(folder.join("left_open"));
        assert_eq!(open.expect("it is there"), "");
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
fn it_reaches_nothing_outside() {
    both(|folder, namespaces| {
        std::fs::write(folder.join("mine"), "mine").expect("written");
        let socket = UnixDatagram::bind(folder.join("socket")).expect("a socket");
        socket.set_nonblocking(true).expect("it can be");
        let mut outside = Command::new("sleep")
            .arg("1000")
            .env("KEY", "sk-123")
            .spawn()
            .expect("it starts");
        // Numbers that are newer than the C library are the same everywhere.
        let script = "import ctypes, fcntl, os, signal, socket, struct, sys, termios
libc = ctypes.CDLL(None, use_errno=True)
other = int(sys.argv[1])
mine = os.open('mine', os.O_RDONLY)
def call(*args):
    if libc.syscall(*args) < 0:
        raise OSError(ctypes.get_errno(), '')
def c(name, *args):
    if getattr(libc, name)(*args) in (-1, 0xffffffff):
        raise OSError(ctypes.get_errno(), '')
def owner():
    read, write = os.pipe()
    fcntl.fcntl(read, fcntl.F_SETOWN, other)
def sends():
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    pair[0].sendto(b'x', 'socket')
def terminal():
    try:
        fcntl.ioctl(0, termios.TIOCSTI, b'x')
    except OSError as error:
        # Not that there is no terminal: that nobody may ask.
        if error.errno == 1:
            raise
def mode(change):
    change()
    # That it was done may be a lie.
    if os.stat('mine').st_mode & 0o111 == 0:
        raise OSError()
value = ctypes.create_string_buffer(b'x')
attribute = struct.pack('QII', ctypes.addressof(value), 1, 0)
tries = {
    'kill': lambda: os.kill(other, 0),
    'tgkill': lambda: c('tgkill', other, other, 0),
    'sigqueue': lambda: c('sigqueue', other, 0, None),
    'pidfd': lambda: signal.pidfd_send_signal(os.pidfd_open(other), 0),
    'owner': owner,
    'prlimit': lambda: c('prlimit', other, 7, None, ctypes.create_string_buffer(16)),
    'setpriority': lambda: os.setpriority(os.PRIO_PROCESS, other, 19),
    'affinity': lambda: os.sched_setaffinity(other, [0]),
    'scheduler': lambda: os.sched_setscheduler(other, os.SCHED_BATCH, os.sched_param(0)),
    'ptrace': lambda: c('ptrace', 0x4206, other, 0, 0),
    'environ': lambda: open(f'/proc/{other}/environ').read(),
    'memory': lambda: open(f'/proc/{other}/mem', 'r+b'),
    'its folder': lambda: os.mkdir(f'/proc/{other}/cwd/new'),
    'chmod': lambda: mode(lambda: os.chmod('mine', 0o777)),
    'fchmod': lambda: mode(lambda: os.fchmod(mine, 0o777)),
    'fchmodat2': lambda: mode(lambda: call(452, -100, b'mine', 0o777, 0)),
    'chown': lambda: os.chown('mine', os.getuid(), os.getgid()),
    'utime': lambda: os.utime('mine', (1, 1)),
    'truncate': lambda: os.truncate('mine', 0),
    'setxattr': lambda: os.setxattr('mine', 'user.x', b'x'),
    'setxattrat': lambda: call(463, -100, b'mine', 0, b'user.x', attribute, 16),
    'file_setattr': lambda: call(469, -100, b'mine', bytes(24), 24, 0),
    'flags': lambda: fcntl.ioctl(mine, 0x40086602, struct.pack('q', 0x80)),
    'ipc': lambda: c('shmget', 0, 4096, 0o1600),
    'shmat': lambda: c('shmat', 0, None, 0),
    'queue': lambda: c('mq_open', b'/unsorry', os.O_CREAT | os.O_RDWR, 0o600, None),
    'datagram': sends,
    'memfd': lambda: os.memfd_create('x'),
    'mount': lambda: c('mount', b'x', b'/', b'tmpfs', 0, None),
    'terminal': terminal,
    'device': lambda: os.mknod(os.environ['TMPDIR'] + '/memory', 0o20600, os.makedev(1, 1)),
    'namespace': lambda: c('unshare', 0x10000000),
    'keys': lambda: call({'x86_64': 250, 'aarch64': 219}[os.uname().machine], 0, -3, 1),
    'io_uring': lambda: call(425, 1, bytes(120)),
    'userfaultfd': lambda: call({'x86_64': 323, 'aarch64': 282}[os.uname().machine], 1),
}
for name, attempt in tries.items():
    try:
        attempt()
        print('open:', name)
    except (OSError, AttributeError):
        pass
socket.socketpair()
os.set_blocking(0, False)
print('tried', len(tries))";
        let other = outside.id().to_string();
        let command = ["python3", "-c", script, &other];
        let (code, told) = Contained::start(folder, &command, PLENTY, namespaces).end();
        outside.kill().expect("it was still there");
        outside.wait().expect("it is gone");
        assert_eq!((code, told.as_str()), (Some(0), "tried 35\n"));
        assert!(socket.recv(&mut [0; 1]).is_err(), "something was sent");
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
        let empty = "import os
number = 0
while True:
    os.close(os.open(f'{os.environ[\"TMPDIR\"]}/{number}', os.O_CREAT, 0))
    number += 1";
        let deep = "import os, time
os.chdir(os.environ['TMPDIR'])
for _ in range(2000):
    os.mkdir('d' * 200)
    os.chdir('d' * 200)
time.sleep(1000)";
        let removed = "import os, time
kept = []
for number in range(3):
    name = f'{os.environ[\"TMPDIR\"]}/{number}'
    kept.append(open(name, 'wb'))
    os.unlink(name)
    kept[-1].write(bytes(100 << 20))
time.sleep(1000)";
        let chain = "import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while os.fork() == 0:
    os.setsid()
signal.pause()";
        for (command, memory) in [
            (["python3", "-c", eats], 200 << 20),
            (["python3", "-c", many], 100 << 20),
            (["python3", "-c", shares], 200 << 20),
            (["python3", "-c", threads], PLENTY),
            (["sh", "-c", files], 200 << 20),
            (["sh", "-c", forks], PLENTY),
            (["python3", "-c", empty], PLENTY),
            (["python3", "-c", deep], PLENTY),
            (["python3", "-c", removed], 200 << 20),
            (["python3", "-c", chain], PLENTY),
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
        contained.is_up();
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

/// A supervisor that is killed can remove nothing: the next one does, and nothing else.
#[test]
fn what_a_killed_supervisor_left_is_removed_by_the_next() {
    both(|folder, namespaces| {
        let script = "cd $TMPDIR && mkdir -p a/b && ln -s /tmp a/link && echo x > a/b/c && echo up && exec sleep 1000";
        let start = || {
            let command = ["sh", "-c", script];
            let mut contained = Contained::start(folder, &command, PLENTY, namespaces);
            contained.is_up();
            contained
        };
        let mut killed = start();
        let left_behind = scratches(folder);
        killed.child.kill().expect("killed");
        killed.child.wait().expect("it is gone");
        assert_eq!(scratches(folder), left_behind);
        let elsewhere = tempfile::tempdir().expect("a folder");
        std::fs::write(elsewhere.path().join("mine"), "").expect("written");
        let (link, own) = (
            folder.join("unsorry-contained-link"),
            folder.join("unsorry-of-a-user"),
        );
        std::os::unix::fs::symlink(elsewhere.path(), &link).expect("a link");
        std::fs::create_dir(&own).expect("a folder");
        let live = start();
        let begun = Instant::now();
        while left_behind[0].exists() {
            assert!(begun.elapsed() < PATIENCE, "it is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
        let now = scratches(folder);
        let command = ["sh", "-c", "exit 5"];
        let (code, _) = Contained::start(folder, &command, PLENTY, namespaces).end();
        assert_eq!(code, Some(5));
        assert_eq!((scratches(folder).len(), now.len()), (3, 3));
        assert!(elsewhere.path().join("mine").exists());
        drop(live);
        std::fs::remove_file(link).expect("it is there");
        std::fs::remove_dir(own).expect("it is there");
    });
}

/// Whoever was started by a supervisor that is gone by then does nothing.
#[test]
fn without_a_supervisor_nothing_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let scratch = folder.path().display().to_string();
    let run = |stderr: OwnedFd| {
        let output = Command::new(program())
            .args(["contained-inside", "--scratch", &scratch])
            .args(["--memory", "1000000000", "--", "echo", "ran"])
            .env("XDG_STATE_HOME", folder.path())
            .stderr(stderr)
            .output()
            .expect("it starts");
        String::from_utf8(output.stdout).expect("text")
    };
    let (reader, writer) = std::io::pipe().expect("a pipe");
    assert_eq!(run(writer.into()), "ran\n");
    drop(reader);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert_eq!(run(writer.into()), "");
}

#[test]
fn what_cannot_be_started_says_why() {
    both(|folder, namespaces| {
        let mut contained = Contained::start(folder, &["no-such-lean"], PLENTY, namespaces);
        assert_eq!(contained.child.wait().expect("it ends").code(), Some(2));
        let mut told = String::new();
        let mut lifeline = contained.lifeline.take().expect("it is open");
        lifeline.read_to_string(&mut told).expect("text");
        assert!(told.starts_with("can't start `no-such-lean`: "), "{told}");
        // The command's own words are not among them.
        let command = ["sh", "-c", "echo secret >&2; exit 2"];
        let mut contained = Contained::start(folder, &command, PLENTY, namespaces);
        contained.child.wait().expect("it ends");
        let mut lifeline = contained.lifeline.take().expect("it is open");
        let mut told = String::new();
        lifeline.read_to_string(&mut told).expect("text");
        assert_eq!(told, "");
    });
}

#[test]
fn a_search_says_why_it_has_no_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("A.lean");
    std::fs::write(&file, "theorem t : 1 = 1 := by\n  sorry\n").expect("written");
    for command in [vec!["prove", "--no-cache", "A.lean"], vec!["doctor"]] {
        let output = Command::new(program())
            .args(&command)
            .current_dir(folder.path())
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .env("TMPDIR", folder.path().join("nowhere"))
            .output()
            .expect("it starts");
        let told =
            String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("can't make a temporary folder in "), "{told}");
        assert_ne!(output.status.code(), Some(0), "{told}");
    }
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
