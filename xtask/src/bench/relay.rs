//! The time that the relay adds to the way of a message, beside others that stand between an editor and its
//! server: all stand before the same server at once, and are measured turn by turn, so that whatever
//! else the machine does falls on all of them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::row::{Better, Programs, Row, quantile};
use super::server::{ECHO, frame, notification};
use super::session::Session;
use super::{peers, plot};

/// Turns of each row; each begins with another one.
const TURNS: usize = 10;

/// Round trips of a turn.
const TRIPS: usize = 1000;

/// The size of a turn, in bytes.
const STREAM: usize = 32 << 20;

/// The size of a warm-up turn, in which each message is looked at.
const CHECKED: usize = 8 << 20;

/// The sizes of messages: one of those that go by at each key, and those of a stream.
const REQUEST: usize = 300;
const SMALL: usize = 1 << 10;
const LARGE: usize = 1 << 20;

/// Longer than any turn takes: who has not done it then never will.
const LIMIT: Duration = Duration::from_secs(60);

/// Some of the rows as a picture.
pub(super) fn picture(rows: &[Row]) -> String {
    let shown = rows
        .iter()
        .filter(|row| PLOTTED.iter().any(|what| what.row == row.row));
    plot::bars(&shown.collect::<Vec<_>>())
}

/// One of those that are compared.
struct Relay {
    name: &'static str,
    /// Why there is none, once it has failed.
    session: Result<Session, String>,
}

impl Relay {
    fn new(name: &'static str, session: Result<Session>) -> Relay {
        let session = session.map_err(|error| format!("{error:#}"));
        Relay { name, session }
    }

    /// Returns what `work` gives, or `None` where the relay fails.
    fn tries<T>(&mut self, work: impl FnOnce(&mut Session) -> Result<T>) -> Option<T> {
        let done = self.session.as_mut().ok()?.within(LIMIT, work);
        done.map_err(|error| self.session = Err(format!("{error:#}")))
            .ok()
    }
}

/// The subject of a row.
#[derive(Clone, Copy)]
struct What {
    row: &'static str,
    unit: &'static str,
    better: Better,
}

const fn less(row: &'static str, unit: &'static str) -> What {
    What {
        row,
        unit,
        better: Better::Less,
    }
}

const fn more(row: &'static str, unit: &'static str) -> What {
    What {
        row,
        unit,
        better: Better::More,
    }
}

/// A stream: the size of its messages, whether they are sent by us too, and its rows.
type Stream = (usize, bool, What, What);

const STREAMS: [Stream; 4] = [
    (
        SMALL,
        false,
        more("stream of 1 KB messages to the editor", "messages/s"),
        less("processor time of a 1 KB message to the editor", "µs"),
    ),
    (
        LARGE,
        false,
        more("stream of 1 MB messages to the editor", "MB/s"),
        less("processor time of a 1 MB message to the editor", "µs"),
    ),
    (
        SMALL,
        true,
        more("stream of 1 KB messages, there and back", "messages/s"),
        less("processor time of a 1 KB message, there and back", "µs"),
    ),
    (
        LARGE,
        true,
        more("stream of 1 MB messages, there and back", "MB/s"),
        less("processor time of a 1 MB message, there and back", "µs"),
    ),
];

const MEDIAN: What = less("round trip of 300 B, median", "µs");
const HIGH: What = less("round trip of 300 B, 99th percentile", "µs");
const TRIP: What = less("processor time of a round trip", "µs");
const IDLE: What = less("memory of its own when idle", "MB");

/// The rows that a picture shows.
const PLOTTED: [What; 4] = [MEDIAN, TRIP, STREAMS[0].2, STREAMS[1].2];

pub(super) fn run(programs: &Programs) -> Result<Vec<Row>> {
    let lsp_booster = peers::of_crate("emacs-lsp-booster", "0.2.1")?;
    let lspmux = peers::of_crate("lspmux", "0.3.0")?;
    let folder = tempfile::tempdir()?;
    let server = [programs.xtask.as_os_str(), "bench-server".as_ref()];
    let before = |program: &Path, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).arg("--").args(server);
        Session::start(of_nobody(&mut command, folder.path()))
    };
    let mut relays = vec![
        Relay::new("unsorry", before(&programs.unsorry, &["serve"])),
        Relay::new("byte copier", before(&programs.xtask, &["bench-copier"])),
        Relay::new(
            "emacs-lsp-booster, JSON",
            before(&lsp_booster, &["--quiet", "--disable-bytecode"]),
        ),
        Relay::new("emacs-lsp-booster", before(&lsp_booster, &["--quiet"])),
        Relay::new("lspmux", behind_lspmux(&lspmux, programs, folder.path())),
    ];
    for relay in &mut relays {
        relay.tries(|session| session.initialize(folder.path()));
    }
    let rows = measure(&mut relays)?;
    for relay in relays {
        if let Ok(session) = relay.session {
            session
                .end()
                .with_context(|| format!("of {}", relay.name))?;
        }
    }
    Ok(rows)
}

/// Without anything of the user's: their settings, their logs.
fn of_nobody<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_STATE_HOME", folder)
        .env_remove("RUST_LOG")
        .stderr(Stdio::null())
}

