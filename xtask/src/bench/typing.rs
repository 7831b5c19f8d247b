//! The cost of unsorry while somebody types: the same keys before a Lean with unsorry
//! between and before one without, in turns. After each key the editor asks for code actions, as VS
//! Code does, and now and then for more.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::row::{Better, Programs, Row, quantile};
use super::session::Session;
use crate::lean;

/// Turns of each; half of them begin with ours.
const TURNS: usize = 8;

/// Keys of a turn.
const KEYS: usize = 30;

/// The time from one key to the next, where the answers do not take longer.
const BEAT: Duration = Duration::from_millis(50);

/// Keys from one hover, completion and question at a hole to the next.
const NOW_AND_THEN: usize = 3;

/// The theorems before the one that is typed in, and how many lines from one hole to the next.
const THEOREMS: usize = 296;
const HOLES: usize = 60;

/// The file that is typed in. The name on its third line grows.
const LAST: &str = "theorem last (a b : Nat) (h : a < b) : a + 0 < b := by
  have x := Nat.add_comm a b
  have y";
const AFTER: &str = " := h
  sorry
";

/// Longer than any turn takes.
const LIMIT: Duration = Duration::from_secs(240);

/// The requests, by the names of their rows.
const ASKED: [(&str, &str); 4] = [
    (
        "code actions at the cursor, median",
        "code actions at the cursor, 95th percentile",
    ),
    (
        "code actions at a sorry, median",
        "code actions at a sorry, 95th percentile",
    ),
    (
        "hover at a sorry, median",
        "hover at a sorry, 95th percentile",
    ),
    (
        "completion at the cursor, median",
        "completion at the cursor, 95th percentile",
    ),
];

/// Somebody who types.
struct Typist {
    session: Session,
    uri: String,
    version: usize,
    /// The time that each of `ASKED` took, in milliseconds.
    times: [Vec<f64>; ASKED.len()],
    /// In microseconds.
    cpu: Option<f64>,
}

pub(super) fn run(programs: &Programs) -> Result<Vec<Row>> {
    let path = lean::find_or_install()?.path()?;
    let folder = tempfile::tempdir()?;
    let start = |command: &mut Command, name: &str| {
        let home = folder.path().join(name);
        std::fs::create_dir(&home)?;
        command
            .args(["--server"])
            .env("PATH", &path)
            .env("XDG_CONFIG_HOME", &home)
            .env("XDG_STATE_HOME", &home)
            .current_dir(&home)
            .stderr(Stdio::null());
        Typist::start(command, &home)
    };
    let mut ours = start(
        Command::new(&programs.unsorry).args(["serve", "--", "lean"]),
        "ours",
    )?;
    let mut peer = start(&mut Command::new("lean"), "peer")?;
    for turn in 0..TURNS {
        let (first, second) = match turn % 2 {
            0 => (&mut ours, &mut peer),
            _ => (&mut peer, &mut ours),
        };
        first.turn()?;
        second.turn()?;
    }
    rows(ours, peer)
}

