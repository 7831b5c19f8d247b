//! Candidates checked a second: as the search does it (`lsp-proxy/benches/check`), beside one at a
//! time, and beside leanclient's own loop; and whether the verdicts are right while Lean is killed.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::peers;
use super::row::{Better, Row};
use crate::lean;
use crate::workspace::built;

/// leanclient's loop as often as ours; the median counts.
const ROUNDS: usize = 9;
const WARM: usize = 3;

/// Rows: ours, the peer, both as `lsp-proxy/benches/check` names them.
const RATES: [(&str, &str, &str, &str); 4] = [
    (
        "16 candidates, no reporting delay",
        "together",
        "one at a time",
        "alone",
    ),
    (
        "16 candidates, Lean's own delay",
        "delayed_together",
        "one at a time",
        "delayed_alone",
    ),
    (
        "16 candidates",
        "together",
        "one at a time, Lean's own delay",
        "delayed_alone",
    ),
    (
        "16 candidates behind 36 steps",
        "long_together",
        "one at a time",
        "long_alone",
    ),
];

pub(super) fn run(checks: usize, seed: u64) -> Result<Vec<Row>> {
    let arguments = [
        "bench",
        "--no-run",
        "--package",
        "unsorry",
        "--bench",
        "check",
    ];
    let bench = built(&arguments, "check")?;
    let path = lean::find_or_install()?.path()?;
    let output = Command::new(bench)
        .args([
            "--bench",
            "--checks",
            &checks.to_string(),
            "--seed",
            &seed.to_string(),
        ])
        .env("PATH", &path)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        output.status.success(),
        "measuring failed ({})",
        output.status
    );
    let ours: Value = serde_json::from_slice(&output.stdout)?;
    let figure = |key: &str| {
        let figure = ours[key].as_f64();
        figure.with_context(|| format!("there is no `{key}` in {ours}"))
    };
    let rate = |row, ours, peer_name, peer| Row {
        bench: "check",
        row,
        unit: "candidates/s",
        better: Better::More,
        ours,
        peer_name,
        peer: Ok(peer),
    };
    let mut rows = Vec::new();
    for (row, key, peer_name, peer) in RATES {
        rows.push(rate(row, figure(key)?, peer_name, figure(peer)?));
    }
    for (slots, peer_name) in [(1, "leanclient"), (2, "leanclient, 2 documents at once")] {
        let theirs = leanclient(&path, &ours["texts"], slots)?;
        // A rate of other verdicts would be none.
        if theirs["verdicts"] != ours["verdicts"] {
            bail!(
                "{peer_name} does not agree on a verdict: {} and {}",
                theirs["verdicts"],
                ours["verdicts"]
            );
        }
        let peer = theirs["rate"].as_f64().context("no rate")?;
        rows.push(rate("16 candidates", figure("together")?, peer_name, peer));
    }
    rows.extend(verdicts(figure)?);
    Ok(rows)
}

/// Beside how many there were. Without a verdict on each, whatever was killed, there is none of this.
fn verdicts(figure: impl Fn(&str) -> Result<f64>) -> Result<Vec<Row>> {
    let row = |row, unit, ours, peer_name, peer| Row {
        bench: "check",
        row,
        unit,
        better: Better::More,
        ours,
        peer_name,
        peer: Ok(peer),
    };
    let (checked, kills) = (figure("checked")?, figure("kills")?);
    let right = checked - figure("wrong")?;
    let (rate, alone) = (figure("checked_rate")?, figure("alone")?);
    let many = "candidates/s";
    Ok(vec![
        row("right verdicts", "verdicts", right, "all", checked),
        row("kills of Lean on the way", "kills", kills, "all", kills),
        row(
            "checked while Lean is killed",
            many,
            rate,
            "one at a time, no kills",
            alone,
        ),
    ])
}

/// Measures leanclient's loop with so many scratch documents.
fn leanclient(path: &OsStr, texts: &Value, slots: usize) -> Result<Value> {
    let python = peers::of_python("leanclient", "0.13.2")?;
    let folder = tempfile::tempdir()?;
    // As it starts Lean itself, but for `lake`, which not every Lean has.
    let task = json!({
        "lean": ["lean", "--server", "-Dserver.reportDelayMs=0"],
        "folder": folder.path(),
        "texts": texts,
        "warm": WARM,
        "rounds": ROUNDS,
        "slots": slots,
    });
    let mut client = Command::new(python)
        .args(["-c", include_str!("leanclient.py")])
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = client.stdin.take().context("no stdin")?;
    stdin.write_all(task.to_string().as_bytes())?;
    drop(stdin);
    let output = client.wait_with_output()?;
    ensure!(
        output.status.success(),
        "leanclient failed ({})",
        output.status
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
