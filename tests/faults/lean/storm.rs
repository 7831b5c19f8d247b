//! `storm-lean SEED FOLDER FAULT AFTER`: answers every request once, in any order, says much on its own,
//! and after AFTER messages does what `FAULT` says. What it hears and says it writes to files of the
//! folder as it goes, so that they can be read when it has been killed.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The exit code of a Lean that ends by itself.
const EXIT: i32 = 42;

/// The number of messages that Lean says on its own.
const MAX_OWN_MESSAGES: usize = 60;

/// The number of reads or writes that are slow.
const SLOW_CALLS: usize = 150;

/// The longest silence between two messages, in microseconds.
const MAX_SILENCE_US: u64 = 600;

/// An act that is due at some time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    SlowReads,
    SlowWrites,
    ClosesStdin,
    ClosesStdout,
    Exits,
}

/// The events that the reader tells the speaker of.
enum Heard {
    Request { id: String, method: String },
    Exit,
    FaultIsDue,
    End,
}

/// Runs until its stdin ends, or it is told to.
pub(crate) fn run() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [seed, folder, fault, after, rest @ ..] = &words[..] else {
        return Ok(());
    };
    let seed = seed.parse().unwrap_or(0);
    let folder = Path::new(folder);
    let fault = match fault.as_str() {
        "slow-reads" => Fault::SlowReads,
        "slow-writes" => Fault::SlowWrites,
        "closes-stdin" => Fault::ClosesStdin,
        "closes-stdout" => Fault::ClosesStdout,
        "exits" => Fault::Exits,
        _ => Fault::None,
    };
    // With more words it is the checker's, which can write no files, and is of no use to anybody.
    let checks = !rest.is_empty();
    let file = |name: &str| match checks {
        true => File::create("/dev/null"),
        false => File::create(folder.join(name)),
    };
    // SAFETY: nobody else in this program uses its stdin and stdout.
    #[allow(unsafe_code)]
    let (stdin, stdout) = unsafe { (File::from_raw_fd(0), File::from_raw_fd(1)) };
    let (tell, heard) = channel();
    let reader = Reader {
        stdin,
        log: file("heard")?,
        tell,
        fault,
        after: after.parse().unwrap_or(0),
    };
    let mut speaker = Speaker {
        stdout: Some(stdout),
        log: file("said")?,
        written: file("written")?,
        length: 0,
        said: 0,
        slow: 0,
        fault,
        checks,
        random: StdRng::seed_from_u64(seed),
    };
    if !checks {
        std::fs::write(folder.join("pid"), format!("{}\n", std::process::id()))?;
    }
    thread::spawn(move || reader.read());
    std::process::exit(speaker.speak(&heard))
}

/// Hears what comes on stdin.
struct Reader {
    stdin: File,
    log: File,
    tell: Sender<Heard>,
    fault: Fault,
    after: usize,
}

impl Reader {
    fn read(mut self) {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        let (mut messages, mut slow) = (0, 0);
        loop {
            let most = match slow {
                0 => buffer.len(),
                _ => 1 + slow % 7,
            };
            if slow > 0 {
                slow -= 1;
                thread::sleep(Duration::from_micros(50));
            }
            let n = self.stdin.read(&mut buffer[..most]).unwrap_or(0);
            let _ = self.log.write_all(&buffer[..n]);
            bytes.extend_from_slice(&buffer[..n]);
            let mut start = 0;
            while let Some((body, length)) = message(&bytes[start..]) {
                if let (Some(id), Some(method)) = (member(body, "id"), member(body, "method")) {
                    let method = method.trim_matches('"').to_owned();
                    let _ = self.tell.send(Heard::Request { id, method });
                } else if member(body, "method").as_deref() == Some("\"exit\"") {
                    let _ = self.tell.send(Heard::Exit);
                }
                start += length;
                messages += 1;
                if messages != self.after {
                    continue;
                }
                let _ = self.tell.send(Heard::FaultIsDue);
                match self.fault {
                    Fault::SlowReads => slow = SLOW_CALLS,
                    // With it, the file that it is read from.
                    Fault::ClosesStdin => return,
                    _ => {}
                }
            }
            bytes.drain(..start);
            if n == 0 {
                let _ = self.tell.send(Heard::End);
                return;
            }
        }
    }
}

/// The body of the message that `bytes` begin with, and how long all of it is.
fn message(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let header = std::str::from_utf8(&bytes[..end]).ok()?;
    let length: usize = header
        .strip_prefix("Content-Length: ")?
        .trim_end()
        .parse()
        .ok()?;
    Some((bytes.get(end..end + length)?, end + length))
}

/// The raw value of an id or a method, which stands before whatever is long.
fn member(body: &[u8], key: &str) -> Option<String> {
    let head = String::from_utf8_lossy(&body[..body.len().min(300)]);
    let head = head.split("\"params\"").next()?;
    let head = head.split("\"result\"").next()?;
    let (_, value) = head.split_once(&format!("\"{key}\":"))?;
    let end = value.find([',', '}']).unwrap_or(value.len());
    Some(value[..end].to_owned())
}

/// Says what there is to say.
struct Speaker {
    stdout: Option<File>,
    log: File,
    written: File,
    length: u64,
    said: usize,
    slow: usize,
    fault: Fault,
    checks: bool,
    random: StdRng,
}