impl Typist {
    fn start(command: &mut Command, folder: &Path) -> Result<Typist> {
        let mut typist = Typist {
            session: Session::start(command)?,
            uri: format!("file://{}/A.lean", folder.display()),
            version: 0,
            times: Default::default(),
            cpu: Some(0.0),
        };
        typist.session.within(LIMIT, |session| {
            session.initialize(folder)?;
            session.send(
                &json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {
                    "textDocument": {"uri": typist.uri, "languageId": "lean4", "version": 0,
                        "text": document()?}}}),
            )?;
            session.ask(
                "textDocument/waitForDiagnostics",
                json!({"uri": typist.uri, "version": 0}),
            )?;
            Ok(())
        })?;
        Ok(typist)
    }

    /// Types a name that grows, and takes it back.
    fn turn(&mut self) -> Result<()> {
        let Typist {
            session,
            uri,
            version,
            times,
            cpu,
        } = self;
        let before = session.cpu();
        session.within(LIMIT, |session| {
            let (line, start) = cursor();
            for key in 0..KEYS {
                let began = Instant::now();
                let at = json!({"line": line, "character": start + key});
                change(session, uri, version, &at, &at, "z")?;
                let at = json!({"line": line, "character": start + key + 1});
                let mut ask = |which: usize, method: &str, params: Value| -> Result<()> {
                    let asked = Instant::now();
                    session.ask(method, params)?;
                    times[which].push(asked.elapsed().as_secs_f64() * 1e3);
                    Ok(())
                };
                let document = json!({"uri": uri});
                let actions = |at: &Value| {
                    json!({"textDocument": document, "range": {"start": at, "end": at},
                        "context": {"diagnostics": []}})
                };
                let place = |at: &Value| json!({"textDocument": document, "position": at});
                ask(0, "textDocument/codeAction", actions(&at))?;
                if key % NOW_AND_THEN == 0 {
                    let hole = json!({"line": line + 1, "character": 3});
                    ask(1, "textDocument/codeAction", actions(&hole))?;
                    ask(2, "textDocument/hover", place(&hole))?;
                    ask(3, "textDocument/completion", place(&at))?;
                }
                thread::sleep(BEAT.saturating_sub(began.elapsed()));
            }
            let (from, to) = (
                json!({"line": line, "character": start}),
                json!({"line": line, "character": start + KEYS}),
            );
            change(session, uri, version, &from, &to, "")?;
            // Nothing of this turn is left for the other's.
            session.ask(
                "textDocument/waitForDiagnostics",
                json!({"uri": uri, "version": *version}),
            )?;
            Ok(())
        })?;
        let spent = session
            .cpu()
            .zip(before)
            .map(|(after, before)| after - before);
        *cpu = cpu.zip(spent).map(|(all, spent)| all + spent);
        Ok(())
    }
}

fn change(
    session: &mut Session,
    uri: &str,
    version: &mut usize,
    start: &Value,
    end: &Value,
    text: &str,
) -> Result<()> {
    *version += 1;
    session.send(
        &json!({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": {
            "textDocument": {"uri": uri, "version": *version},
            "contentChanges": [{"range": {"start": start, "end": end}, "text": text}]}}),
    )
}

/// 300 lines; the last theorem is the one that is typed in.
fn document() -> Result<String> {
    let mut text = String::new();
    for line in 0..THEOREMS {
        let proof = match line % HOLES {
            0 => "by sorry",
            _ => "by omega",
        };
        writeln!(
            text,
            "theorem t{line} (a b : Nat) : a + b + {line} = b + a + {line} := {proof}"
        )?;
    }
    Ok(text + LAST + AFTER)
}

/// The line that is typed in, and where in it.
fn cursor() -> (usize, usize) {
    let last = LAST.lines().last().unwrap_or_default();
    (THEOREMS + LAST.lines().count() - 1, last.len())
}

fn rows(ours: Typist, peer: Typist) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let row = |row, unit, ours, peer_name, peer| Row {
        bench: "typing",
        row,
        unit,
        better: Better::Less,
        ours,
        peer_name,
        peer: Ok(peer),
    };
    for (at, (median, high)) in ASKED.into_iter().enumerate() {
        for (name, share) in [(median, 0.5), (high, 0.95)] {
            let of = |typist: &Typist| quantile(&typist.times[at], share).context("no times");
            rows.push(row(name, "ms", of(&ours)?, "Lean alone", of(&peer)?));
        }
    }
    if let Some(cpu) = ours.cpu {
        // Of the time until the next key.
        let each = cpu / (TURNS * KEYS) as f64 / 1e3;
        let beat = BEAT.as_secs_f64() * 1e3;
        rows.push(row("processor time of a key", "ms", each, "the beat", beat));
    }
    ours.session.end()?;
    // Lean takes its time to end; that is not ours to measure.
    drop(peer);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_300_lines_and_is_typed_in_where_it_should() {
        let text = document().unwrap();
        assert_eq!(text.lines().count(), 300);
        let (line, character) = cursor();
        let line: Vec<&str> = text.lines().skip(line).take(2).collect();
        assert_eq!(&line[0][character..], " := h");
        assert_eq!(line[1], "  sorry");
    }
}
