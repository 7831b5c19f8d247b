//! A program that speaks the protocol on its stdin and stdout, and what it costs.

use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::server::{STREAM, frame, number, put_number, read_header};

/// A program under way.
pub(super) struct Session {
    programs: Arc<Mutex<Programs>>,
    stdin: ChildStdin,
    incoming: Incoming,
    /// The requests so far: their ids.
    asked: u64,
}

/// The one that we speak to, then those that help it. They end with this.
struct Programs(Vec<Child>);

impl Programs {
    fn kill(&mut self) {
        for child in &mut self.0 {
            // One that has ended is as good.
            let _ = child.kill();
        }
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        self.kill();
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}

/// The messages of the program.
struct Incoming(BufReader<ChildStdout>);

impl Incoming {
    fn header(&mut self) -> Result<usize> {
        read_header(&mut self.0, &mut Vec::new())?.context("it ended")
    }

    /// The next message, which replaces what `body` has.
    fn read(&mut self, body: &mut Vec<u8>) -> Result<()> {
        let length = self.header()?;
        body.clear();
        body.resize(length, 0);
        Ok(self.0.read_exact(body)?)
    }

    /// Reads past the next message.
    fn skip(&mut self) -> Result<()> {
        let mut left = self.header()?;
        while left > 0 {
            let n = self.0.fill_buf()?.len().min(left);
            ensure!(n > 0, "it ended within a message");
            self.0.consume(n);
            left -= n;
        }
        Ok(())
    }

    /// Waits for `times` messages. Where they are to be `checked`, each must be there, in its order.
    fn receive(&mut self, times: usize, checked: bool) -> Result<()> {
        let mut body = Vec::new();
        for expected in 0..times {
            if checked {
                self.read(&mut body)?;
                let number = number(&body).context("a message without its number")?;
                ensure!(
                    number == expected,
                    "message {number} in the place of {expected}"
                );
            } else {
                self.skip()?;
            }
        }
        Ok(())
    }
}

impl Session {
    pub(super) fn start(command: &mut Command) -> Result<Session> {
        Session::start_with(command, Vec::new())
    }

    /// Counts the cost of `helpers` as the session's; they end with it.
    pub(super) fn start_with(command: &mut Command, helpers: Vec<Child>) -> Result<Session> {
        let mut programs = Programs(helpers);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", command.get_program().display()))?;
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = child.stdout.take().context("no stdout")?;
        programs.0.insert(0, child);
        Ok(Session {
            programs: Arc::new(Mutex::new(programs)),
            stdin,
            incoming: Incoming(BufReader::with_capacity(256 << 10, stdout)),
            asked: 0,
        })
    }

    /// Does what must be done within `limit`: then the programs are killed, and reading fails.
    pub(super) fn within<T>(
        &mut self,
        limit: Duration,
        work: impl FnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        let (done, waits) = mpsc::channel::<()>();
        let programs = self.programs.clone();
        let watch = thread::spawn(move || {
            let late = waits.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
            if late {
                lock(&programs).kill();
            }
            late
        });
        let outcome = work(self);
        drop(done);
        match watch.join() {
            Ok(true) => bail!("not done after {} s", limit.as_secs()),
            _ => outcome,
        }
    }

    pub(super) fn send(&mut self, message: &Value) -> Result<()> {
        let message = frame(message.to_string().as_bytes());
        Ok(self.stdin.write_all(&message)?)
    }

