//! More at once than anybody asks for.

use std::time::Duration;

use serde_json::json;
use unsorry_tests::editor::Editor;

use crate::serve::with;

/// Jobs at once; `UNSORRY_TEST_JOBS` says how many.
fn many() -> usize {
    let jobs = std::env::var("UNSORRY_TEST_JOBS").ok();
    jobs.and_then(|jobs| jobs.parse().ok()).unwrap_or(8)
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
