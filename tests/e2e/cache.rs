//! Proofs of earlier searches.

use std::path::Path;

use serde_json::{Value, json};
use unsorry_tests::editor::Editor;

use crate::prove::{prove, run};

const GOAL: &str = "(a b : Nat) (h : b ≤ a) : a - b + b = a := by\n  sorry\n";

/// Returns the number of candidates that `unsorry prove` needs for the one hole of each of `files`, all of
/// them proved.
fn candidates(folder: &Path, files: &[&str], arguments: &[&str]) -> Vec<u64> {
    let output = prove(folder, &[&["--json"], arguments, files].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let candidates = |line: &str| {
        let report: Value = serde_json::from_str(line).expect("JSON");
        let hole = &report["holes"][0];
        assert_eq!(hole["engine"], "tactics", "{report}");
        assert!(
            hole["message"]
                .as_str()
                .expect("words")
                .contains("Lean-checked")
        );
        hole["candidates"].as_u64().expect("a number")
    };
    stdout.lines().map(candidates).collect()
}

#[test]
fn the_same_goal_is_proved_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write("A.lean", &format!("theorem a {GOAL}"));
    write("B.lean", &format!("-- Another file.\n\ntheorem b {GOAL}"));
    write("C.lean", &format!("theorem c (_ : 1 = 1) {GOAL}"));
    let first = candidates(folder, &["A.lean", "B.lean", "C.lean"], &[]);
    assert!(first[0] > 1 && first[2] > 1, "{first:?}");
    assert_eq!(first[1], 1, "the same goal in another file");
    assert_eq!(
        candidates(folder, &["B.lean"], &[]),
        [1],
        "in another process"
    );
    let tried = |arguments: &[&str]| candidates(folder, &["B.lean"], arguments)[0];
    assert!(tried(&["--no-cache"]) > 1);

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The same Lean under another name.
        let script = "#!/bin/sh\ncase $1 in --version) echo 'Lean (version 5.0.0)' ;; *) exec lean \"$@\" ;; esac\n";
        write("other-lean", script);
        let path = folder.join("other-lean");
        let permissions = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, permissions).expect("executable");
        let other = format!("{} --server", path.display());
        assert!(tried(&["--lean", &other]) > 1, "another toolchain");
    }
    write("lakefile.toml", "name = 'a'\n");
    write("lake-manifest.json", "{}");
    assert!(tried(&["--lean", "lean --server"]) > 1, "another manifest");
    assert_eq!(tried(&["--lean", "lean --server"]), 1);

    let output = run(folder, "cache", &["export", "--jsonl"]);
    let rows = String::from_utf8(output.stdout).expect("UTF-8");
    let first: Value = serde_json::from_str(rows.lines().next().expect("a row")).expect("JSON");
    assert_eq!(first["context"], format!("theorem a {}", GOAL.trim_end()));
    assert_eq!(first["engine"], "tactics");
    assert!(
        first["goal"]
            .as_str()
            .expect("a goal")
            .ends_with("⊢ a - b + b = a")
    );
}

#[test]
fn two_lines_below() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("kept");
    let uri = format!("file://{}/Main.lean", folder.path().display());
    let text = format!("theorem first {GOAL}\ntheorem second {GOAL}");
    // Which proof is the first to be found depends on the machine, and some can be made shorter.
    let project = folder.path().join(".unsorry.toml");
    std::fs::write(project, "[search]\npolish = '0s'\n").expect("written");
    let mut editor = Editor::with_cache(folder.path(), &cache);
    editor.open(&uri, &text);
    for _ in 0..2 {
        let words = editor.prove(&uri, 0);
        assert!(words.starts_with("proved with"), "{words}");
    }
    assert_eq!(editor.problems(&uri), [""; 0]);
    // With the second hole open again, it says what it took.
    let (upto, _) = editor.text(&uri).rsplit_once("second").expect("a theorem");
    let again = format!("{upto}second {GOAL}");
    editor.set(&uri, &again);
    let hole = editor.hole(&uri, 0);
    let hover = editor.hover(&uri, &hole);
    assert!(
        hover.contains("1 proof verified; 1 candidate tried"),
        "{hover}"
    );
    assert_eq!(editor.quit(), Some(0));

    // A later session knows it as well.
    let mut editor = Editor::with_cache(folder.path(), &cache);
    editor.open(&uri, &again);
    editor.prove(&uri, 0);
    editor.set(&uri, &again);
    let hover = editor.hover(&uri, &json!(hole));
    assert!(hover.contains("1 candidate tried"), "{hover}");
    editor.quit();
}
