//! Jobs whose engine, checker and Lean fail under them, in front of the real Lean.

mod engine;

use std::path::Path;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rustix::process::Signal;
use serde_json::{Value, json};
use unsorry_tests::editor::Editor;

use crate::processes::{self, Process};
use engine::Engine;

/// The number of runs in `cargo test`.
const RUNS: u64 = 2;

/// The most memory of a session, in kilobytes, whatever an engine sends.
const MAX_MEMORY_KB: u64 = 400 << 10;

/// A theorem that tactics don't prove.
const HARD: &str = "theorem hard (f : Nat → Nat) (h : ∀ n, f (f n) = n) : f 1 = 7 := by\n  sorry\n";

/// The one that the trouble happens to.
#[derive(Debug, Clone, Copy)]
enum Victim {
    /// All processes of the checker, or one of them.
    Checker {
        all: bool,
    },
    Worker,
    /// Nobody but the engine.
    Nobody,
}

const VICTIMS: [Victim; 4] = [
    Victim::Nobody,
    Victim::Checker { all: true },
    Victim::Worker,
    Victim::Checker { all: false },
];

/// The trouble of a run.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Killed,
    Stopped,
}

#[test]
fn assistant() {
    let most = crate::storm("assistant", RUNS, 1, run);
    println!("assistant: at most {} MB", most >> 10);
}

/// Writes the user's configuration of a session in `folder`.
pub(crate) fn configure(folder: &Path, text: &str) {
    let config = folder.join("config/unsorry");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(config.join("config.toml"), text).expect("written");
}

fn run(seed: u64) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let engine = Engine::start(seed);
    let hard = random.random_bool(0.6);
    let victim = VICTIMS[seed as usize % VICTIMS.len()];
    let fate = *[Fate::Killed, Fate::Stopped]
        .choose(&mut random)
        .expect("one of them");
    let wait = Duration::from_millis(random.random_range(0..4000));
    let plan = format!("{victim:?} {fate:?} after {wait:?}, {engine:?}, hard: {hard}");
    crate::announce(&plan);
    let folder = tempfile::tempdir().expect("a folder");
    configure(
        folder.path(),
        &format!(
            "[search]\nengines = ['tactics', 'remote']\nhead_start = '100ms'\nbudget = '10min'\n[[remote]]\nname = 'storm'\nurl = '{}'\n",
            engine.address
        ),
    );
    let state = folder.path().join("state/unsorry");
    std::fs::create_dir_all(&state).expect("a folder");
    let consent = format!("\"{}\" = \"send\"\n", engine.address);
    std::fs::write(state.join("consent.toml"), consent).expect("written");

    let mut editor = Editor::start(folder.path());
    let unsorry = editor.pid();
    let uri = format!("file://{}/Main.lean", folder.path().display());
    let text = if hard { HARD.to_owned() } else { easy(seed) };
    editor.open(&uri, &text);
    editor.problems(&uri);
    let at = editor.hole(&uri, 0);
    proves(&mut editor, &uri, &at);
    editor.idle(wait);
    let victims: Vec<Process> = match victim {
        Victim::Checker { all: true } => processes::of_checker(unsorry),
        Victim::Checker { all: false } => {
            let all = processes::of_checker(unsorry);
            all.choose(&mut random).cloned().into_iter().collect()
        }
        Victim::Worker => processes::workers(unsorry),
        Victim::Nobody => Vec::new(),
    };
    let signal = match fate {
        Fate::Killed => Signal::KILL,
        Fate::Stopped => Signal::STOP,
    };
    for victim in &victims {
        processes::signal(victim.pid, signal);
    }
    // What Lean alone answers does not wait for the job. A worker that is gone answers nothing.
    let asks_worker = !matches!(victim, Victim::Worker);
    for _ in 0..5 {
        rounds(&mut editor, &uri, asks_worker);
    }
    for victim in &victims {
        processes::signal(victim.pid, Signal::CONT);
    }
    if hard {
        editor.idle(Duration::from_millis(random.random_range(0..2000)));
        let params = json!({"command": "unsorry.stop", "arguments": []});
        let answer = editor.request("workspace/executeCommand", params);
        assert!(answer.get("error").is_none(), "{answer}, {plan}");
    }
    let words = editor.finished(1).remove(0);
    let honest = ["proved with", "stopped", "no proof found", "can't", "the "];
    let is_honest = honest.iter().any(|start| words.starts_with(start));
    assert!(is_honest, "{words}, {plan}");
    assert!(!hard || !words.starts_with("proved"), "{words}, {plan}");
    // The next hole is none the worse for it.
    editor.set(&uri, &easy(seed + 1));
    let at = editor.hole(&uri, 0);
    proves(&mut editor, &uri, &at);
    let second = editor.finished(1).remove(0);
    assert!(
        second.starts_with("proved with"),
        "{second}, after {words}, {plan}"
    );
    assert!(!editor.text(&uri).contains("sorry"), "{plan}");
    let memory = processes::figure(unsorry, "VmHWM").unwrap_or_default();
    assert!(memory < MAX_MEMORY_KB, "{memory} kB, {plan}");
    let started = processes::below(unsorry);
    assert_eq!(editor.quit(), Some(0), "{plan}");
    processes::assert_gone(&started);
    memory
}

/// A goal that no other run has.
pub(crate) fn easy(n: u64) -> String {
    format!("theorem easy (a b : Nat) (h : a < b) : a + {n} < b + {n} := by\n  sorry\n")
}

pub(crate) fn proves(editor: &mut Editor, uri: &str, at: &Value) {
    let params = json!({"command": "unsorry.prove", "arguments": [uri, at]});
    let answer = editor.request("workspace/executeCommand", params);
    assert!(answer.get("error").is_none(), "{answer}");
}

/// A request of each kind but those about the hole.
fn rounds(editor: &mut Editor, uri: &str, asks_worker: bool) {
    // In the theorem's name.
    let start = json!({"line": 0, "character": 10});
    let document = json!({"uri": uri});
    editor.request("workspace/symbol", json!({"query": "a"}));
    let params = json!({"command": "unsorry.status", "arguments": []});
    editor.request("workspace/executeCommand", params);
    if !asks_worker {
        return;
    }
    let at = json!({"textDocument": document, "position": start});
    editor.request("textDocument/hover", at.clone());
    editor.request("textDocument/completion", at.clone());
    let params = json!({"textDocument": document, "range": {"start": start, "end": start}, "context": {"diagnostics": []}});
    editor.request("textDocument/codeAction", params);
    editor.request("$/lean/plainGoal", at);
}
