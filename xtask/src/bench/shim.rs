//! The time that the shim adds to a command that it passes on: a `lake` that does nothing, alone and behind it,
//! turn by turn.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::row::{Better, Programs, Row, quantile};

/// Commands of each.
const TURNS: usize = 200;

pub(super) fn run(programs: &Programs) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let real = folder.path().join("real");
    fs::create_dir(&real)?;
    let lake = real.join(format!("lake{}", std::env::consts::EXE_SUFFIX));
    fs::copy(&programs.xtask, &lake).context("can't copy a program")?;
    let shim = folder.path().join("shim");
    let made = Command::new(&programs.unsorry)
        .arg("shim")
        .arg(&shim)
        .env("XDG_STATE_HOME", folder.path())
        .stdout(Stdio::null())
        .status()?;
    ensure!(made.success(), "`unsorry shim` failed ({made})");
    let behind = std::env::join_paths([&shim, &real])?;

    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        ours.push(milliseconds(&shim, &behind)?);
        peer.push(milliseconds(&real, real.as_os_str())?);
    }
    let rows = [
        ("a command that is passed on, median", 0.5),
        ("a command that is passed on, 99th percentile", 0.99),
    ];
    let row = |(row, share)| {
        let ours = quantile(&ours, share)?;
        let peer = quantile(&peer, share)?;
        Some(Row {
            bench: "shim",
            row,
            unit: "ms",
            better: Better::Less,
            ours,
            peer_name: "without the shim",
            peer: Ok(peer),
        })
    };
    Ok(rows.into_iter().filter_map(row).collect())
}

/// Times the `lake` of `folder` with this PATH.
fn milliseconds(folder: &Path, path: &OsStr) -> Result<f64> {
    let mut lake = Command::new(folder.join(format!("lake{}", std::env::consts::EXE_SUFFIX)));
    // It ends with its input.
    lake.arg("bench-server")
        .env("PATH", path)
        .stdin(Stdio::null());
    let start = Instant::now();
    let status = lake.status()?;
    let time = start.elapsed();
    ensure!(status.success(), "`lake` failed ({status})");
    Ok(time.as_secs_f64() * 1e3)
}
