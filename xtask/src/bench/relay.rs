//! What the relay adds to the way of a message: `unsorry serve` and a program that only copies
//! bytes stand in turn before the same echo, and are measured turn by turn, so that whatever else
//! the machine does falls on both.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{Programs, Row};

/// Turns of each row; half of them begin with ours.
const TURNS: usize = 10;

/// Round trips of a turn.
const TRIPS: usize = 1000;

/// What goes through in a turn, in bytes.
const STREAM: usize = 64 << 20;

/// The sizes of messages: one of those that go by at each key, and those of a stream.
const REQUEST: usize = 300;
const SMALL: usize = 1 << 10;
const LARGE: usize = 1 << 20;

/// Something that stands before the echo.
struct Relay {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Relay {
    fn start(command: &mut Command) -> Result<Relay> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {}", command.get_program().display()))?;
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = child.stdout.take().context("no stdout")?;
        Ok(Relay {
            child,
            stdin,
            stdout,
        })
    }

    /// Sends a message and waits until it is back.
    fn trip(&mut self, message: &[u8], back: &mut [u8]) -> Result<Duration> {
        let start = Instant::now();
        self.stdin.write_all(message)?;
        self.stdout.read_exact(back)?;
        let time = start.elapsed();
        ensure!(message == back, "another message came back");
        Ok(time)
    }

    /// Sends `message` again and again, and gives how long it took until all of them were back.
    fn stream(&mut self, message: &[u8], times: usize) -> Result<Duration> {
        let start = Instant::now();
        let stdin = &mut self.stdin;
        let stdout = &mut self.stdout;
        thread::scope(|scope| {
            let sender = scope.spawn(move || -> io::Result<()> {
                let mut out = BufWriter::with_capacity(64 << 10, stdin);
                for _ in 0..times {
                    out.write_all(message)?;
                }
                out.flush()
            });
            let mut left = message.len() * times;
            let mut buffer = vec![0; 256 << 10];
            while left > 0 {
                let n = stdout.read(&mut buffer)?;
                ensure!(n > 0, "the relay ended");
                left = left.checked_sub(n).context("more came back")?;
            }
            sender.join().ok().context("the sender failed")??;
            Ok(start.elapsed())
        })
    }

    fn cpu(&self) -> Option<f64> {
        cpu(self.child.id())
    }

    fn memory(&self) -> Option<f64> {
        memory(self.child.id())
    }

    /// Closes its input and waits for its end.
    fn end(mut self) -> Result<()> {
        drop(self.stdin);
        let status = self.child.wait()?;
        ensure!(status.success(), "the relay failed ({status})");
        Ok(())
    }
}

/// The processor time of all threads of a process so far, in microseconds.
pub(super) fn cpu(process: u32) -> Option<f64> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    Some(nanoseconds.sum::<f64>() / 1e3)
}

/// The memory that is a process's own, in megabytes.
pub(super) fn memory(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let of = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    Some((of("Private_Clean:")? + of("Private_Dirty:")?) / 1024.0)
}

/// The two of ours and the peer.
#[derive(Default)]
struct Pair<T> {
    ours: T,
    peer: T,
}

/// A message of `size` bytes that no relay has anything to do with.
fn message(size: usize) -> Vec<u8> {
    let body = |filling: usize| {
        let text = "x".repeat(filling);
        format!(
            r#"{{"jsonrpc":"2.0","id":4711,"method":"textDocument/definition","params":{{"textDocument":{{"uri":"file:///{text}"}},"position":{{"line":3,"character":7}}}}}}"#
        )
    };
    let header = |body: &str| format!("Content-Length: {}\r\n\r\n", body.len());
    let mut body_text = body(size);
    let over = header(&body_text).len() + body_text.len() - size;
    body_text = body(size - over);
    (header(&body_text) + &body_text).into_bytes()
}

pub(super) fn run(programs: &Programs) -> Result<Vec<Row>> {
    let state = tempfile::tempdir()?;
    let echo = [programs.xtask.as_os_str(), "bench-echo".as_ref()];
    let mut ours = Command::new(&programs.unsorry);
    ours.args(["serve", "--"])
        .args(echo)
        .env("XDG_STATE_HOME", state.path())
        .env("XDG_CONFIG_HOME", state.path());
    let mut peer = Command::new(&programs.xtask);
    peer.args(["bench-copier", "--"]).args(echo);
    let mut relays = Pair {
        ours: Relay::start(&mut ours)?,
        peer: Relay::start(&mut peer)?,
    };
    let rows = measure(&mut relays)?;
    relays.ours.end()?;
    relays.peer.end()?;
    Ok(rows)
}

