//! The two ends of a relay, byte by byte: an editor that says what the test says, and a Lean whose
//! strings the test pulls.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde_json::Value;
use tempfile::TempDir;

use crate::editor::program;

/// The longest that anything may take on a crowded machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The longest that a session may take. Then it is killed, so that no test waits for ever.
const LONGEST: Duration = Duration::from_secs(900);

/// A message with this body.
pub fn frame(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [
        format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(),
        body,
    ]
    .concat()
}

/// The bytes that came through a pipe so far. Read by a thread, so that nobody waits for the test.
#[derive(Clone, Default)]
pub struct Incoming(Arc<(Mutex<Received>, Condvar)>);

#[derive(Default)]
struct Received {
    bytes: Vec<u8>,
    closed: bool,
}

impl Incoming {
    /// Reads `pipe` to its end.
    pub fn read(mut pipe: impl Read + Send + 'static) -> Incoming {
        let incoming = Incoming::default();
        let shared = incoming.clone();
        thread::spawn(move || {
            let (received, changed) = &*shared.0;
            let mut buffer = vec![0; 256 << 10];
            loop {
                let n = pipe.read(&mut buffer).unwrap_or(0);
                let mut received = received.lock().expect("no panic");
                received.bytes.extend_from_slice(&buffer[..n]);
                received.closed = n == 0;
                changed.notify_all();
                if n == 0 {
                    return;
                }
            }
        });
        incoming
    }

    /// Waits until `take` finds what it looks for; none when it does not within `limit`.
    fn wait<T>(
        &self,
        limit: Duration,
        mut take: impl FnMut(&mut Vec<u8>, bool) -> Option<T>,
    ) -> Option<T> {
        let (received, changed) = &*self.0;
        let deadline = Instant::now() + limit;
        let mut received = received.lock().expect("no panic");
        loop {
            let Received { bytes, closed } = &mut *received;
            if let Some(taken) = take(bytes, *closed) {
                return Some(taken);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            received = changed.wait_timeout(received, left).expect("no panic").0;
        }
    }

    /// The body of the next message, which begins right where the last one ended.
    pub fn message(&self) -> String {
        let body = self.wait(PATIENCE, |bytes, closed| {
            take_message(bytes).or_else(|| {
                assert!(
                    !closed,
                    "it ended with {:?}",
                    String::from_utf8_lossy(bytes)
                );
                None
            })
        });
        let body = body.expect("a message");
        String::from_utf8(body).expect("UTF-8")
    }

    /// The body of the next message, if one comes within `limit`.
    pub fn message_within(&self, limit: Duration) -> Option<String> {
        let body = self.wait(limit, |bytes, _| take_message(bytes))?;
        Some(String::from_utf8(body).expect("UTF-8"))
    }

    /// Returns everything until the end.
    pub fn rest(&self) -> Vec<u8> {
        self.wait(PATIENCE, |bytes, closed| {
            closed.then(|| std::mem::take(bytes))
        })
        .expect("the end")
    }

    /// Returns the number of bytes that have come and were not taken.
    pub fn len(&self) -> usize {
        self.0.0.lock().expect("no panic").bytes.len()
    }

    /// Whether nothing has come that was not taken.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn take_message(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let header = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = header
        .strip_prefix("Content-Length: ")
        .and_then(|rest| rest.trim_end().parse::<usize>().ok())
        .unwrap_or_else(|| panic!("a plain header, not {header:?}"));
    if bytes.len() < end + length {
        return None;
    }
    let mut message: Vec<u8> = bytes.drain(..end + length).collect();
    Some(message.split_off(end))
}

/// An editor in front of a running `unsorry serve`, or of a server without it.
pub struct Relay {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    received: Incoming,
    errors: Incoming,
    /// The sender whose end with the session ends the watch over the longest time.
    _watch: Sender<()>,
    /// The folder that it runs in.
    pub folder: TempDir,
}

/// The end of a session.
#[derive(Debug)]
pub struct Ended {
    /// The status of the process that the editor had started.
    pub status: ExitStatus,
    /// The bytes that it said and that were not taken.
    pub rest: Vec<u8>,
    /// The text that it wrote to stderr.
    pub errors: String,
    /// The time from when it was asked to end.
    pub time: Duration,
}

impl Relay {
    /// Starts `unsorry serve -- lean…` in a folder of its own. What it says is not read yet.
    pub fn start<S: AsRef<std::ffi::OsStr>>(lean: &[S]) -> Relay {
        let mut command = Command::new(program());
        command.args(["serve", "--"]).args(lean);
        Self::run(command)
    }

    /// Starts a server with nothing between.
    pub fn without<S: AsRef<std::ffi::OsStr>>(lean: &[S]) -> Relay {
        let mut command = Command::new(&lean[0]);
        command.args(&lean[1..]);
        Self::run(command)
    }

    /// Starts a server in a folder of its own.
    pub fn run(mut command: Command) -> Relay {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = command
            .current_dir(folder.path())
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .env("XDG_CONFIG_HOME", folder.path().join("config"))
            .env("UNSORRY_CACHE", "off")
            .env_remove("UNSORRY_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let stderr: ChildStderr = child.stderr.take().expect("a pipe");
        let (watch, watched) = channel();
        let pid = child.id();
        thread::spawn(move || {
            if watched.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout) {
                signal(pid, Signal::KILL);
            }
        });
        Relay {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            received: Incoming::default(),
            errors: Incoming::read(stderr),
            child,
            _watch: watch,
            folder,
        }
    }

