use serde_json::{Value, json};
use unsorry_prover::HoleKind;
use unsorry_search::memory::{Bounds, Kept, Key, KeyParts, Store};

use super::export::export;
use super::show::show;
use super::store::WRITE_TIMEOUT;
use super::*;
use unsorry_syntax::is_spelt_out;

const NASTY: &str = "⊢ \u{1b}[2J\u{9b}31m\u{202e}p\u{7f}\r\nq";

fn key(goals: &str) -> Key {
    KeyParts {
        goals,
        kind: HoleKind::Tactic,
        imports: &[],
        lean: "",
        manifest: None,
    }
    .key()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Makes a store with two proofs of a goal, the second of them by a nasty engine.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::open(folder.path(), Bounds::default(), WRITE_TIMEOUT).expect("a store");
    let kept = |proof: &str, engine: &str, second| Kept {
        proof: proof.to_owned(),
        goal: NASTY.into(),
        context: format!("-- {NASTY}\ntheorem t : p := by sorry"),
        hole: 3,
        kind: "tactic".into(),
        engine: engine.to_owned(),
        level: "axioms-clean".into(),
        lean: "Lean".into(),
        imports: "A B".into(),
        found: at(second),
        used: at(second),
        hits: 0,
    };
    let all = [
        kept("simp\nomega", "local", 100),
        kept("\u{1b}c", "a\u{1b}c", 200),
    ];
    store.keep(&key("⊢ p"), &all).expect("kept");
    folder
}

fn text(write: impl FnOnce(&mut Lines<'_>) -> Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut Lines(&mut bytes)).expect("written");
    String::from_utf8(bytes).expect("UTF-8")
}

fn check_harmless(text: &str) {
    let obeyed: Vec<char> = text
        .chars()
        .filter(|c| *c != '\n' && is_spelt_out(*c))
        .collect();
    assert!(obeyed.is_empty(), "{text:?}");
}

#[test]
fn what_is_shown() {
    let folder = folder();
    let shown = text(|out| show(folder.path(), true, true, out));
    check_harmless(&shown);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], folder.path().join(FILE).display().to_string());
    assert_eq!(lines[1], "2 proofs of 1 goal, used again 0 times");
    assert!(lines[2].ends_with(" KB of at most 64 MB"), "{shown}");
    let expected = [
        "a\\u{1b}c      1 proof",
        "local    1 proof",
        "oldest   1970-01-01T00:01:40Z",
        "newest   1970-01-01T00:03:20Z",
        "",
        "1970-01-01T00:03:20Z  a\\u{1b}c      ⊢ \\u{1b}[2J\\u{9b}31m\\u{202e}p\\u{7f} q  ✓ \\u{1b}c",
        "1970-01-01T00:01:40Z  local    ⊢ \\u{1b}[2J\\u{9b}31m\\u{202e}p\\u{7f} q  ✓ simp omega",
    ];
    assert_eq!(lines[3..], expected);
    let off = text(|out| show(folder.path(), false, false, out));
    assert!(
        off.contains("(switched off)") && !off.contains('⊢'),
        "{off}"
    );
}

#[test]
fn what_is_exported() {
    let folder = folder();
    let lines = text(|out| export(folder.path(), true, None, out));
    check_harmless(&lines);
    let all: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let expected = json!({
        "goal": NASTY,
        "context": format!("-- {NASTY}\ntheorem t : p := by sorry"),
        "hole": 3,
        "proof": "simp\nomega",
        "kind": "tactic",
        "engine": "local",
        "level": "axioms-clean",
        "lean": "Lean",
        "imports": ["A", "B"],
        "found": "1970-01-01T00:01:40Z",
    });
    assert_eq!(all[0], expected);
    assert_eq!(all[1]["proof"], "\u{1b}c");
    assert_eq!(all.len(), 2);

    let message = text(|out| export(folder.path(), false, None, out));
    assert!(
        message.starts_with("2 proofs would be written"),
        "{message}"
    );
    let file = folder.path().join("rows.jsonl");
    let message = text(|out| export(folder.path(), true, Some(&file), out));
    assert!(message.starts_with("2 proofs written to"), "{message}");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), lines);
    let again = export(
        folder.path(),
        true,
        Some(&file),
        &mut Lines(&mut io::sink()),
    );
    let error = again.expect_err("it is there already").to_string();
    assert!(error.contains("rows.jsonl"), "{error}");
}

#[test]
fn what_is_cleared() {
    let folder = folder();
    let cleared = |older_than| text(|out| clear(folder.path(), older_than, out));
    let age = SystemTime::now().duration_since(at(150)).expect("the past");
    let message = cleared(Some(age));
    assert!(message.starts_with("1 proof removed from"), "{message}");
    assert!(cleared(Some(Duration::MAX)).starts_with("0 proofs"));
    assert!(cleared(None).starts_with("1 proof removed from"));
}

#[test]
fn a_damaged_file_is_cleared_too() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(FILE), "secret").expect("written");
    let error = show(folder.path(), true, false, &mut Lines(&mut io::sink())).expect_err("damaged");
    assert!(error.to_string().contains("is damaged"), "{error}");
    let message = text(|out| clear(folder.path(), None, out));
    assert!(message.ends_with("and a damaged file\n"), "{message}");
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0);
}

#[test]
fn nothing_there_is_nothing_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = text(|out| show(folder.path(), true, true, out));
    assert!(shown.ends_with("no proofs yet\n"), "{shown}");
    assert_eq!(text(|out| export(folder.path(), true, None, out)), "");
    let message = text(|out| clear(folder.path(), None, out));
    assert!(message.starts_with("0 proofs"), "{message}");
    assert!(!folder.path().join(FILE).exists(), "to look makes no file");
}
