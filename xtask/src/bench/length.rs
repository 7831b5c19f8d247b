//! The cost of a key as files grow: the same edits and questions in files of more and more lines, before
//! a server that answers at once.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::plot;
use super::row::{Better, Programs, Row, quantile, rounded};
use super::session::Session;

/// The lines of the files; there is a hole for each forty.
const LINES: [usize; 5] = [1250, 2500, 5000, 10_000, 20_000];

/// Keys that are typed for each figure.
const KEYS: usize = 300;

/// Documents that are open beside.
const OTHERS: usize = 50;

/// Messages of a storm of diagnostics, and the bytes of each for a hole.
const STORM: usize = 200;
const STORM_BYTES: usize = 180;

/// Longer than any of it takes.
const LIMIT: Duration = Duration::from_secs(120);

const URI: &str = "file:///length/A.lean";

/// A figure for each length.
pub(super) struct Curve {
    name: &'static str,
    unit: &'static str,
    /// It is of one line, or one hole, and not of a key: as much in every file where the whole grows as
    /// the file does.
    of_each: bool,
    values: Vec<f64>,
}

pub(super) fn run(programs: &Programs) -> Result<Vec<Curve>> {
    let mut curves: Vec<Curve> = Vec::new();
    for lines in LINES {
        let folder = tempfile::tempdir()?;
        let mut session = start(programs, folder.path())?;
        let figures = session.within(LIMIT, |session| measure(session, folder.path(), lines))?;
        for (name, unit, of_each, value) in figures {
            match curves.iter_mut().find(|curve| curve.name == name) {
                Some(curve) => curve.values.push(value),
                None => curves.push(Curve {
                    name,
                    unit,
                    of_each,
                    values: vec![value],
                }),
            }
        }
        session.end()?;
    }
    Ok(curves)
}

fn start(programs: &Programs, folder: &Path) -> Result<Session> {
    let mut command = Command::new(&programs.unsorry);
    command
        .args(["serve", "--"])
        .arg(&programs.xtask)
        .arg("bench-server")
        .env("XDG_STATE_HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("UNSORRY_CACHE", "off")
        .stderr(Stdio::null());
    Session::start(&mut command)
}

type Figure = (&'static str, &'static str, bool, f64);

fn measure(session: &mut Session, folder: &Path, lines: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    session.initialize(folder)?;
    for number in 0..OTHERS {
        open(session, &format!("file:///length/B{number}.lean"), 400)?;
    }
    settle(session)?;
    let before = cpu(session)?;
    open(session, URI, lines)?;
    settle(session)?;
    let opened = (cpu(session)? - before) / lines as f64;
    figures.push(("opening, each line", "µs", true, opened));

    let mut typist = Typist {
        line: lines / 80 * 40,
        version: 1,
    };
    typist.keys(session)?;
    figures.push(("a key", "µs", false, typist.keys(session)?));
    let hole = json!({"line": typist.line + 38, "character": 4});
    let document = json!({"uri": URI});
    let place = json!({"textDocument": document, "position": hole});
    let range = json!({"textDocument": document, "range": {"start": hole, "end": hole},
        "context": {"diagnostics": []}});
    for (name, method, params, expected) in [
        (
            "code actions at a sorry after a key",
            "textDocument/codeAction",
            &range,
            "Prove this sorry",
        ),
        (
            "hover at a sorry after a key",
            "textDocument/hover",
            &place,
            "Prove this sorry",
        ),
        (
            "completion at a sorry after a key",
            "textDocument/completion",
            &place,
            "",
        ),
    ] {
        let mut times = Vec::new();
        for _ in 0..KEYS {
            typist.key(session)?;
            let start = Instant::now();
            let answer = session.ask(method, params.clone())?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
            ensure!(answer.to_string().contains(expected), "{name}: {answer}");
        }
        figures.push((
            name,
            "µs",
            false,
            quantile(&times, 0.5).context("no times")?,
        ));
    }
    // The server that stands for Lean never says that it has checked anything: the job goes on.
    let prove_all = json!({"command": "unsorry.proveAll", "arguments": [URI]});
    session.ask("workspace/executeCommand", prove_all)?;
    thread::sleep(Duration::from_millis(500));
    let busy = typist.keys(session)?;
    figures.push(("a key while a job is on all sorries", "µs", false, busy));

    let (before, holes) = (cpu(session)?, lines / 40);
    session.stream(STORM_BYTES * holes, STORM, false)?;
    let each = (cpu(session)? - before) / (STORM * holes) as f64;
    figures.push(("diagnostics, each of a sorry", "µs", true, each));
    let memory = session.memory(&["Private_Clean", "Private_Dirty"]);
    let memory = memory.context("the system does not tell its memory")?;
    figures.push(("memory", "MB", false, memory));
    Ok(figures)
}

/// Somebody who types into a comment, and takes it back.
struct Typist {
    line: usize,
    version: usize,
}

impl Typist {
    fn key(&mut self, session: &mut Session) -> Result<()> {
        self.version += 1;
        let (end, text) = match self.version % 2 {
            0 => (4, "x"),
            _ => (5, ""),
        };
        let at = |character: usize| json!({"line": self.line, "character": character});
        session.send(
            &json!({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {
            "textDocument": {"uri": URI, "version": self.version},
            "contentChanges": [{"range": {"start": at(4), "end": at(end)}, "text": text}]}}),
        )
    }

    /// The processor time of a key, and of the answer that tells that it was heard.
    fn keys(&mut self, session: &mut Session) -> Result<f64> {
        let before = cpu(session)?;
        for _ in 0..KEYS {
            self.key(session)?;
            settle(session)?;
        }
        Ok((cpu(session)? - before) / KEYS as f64)
    }
}

fn open(session: &mut Session, uri: &str, lines: usize) -> Result<()> {
    let text = text(lines)?;
    session.send(
        &json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {
        "textDocument": {"uri": uri, "languageId": "lean4", "version": 1, "text": text}}}),
    )
}

