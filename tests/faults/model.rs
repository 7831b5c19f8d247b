//! The model in our own process: jobs stopped while it writes, its file spoilt under it, the editor gone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use unsorry_tests::editor::Editor;

use crate::assistant::{configure, proves};
use crate::processes;

/// The number of runs in `cargo test`.
const RUNS: u64 = 2;

/// A theorem that the model is asked for long, and does not prove.
const HARD: &str = "theorem hard (f : Nat → Nat) (h : ∀ n, f (f n) = n) : f 1 = 7 := by\n  sorry\n";

/// A theorem that the model proves.
const EASY: &str = "theorem t (p q r : Prop) (hp : p) (hq : q) (hr : r) : q := by\n  sorry\n";

/// The trouble while the model writes, or a moment before.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Stopped,
    /// The model's file becomes shorter, in place.
    Truncated,
    /// The model's file becomes another, in place.
    Replaced,
    /// The model's file is gone.
    Removed,
    /// The editor leaves.
    Left,
}

const FATES: [Fate; 5] = [
    Fate::Left,
    Fate::Truncated,
    Fate::Stopped,
    Fate::Replaced,
    Fate::Removed,
];

#[test]
fn model() {
    let most = crate::storm("model", RUNS, 1, run);
    println!("model: at most {} MB", most >> 10);
}

fn pocket(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pocket");
    folder.join(name)
}

fn run(seed: u64) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let fate = FATES[seed as usize % FATES.len()];
    // Before it is loaded, while it is, or while it writes.
    let wait = Duration::from_millis(random.random_range(0..3000));
    let cut = random.random_range(0.0..1.0f64);
    let plan = format!("{fate:?} after {wait:?}, at {cut}");
    crate::announce(&plan);
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("model.gguf");
    let whole = std::fs::read(pocket("pocket.gguf")).expect("the model");
    std::fs::write(&model, &whole).expect("written");
    configure(
        folder.path(),
        &format!(
            "[search]\nengines = ['local']\nrefute = false\nbudget = '10min'\n[local]\nmodel = '{}'\ntokenizer = '{}'\nseed = {seed}\nmax_tokens = 112\ncandidates = 100000\n",
            model.display(),
            pocket("tokenizer.json").display()
        ),
    );
    let mut editor = Editor::start(folder.path());
    let unsorry = editor.pid();
    let uri = format!("file://{}/Main.lean", folder.path().display());
    editor.open(&uri, HARD);
    let at = editor.hole(&uri, 0);
    proves(&mut editor, &uri, &at);
    editor.idle(wait);
    match fate {
        Fate::Stopped => {}
        Fate::Truncated => {
            let file = std::fs::OpenOptions::new().write(true).open(&model);
            let length = (whole.len() as f64 * cut) as u64;
            file.and_then(|file| file.set_len(length)).expect("shorter");
        }
        Fate::Replaced => {
            let mut other = whole.clone();
            let start = (whole.len() as f64 * cut) as usize;
            random.fill(&mut other[start..]);
            std::fs::write(&model, other).expect("written");
        }
        Fate::Removed => std::fs::remove_file(&model).expect("removed"),
        Fate::Left => {
            let started = processes::below(unsorry);
            assert_eq!(editor.quit(), Some(0), "{plan}");
            processes::assert_gone(&started);
            return 0;
        }
    }
    editor.idle(Duration::from_millis(random.random_range(0..1500)));
    let params = json!({"command": "unsorry.stop", "arguments": []});
    editor.request("workspace/executeCommand", params);
    let words = editor.finished(1).remove(0);
    let honest = words == "stopped" || words.contains("local failed");
    assert!(honest, "{words}, {plan}");
    // With the file as it was, it proves again: that it was spoilt is remembered by nobody.
    std::fs::write(&model, &whole).expect("written");
    editor.set(&uri, EASY);
    let at = editor.hole(&uri, 0);
    proves(&mut editor, &uri, &at);
    let second = editor.finished(1).remove(0);
    assert!(
        second.starts_with("proved with"),
        "{second}, after {words}, {plan}"
    );
    let memory = processes::figure(unsorry, "VmHWM").unwrap_or_default();
    let started = processes::below(unsorry);
    assert_eq!(editor.quit(), Some(0), "{plan}");
    processes::assert_gone(&started);
    memory
}
