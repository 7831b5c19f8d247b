//! A session with the real Lean, with unsorry between and without: the editor sees the same.

use std::collections::{BTreeMap, HashSet};
use std::thread;

use serde_json::{Value, json};
use unsorry_tests::relay::Relay;

const URI: &str = "file:///tmp/unsorry-relay-test/Session.lean";

const TEXT: &str = "\
/-- Twice a number. -/
def twice (n : Nat) : Nat := n + n

theorem twice_pos (n : Nat) (h : 0 < n) : 0 < twice n := by
  unfold twice
  omega

theorem add_swap (a b : Nat) : a + b = b + a := by
  sorry

theorem wrong : twice 1 = 3 := by
  rfl

example : twice 2 = 4 := sorry

-- 𝔸 and then π
#check twice
example : Nat := Nat.su
";

/// The messages that an editor has seen in a session.
#[derive(Default)]
struct Seen {
    /// The bodies of the responses, by what was asked.
    answers: BTreeMap<&'static str, String>,
    /// The last diagnostics of each version.
    diagnostics: BTreeMap<i64, Vec<String>>,
    /// The methods of Lean's notifications and requests.
    told: HashSet<String>,
    exit: Option<i32>,
    errors: String,
}

struct Editor {
    relay: Relay,
    seen: Seen,
}

impl Editor {
    fn tell(&mut self, method: &str, params: Value) {
        let body = json!({"jsonrpc": "2.0", "method": method, "params": params});
        self.relay.say(body.to_string());
    }

    /// Sends a request; `name` is its id, and tells it from others with the same method.
    fn ask(&mut self, name: &'static str, method: &str, params: Value) {
        let body = json!({"jsonrpc": "2.0", "id": name, "method": method, "params": params});
        self.relay.say(body.to_string());
    }

    /// Sends a request and handles what comes, to its answer.
    fn request(&mut self, name: &'static str, method: &str, params: Value) {
        self.ask(name, method, params);
        self.wait(name);
    }

    fn wait(&mut self, name: &'static str) {
        loop {
            let body = self.relay.message();
            let message: Value = serde_json::from_str(&body).expect("JSON");
            let Some(method) = message["method"].as_str() else {
                assert_eq!(
                    message["id"], name,
                    "another answer, or a second one: {body}"
                );
                let again = self.seen.answers.insert(name, body);
                assert_eq!(again, None);
                return;
            };
            // Whether Lean asks for that depends on how long it took.
            if !method.ends_with("/refresh") {
                self.seen.told.insert(method.to_owned());
            }
            if let Some(id) = message.get("id") {
                assert!(!id.to_string().contains("unsorry"), "{body}");
                let answer = json!({"jsonrpc": "2.0", "id": id, "result": null});
                self.relay.say(answer.to_string());
            }
            if method == "textDocument/publishDiagnostics" {
                let params = &message["params"];
                assert_eq!(params["uri"], URI);
                let version = params["version"].as_i64().unwrap_or(-1);
                let diagnostics = params["diagnostics"].as_array().expect("a list");
                // Their order is that in which Lean got to know them.
                let mut diagnostics: Vec<_> = diagnostics.iter().map(Value::to_string).collect();
                diagnostics.sort();
                self.seen.diagnostics.insert(version, diagnostics);
            }
        }
    }

    /// Types `text` over the first `old`.
    fn edit(&mut self, version: i64, line: u32, columns: (u32, u32), text: &str) {
        let range = json!({"start": {"line": line, "character": columns.0}, "end": {"line": line, "character": columns.1}});
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": [{"range": range, "text": text}]}),
        );
    }
}

