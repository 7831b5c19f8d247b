//! The editor of a storm.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::process::{ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use unsorry_tests::relay::{Ended, PATIENCE, Relay, frame};

use super::End;
use super::check::{member, message};

const URI: &str = "file:///storm.lean";

/// The number of messages that are written in small pieces, when they are.
const DRIPPING_MESSAGES: usize = 10;

/// The side whose answer a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Lean,
    Both,
    Us,
}

/// The record of a session that has ended.
pub(crate) struct Sent {
    /// The beginning of our ids.
    pub(crate) session: String,
    /// The bytes that were sent for Lean.
    pub(crate) to_lean: Vec<u8>,
    /// The requests by their raw ids.
    pub(crate) requests: HashMap<String, From>,
    /// The bytes that came.
    pub(crate) received: Vec<u8>,
    pub(crate) ended: Ended,
}

/// The state that the reading thread and the writing one share.
#[derive(Default)]
struct Shared {
    heard: Mutex<Heard>,
    changed: Condvar,
    gone: AtomicBool,
}

#[derive(Default)]
struct Heard {
    bytes: Vec<u8>,
    /// The place where the next message begins.
    parsed: usize,
    /// The requests that we have not answered, by their raw ids.
    owed: Vec<String>,
    answers: HashMap<String, usize>,
    stops_until: Option<Instant>,
    closed: bool,
}

/// An editor with a running session.
pub(crate) struct Editor {
    relay: Relay,
    stdin: Option<ChildStdin>,
    shared: Arc<Shared>,
    reader: JoinHandle<()>,
    to_lean: Vec<u8>,
    requests: HashMap<String, From>,
    ids: Vec<String>,
    version: usize,
    text: String,
    dripping: usize,
}

impl Editor {
    pub(crate) fn new(mut relay: Relay) -> Editor {
        let stdin = relay.take_stdin();
        let stdout = relay.take_stdout();
        let shared = Arc::<Shared>::default();
        let reader = thread::spawn({
            let shared = shared.clone();
            move || read(stdout, &shared)
        });
        Editor {
            relay,
            stdin: Some(stdin),
            shared,
            reader,
            to_lean: Vec::new(),
            requests: HashMap::new(),
            ids: Vec::new(),
            version: 1,
            text: String::new(),
            dripping: 0,
        }
    }

    /// Initialises the session and opens a document.
    pub(crate) fn begins(&mut self) {
        self.asks(
            "initialize",
            r#"{"processId":null,"rootUri":null,"capabilities":{"workspace":{"applyEdit":true,"workspaceEdit":{"documentChanges":true}},"window":{"workDoneProgress":true},"textDocument":{"codeAction":{"codeActionLiteralSupport":{"codeActionKind":{"valueSet":[]}}}}}}"#,
            From::Both,
        );
        self.tells("initialized", "{}");
        self.text = text(1);
        let text = serde_json::Value::from(self.text.as_str());
        self.tells(
            "textDocument/didOpen",
            &format!(
                r#"{{"textDocument":{{"uri":"{URI}","languageId":"lean4","version":1,"text":{text}}}}}"#
            ),
        );
    }

