//! `unsorry.status`, answered when there is news.

use serde_json::{Value, json};

use super::editor::{Editor, MAIN};
use super::prover::{Scripted, candidate};

#[tokio::test(start_paused = true)]
async fn the_status_tells_news() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, "theorem t : easy := by\n  sorry\n").await;
    let now = editor.command("unsorry.status", json!([])).await;
    assert_eq!(now["engines"], json!(["tactics"]));
    assert_eq!(now["available"], json!(["tactics"]));
    assert_eq!(now["documents"], json!([MAIN]));
    assert_eq!(
        (&now["jobs"], &now["complaint"]),
        (&json!([]), &Value::Null)
    );
    let since = json!({"command": "unsorry.status", "arguments": [{"since": now["revision"]}]});
    let news = editor.ask("workspace/executeCommand", since);
    // The question waits, and holds up nothing.
    editor.start_job(MAIN, 0).await;
    let begun = editor.answer(&news).await["result"].clone();
    assert_eq!(begun["jobs"][0]["uri"], MAIN, "{begun}");
    assert_eq!(begun["jobs"][0]["holes"], 1, "{begun}");
    editor.settle().await;
    held.propose(&candidate("right"));
    let mut seen = begun;
    while seen["jobs"] != json!([]) {
        assert_ne!(seen["jobs"][0]["message"], "", "{seen}");
        let since = json!([{"since": seen["revision"]}]);
        seen = editor.command("unsorry.status", since).await;
    }
    let last = &seen["last"];
    assert_eq!(
        (last["job"].is_u64(), &last["uri"], &last["proved"]),
        (true, &json!(MAIN), &json!(1)),
        "{seen}"
    );
    let message = last["message"].as_str().expect("a sentence");
    assert!(message.starts_with("proved with"), "{seen}");
    editor.finished(1).await;
    // Who does not want to wait any more is answered.
    let since = json!({"command": "unsorry.status", "arguments": [{"since": seen["revision"]}]});
    let news = editor.ask("workspace/executeCommand", since);
    editor.notify("$/cancelRequest", json!({"id": news}));
    let answer = editor.answer(&news).await;
    assert_eq!(answer["error"]["code"], -32800, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn without_news_the_answer_comes_after_a_while() {
    let mut editor = Editor::start(Scripted::of_easy_goals(), "").await;
    let now = editor.command("unsorry.status", json!([])).await;
    let start = tokio::time::Instant::now();
    let since = json!([{"since": now["revision"]}]);
    let later = editor.command("unsorry.status", since).await;
    assert_eq!(later, now);
    assert_eq!(start.elapsed().as_secs(), 30);
}
