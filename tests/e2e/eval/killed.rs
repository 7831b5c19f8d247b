//! A run that is cut short, and goes on.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{check_sums, command, eval, folder, report, rows};

/// Returns problems small enough for the pocket model.
fn small() -> String {
    let text = include_str!("../../pocket/heldout.lean");
    let (end, _) = text.match_indices("\nnamespace G011").next().expect("ten");
    text[..end].to_owned()
}

#[test]
fn a_run_that_is_killed_goes_on() {
    let pocket = Path::new(env!("CARGO_MANIFEST_DIR")).join("pocket");
    let config = format!(
        "[local]\nmodel = '{}'\ntokenizer = '{}'\nseed = 1\nmax_tokens = 112\n",
        pocket.join("pocket.gguf").display(),
        pocket.join("tokenizer.json").display()
    );
    let folder = folder(&config, &[("Small.lean", &small())]);
    let out = folder.path().join("out");
    let arguments = [
        "Small.lean",
        "--engines",
        "local",
        "--mode",
        "fast",
        "--samples",
        "4",
        "--out",
        "out",
        "--json",
    ];
    let started = || {
        let mut command = command(folder.path(), &arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program runs")
    };
    let until = |count: usize| {
        let limit = Instant::now() + Duration::from_secs(240);
        while rows(&out).len() < count {
            assert!(Instant::now() < limit, "{} results", rows(&out).len());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // Killed outright: what is done is there, and a torn line does no harm.
    let mut killed = started();
    until(2);
    killed.kill().expect("killed");
    killed.wait().expect("ended");
    let before = rows(&out);
    assert!((2..10).contains(&before.len()), "{}", before.len());
    let torn = std::fs::read_to_string(out.join("results.jsonl")).expect("results");
    std::fs::write(out.join("results.jsonl"), torn + "{\"engine\":\"loc").expect("torn");
    // Stopped: there is a report of what is done.
    let stopped = started();
    until(before.len() + 1);
    let pid = Pid::from_raw(stopped.id() as i32).expect("a process");
    kill_process(pid, Signal::INT).expect("it runs");
    let output = stopped.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let stopped = report(&output);
    check_sums(&stopped, &rows(&out));
    // And on to the end: nothing is done twice, nothing is lost.
    let output = eval(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let done = rows(&out);
    assert_eq!(&done[..before.len()], &before[..]);
    let names: BTreeSet<&str> = done
        .iter()
        .filter_map(|row| row["problem"].as_str())
        .collect();
    assert_eq!((done.len(), names.len()), (10, 10));
    let finished = report(&output);
    check_sums(&finished, &done);
    let engine = &finished["engines"][0];
    assert_eq!(engine["samples"], 40);
    assert!(engine["solved"].as_u64() > Some(0), "{engine}");
    assert!(engine["tokens"].as_u64() > Some(0), "{engine}");
    let file = std::fs::read_to_string(out.join("report.json")).expect("a report");
    let file: Value = serde_json::from_str(&file).expect("JSON");
    assert_eq!(file, finished);
    assert!(out.join("report.html").is_file());
}