    /// Says what chance wants, after the answers that are due.
    pub(crate) fn says_something(&mut self, random: &mut StdRng, proves: bool) {
        self.pays();
        let hole = self.text.find("sorry").expect("a hole");
        let line = self.text[..hole].matches('\n').count();
        let start = self.text[..hole].rfind('\n').map_or(0, |at| at + 1);
        let character = match random.random_bool(0.7) {
            true => hole - start + random.random_range(0..6),
            false => 0,
        };
        let position = format!(r#"{{"line":{line},"character":{character}}}"#);
        let at = format!(r#"{{"textDocument":{{"uri":"{URI}"}},"position":{position}}}"#);
        match random.random_range(0..20) {
            0..4 => {
                let padding = padding(random);
                let n = self.requests.len();
                self.tells("$/editor/storm", &format!(r#"{{"n":{n},"x":"{padding}"}}"#));
            }
            4..8 => {
                let padding = padding(random);
                let params = format!(r#"{{"x":"{padding}"}}"#);
                self.asks("textDocument/definition", &params, From::Lean);
            }
            8..10 => self.asks("textDocument/hover", &at, From::Both),
            10..12 => self.asks("textDocument/completion", &at, From::Both),
            12..14 => {
                let params = format!(
                    r#"{{"textDocument":{{"uri":"{URI}"}},"range":{{"start":{position},"end":{position}}},"context":{{"diagnostics":[]}}}}"#
                );
                self.asks("textDocument/codeAction", &params, From::Both);
            }
            14..16 => {
                self.version += 1;
                self.text = text(self.version);
                let text = serde_json::Value::from(self.text.as_str());
                let version = self.version;
                self.tells("textDocument/didChange", &format!(r#"{{"textDocument":{{"uri":"{URI}","version":{version}}},"contentChanges":[{{"text":{text}}}]}}"#));
            }
            16..18 => {
                if let Some(id) = self.ids.choose(random).cloned() {
                    self.tells("$/cancelRequest", &format!(r#"{{"id":{id}}}"#));
                }
            }
            _ if proves && random.random_bool(0.5) => {
                self.commands("prove", &format!(r#""{URI}",{position}"#));
            }
            _ => match random.random_range(0..5) {
                0 => self.commands("status", ""),
                1 => {
                    let since = random.random_range(0..5);
                    self.commands("status", &format!(r#"{{"since":{since}}}"#));
                }
                2 => self.commands("stop", ""),
                3 => self.commands("settings", r#"{"search":{"budget":"5s"}}"#),
                _ => self.commands("nonsense", "1"),
            },
        }
    }

    fn commands(&mut self, name: &str, arguments: &str) {
        let params = format!(r#"{{"command":"unsorry.{name}","arguments":[{arguments}]}}"#);
        self.asks("workspace/executeCommand", &params, From::Us);
    }

    fn asks(&mut self, method: &str, params: &str, from: From) {
        let n = self.requests.len();
        // Lean's own requests have ids like the first two.
        let id = match n % 4 {
            0 => n.to_string(),
            1 => format!(r#""lean-{n}""#),
            2 => format!("98446744073709{n:06}"),
            _ => format!(r#""\u0061{n}""#),
        };
        self.requests.insert(id.clone(), from);
        self.ids.push(id.clone());
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
        self.send(&body, from != From::Us);
    }

    fn tells(&mut self, method: &str, params: &str) {
        let body = format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#);
        self.send(&body, true);
    }

    fn send(&mut self, body: &str, to_lean: bool) {
        let bytes = frame(body);
        if to_lean {
            self.to_lean.extend_from_slice(&bytes);
        }
        let Some(stdin) = &mut self.stdin else {
            return;
        };
        let written = match self.dripping {
            0 => stdin.write_all(&bytes),
            n => {
                self.dripping -= 1;
                let (slow, fast) = bytes.split_at(bytes.len().min(300));
                slow.chunks(1 + n * 7 % 31)
                    .try_for_each(|piece| {
                        thread::sleep(Duration::from_micros(30));
                        stdin.write_all(piece)
                    })
                    .and_then(|()| stdin.write_all(fast))
            }
        };
        if written.is_err() {
            // Nobody hears it.
            self.stdin = None;
        }
    }

    /// Answers what it was asked.
    fn pays(&mut self) {
        let owed = std::mem::take(&mut self.shared.heard.lock().expect("no panic").owed);
        for id in owed {
            let ours = id.starts_with(&format!("\"{}", self.relay.session()));
            self.send(
                &format!(r#"{{"jsonrpc":"2.0","id":{id},"result":null}}"#),
                !ours,
            );
        }
    }

    pub(crate) fn stops_reading(&self, time: Duration) {
        self.shared.heard.lock().expect("no panic").stops_until = Some(Instant::now() + time);
    }

    pub(crate) fn drips(&mut self) {
        self.dripping = DRIPPING_MESSAGES;
    }

    /// Waits until all is answered. What waits for news, which may not come, is cancelled.
    pub(crate) fn waits_for_answers(&mut self) {
        let commands = self.requests.iter().filter(|(_, from)| **from == From::Us);
        let commands: Vec<String> = commands.map(|(id, _)| id.clone()).collect();
        for id in commands {
            self.tells("$/cancelRequest", &format!(r#"{{"id":{id}}}"#));
        }
        let deadline = Instant::now() + PATIENCE;
        let open = |answers: &HashMap<String, usize>, ids: &[String]| -> Vec<String> {
            let open = ids.iter().filter(|id| !answers.contains_key(*id));
            open.cloned().collect()
        };
        loop {
            self.pays();
            let heard = self.shared.heard.lock().expect("no panic");
            let open = open(&heard.answers, &self.ids);
            if open.is_empty() {
                return;
            }
            assert!(!heard.closed, "it ended; not answered: {open:?}");
            assert!(Instant::now() < deadline, "not answered: {open:?}");
            let wait = self
                .shared
                .changed
                .wait_timeout(heard, Duration::from_millis(20));
            drop(wait.expect("no panic"));
        }
    }

    /// Ends the session.
    pub(crate) fn ends(mut self, end: End) -> Sent {
        match end {
            End::Exit => {
                self.asks("shutdown", "null", From::Lean);
                self.waits_for_answers();
                self.tells("exit", "null");
            }
            End::HangsUp => {
                self.shared.gone.store(true, Ordering::SeqCst);
                self.stdin = None;
            }
            // It stays for what is left to hear.
            End::Terminated | End::Killed | End::LeanKilled | End::LeanExits => {}
            End::Closes { .. }
            | End::LeanStopped
            | End::LeanClosesStdout
            | End::LeanClosesStdin => {
                self.stdin = None;
            }
        }
        let session = self.relay.session();
        if end == End::LeanExits {
            // It may not have come so far.
            let deadline = Instant::now() + Duration::from_millis(200);
            let mut heard = self.shared.heard.lock().expect("no panic");
            while !heard.closed && Instant::now() < deadline {
                let wait = self
                    .shared
                    .changed
                    .wait_timeout(heard, Duration::from_millis(20));
                heard = wait.expect("no panic").0;
            }
            drop(heard);
            self.stdin = None;
        }
        let ended = self.relay.ended();
        drop(self.stdin);
        if end != End::HangsUp {
            self.reader.join().expect("no panic");
        }
        let received = std::mem::take(&mut self.shared.heard.lock().expect("no panic").bytes);
        Sent {
            session,
            to_lean: self.to_lean,
            requests: self.requests,
            received,
            ended,
        }
    }
}

fn text(n: usize) -> String {
    format!("-- {n}\ntheorem t (a : Nat) : a = a := by sorry\n")
}

/// Returns a text of any length up to 2 MB, mostly short.
fn padding(random: &mut StdRng) -> String {
    let size = random.random::<f64>().powi(4) * 21.0;
    "y".repeat(2f64.powf(size) as usize)
}

/// Reads to the end, or until the editor is gone.
fn read(mut stdout: ChildStdout, shared: &Shared) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let stops = shared.heard.lock().expect("no panic").stops_until.take();
        if let Some(until) = stops {
            thread::sleep(until.saturating_duration_since(Instant::now()));
        }
        let n = stdout.read(&mut buffer).unwrap_or(0);
        if shared.gone.load(Ordering::SeqCst) {
            return;
        }
        let mut heard = shared.heard.lock().expect("no panic");
        let heard_ = &mut *heard;
        heard_.bytes.extend_from_slice(&buffer[..n]);
        while let Some((body, length)) = message(&heard_.bytes[heard_.parsed..]) {
            if let Some(id) = member(body, "id") {
                match member(body, "method") {
                    Some(_) => heard_.owed.push(id),
                    None => *heard_.answers.entry(id).or_default() += 1,
                }
            }
            heard_.parsed += length;
        }
        heard_.closed = n == 0;
        shared.changed.notify_all();
        if n == 0 {
            return;
        }
    }
}