    /// Sends a request and waits for its answer; what else comes is read past, and what the program
    /// asks is answered with nothing.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> Result<Value> {
        self.asked += 1;
        let id = json!(self.asked);
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        let mut body = Vec::new();
        loop {
            self.incoming.read(&mut body)?;
            let mut message: Value = serde_json::from_slice(&body)?;
            match message.get("method") {
                Some(_) if message.get("id").is_some() => {
                    let id = message["id"].take();
                    self.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}))?;
                }
                None if message["id"] == id => {
                    let error = message.get("error");
                    ensure!(error.is_none(), "{method} was refused: {message}");
                    return Ok(message["result"].take());
                }
                _ => {}
            }
        }
    }

    /// Says hello, as an editor does.
    pub(super) fn initialize(&mut self, folder: &Path) -> Result<()> {
        let root = format!("file://{}", folder.display());
        let capabilities = json!({"textDocument": {"codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}}});
        self.send(
            &json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "processId": null, "rootUri": root, "capabilities": capabilities}}),
        )?;
        self.incoming.skip()?;
        self.send(&json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}))
    }

    /// Sends a request and waits until its answer is there.
    pub(super) fn trip(&mut self, request: &[u8]) -> Result<Duration> {
        let start = Instant::now();
        self.stdin.write_all(request)?;
        self.incoming.skip()?;
        Ok(start.elapsed())
    }

    /// Asks for `times` notifications of `size` bytes, and gives how long it took until all were there.
    pub(super) fn stream(&mut self, size: usize, times: usize, checked: bool) -> Result<Duration> {
        let start = Instant::now();
        self.send(&json!({"jsonrpc": "2.0", "method": STREAM,
            "params": {"size": size, "times": times}}))?;
        self.incoming.receive(times, checked)?;
        Ok(start.elapsed())
    }

    /// Sends `message` again and again, each with its number, and gives how long it took until all
    /// were back.
    pub(super) fn there_and_back(
        &mut self,
        message: &[u8],
        times: usize,
        checked: bool,
    ) -> Result<Duration> {
        let start = Instant::now();
        let Session {
            programs,
            stdin,
            incoming,
            ..
        } = self;
        thread::scope(|scope| {
            let sender = scope.spawn(move || -> io::Result<()> {
                let mut message = message.to_owned();
                let mut out = BufWriter::with_capacity(64 << 10, stdin);
                for number in 0..times {
                    put_number(&mut message, number);
                    out.write_all(&message)?;
                }
                out.flush()
            });
            let received = incoming.receive(times, checked);
            if received.is_err() {
                // Else the sender might wait for ever.
                lock(programs).kill();
            }
            let sent = sender.join().ok().context("the sender failed")?;
            received?;
            sent?;
            Ok(start.elapsed())
        })
    }

    /// The processor time of all threads so far, in microseconds.
    pub(super) fn cpu(&self) -> Option<f64> {
        self.sum(|pid| {
            let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
            let nanoseconds = tasks.flatten().filter_map(|task| {
                let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
                text.split(' ').next()?.parse::<f64>().ok()
            });
            Some(nanoseconds.sum::<f64>() / 1e3)
        })
    }

    /// Reads the fields of these names from `/proc/PID/smaps_rollup`, in megabytes.
    pub(super) fn memory(&self, names: &[&str]) -> Option<f64> {
        self.sum(|pid| {
            let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            let lines = text.lines().filter(|line| {
                let name = line.split(':').next();
                name.is_some_and(|name| names.contains(&name))
            });
            let kilobytes =
                lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
            Some(kilobytes.sum::<f64>() / 1024.0)
        })
    }

    fn sum(&self, of: impl Fn(u32) -> Option<f64>) -> Option<f64> {
        let programs = lock(&self.programs);
        programs.0.iter().map(|child| of(child.id())).sum()
    }

    /// Closes its input and waits for its end. Those that helped it end with it.
    pub(super) fn end(self) -> Result<()> {
        let Session {
            programs,
            stdin,
            incoming,
            ..
        } = self;
        drop(stdin);
        let mut programs = lock(&programs);
        let program = programs.0.first_mut().context("no program")?;
        let status = program.wait()?;
        drop(incoming);
        ensure!(status.success(), "the program failed ({status})");
        Ok(())
    }
}

fn lock(programs: &Mutex<Programs>) -> MutexGuard<'_, Programs> {
    programs.lock().unwrap_or_else(PoisonError::into_inner)
}
