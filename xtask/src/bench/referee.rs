//! The referee's price, as `search/benches/referee` measures it.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::row::{Better, Row};
use crate::lean;
use crate::workspace::built;

pub(super) fn run() -> Result<Vec<Row>> {
    let package = ["bench", "--no-run", "--package", "unsorry-search"];
    let arguments = [package.as_slice(), &["--bench", "referee"]].concat();
    let bench = built(&arguments, "referee")?;
    let output = Command::new(bench)
        .arg("--bench")
        .env("PATH", lean::find_or_install()?.path()?)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        output.status.success(),
        "measuring failed ({})",
        output.status
    );
    let measured: Value = serde_json::from_slice(&output.stdout)?;
    let figure = |key: &str| {
        let figure = measured[key].as_f64();
        figure.with_context(|| format!("there is no `{key}` in {measured}"))
    };
    let row = |row, ours, peer_name, peer| Row {
        bench: "referee",
        row,
        unit: "ms",
        better: Better::Less,
        ours,
        peer_name,
        peer: Ok(peer),
    };
    Ok(vec![
        row(
            "one pass over 24 proofs",
            figure("pass")?,
            "`lean` on the file with them in it",
            figure("lean")?,
        ),
        row(
            "a hole, all warm",
            figure("hole")?,
            "without the referee",
            figure("hole_without")?,
        ),
    ])
}
