//! The cascade beside each of its engines alone: how many of the shipped problems each proves, in what
//! time, with how many checks. The engines are the tactics and the pocket model (`tests/pocket`).

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::row::{Better, Row};
use crate::workspace::built;
use crate::{lean, workspace};

/// Problems in a file: each costs the elaboration of all before it.
const TOGETHER: usize = 20;

/// The budget of a problem.
const BUDGET: &str = "30s";

/// The result of a problem.
struct Fared {
    proved: bool,
    seconds: f64,
    checks: f64,
}

/// Runs on `limit` problems, spread evenly over the set.
pub(super) fn run(limit: usize) -> Result<Vec<Row>> {
    let program = built(&["build", "--release", "--package", "unsorry"], "unsorry")?;
    let install = lean::find_or_install()?;
    let folder = tempfile::tempdir()?;
    let files = files(folder.path(), limit)?;
    let prove = |engines: &str| -> Result<Vec<Fared>> {
        let config = folder.path().join("config.toml");
        std::fs::write(&config, config_of(engines))?;
        let output = Command::new(&program)
            .arg("--config")
            .arg(&config)
            .args(["prove", "--json", "--no-cache", "--budget", BUDGET])
            .args(&files)
            .current_dir(folder.path())
            .env("PATH", install.path()?)
            .env_remove("UNSORRY_MODEL")
            .stderr(Stdio::inherit())
            .output()?;
        let said = String::from_utf8(output.stdout)?;
        let fared: Result<Vec<Vec<Fared>>> = said.lines().map(read).collect();
        let fared: Vec<Fared> = fared?.into_iter().flatten().collect();
        ensure!(!fared.is_empty(), "`unsorry prove` reported nothing");
        Ok(fared)
    };
    let cascade = prove("'tactics', 'local'")?;
    let mut rows = Vec::new();
    for (engine, peer_name) in [("'tactics'", "tactics alone"), ("'local'", "model alone")] {
        rows.extend(compare(&cascade, &prove(engine)?, peer_name)?);
    }
    Ok(rows)
}

/// The problems, some in a file, each in a namespace of its own.
fn files(folder: &Path, limit: usize) -> Result<Vec<String>> {
    let set = workspace::root().join("problems/core.jsonl");
    let set = std::fs::read_to_string(&set).with_context(|| format!("no {}", set.display()))?;
    let all: Vec<Value> = set
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let limit = limit.clamp(1, all.len());
    let chosen = (0..limit).map(|at| &all[at * all.len() / limit]);
    let chosen: Vec<&Value> = chosen.collect();
    let mut files = Vec::new();
    for (number, some) in chosen.chunks(TOGETHER).enumerate() {
        let mut text = String::new();
        for (at, problem) in some.iter().enumerate() {
            let of = |key: &str| problem[key].as_str().unwrap_or_default();
            let (header, statement) = (of("header"), of("formal_statement"));
            writeln!(text, "namespace P{at}\n{header}\n{statement}\nend P{at}\n")?;
        }
        let name = format!("P{number}.lean");
        std::fs::write(folder.join(&name), text)?;
        files.push(name);
    }
    Ok(files)
}

fn config_of(engines: &str) -> String {
    let pocket = workspace::root().join("tests/pocket");
    format!(
        "[search]\nengines = [{engines}]\npolish = '0s'\n[local]\nmodel = '{}'\ntokenizer = '{}'\nmode = 'fast'\ncandidates = 16\nmax_tokens = 112\nseed = 1\n",
        pocket.join("pocket.gguf").display(),
        pocket.join("tokenizer.json").display()
    )
}

fn read(line: &str) -> Result<Vec<Fared>> {
    let report: Value = serde_json::from_str(line)?;
    let holes = report["holes"].as_array().context("no holes")?;
    let fared = holes.iter().map(|hole| Fared {
        proved: hole["status"] == "proved",
        seconds: hole["seconds"].as_f64().unwrap_or_default(),
        checks: hole["candidates"].as_f64().unwrap_or_default(),
    });
    Ok(fared.collect())
}

fn compare(ours: &[Fared], theirs: &[Fared], peer_name: &'static str) -> Result<Vec<Row>> {
    ensure!(ours.len() == theirs.len(), "not the same problems");
    let solved = |all: &[Fared]| all.iter().filter(|one| one.proved).count() as f64;
    let both: Vec<(&Fared, &Fared)> = ours
        .iter()
        .zip(theirs)
        .filter(|(a, b)| a.proved && b.proved)
        .collect();
    let row = |row, unit, ours: f64, peer: f64, less: bool| Row {
        bench: "search",
        row,
        unit,
        better: if less { Better::Less } else { Better::More },
        ours,
        peer_name,
        peer: Ok(peer),
    };
    let pair = |of: fn(&Fared) -> f64, figure: fn(Vec<f64>) -> f64| {
        let ours = both.iter().map(|(ours, _)| of(ours)).collect();
        let theirs = both.iter().map(|(_, theirs)| of(theirs)).collect();
        (figure(ours), figure(theirs))
    };
    let median = pair(|one| one.seconds, median);
    let mean = pair(|one| one.seconds, mean);
    let checks = pair(|one| one.checks, self::mean);
    let all = |all: &[Fared]| all.iter().map(|one| one.seconds).sum::<f64>() / solved(all);
    let rows = vec![
        row("proved", "problems", solved(ours), solved(theirs), false),
        row(
            "first proof, median of both's",
            "s",
            median.0,
            median.1,
            true,
        ),
        row("first proof, mean of both's", "s", mean.0, mean.1, true),
        row(
            "checks for it, mean of both's",
            "",
            checks.0,
            checks.1,
            true,
        ),
        row("all time for each proof", "s", all(ours), all(theirs), true),
    ];
    // Where one of them proves nothing there is no time to compare.
    let told =
        |row: &Row| row.ours.is_finite() && row.peer.as_ref().is_ok_and(|peer| peer.is_finite());
    Ok(rows.into_iter().filter(told).collect())
}

fn mean(figures: Vec<f64>) -> f64 {
    figures.iter().sum::<f64>() / figures.len() as f64
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