/// Asks anything that an editor asks, in an order that leaves Lean no choice.
fn session(relay: Relay) -> Seen {
    let mut editor = Editor {
        relay,
        seen: Seen::default(),
    };
    let document = json!({"uri": URI});
    let of_document = json!({"textDocument": document});
    let at = |line: u32, character: u32| json!({"textDocument": {"uri": URI}, "position": {"line": line, "character": character}});
    let actions = |line: u32, character: u32| {
        let position = json!({"line": line, "character": character});
        json!({"textDocument": {"uri": URI}, "range": {"start": position, "end": position}, "context": {"diagnostics": []}})
    };

    editor.request(
        "initialize",
        "initialize",
        json!({"processId": null, "rootUri": null, "clientInfo": {"name": "test"}, "capabilities": {
            "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}},
            "lean": {"silentDiagnosticSupport": true}}}),
    );
    editor.tell("initialized", json!({}));
    editor.tell(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": URI, "languageId": "lean4", "version": 1, "text": TEXT}}),
    );
    editor.request(
        "diagnostics 1",
        "textDocument/waitForDiagnostics",
        json!({"uri": URI, "version": 1}),
    );
    editor.request("hover", "textDocument/hover", at(3, 47));
    editor.request("hover on nothing", "textDocument/hover", at(2, 0));
    editor.request("definition", "textDocument/definition", at(3, 47));
    editor.request(
        "symbols",
        "textDocument/documentSymbol",
        of_document.clone(),
    );
    editor.request(
        "tokens",
        "textDocument/semanticTokens/full",
        of_document.clone(),
    );
    editor.request("folds", "textDocument/foldingRange", of_document.clone());
    editor.request("highlight", "textDocument/documentHighlight", at(1, 5));
    editor.request("completion", "textDocument/completion", at(16, 23));
    editor.request("goal", "$/lean/plainGoal", at(5, 2));
    editor.request("goal at a hole", "$/lean/plainGoal", at(8, 2));
    editor.request("term goal", "$/lean/plainTermGoal", at(13, 25));
    editor.request("actions", "textDocument/codeAction", actions(2, 0));
    editor.request("unknown method", "textDocument/notAMethod", at(0, 0));
    editor.request("unknown document", "textDocument/definition", json!({"textDocument": {"uri": "file:///none.lean"}, "position": {"line": 0, "character": 0}}));
    // `wrong` becomes right, and lines move.
    editor.edit(2, 10, (26, 27), "2");
    editor.request(
        "diagnostics 2",
        "textDocument/waitForDiagnostics",
        json!({"uri": URI, "version": 2}),
    );
    editor.edit(3, 0, (0, 0), "-- 𝔸 line\n\n");
    editor.request(
        "diagnostics 3",
        "textDocument/waitForDiagnostics",
        json!({"uri": URI, "version": 3}),
    );
    editor.request(
        "definition after the edits",
        "textDocument/definition",
        at(5, 47),
    );
    editor.request("hover after the edits", "textDocument/hover", at(5, 47));
    // What is cancelled is answered too, one way or the other.
    editor.ask("cancelled", "textDocument/hover", at(5, 47));
    editor.tell("$/cancelRequest", json!({"id": "cancelled"}));
    editor.wait("cancelled");
    editor.tell("$/cancelRequest", json!({"id": "nobody knows"}));
    editor.request(
        "tokens after the edits",
        "textDocument/semanticTokens/full",
        of_document,
    );
    editor.request("shutdown", "shutdown", Value::Null);
    editor.tell("exit", json!({}));
    let ended = editor.relay.ended();
    editor.seen.exit = ended.status.code();
    editor.seen.errors = ended.errors;
    editor.seen
}

/// The answers to `initialize` without what unsorry adds.
fn without_ours(answer: &str) -> Value {
    let mut answer: Value = serde_json::from_str(answer).expect("JSON");
    let capabilities = &mut answer["result"]["capabilities"];
    let ours = capabilities
        .as_object_mut()
        .expect("an object")
        .remove("executeCommandProvider");
    assert!(ours.is_some_and(|ours| ours.to_string().contains("unsorry.prove.")));
    let kinds = capabilities["codeActionProvider"]["codeActionKinds"]
        .as_array_mut()
        .expect("kinds");
    kinds.retain(|kind| kind != "source.unsorry");
    answer
}

#[test]
fn a_session_is_the_same_with_unsorry_between() {
    let lean = ["lean", "--server"];
    let direct = thread::spawn(move || session(Relay::without(&lean)));
    let relayed = session(Relay::start(&lean));
    let mut direct = direct.join().expect("Lean itself works");

    // Without errors and proofs on both sides the rest would say little.
    assert_eq!(
        direct.diagnostics.keys().copied().collect::<Vec<_>>(),
        [1, 2, 3]
    );
    let first = direct.diagnostics[&1].concat();
    assert!(
        first.contains("sorry") && first.contains("\"severity\":1"),
        "{first}"
    );

    for (name, answer) in &relayed.answers {
        let direct = direct.answers.remove(name).expect("the same questions");
        match *name {
            "initialize" => {
                let direct: Value = serde_json::from_str(&direct).expect("JSON");
                assert_eq!(without_ours(answer), direct);
            }
            "actions" => {
                let direct: Value = serde_json::from_str(&direct).expect("JSON");
                let mut answer: Value = serde_json::from_str(answer).expect("JSON");
                let actions = answer["result"].as_array_mut().expect("a list");
                let ours = actions.pop().expect("ours is the last");
                assert_eq!(ours["title"], "Prove every sorry in this file");
                assert_eq!(answer, direct);
            }
            "cancelled" => {}
            _ => assert_eq!(*answer, direct, "{name}"),
        }
    }
    assert_eq!(relayed.diagnostics, direct.diagnostics);
    assert_eq!(relayed.told, direct.told);
    assert_eq!(relayed.exit, direct.exit);
    assert_eq!(relayed.exit, Some(0));
    assert_eq!(relayed.errors, direct.errors);
}
