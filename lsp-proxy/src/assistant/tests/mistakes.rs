//! The answers to requests that make no sense.

use serde_json::{Value, json};

use super::editor::{Editor, MAIN};
use super::prover::Scripted;

#[tokio::test(start_paused = true)]
async fn commands_that_make_no_sense_are_refused() {
    let text = "theorem t : 1 = 1 := by sorry\n";
    let mut editor = Editor::start(Scripted::of_easy_goals(), text).await;
    let mut fails = async |command: &str, arguments: Value, part: &str| {
        let params = json!({"command": command, "arguments": arguments});
        let answer = editor.request("workspace/executeCommand", params).await;
        let message = answer["error"]["message"].as_str();
        let message = message.unwrap_or_else(|| panic!("no error: {answer}"));
        assert!(message.contains(part), "{message}");
    };
    fails("unsorry.fly", json!([MAIN]), "unsorry.prove").await;
    fails("unsorry.prove", json!([]), "URI").await;
    fails("unsorry.prove", json!(["file:///none.lean"]), "is it open").await;
    let start = json!({"line": 0, "character": 0});
    fails(
        "unsorry.prove",
        json!([MAIN, start]),
        "no sorry at this position",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_document_whose_change_cannot_be_read_is_left_alone() {
    let text = "theorem t : 1 = 1 := by sorry\n";
    let mut editor = Editor::start(Scripted::of_easy_goals(), text).await;
    // Lean reads half a character; we do not.
    let change = format!(
        r#"{{"jsonrpc":"2.0","method":"textDocument/didChange","params":{{"textDocument":{{"uri":"{MAIN}","version":2}},"contentChanges":[{{"text":"\ud800"}}]}}}}"#
    );
    editor.say_body(change.as_bytes());
    let status = editor.command("unsorry.status", json!([])).await;
    assert_eq!(status["documents"], json!([]), "{status}");
    let at = editor.hole(MAIN, 0);
    assert_eq!(editor.titles(MAIN, &at).await, [""; 0]);
    editor.open(MAIN, text);
    assert_eq!(editor.titles(MAIN, &at).await[0], "Prove this sorry");
}