fn measure(relays: &mut Pair<Relay>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut row = |row, unit, values: Pair<Option<f64>>| {
        // What the system does not tell is left out.
        if let (Some(ours), Some(peer)) = (values.ours, values.peer) {
            rows.push(Row {
                bench: "relay",
                row,
                unit,
                ours,
                peer,
                peer_name: "byte copier",
                ratio: ours / peer,
            });
        }
    };

    let request = message(REQUEST);
    let mut back = vec![0; request.len()];
    let mut warm_up = |relay: &mut Relay| -> Result<()> {
        for _ in 0..TRIPS {
            relay.trip(&request, &mut back)?;
        }
        Ok(())
    };
    warm_up(&mut relays.ours)?;
    warm_up(&mut relays.peer)?;
    thread::sleep(Duration::from_millis(200));
    let idle = Pair {
        ours: relays.ours.memory(),
        peer: relays.peer.memory(),
    };

    let (times, cpu) = turns(relays, |relay| {
        (0..TRIPS)
            .map(|_| Ok(relay.trip(&request, &mut back)?.as_secs_f64() * 1e6))
            .collect()
    })?;
    let at = |share: f64| Pair {
        ours: quantile(&times.ours, share),
        peer: quantile(&times.peer, share),
    };
    row("round trip of 300 B, median", "µs", at(0.5));
    row("round trip of 300 B, 99th percentile", "µs", at(0.99));
    row(
        "processor time of a round trip",
        "µs",
        per(&cpu, TURNS * TRIPS),
    );

    for (size, throughput, time, unit) in [
        (
            SMALL,
            "stream of 1 KB messages, there and back",
            "processor time of a 1 KB message",
            "µs",
        ),
        (
            LARGE,
            "stream of 1 MB messages, there and back",
            "processor time of a 1 MB message",
            "µs",
        ),
    ] {
        let message = message(size);
        let times = STREAM / message.len();
        let megabytes = (times * message.len()) as f64 / 1e6;
        let (speeds, cpu) = turns(relays, |relay| {
            let time = relay.stream(&message, times)?;
            Ok(vec![megabytes / time.as_secs_f64()])
        })?;
        row(
            throughput,
            "MB/s",
            Pair {
                ours: quantile(&speeds.ours, 0.5),
                peer: quantile(&speeds.peer, 0.5),
            },
        );
        row(time, unit, per(&cpu, TURNS * times));
    }

    row("memory of its own when idle", "MB", idle);
    Ok(rows)
}

/// The values of each relay, and its processor time in seconds.
type Measured = (Pair<Vec<f64>>, Pair<Option<f64>>);

/// Everything that `measure` gives for each, with the processor time of the relays themselves.
fn turns(
    relays: &mut Pair<Relay>,
    mut measure: impl FnMut(&mut Relay) -> Result<Vec<f64>>,
) -> Result<Measured> {
    let mut values = Pair::<Vec<f64>>::default();
    let before = Pair {
        ours: relays.ours.cpu(),
        peer: relays.peer.cpu(),
    };
    for turn in 0..TURNS {
        if turn % 2 == 0 {
            values.ours.extend(measure(&mut relays.ours)?);
            values.peer.extend(measure(&mut relays.peer)?);
        } else {
            values.peer.extend(measure(&mut relays.peer)?);
            values.ours.extend(measure(&mut relays.ours)?);
        }
    }
    let spent = |before: Option<f64>, relay: &Relay| Some(relay.cpu()? - before?);
    let cpu = Pair {
        ours: spent(before.ours, &relays.ours),
        peer: spent(before.peer, &relays.peer),
    };
    Ok((values, cpu))
}

fn per(total: &Pair<Option<f64>>, many: usize) -> Pair<Option<f64>> {
    let each = |total: Option<f64>| total.map(|total| total / many as f64);
    Pair {
        ours: each(total.ours),
        peer: each(total.peer),
    }
}

/// Of `values`, the one below which this share of them is.
pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

/// A server that answers each message with itself.
pub(super) fn echo() -> Result<()> {
    let (mut input, mut output) = stdio()?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let n = input.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        output.write_all(&buffer[..n])?;
    }
}

/// The peer: `unsorry serve` without all that makes it one.
pub(super) fn copier(command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start the command")?;
    let mut to_child = child.stdin.take().context("no stdin")?;
    let mut from_child = child.stdout.take().context("no stdout")?;
    let (mut input, mut output) = stdio()?;
    thread::spawn(move || io::copy(&mut input, &mut to_child));
    io::copy(&mut from_child, &mut output)?;
    child.wait()?;
    Ok(())
}

/// Our stdin and stdout without a buffer of std's between.
#[cfg(unix)]
fn stdio() -> io::Result<(File, File)> {
    use std::os::fd::AsFd;
    Ok((
        io::stdin().as_fd().try_clone_to_owned()?.into(),
        io::stdout().as_fd().try_clone_to_owned()?.into(),
    ))
}

/// Our stdin and stdout without a buffer of std's between.
#[cfg(windows)]
fn stdio() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle;
    Ok((
        io::stdin().as_handle().try_clone_to_owned()?.into(),
        io::stdout().as_handle().try_clone_to_owned()?.into(),
    ))
}
