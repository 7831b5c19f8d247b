//! Settings of the editor's hold from the next job on.

use serde_json::json;

use super::editor::{Editor, MAIN};
use super::prover::Scripted;

#[tokio::test(start_paused = true)]
async fn settings_hold_from_the_next_job_on() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, "theorem t : hard := by\n  sorry\n").await;
    let wrong = json!({"command": "unsorry.settings", "arguments": [{"local": {"model": "/a"}}]});
    let answer = editor.request("workspace/executeCommand", wrong).await;
    assert!(
        answer["error"].to_string().contains("`local.model`"),
        "{answer}"
    );
    let budget = json!([{"search": {"budget": "1s"}}]);
    editor.command("unsorry.settings", budget).await;
    let words = editor.prove(MAIN, 0).await;
    assert!(
        words.contains("no proof found within the budget"),
        "{words}"
    );
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    // As editors do that know nothing of our commands.
    let settings = json!({"unsorry": {"search": {"engines": ["remote"]}}, "other": 1});
    editor.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": settings}),
    );
    let warned = editor.message().await;
    assert!(
        warned.contains("keeps its settings") && warned.contains("has no endpoint"),
        "{warned}"
    );
    let again = json!({"settings": {"unsorry": null}});
    editor.notify("workspace/didChangeConfiguration", again);
    // Every job stops at once.
    editor.start_job(MAIN, 0).await;
    editor.settle().await;
    assert_eq!(held.listeners(), 1);
    editor.command("unsorry.stop", json!([])).await;
    let status = editor.command("unsorry.status", json!([])).await;
    assert_eq!(status["jobs"], json!([]), "{status}");
    assert_eq!(editor.finished(1).await, ["stopped"]);
}
