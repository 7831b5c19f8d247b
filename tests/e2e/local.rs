//! The local prover with the pocket model (`tests/pocket`), which goes through the same code as the 7B.

use std::path::{Path, PathBuf};
use std::process::Command;

use candle_core::quantized::{QTensor, gguf_file};
use candle_core::{Device, Tensor};
use serde_json::{Value, json};
use unsorry_tests::editor::Editor;

use crate::prove::prove;

/// The number of held-out goals that are tried. `tests/pocket/README.md` has the figures for all.
const TRIED_GOALS: usize = 48;

/// Tactics that a person would try first on any goal, and the most frequent answers in the training data.
const COMMON_TACTICS: [&str; 6] = [
    "rfl",
    "assumption",
    "omega",
    "simp",
    "exact h",
    "constructor",
];

fn pocket(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("pocket")
        .join(name)
}

/// Returns the first of the held-out goals.
fn heldout() -> String {
    let text = std::fs::read_to_string(pocket("heldout.lean")).expect("the goals");
    let (end, word) = text
        .match_indices("\nend G")
        .nth(TRIED_GOALS - 1)
        .expect("enough goals");
    let line = text[end + word.len()..].find('\n').expect("a line");
    text[..end + word.len() + line + 1].to_owned()
}

/// Returns how many of the goals `unsorry prove --engine local` proves with `model`.
fn proved(model: &Path) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("A.lean"), heldout()).expect("written");
    let config = folder.path().join("unsorry");
    std::fs::create_dir(&config).expect("a folder");
    let model = model.display();
    let tokenizer = pocket("tokenizer.json");
    let tokenizer = tokenizer.display();
    std::fs::write(
        config.join("config.toml"),
        format!(
            "[search]\nrefute = false\n[local]\nmodel = '{model}'\ntokenizer = '{tokenizer}'\nseed = 1\ncandidates = 8\nmax_tokens = 112\n"
        ),
    )
    .expect("written");
    let output = prove(folder.path(), &["--json", "--engine", "local", "A.lean"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).expect(&stderr);
    let holes = report["holes"].as_array().expect("holes");
    assert_eq!(holes.len(), TRIED_GOALS);
    let proved = holes.iter().filter(|hole| hole["status"] == "proved");
    proved
        .inspect(|hole| assert_eq!(hole["engine"], "local", "{hole}"))
        .count()
}

/// Writes a model like the pocket model, with random weights.
fn write_random(path: &Path) {
    let mut file = std::fs::File::open(pocket("pocket.gguf")).expect("the model");
    let content = gguf_file::Content::read(&mut file).expect("a GGUF");
    let tensors: Vec<(String, QTensor)> = content
        .tensor_infos
        .iter()
        .map(|(name, info)| {
            let tensor = info.read(&mut file, content.tensor_data_offset, &Device::Cpu);
            let tensor = tensor.expect("a tensor");
            // Norms stay: without them there are no numbers at all.
            if info.shape.rank() == 1 {
                return (name.clone(), tensor);
            }
            let noise = Tensor::randn(0f32, 0.05, info.shape.clone(), &Device::Cpu);
            let noise = QTensor::quantize(&noise.expect("noise"), info.ggml_dtype);
            (name.clone(), noise.expect("quantised"))
        })
        .collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(n, t)| (&**n, t)).collect();
    let metadata: Vec<(&str, &gguf_file::Value)> =
        content.metadata.iter().map(|(n, v)| (&**n, v)).collect();
    let mut file = std::fs::File::create(path).expect("created");
    gguf_file::write(&mut file, &metadata, &tensors).expect("written");
}

/// Returns how many of the goals Lean accepts with `tactic` in place of each `sorry`.
fn closed_by(tactic: &str) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("A.lean");
    let text = heldout()
        .replace(":= sorry", ":= by sorry")
        .replace("sorry", tactic);
    std::fs::write(&path, &text).expect("written");
    let output = Command::new("lean")
        .arg("-DmaxErrors=10000")
        .arg(&path)
        .output();
    let output = String::from_utf8(output.expect("Lean runs").stdout).expect("UTF-8");
    let errors: Vec<usize> = output
        .lines()
        .filter(|line| line.contains(": error"))
        .filter_map(|line| {
            line.split("A.lean:")
                .nth(1)?
                .split(':')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    assert!(!errors.is_empty(), "no tactic closes all: {output}");
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines
        .iter()
        .enumerate()
        .filter(|(_, l)| l.starts_with("namespace G"));
    let mut starts: Vec<usize> = starts.map(|(at, _)| at + 1).collect();
    starts.push(lines.len() + 1);
    starts
        .windows(2)
        .filter(|pair| !errors.iter().any(|line| (pair[0]..pair[1]).contains(line)))
        .count()
}

#[test]
fn the_pocket_model_proves_what_it_never_saw() {
    let trained = proved(&pocket("pocket.gguf"));
    let folder = tempfile::tempdir().expect("a folder");
    let noise = folder.path().join("noise.gguf");
    write_random(&noise);
    let noise = proved(&noise);
    let single = COMMON_TACTICS.map(|tactic| (closed_by(tactic), tactic));
    let best = single.iter().max().expect("a tactic");
    println!(
        "of {TRIED_GOALS} goals: trained {trained}, random weights {noise}, one tactic {best:?}"
    );
    assert!(
        trained * 2 >= TRIED_GOALS,
        "trained {trained} of {TRIED_GOALS}"
    );
    assert!(
        trained >= noise + TRIED_GOALS / 3,
        "trained {trained}, random {noise}"
    );
    assert!(
        trained >= best.0 + TRIED_GOALS / 5,
        "trained {trained}, {single:?}"
    );
}

#[test]
fn a_code_action_asks_the_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config/unsorry");
    std::fs::create_dir_all(&config).expect("a folder");
    let model = pocket("pocket.gguf");
    let model = model.display();
    std::fs::write(
        config.join("config.toml"),
        format!("[search]\nengines = ['local']\n[local]\nmodel = '{model}'\nseed = 3\n"),
    )
    .expect("written");
    let mut editor = Editor::start(folder.path());
    let uri = format!("file://{}/Main.lean", folder.path().display());
    let text = "theorem t (p q r : Prop) (hp : p) (hq : q) (hr : r) : q := by\n  sorry\n";
    editor.open(&uri, text);
    let words = editor.prove(&uri, 0);
    assert!(words.starts_with("proved with"), "{words}");
    // What the proof does not use, a linter says.
    let unused = |problem: &String| problem.starts_with("unused variable");
    assert!(editor.problems(&uri).iter().all(unused));
    assert!(!editor.text(&uri).contains("sorry"));
    let hover = editor.hover(&uri, &json!({"line": 1, "character": 3}));
    assert!(hover.contains("proved by local"), "{hover}");
    editor.quit();
}
