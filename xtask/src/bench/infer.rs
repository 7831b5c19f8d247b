//! The speed and memory of inference, beside llama.cpp and Candle's own model: on the same file, with as
//! many threads, never two at a time. Each measures itself in a process of its own: `model/infer/benches/infer` and `tests/reference/bench_llama.py`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::model;
use super::row::{Better, Row};
use crate::workspace;
use crate::workspace::built;

/// The name of each figure, of its row in the table, its unit, and whether less is better.
const ROWS: [(&str, &str, &str, bool); 10] = [
    ("load", "load", "s", true),
    ("prefill", "prefill, 512 tokens", "tok/s", false),
    ("decode 1", "decode, 1 row", "tok/s", false),
    ("decode 4", "decode, 4 rows of one prompt", "tok/s", false),
    ("decode 8", "decode, 8 rows of one prompt", "tok/s", false),
    ("decode long", "decode after 2,048 tokens", "tok/s", false),
    ("first token cold", "first token", "s", true),
    (
        "first token kept",
        "first token, 480 of 512 kept",
        "s",
        true,
    ),
    ("peak memory", "memory, 4,096 positions", "GB", true),
    ("own memory", "memory without mapped files", "GB", true),
];

type Figures = HashMap<String, f64>;

pub(super) fn run(file: Option<&Path>, threads: usize) -> Result<Vec<Row>> {
    let file = match file {
        Some(file) => file.to_owned(),
        None => model::cached()?,
    };
    let bench = build()?;
    let figures_of = |whose: &str| {
        let mut command = Command::new(&bench);
        command.arg(whose).arg(&file);
        figures(
            whose,
            &file,
            command.env("RAYON_NUM_THREADS", threads.to_string()),
        )
    };
    let python = python();
    let llama_cpp = || match &python {
        Some(python) => {
            let mut command = Command::new(python);
            command
                .arg(workspace::root().join("tests/reference/bench_llama.py"))
                .args([&file, Path::new(&threads.to_string())]);
            figures("llama.cpp", &file, &mut command)
        }
        None => Ok(Figures::new()),
    };
    if python.is_none() {
        eprintln!(
            "no figures of llama.cpp: there is no Python that has it. Install it as tests/reference/README.md says, \
             into `venv` here or elsewhere with UNSORRY_PYTHON naming its `python`."
        );
    }
    // The two that are close are measured twice, at other times: a virtual machine's memory can be
    // half as quick for a minute.
    let first = (figures_of("ours")?, llama_cpp()?);
    let candle = figures_of("candle");
    let llama_cpp = better(first.1, llama_cpp()?);
    let ours = better(first.0, figures_of("ours")?);
    let mut rows = compared(&ours, &llama_cpp, "llama.cpp");
    match candle {
        Ok(candle) => rows.extend(compared(&ours, &candle, "Candle")),
        Err(error) => eprintln!("no figures of Candle: {error:#}"),
    }
    Ok(rows)
}

/// Returns the better of each two figures.
fn better(mut best: Figures, others: Figures) -> Figures {
    for (name, other) in others {
        let less = ROWS
            .iter()
            .any(|(figure, .., less)| *figure == name && *less);
        let figure = best.entry(name).or_insert(other);
        *figure = if less {
            figure.min(other)
        } else {
            figure.max(other)
        };
    }
    best
}

/// Returns a row for each figure that both have.
fn compared(ours: &Figures, peers: &Figures, peer_name: &'static str) -> Vec<Row> {
    let row = |(figure, row, unit, less): (&str, &'static str, &'static str, bool)| {
        let (ours, peer) = (*ours.get(figure)?, *peers.get(figure)?);
        Some(Row {
            bench: "infer",
            row,
            unit,
            better: if less { Better::Less } else { Better::More },
            ours,
            peer_name,
            peer: Ok(peer),
        })
    };
    ROWS.into_iter().filter_map(row).collect()
}

/// Runs a program that prints its figures, and prints each as it comes. The file is in the page cache
/// when it starts.
fn figures(whose: &str, file: &Path, command: &mut Command) -> Result<Figures> {
    std::io::copy(&mut File::open(file)?, &mut std::io::sink())
        .with_context(|| format!("could not read {}", file.display()))?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", command.get_program().display()))?;
    let out = child.stdout.take().context("no stdout")?;
    let mut figures = Figures::new();
    for line in BufReader::new(out).lines() {
        let line = line?;
        let parsed: Option<Value> = serde_json::from_str(&line).ok();
        let figure = parsed.as_ref().and_then(|it| {
            let name = it["figure"].as_str()?;
            Some((name.to_owned(), it["value"].as_f64()?))
        });
        let (name, value) = figure.with_context(|| format!("{whose} said {line:?}"))?;
        eprintln!("{whose}: {name} {}", super::row::rounded(value));
        figures = better(figures, Figures::from([(name, value)]));
    }
    let status = child.wait()?;
    ensure!(status.success(), "measuring {whose} failed ({status})");
    Ok(figures)
}

/// Builds the program that measures ours and Candle's, optimised.
fn build() -> Result<PathBuf> {
    let arguments = [
        "bench",
        "--no-run",
        "--package",
        "unsorry-infer",
        "--features",
        "peer",
        "--bench",
        "infer",
    ];
    built(&arguments, "infer")
}

/// Finds a Python that has llama.cpp.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("UNSORRY_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| workspace::root().join("venv/bin/python"));
    let mut import = Command::new(&python);
    import.args(["-c", "import llama_cpp"]);
    import
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    import
        .status()
        .is_ok_and(|it| it.success())
        .then_some(python)
}
