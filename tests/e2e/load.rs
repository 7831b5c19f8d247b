//! More at once than anybody asks for.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;
use unsorry_tests::editor::Editor;

use crate::serve::with;

/// A number that the environment may set.
fn set(name: &str, otherwise: usize) -> usize {
    let value = std::env::var(name).ok();
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or(otherwise)
}

/// Jobs at once; `UNSORRY_TEST_JOBS` says how many.
fn many() -> usize {
    set("UNSORRY_TEST_JOBS", 8)
}

fn prove(editor: &mut Editor, uri: &str, hole: usize) {
    let at = editor.hole(uri, hole);
    let prove = json!({"command": "unsorry.prove", "arguments": [uri, at]});
    let answer = editor.request("workspace/executeCommand", prove);
    assert!(answer.get("error").is_none(), "{answer}");
}

#[test]
fn many_jobs_at_once() {
    let text: String = (0..many())
        .map(|n| format!("theorem t{n} (a b : Nat) (h : a + {n} < b) : ¬ b ≤ a := by\n  sorry\n\n"))
        .collect();
    with(&text, |editor, uri| {
        for hole in 0..many() {
            prove(editor, uri, hole);
        }
        let status = json!({"command": "unsorry.status", "arguments": []});
        let status = editor.request("workspace/executeCommand", status)["result"].to_string();
        assert!(status.contains("waiting for other searches"), "{status}");
        let words = editor.finished(many());
        let proved = |words: &&String| words.starts_with("proved with");
        assert_eq!(words.iter().filter(proved).count(), many(), "{words:?}");
        assert_eq!(editor.problems(uri), [""; 0]);
    });
}

/// Thirty keys a second, before or behind the hole, until long after a proof was found.
#[test]
fn typing_while_a_job_runs() {
    let theorem = "theorem t (a b : Nat) (h : a < b) : ¬ b ≤ a := by\n  sorry\n";
    for (text, place) in [
        (format!("-- here\n{theorem}"), "before"),
        (format!("{theorem}-- here\n"), "behind"),
    ] {
        with(&text, |editor, uri| {
            prove(editor, uri, 0);
            for _ in 0..150 {
                editor.replace(uri, "here", "xhere");
                editor.idle(Duration::from_millis(33));
            }
            let words = editor.finished(1).remove(0);
            assert!(words.starts_with("proved with"), "{place}: {words}");
            let typed = format!("-- {}here\n", "x".repeat(150));
            assert!(editor.text(uri).contains(&typed), "{}", editor.text(uri));
            assert_eq!(editor.problems(uri), [""; 0], "{}", editor.text(uri));
        });
    }
}

/// Every hole of a long file, one for each forty lines; `UNSORRY_TEST_HOLES` says how many. Somebody types
/// behind them.
#[test]
fn a_long_file() {
    let holes = set("UNSORRY_TEST_HOLES", 6).max(1);
    let patience = Duration::from_secs(60 * holes as u64);
    let mut text = String::new();
    for n in 0..holes {
        for step in 0..35 {
            let _ = writeln!(
                text,
                "theorem u{n}_{step} (a : Nat) : a + {step} = {step} + a := by omega"
            );
        }
        let _ = writeln!(
            text,
            "theorem t{n} (a b : Nat) (h : a + {n} < b) : a < b := by\n  sorry\n\n"
        );
    }
    text += "-- here\n";
    with(&text, |editor, uri| {
        let start = Instant::now();
        let all = json!({"command": "unsorry.proveAll", "arguments": [uri]});
        let answer = editor.request("workspace/executeCommand", all);
        assert!(answer.get("error").is_none(), "{answer}");
        let (mut tenth, mut typed) = (0, 0);
        while !editor
            .progress
            .iter()
            .any(|(_, value)| value["kind"] == "end")
        {
            assert!(start.elapsed() < patience, "{:?}", editor.progress.last());
            editor.idle(Duration::from_millis(500));
            editor.replace(uri, "here", "xhere");
            typed += 1;
            let left = editor.text(uri).matches("sorry").count();
            if 10 * (holes - left) / holes > tenth {
                tenth = 10 * (holes - left) / holes;
                println!("{} proved after {:.1?}", holes - left, start.elapsed());
            }
        }
        let words = editor.finished(1);
        assert_eq!(words, [format!("{holes} of {holes} proved")]);
        assert!(
            editor
                .text(uri)
                .ends_with(&format!("-- {}here\n", "x".repeat(typed)))
        );
        assert_eq!(editor.problems(uri), [""; 0]);
    });
}
