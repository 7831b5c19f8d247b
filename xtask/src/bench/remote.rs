//! The time that our client adds to requests of a remote engine: beside the same requests by the HTTP library
//! alone, to the same server, llama.cpp's with the pocket model (`tests/engine`).

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::row::{Better, Row};
use crate::workspace;
use crate::workspace::built;

/// A row's name, its unit, and whether less is better, as `model/benches/remote` has them.
const ROWS: [(&str, &str, bool); 4] = [
    ("one answer", "ms", true),
    ("1 jobs at once", "answers/s", false),
    ("8 jobs at once", "answers/s", false),
    ("64 jobs at once", "answers/s", false),
];

/// The engine's answers at once.
const SLOTS: &str = "8";

pub(super) fn run() -> Result<Vec<Row>> {
    let arguments = [
        "bench",
        "--no-run",
        "--package",
        "unsorry-model",
        "--bench",
        "remote",
    ];
    let bench = built(&arguments, "remote")?;
    let tests = workspace::root().join("tests");
    let install = Command::new("python3")
        .arg(tests.join("engine/install.py"))
        .stderr(Stdio::inherit())
        .output()
        .context("llama.cpp's server needs Python 3.10 or newer")?;
    ensure!(install.status.success(), "llama.cpp is not installed");
    let mut engine = Command::new(String::from_utf8(install.stdout)?.trim())
        .arg(tests.join("engine/serve.py"))
        .arg(tests.join("pocket/pocket.gguf"))
        .args(["pocket", SLOTS])
        // It ends with this pipe.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut address = String::new();
    let out = engine.stdout.take().context("no stdout")?;
    BufReader::new(out).read_line(&mut address)?;
    let measured = Command::new(bench)
        .arg(address.trim())
        .stderr(Stdio::inherit())
        .output();
    drop(engine.stdin.take());
    engine.wait()?;
    let measured = measured?;
    ensure!(
        measured.status.success(),
        "measuring failed ({})",
        measured.status
    );
    let said = String::from_utf8(measured.stdout)?;
    let rows: Vec<Value> = said
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let row = |(row, unit, less): (&'static str, &'static str, bool)| {
        let found = rows.iter().find(|found| found["row"] == row);
        let found = found.with_context(|| format!("there is no row `{row}` in {said}"))?;
        let figure = |key: &str| found[key].as_f64().context("no figure");
        let (ours, peer) = (figure("ours")?, figure("raw")?);
        Ok(Row {
            bench: "remote",
            row,
            unit,
            better: if less { Better::Less } else { Better::More },
            ours,
            peer_name: "raw HTTP",
            peer: Ok(peer),
        })
    };
    ROWS.into_iter().map(row).collect()
}
