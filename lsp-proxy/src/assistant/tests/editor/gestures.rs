//! What a user does in the editor, and sees.

use std::sync::PoisonError;

use serde_json::{Value, json};
use unsorry_syntax::{LineIndex, Position};

use super::Editor;

impl Editor {
    /// Opens a document.
    pub fn open(&mut self, uri: &str, text: &str) {
        self.put(uri, text.to_owned());
        let item =
            json!({"uri": uri, "languageId": "lean4", "version": self.versions[uri], "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": item}));
    }

    /// Types `text` over the first place that reads `old`.
    pub fn replace(&mut self, uri: &str, old: &str, text: &str) {
        let now = self.text(uri);
        let at = now.find(old).expect("the old text is there");
        let range = LineIndex::new(&now).positions(&(at..at + old.len()));
        let range = json!({"start": place(range.start), "end": place(range.end)});
        self.edit(uri, &range, text);
    }

    fn edit(&mut self, uri: &str, range: &Value, text: &str) {
        let mut now = self.text(uri);
        let lines = LineIndex::new(&now);
        let offset = |place: &Value| {
            lines.offset(serde_json::from_value(place.clone()).expect("a position"))
        };
        now.replace_range(offset(&range["start"])..offset(&range["end"]), text);
        self.put(uri, now);
        self.changed(uri, json!({"range": range, "text": text}));
    }

    fn put(&mut self, uri: &str, text: String) {
        *self.versions.entry(uri.to_owned()).or_default() += 1;
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.insert(uri.to_owned(), text);
    }

    fn changed(&mut self, uri: &str, change: Value) {
        let document = json!({"uri": uri, "version": self.versions[uri]});
        let params = json!({"textDocument": document, "contentChanges": [change]});
        self.notify("textDocument/didChange", params);
    }

    /// Applies a workspace edit as an editor does: one version, all or nothing.
    pub(super) fn apply(&mut self, edit: &Value) -> Value {
        let change = &edit["documentChanges"][0];
        let uri = change["textDocument"]["uri"].as_str().expect("a document");
        if change["textDocument"]["version"].as_i64() != Some(self.versions[uri]) {
            return json!({"applied": false, "failureReason": "another version"});
        }
        for edit in change["edits"].as_array().expect("edits") {
            let text = edit["newText"].as_str().expect("text");
            self.edit(uri, &edit["range"], text);
        }
        json!({"applied": true})
    }

    /// Closes a document.
    pub fn close(&mut self, uri: &str) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.remove(uri);
        drop(texts);
        self.notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri}}),
        );
    }

    /// Returns a document's text.
    pub fn text(&self, uri: &str) -> String {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts[uri].clone()
    }

    /// Returns where the `n`th `sorry` is, from 0.
    pub fn hole(&self, uri: &str, n: usize) -> Value {
        let text = self.text(uri);
        let (at, _) = text.match_indices("sorry").nth(n).expect("so many holes");
        place(LineIndex::new(&text).position(at))
    }

    /// Returns the code actions at a position.
    pub async fn actions(&mut self, uri: &str, at: &Value) -> Vec<Value> {
        self.actions_of(uri, at, &json!({"diagnostics": []})).await
    }

    /// Returns the code actions at a position in a `context`.
    pub async fn actions_of(&mut self, uri: &str, at: &Value, context: &Value) -> Vec<Value> {
        let params = json!({
            "textDocument": {"uri": uri},
            "range": {"start": at, "end": at},
            "context": context,
        });
        let answer = self.request("textDocument/codeAction", params).await;
        let actions = answer["result"].as_array().cloned();
        actions.unwrap_or_else(|| panic!("no actions: {answer}"))
    }

    /// Returns the titles of the actions at a position.
    pub async fn titles(&mut self, uri: &str, at: &Value) -> Vec<String> {
        let actions = self.actions(uri, at).await;
        let title = |action: &Value| action["title"].as_str().expect("a title").to_owned();
        actions.iter().map(title).collect()
    }

    /// Chooses the action with this title at a position, as a user does.
    pub async fn choose(&mut self, uri: &str, at: &Value, title: &str) {
        let actions = self.actions(uri, at).await;
        let action = actions.iter().find(|action| action["title"] == title);
        let action = action.unwrap_or_else(|| panic!("no `{title}` among {actions:?}"));
        if !action["edit"].is_null() {
            assert_eq!(self.apply(&action["edit"]), json!({"applied": true}));
        }
        if !action["command"].is_null() {
            let command = action["command"].clone();
            let answer = self.request("workspace/executeCommand", command).await;
            assert!(answer.get("error").is_none(), "{answer}");
        }
    }

    /// Starts a job on the `n`th hole by its command.
    pub async fn start_job(&mut self, uri: &str, n: usize) {
        let at = self.hole(uri, n);
        self.command("unsorry.prove", json!([uri, at])).await;
    }

    /// Waits until as many jobs have ended as have begun, at least `jobs`, and gives their last words.
    pub async fn finished(&mut self, jobs: usize) -> Vec<String> {
        self.until("the end of the job", |editor| {
            let of = |kind: &str| {
                let progress = editor.progress.iter();
                progress.filter(|(_, value)| value["kind"] == kind).count()
            };
            (of("end") >= jobs && of("end") == of("begin")).then_some(())
        })
        .await;
        let progress = std::mem::take(&mut self.progress).into_iter();
        let ends = progress.filter(|(_, value)| value["kind"] == "end");
        let words = ends.map(|(_, value)| value["message"].as_str().expect("words").to_owned());
        words.collect()
    }

    /// Proves the `n`th hole through its code action, and gives the job's last words.
    pub async fn prove(&mut self, uri: &str, n: usize) -> String {
        let at = self.hole(uri, n);
        self.choose(uri, &at, "Prove this sorry").await;
        self.finished(1).await.remove(0)
    }

    /// Waits for the next message that is shown.
    pub async fn message(&mut self) -> String {
        self.until("a message", |editor| {
            (!editor.shown.is_empty()).then(|| editor.shown.remove(0))
        })
        .await
    }

    /// Returns what the hover at a position says, but for how long a search took.
    pub async fn hover(&mut self, uri: &str, at: &Value) -> String {
        let params = json!({"textDocument": {"uri": uri}, "position": at});
        let answer = self.request("textDocument/hover", params).await;
        let text = answer["result"]["contents"]["value"].as_str();
        timeless(text.unwrap_or_default())
    }

    /// Returns the completions at a position.
    pub async fn completions(&mut self, uri: &str, at: &Value) -> Vec<Value> {
        let params = json!({"textDocument": {"uri": uri}, "position": at});
        let answer = self.request("textDocument/completion", params).await;
        answer["result"]["items"].as_array().expect("items").clone()
    }
}

/// Returns `text` with `…` in the place of the seconds that a search took: those are the machine's.
fn timeless(text: &str) -> String {
    let Some((before, after)) = text.split_once(" tried in ") else {
        return text.to_owned();
    };
    let seconds = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    format!("{before} tried in …{seconds}")
}

/// A position as JSON.
fn place(position: Position) -> Value {
    json!({"line": position.line, "character": position.character})
}