/// The client for an editor, and the process that all clients share.
fn behind_lspmux(program: &Path, programs: &Programs, folder: &Path) -> Result<Session> {
    ensure!(cfg!(unix), "it is asked through a socket of Unix here");
    let socket = folder.join("socket");
    let settings = folder.join("lspmux");
    fs::create_dir(&settings)?;
    fs::write(
        settings.join("config.toml"),
        format!(
            "listen = '{0}'\nconnect = '{0}'\nlog_filters = 'error'\n",
            socket.display()
        ),
    )?;
    let shared = of_nobody(Command::new(program).arg("server"), folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let started = Instant::now();
    while !socket.exists() && started.elapsed() < LIMIT {
        thread::sleep(Duration::from_millis(10));
    }
    let mut client = Command::new(program);
    client
        .args(["client", "--server-path"])
        .arg(&programs.xtask)
        .args(["--", "bench-server"]);
    Session::start_with(of_nobody(&mut client, folder), vec![shared])
}

fn measure(relays: &mut [Relay]) -> Result<Vec<Row>> {
    let mut found: Vec<(What, Vec<Option<f64>>)> = Vec::new();
    let request = request();
    for relay in relays.iter_mut() {
        relay.tries(|session| {
            for _ in 0..TRIPS {
                session.trip(&request)?;
            }
            Ok(())
        });
    }
    thread::sleep(Duration::from_millis(200));
    // Code that is mapped from a file is left out: the system takes it back when it wants to, and
    // whether it is shared depends on who else runs the same program here.
    let idle = relays.iter().map(|relay| {
        let session = relay.session.as_ref().ok()?;
        session.memory(&["Private_Dirty"])
    });
    let idle = idle.collect();

    let measured = turns(relays, |session| {
        (0..TRIPS)
            .map(|_| Ok(session.trip(&request)?.as_secs_f64() * 1e6))
            .collect()
    });
    let at = |share| -> Vec<Option<f64>> {
        let figures = measured.iter();
        figures.map(|one| quantile(&one.values, share)).collect()
    };
    found.push((MEDIAN, at(0.5)));
    found.push((HIGH, at(0.99)));
    found.push((TRIP, per_one(&measured, TRIPS)));

    for (size, both_ways, throughput, cpu) in STREAMS {
        let message = notification(ECHO, size);
        let stream = |session: &mut Session, times: usize, checked: bool| match both_ways {
            true => session.there_and_back(&message, times, checked),
            false => session.stream(size, times, checked),
        };
        for relay in relays.iter_mut() {
            relay.tries(|session| stream(session, CHECKED / size, true));
        }
        let times = STREAM / size;
        let each = match size {
            SMALL => 1.0,
            _ => size as f64 / 1e6,
        };
        let measured = turns(relays, |session| {
            let time = stream(session, times, false)?;
            Ok(vec![times as f64 * each / time.as_secs_f64()])
        });
        let speeds = measured.iter().map(|one| quantile(&one.values, 0.5));
        found.push((throughput, speeds.collect()));
        found.push((cpu, per_one(&measured, times)));
    }
    found.push((IDLE, idle));
    rows(relays, &found)
}

/// A request of some 300 bytes that no relay has anything to do with.
fn request() -> Vec<u8> {
    let body = |uri: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":4711,"method":"textDocument/definition","params":{{"textDocument":{{"uri":"file:///{uri}"}},"position":{{"line":3,"character":7}}}}}}"#
        )
    };
    let rest = REQUEST - frame(body("").as_bytes()).len();
    frame(body(&"x".repeat(rest)).as_bytes())
}

/// Makes the rows of each relay but the first, which is ours, beside it.
fn rows(relays: &[Relay], found: &[(What, Vec<Option<f64>>)]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let (first, others) = relays.split_first().context("no relays")?;
    if let Err(why) = &first.session {
        anyhow::bail!("`unsorry serve` failed: {why}");
    }
    for (at, relay) in others.iter().enumerate() {
        for (what, figures) in found {
            // What the system does not tell is left out.
            let (Some(ours), peer) = (figures[0], figures[at + 1]) else {
                continue;
            };
            let why = || match &relay.session {
                Ok(_) => "not told by the system".to_owned(),
                Err(why) => why.clone(),
            };
            rows.push(Row {
                bench: "relay",
                row: what.row,
                unit: what.unit,
                better: what.better,
                ours,
                peer_name: relay.name,
                peer: peer.ok_or_else(why),
            });
        }
    }
    Ok(rows)
}

/// The measurements of a relay's turns.
#[derive(Default)]
struct Measured {
    values: Vec<f64>,
    /// In microseconds; the system may not tell it.
    cpu: Option<f64>,
    turns: usize,
}

/// Everything that `measure` gives for each, with the processor time of the relays themselves.
fn turns(
    relays: &mut [Relay],
    mut measure: impl FnMut(&mut Session) -> Result<Vec<f64>>,
) -> Vec<Measured> {
    let mut all: Vec<Measured> = relays.iter().map(|_| Measured::default()).collect();
    for turn in 0..TURNS {
        for place in 0..relays.len() {
            let at = (turn + place) % relays.len();
            let done = relays[at].tries(|session| {
                // Threads that are done take their time with them: it is read at each turn.
                let before = session.cpu();
                let values = measure(session)?;
                let spent = session
                    .cpu()
                    .zip(before)
                    .map(|(after, before)| after - before);
                Ok((values, spent))
            });
            let Some((values, spent)) = done else {
                all[at] = Measured::default();
                continue;
            };
            let one = &mut all[at];
            one.values.extend(values);
            one.cpu = spent.map(|spent| one.cpu.unwrap_or_default() + spent);
            one.turns += 1;
        }
    }
    all
}

/// The processor time for one of so `many` of a turn.
fn per_one(measured: &[Measured], many: usize) -> Vec<Option<f64>> {
    let one = |one: &Measured| Some(one.cpu? / (one.turns * many) as f64);
    measured.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_its_size() {
        assert_eq!(request().len(), REQUEST);
    }
}
