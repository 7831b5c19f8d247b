//! The time until an editor has its first answer, and the memory of a session in which
//! nothing happens.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::row::{Better, Programs, Row, quantile};
use super::session::Session;
use crate::lean;

/// Starts of each.
const STARTS: usize = 100;

/// The limits: milliseconds, megabytes.
const START_LIMIT: f64 = 20.0;
const MEMORY_LIMIT: f64 = 15.0;

/// The lines of the open document, and its holes.
const LINES: usize = 2000;
const HOLES: usize = 20;

/// The time after the last answer at which a session is called idle.
const REST: Duration = Duration::from_secs(2);

/// Longer than any Lean takes for the document.
const LIMIT: Duration = Duration::from_secs(300);

pub(super) fn run(programs: &Programs) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let mut rows = starts(programs, folder)?;

    let mut server = Command::new(&programs.xtask);
    server.arg("bench-server");
    rows.extend(memory(
        programs,
        folder,
        &server,
        [
            "memory of its own, idle before a server that does nothing",
            "its resident memory, shared libraries and code included",
        ],
    )?);
    let mut lean = Command::new("lean");
    lean.arg("--server");
    rows.extend(memory(
        programs,
        folder,
        &lean,
        [
            "memory of its own, idle before Lean",
            "its resident memory before Lean",
        ],
    )?);
    Ok(rows)
}

/// Turn by turn: the server behind us, the server alone, and a program of ours that does nothing.
fn starts(programs: &Programs, folder: &Path) -> Result<Vec<Row>> {
    let (mut ours, mut alone, mut version) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut behind = Command::new(&programs.unsorry);
        behind.args(["serve", "--"]).arg(&programs.xtask);
        ours.push(first_answer(behind.arg("bench-server"), folder)?);
        let mut server = Command::new(&programs.xtask);
        alone.push(first_answer(server.arg("bench-server"), folder)?);
        let start = Instant::now();
        let status = of_nobody(&mut Command::new(&programs.unsorry), folder)
            .arg("--version")
            .stdout(Stdio::null())
            .status()?;
        version.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(status.success(), "`unsorry --version` failed ({status})");
    }
    let at = |times: &[f64], share| quantile(times, share).context("no starts");
    let row = |row, ours, peer_name, peer| Row {
        bench: "start",
        row,
        unit: "ms",
        better: Better::Less,
        ours,
        peer_name,
        peer: Ok(peer),
    };
    let median = "from the start to the first answer, median";
    let worst = "from the start to the first answer, 99th percentile";
    let nothing = "`unsorry --version`, median";
    let (middle, high) = (at(&ours, 0.5)?, at(&ours, 0.99)?);
    Ok(vec![
        row(median, middle, "the server alone", at(&alone, 0.5)?),
        row(worst, high, "the server alone", at(&alone, 0.99)?),
        row(median, middle, "limit", START_LIMIT),
        row(worst, high, "limit", START_LIMIT),
        row(nothing, at(&version, 0.5)?, "limit", START_LIMIT),
    ])
}

/// Measures the time until the answer to `initialize` is there, in milliseconds.
fn first_answer(command: &mut Command, folder: &Path) -> Result<f64> {
    let start = Instant::now();
    let mut session = Session::start(of_nobody(command, folder))?;
    session.initialize(folder)?;
    let time = start.elapsed();
    session.end()?;
    Ok(time.as_secs_f64() * 1e3)
}

/// Without anything of the user's: their settings, their logs.
fn of_nobody<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_STATE_HOME", folder)
        .env("XDG_CACHE_HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .current_dir(folder)
        .stderr(Stdio::null())
}

/// The memory of `unsorry serve` alone, before `server` with a document open.
fn memory(
    programs: &Programs,
    folder: &Path,
    server: &Command,
    names: [&'static str; 2],
) -> Result<Vec<Row>> {
    let mut command = Command::new(&programs.unsorry);
    command
        .args(["serve", "--"])
        .arg(server.get_program())
        .args(server.get_args())
        .env("PATH", lean::find_or_install()?.path()?);
    let mut session = Session::start(of_nobody(&mut command, folder))?;
    session.within(LIMIT, |session| {
        session.initialize(folder)?;
        let uri = format!("file://{}/A.lean", folder.display());
        session.send(
            &json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {
                "textDocument": {"uri": uri, "languageId": "lean4", "version": 1,
                    "text": document()?}}}),
        )?;
        session.ask(
            "textDocument/waitForDiagnostics",
            json!({"uri": uri, "version": 1}),
        )?;
        Ok(())
    })?;
    thread::sleep(REST);
    let row = |row, memory: Option<f64>| {
        Some(Row {
            bench: "start",
            row,
            unit: "MB",
            better: Better::Less,
            // What the system does not tell is left out.
            ours: memory?,
            peer_name: "limit",
            peer: Ok(MEMORY_LIMIT),
        })
    };
    let rows = [
        row(
            names[0],
            session.memory(&["Private_Clean", "Private_Dirty"]),
        ),
        row(names[1], session.memory(&["Rss"])),
    ];
    session.end()?;
    Ok(rows.into_iter().flatten().collect())
}

/// Theorems, some without a proof.
fn document() -> Result<String> {
    let mut text = String::new();
    for line in 0..LINES {
        let proof = match line % (LINES / HOLES) {
            0 => "sorry",
            _ => "rfl",
        };
        writeln!(text, "theorem t{line} : {line} = {line} := {proof}")?;
    }
    Ok(text)
}