    /// Sends bytes as they are. Waits for as long as nobody takes them.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("it is open");
        stdin.write_all(bytes.as_ref()).expect("it reads");
    }

    /// Sends a message with this body.
    pub fn say(&mut self, body: impl AsRef<[u8]>) {
        self.send(frame(body));
    }

    /// The pipe to it, for a thread of the test.
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().expect("it is open")
    }

    /// The pipe from it, for a thread of the test.
    pub fn take_stdout(&mut self) -> ChildStdout {
        self.received = Incoming::read(std::io::empty());
        self.stdout.take().expect("it is not read yet")
    }

    /// Returns what it says. It is read from the first call on.
    pub fn received(&mut self) -> &Incoming {
        if let Some(stdout) = self.stdout.take() {
            self.received = Incoming::read(stdout);
        }
        &self.received
    }

    /// The body of the next message.
    pub fn message(&mut self) -> String {
        self.received().message()
    }

    /// Returns the id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns the beginning of the ids and tokens that are unsorry's.
    pub fn session(&self) -> String {
        format!("unsorry:{}:", self.pid())
    }

    /// Closes its stdin and waits for its end.
    pub fn leave(mut self) -> Ended {
        self.stdin = None;
        self.ended()
    }

    /// Closes all pipes and waits for its end.
    pub fn hang_up(mut self) -> Ended {
        self.stdin = None;
        self.stdout = None;
        self.received = Incoming::read(std::io::empty());
        self.ended()
    }

    /// Waits for its end, with the stdin still open and nobody reading what it says.
    pub fn ends_unread(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for its end, with the stdin still open.
    pub fn ended(mut self) -> Ended {
        let start = Instant::now();
        self.received();
        let status = self.ends_unread();
        Ended {
            status,
            time: start.elapsed(),
            rest: self.received.rest(),
            errors: String::from_utf8_lossy(&self.errors.rest()).into_owned(),
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, kind: Signal) {
        signal(self.pid(), kind);
    }

    /// The most memory it ever had, in megabytes.
    #[cfg(target_os = "linux")]
    pub fn peak_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        kilobytes
            .and_then(|n| n.parse::<u64>().ok())
            .expect("a number")
            / 1024
    }
}

fn signal(pid: u32, kind: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may have ended.
    let _ = rustix::process::kill_process(pid.expect("a process"), kind);
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The test's end of a Lean whose strings it pulls.
pub struct Puppet {
    stream: TcpStream,
    received: Incoming,
}

impl Puppet {
    /// Starts a relay in front of the puppet, which is the program at `puppet`.
    pub fn behind_relay(puppet: &str) -> (Relay, Puppet) {
        Self::behind(puppet, |lean| Relay::start(&lean))
    }

    /// Has a relay started in front of the puppet, by its command.
    pub fn behind(puppet: &str, start: impl FnOnce([OsString; 2]) -> Relay) -> (Relay, Puppet) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let relay = start([OsString::from(puppet), address.into()]);
        listener.set_nonblocking(true).expect("it can wait");
        let deadline = Instant::now() + PATIENCE;
        let stream = loop {
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(_) if Instant::now() < deadline => thread::sleep(Duration::from_millis(2)),
                Err(error) => panic!("the puppet did not come: {error}"),
            }
        };
        stream.set_nonblocking(false).expect("it can wait");
        stream.set_nodelay(true).expect("no delay");
        let received = Incoming::read(stream.try_clone().expect("a stream"));
        (relay, Puppet { stream, received })
    }

    /// Returns what it was told.
    pub fn received(&self) -> &Incoming {
        &self.received
    }

    /// The body of the next message that it was told.
    pub fn message(&self) -> String {
        self.received.message()
    }

    /// The next message that it was told.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.message()).expect("JSON")
    }

    /// Says bytes as they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("it reads");
    }

    /// Says a message with this body.
    pub fn say(&mut self, body: impl AsRef<[u8]>) {
        self.send(frame(body));
    }

    /// Answers the request `id`, as written, with a raw result.
    pub fn answer(&mut self, id: &str, result: &str) {
        self.say(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#
        ));
    }

    /// Ends the process of Lean, with success.
    pub fn end(self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

/// Waits for the process id that a script has written to `path`.
pub fn written_pid(path: &Path) -> u32 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if let Some(pid) = text.strip_suffix('\n') {
            return pid.parse().expect("a process id");
        }
        assert!(
            Instant::now() < deadline,
            "{} was not written",
            path.display()
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// Fails if a process of the group that `leader` led is left after a moment.
#[cfg(target_os = "linux")]
pub fn assert_group_is_gone(leader: u32) {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let left = group(leader);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "left behind: {left:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The living processes of a group, zombies not counted.
#[cfg(target_os = "linux")]
fn group(leader: u32) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").expect("Linux has it");
    let stat = |process: std::fs::DirEntry| std::fs::read_to_string(process.path().join("stat"));
    let of_group = |stat: &String| {
        // pid (name) state parent group …
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let mut fields = rest.split(' ');
        let state = fields.next();
        let group = fields.nth(1).and_then(|group| group.parse::<u32>().ok());
        group == Some(leader) && !matches!(state, Some("Z" | "X"))
    };
    processes
        .flatten()
        .flat_map(stat)
        .filter(of_group)
        .collect()
}
