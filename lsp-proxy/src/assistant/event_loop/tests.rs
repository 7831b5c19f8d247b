//! Merged requests, with the relay's part played by the test.

use std::io::{self, Write};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use unsorry_search::command::LeanCommand;
use unsorry_wire::envelope::Id;

use super::super::Configured;
use super::*;
use crate::config::Config;
use crate::proxy::Output;
use crate::proxy::merges::Answered;
use crate::proxy::route::Merged;

const URI: &str = "file:///a.lean";

/// Two holes, in declarations of their own.
const TEXT: &str = "theorem a : True := by sorry\n\ntheorem b : True := by sorry\n";

/// Gives on each message that is written to it.
struct Told(UnboundedSender<Value>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let body = String::from_utf8_lossy(bytes);
        let body = body.split_once("\r\n\r\n").expect("a whole message").1;
        let _ = self.0.send(serde_json::from_str(body).expect("JSON"));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An assistant, told of what the test says, and what it says to both sides.
struct Bench {
    events: UnboundedSender<Event>,
    merges: Arc<Merges>,
    to_editor: Injector,
    editor: UnboundedReceiver<Value>,
    lean: UnboundedReceiver<Value>,
}

impl Bench {
    /// A bench with [`TEXT`] open. What is said before the first await is all there when the assistant
    /// begins.
    fn new() -> Bench {
        let (events, mut heard) = unbounded_channel();
        let side = || {
            let (told, side) = unbounded_channel();
            let output = Arc::new(Output::new(Told(told)));
            (Injector::new(output).expect("a thread"), side)
        };
        let ((to_editor, editor), (to_lean, lean)) = (side(), side());
        let merges = Arc::new(Merges::default());
        let settings = Settings::start(|| {
            let command = LeanCommand::resolve(&[], "/".as_ref());
            Configured::new((Config::default(), None), &[], None, command, "/".into())
        });
        let setup = Setup {
            session: "unsorry:1:".into(),
            settings,
            merges: merges.clone(),
            to_editor: to_editor.clone(),
            to_lean,
        };
        tokio::spawn(async move { run(setup, &mut heard).await });
        let bench = Bench {
            events,
            merges,
            to_editor,
            editor,
            lean,
        };
        let literals = json!({"codeActionKind": {"valueSet": []}});
        let code_action = json!({"codeActionLiteralSupport": literals});
        let capabilities = json!({"textDocument": {"codeAction": code_action}});
        bench.asks(
            "i",
            Merged::Initialize,
            json!({"capabilities": capabilities}),
        );
        let document = json!({"uri": URI, "languageId": "lean4", "version": 1, "text": TEXT});
        bench.tells("textDocument/didOpen", json!({"textDocument": document}));
        bench
    }

    fn tells(&self, method: &str, params: Value) {
        let body = json!({"jsonrpc": "2.0", "method": method, "params": params});
        let event = Event::FromEditor(Message::new(body.to_string().as_bytes()));
        self.events.send(event).expect("it listens");
    }

    fn asks(&self, id: &str, merged: Merged, params: Value) {
        let method = match merged {
            Merged::Initialize => "initialize",
            Merged::CodeAction => "textDocument/codeAction",
            Merged::Completion => "textDocument/completion",
            Merged::Hover => "textDocument/hover",
        };
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let ticket = self.merges.expect(Id::String(id.to_owned()), merged);
        let message = Message::new(body.to_string().as_bytes());
        let event = Event::Merge(ticket.expect("a new id"), message);
        self.events.send(event).expect("it listens");
    }

    /// The editor looks at the hole of a line.
    fn hovers(&self, id: &str, line: u32) {
        let position = json!({"line": line, "character": 23});
        let params = json!({"textDocument": {"uri": URI}, "position": position});
        self.asks(id, Merged::Hover, params);
    }

    fn asks_for_actions(&self, id: &str, line: u32) {
        let position = json!({"line": line, "character": 23});
        let range = json!({"start": position, "end": position});
        let context = json!({"diagnostics": []});
        let params = json!({"textDocument": {"uri": URI}, "range": range, "context": context});
        self.asks(id, Merged::CodeAction, params);
    }

    /// Has Lean answer the editor's request. Its answer is then held, or goes with ours.
    fn lean_answers(&self, id: &str, result: Value) {
        let body = json!({"jsonrpc": "2.0", "id": id, "result": result});
        let message = || Message::new(body.to_string().as_bytes());
        let id = Id::String(id.to_owned());
        match self.merges.lean_answered(&id, false, message) {
            Answered::Merged(message) => self.to_editor.send(&message),
            Answered::Held(_) => {}
            Answered::Alone => panic!("it is merged"),
        }
    }

    /// Returns our next question to Lean: its id, and the line that it is about.
    async fn question(&mut self, method: &str) -> (String, u64) {
        let asked = self.lean.recv().await.expect("it runs");
        assert_eq!(asked["method"], method);
        let line = asked["params"]["position"]["line"].as_u64();
        let id = asked["id"].as_str().expect("our ids are strings");
        (id.to_owned(), line.expect("a line"))
    }

    /// Checks that Lean is asked about the hole of a line, and about no other before.
    async fn is_asked_about(&mut self, line: u64) -> [String; 2] {
        let (tactic, first) = self.question("$/lean/plainGoal").await;
        let (term, second) = self.question("$/lean/plainTermGoal").await;
        assert_eq!((first, second), (line, line));
        [tactic, term]
    }

    /// Has Lean answer that there are no goals for what it was asked.
    fn has_no_goals(&self, questions: [String; 2]) {
        for id in questions {
            let body = json!({"jsonrpc": "2.0", "id": id, "result": null});
            let answer = Message::new(body.to_string().as_bytes());
            let event = Event::FromLean(id, answer);
            self.events.send(event).expect("it listens");
        }
    }

    /// The next answer to the editor, which is to this request.
    async fn answer(&mut self, id: &str) -> Value {
        let mut answer = self.editor.recv().await.expect("it runs");
        assert_eq!(answer["id"], id, "{answer}");
        answer["result"].take()
    }
}

#[tokio::test]
async fn a_request_is_answered_for_the_text_that_it_was_asked_about() {
    let mut bench = Bench::new();
    bench.asks_for_actions("1", 2);
    let document = json!({"uri": URI, "version": 2});
    let change = json!({"text": "-- nothing to prove\n"});
    bench.tells(
        "textDocument/didChange",
        json!({"textDocument": document, "contentChanges": [change]}),
    );
    bench.lean_answers("1", json!([]));
    let questions = bench.is_asked_about(2).await;
    bench.has_no_goals(questions);
    let actions = bench.answer("1").await.to_string();
    assert!(actions.contains("Prove this sorry"), "{actions}");
}

#[tokio::test]
async fn a_cancelled_request_gets_leans_own_answer() {
    let mut bench = Bench::new();
    bench.hovers("1", 0);
    bench.hovers("2", 0);
    bench.is_asked_about(0).await;
    // Before Lean has answered, and while its answer is held.
    bench.tells("$/cancelRequest", json!({"id": "1"}));
    bench.lean_answers("2", json!({"contents": "Lean's"}));
    bench.tells("$/cancelRequest", json!({"id": "2"}));
    assert_eq!(bench.answer("2").await, json!({"contents": "Lean's"}));
    bench.lean_answers("1", Value::Null);
    assert_eq!(bench.answer("1").await, Value::Null);
}

#[tokio::test]
async fn lean_is_asked_once_about_a_hole_of_a_text() {
    let mut bench = Bench::new();
    for (n, line) in [(1, 0), (2, 2)] {
        let [hover, actions, again] = ["h", "a", "x"].map(|what| format!("{what}{n}"));
        bench.hovers(&hover, line);
        bench.asks_for_actions(&actions, line);
        bench.lean_answers(&hover, Value::Null);
        bench.lean_answers(&actions, json!([]));
        let questions = bench.is_asked_about(u64::from(line)).await;
        bench.has_no_goals(questions);
        let mut answers = [bench.editor.recv().await, bench.editor.recv().await];
        answers.sort_by_key(|answer| answer.as_ref().map(|answer| answer["id"].to_string()));
        let [Some(of_actions), Some(of_hover)] = answers else {
            panic!("it runs");
        };
        let (of_actions, of_hover) = (of_actions.to_string(), of_hover.to_string());
        assert!(!of_actions.contains("Prove this sorry"), "{of_actions}");
        assert!(of_hover.contains("is not elaborated"), "{of_hover}");
        // The cursor moves within the hole.
        bench.hovers(&again, line);
        bench.lean_answers(&again, Value::Null);
        let hover = bench.answer(&again).await.to_string();
        assert!(hover.contains("is not elaborated"), "{hover}");
    }
    // Another text is another question.
    let document = json!({"uri": URI, "version": 2});
    let change = json!({"text": format!("-- ∀\n{TEXT}")});
    bench.tells(
        "textDocument/didChange",
        json!({"textDocument": document, "contentChanges": [change]}),
    );
    bench.hovers("last", 1);
    bench.is_asked_about(1).await;
}

#[tokio::test]
async fn what_is_due_goes_without_leans_goals() {
    let mut bench = Bench::new();
    let id = Id::String("1".to_owned());
    let ticket = bench.merges.expect(id, Merged::Hover).expect("a new id");
    let position = json!({"line": 0, "character": 23});
    let params = json!({"textDocument": {"uri": URI}, "position": position});
    let body =
        json!({"jsonrpc": "2.0", "id": "1", "method": "textDocument/hover", "params": params});
    let message = Message::new(body.to_string().as_bytes());
    for event in [Event::Merge(ticket.clone(), message), Event::Due(ticket)] {
        bench.events.send(event).expect("it listens");
    }
    bench.lean_answers("1", Value::Null);
    let hover = bench.answer("1").await.to_string();
    assert!(hover.contains("**unsorry**"), "{hover}");
}