impl Speaker {
    /// Speaks until it is to end, and gives the exit code.
    fn speak(&mut self, heard: &Receiver<Heard>) -> i32 {
        let mut pending: Vec<(String, String)> = Vec::new();
        let mut deaf = false;
        loop {
            let quiet = self.random.random_range(0..MAX_SILENCE_US);
            let event = match pending.is_empty() && self.said >= MAX_OWN_MESSAGES && !deaf {
                // There is nothing to say.
                true => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => heard.recv_timeout(Duration::from_micros(quiet)),
            };
            match event {
                Ok(Heard::Request { id, method }) => pending.push((id, method)),
                Ok(Heard::Exit) => return 0,
                Ok(Heard::FaultIsDue) => match self.fault {
                    Fault::SlowWrites => self.slow = SLOW_CALLS,
                    Fault::ClosesStdin => deaf = true,
                    Fault::ClosesStdout => self.stdout = None,
                    Fault::Exits => {
                        let message = self.on_its_own();
                        let some = self.random.random_range(0..=message.len());
                        self.write(&message[..some]);
                        return EXIT;
                    }
                    _ => {}
                },
                Ok(Heard::End) => {
                    while !pending.is_empty() {
                        self.answer(&mut pending);
                    }
                    return 0;
                }
                Err(RecvTimeoutError::Disconnected) if !deaf => return 0,
                Err(RecvTimeoutError::Disconnected) => {
                    // Nobody ends it any more.
                    if self.said >= MAX_OWN_MESSAGES && pending.is_empty() {
                        return EXIT;
                    }
                    thread::sleep(Duration::from_micros(quiet));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            match self.random.random_range(0..10) {
                0..6 if !pending.is_empty() => self.answer(&mut pending),
                6 if self.said < MAX_OWN_MESSAGES && self.random.random_bool(0.1) => {
                    let burst: Vec<u8> = (0..100).flat_map(|_| self.on_its_own()).collect();
                    self.write(&burst);
                }
                7..9 if self.said < MAX_OWN_MESSAGES => {
                    let message = self.on_its_own();
                    self.write(&message);
                }
                _ => {}
            }
        }
    }

    /// A notification or a request of its own, numbered.
    fn on_its_own(&mut self) -> Vec<u8> {
        self.said += 1;
        let n = self.said;
        let padding = self.padding();
        // Its ids are those of the editor's requests.
        let id = match n % 5 {
            0 => format!(r#""id":{n},"#),
            1 => format!(r#""id":"lean-{n}","#),
            _ => String::new(),
        };
        frame(&format!(
            r#"{{"jsonrpc":"2.0",{id}"method":"$/lean/storm","params":{{"n":{n},"padding":"{padding}"}}}}"#
        ))
    }

    fn answer(&mut self, pending: &mut Vec<(String, String)>) {
        let (id, method) = pending.swap_remove(self.random.random_range(0..pending.len()));
        let body = match (method.as_str(), self.random.random_range(0..10)) {
            ("initialize", _) => r#""result":{"capabilities":{"textDocumentSync":{"change":2,"openClose":true},"codeActionProvider":true},"serverInfo":{"name":"storm","version":"1"}}"#.to_owned(),
            (_, 0) => r#""error":{"code":-32801,"message":"content modified"}"#.to_owned(),
            (_, 1) | ("shutdown", _) => r#""result":null"#.to_owned(),
            ("$/lean/plainGoal", _) => r#""result":{"rendered":"⊢ True","goals":["⊢ True"]}"#.to_owned(),
            ("$/lean/plainTermGoal", _) => r#""result":{"goal":"⊢ True","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":1}}}"#.to_owned(),
            ("textDocument/hover", _) => format!(
                r#""result":{{"contents":{{"kind":"markdown","value":"{}"}}}}"#,
                self.padding()
            ),
            ("textDocument/completion", _) => format!(
                r#""result":{{"isIncomplete":false,"items":[{{"label":"{}"}}]}}"#,
                self.padding()
            ),
            _ => format!(r#""result":[{{"title":"{}"}}]"#, self.padding()),
        };
        self.write(&frame(&format!(r#"{{"jsonrpc":"2.0","id":{id},{body}}}"#)));
    }

    /// Returns text of any length up to 2 MB, mostly short.
    fn padding(&mut self) -> String {
        let size = self.random.random::<f64>().powi(4) * 21.0;
        "x".repeat(2f64.powf(size) as usize)
    }

    /// Writes to the log and to stdout: all that is in the log has been said, but for the end of it; all that
    /// is counted has been said.
    fn write(&mut self, bytes: &[u8]) {
        if self.checks && self.random.random_bool(0.05) {
            std::process::exit(EXIT);
        }
        let Some(stdout) = &mut self.stdout else {
            return;
        };
        let _ = self.log.write_all(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let most = match self.slow {
                0 => rest.len(),
                slow => (1 + slow % 9).min(rest.len()),
            };
            if self.slow > 0 {
                self.slow -= 1;
                thread::sleep(Duration::from_micros(50));
            }
            let Ok(n) = stdout.write(&rest[..most]) else {
                // Nobody hears it any more.
                self.stdout = None;
                return;
            };
            rest = &rest[n..];
            self.length += n as u64;
            let _ = self.written.write_all_at(&self.length.to_le_bytes(), 0);
        }
    }
}

fn frame(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