/// A file with a hole for each forty lines.
fn text(lines: usize) -> Result<String> {
    let mut text = String::new();
    for number in 0..lines / 40 {
        writeln!(
            text,
            "/-- About {number}. -/\ntheorem t{number} (x : Nat) (h : 0 < x) : True := by"
        )?;
        for step in 0..36 {
            writeln!(
                text,
                "  have h{step} (y : Nat) : y + {step} = {step} + y := by omega -- ∀ y"
            )?;
        }
        writeln!(text, "  sorry\n")?;
    }
    Ok(text)
}

/// Waits until all that was said before has been heard by everybody.
fn settle(session: &mut Session) -> Result<()> {
    let start = json!({"line": 0, "character": 0});
    let params = json!({"textDocument": {"uri": URI}, "position": start});
    let answer = session.ask("textDocument/hover", params)?;
    ensure!(
        answer == Value::Null,
        "a hover where there is nothing: {answer}"
    );
    Ok(())
}

fn cpu(session: &Session) -> Result<f64> {
    session.cpu().context("the system does not tell its time")
}

/// The longest file beside the shortest.
pub(super) fn rows(curves: &[Curve]) -> Vec<Row> {
    let row = |curve: &Curve| {
        Some(Row {
            bench: "length",
            row: curve.name,
            unit: curve.unit,
            better: Better::Less,
            ours: *curve.values.last()?,
            peer_name: "a file of a 16th",
            peer: Ok(*curve.values.first()?),
        })
    };
    curves.iter().filter_map(row).collect()
}

pub(super) fn print(curves: &[Curve]) {
    let lines = LINES.iter().map(|lines| format!("{lines:>9}"));
    println!("{:44}{}", "lines", lines.collect::<String>());
    for curve in curves {
        let values = curve.values.iter();
        let values = values.map(|value| format!("{:>9}", rounded(*value)));
        let name = format!("{} ({})", curve.name, curve.unit);
        println!("{name:44}{}", values.collect::<String>());
    }
}

/// The curves of what a key costs.
pub(super) fn picture(curves: &[Curve]) -> String {
    let of_keys = curves
        .iter()
        .filter(|curve| !curve.of_each && curve.unit == "µs");
    let lines: Vec<(&str, &[f64])> = of_keys
        .map(|curve| (curve.name, curve.values.as_slice()))
        .collect();
    plot::curves(&LINES, "lines", "µs", &lines)
}
