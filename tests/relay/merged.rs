//! Requests that Lean and unsorry answer together, with a Lean that says whatever a test wants.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use unsorry_tests::editor::program;
use unsorry_tests::relay::{Puppet, Relay, frame};

const PUPPET: &str = env!("CARGO_BIN_EXE_puppet-lean");

/// The time that unsorry makes Lean's answer wait, and some more.
const LATE: Duration = Duration::from_millis(1000);

const URI: &str = "file:///a.lean";

fn request(id: &str, method: &str, params: &Value) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
}

fn notification(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string()
}

fn at(line: u32, character: u32) -> Value {
    json!({"textDocument": {"uri": URI}, "position": {"line": line, "character": character}})
}

fn actions_at(line: u32, character: u32) -> Value {
    let position = json!({"line": line, "character": character});
    json!({"textDocument": {"uri": URI}, "range": {"start": position, "end": position}, "context": {"diagnostics": []}})
}

/// An editor and a Lean that have been through the beginning of a session.
struct Session {
    editor: Relay,
    lean: Puppet,
}

impl Session {
    fn start() -> Session {
        Self::begin(Puppet::behind_relay(PUPPET))
    }

    fn begin((editor, lean): (Relay, Puppet)) -> Session {
        let mut session = Session { editor, lean };
        let initialize = json!({"processId": null, "rootUri": null, "capabilities": {
            "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}}}});
        session.asks("0", "initialize", &initialize);
        session.lean.answer("0", r#"{"capabilities":{}}"#);
        session.editor.message();
        session.tells("initialized", &json!({}));
        session
    }

    /// A session with this document open.
    fn with(text: &str) -> Session {
        let mut session = Session::start();
        session.opens(text);
        session
    }

    fn opens(&mut self, text: &str) {
        self.tells(
            "textDocument/didOpen",
            &json!({"textDocument": {"uri": URI, "languageId": "lean4", "version": 1, "text": text}}),
        );
    }

    /// The editor asks, and Lean hears it word by word.
    fn asks(&mut self, id: &str, method: &str, params: &Value) {
        let body = request(id, method, params);
        self.editor.say(&body);
        assert_eq!(self.lean.message(), body);
    }

    fn tells(&mut self, method: &str, params: &Value) {
        let body = notification(method, params);
        self.editor.say(&body);
        assert_eq!(self.lean.message(), body);
    }

    /// Checks that nothing else is under way in either direction.
    fn is_quiet(&mut self) {
        assert_eq!(self.editor.received().message_within(LATE), None);
        assert_eq!(self.lean.received().message_within(Duration::ZERO), None);
    }

    /// Checks that Lean is asked for the goals at a hole, which it does not know.
    fn is_asked_for_goals(&mut self) -> [String; 2] {
        ["$/lean/plainGoal", "$/lean/plainTermGoal"].map(|method| {
            let asked = self.lean.value();
            assert_eq!(asked["method"], method);
            let id = asked["id"]
                .as_str()
                .expect("our ids are strings")
                .to_owned();
            assert!(id.starts_with(&self.editor.session()), "{id}");
            Value::from(id).to_string()
        })
    }
}

#[test]
fn leans_own_words_survive_in_a_merged_answer() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    let whole_file = |answer: &str| {
        let position = answer.find(r#""title":"Prove every sorry in this file""#);
        position.unwrap_or_else(|| panic!("ours is missing: {answer}"))
    };
    for (n, (before, after)) in [
        ("[", "]"),
        ("[1", "]"),
        (" [ 1e400 , \"\\ud800\" ", "] "),
        (
            "[{\"title\":\"]\",\"data\":{\"n\":18446744073709551616}},null",
            "]",
        ),
        ("[[[],{}]", "]"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("\"{n}\\u0061\"");
        session.asks(&id, "textDocument/codeAction", &actions_at(0, 0));
        session.lean.say(format!(
            "{{ \"id\":{id} ,\"x\":\"\\ud800\",\"result\":{before}{after},\"jsonrpc\":\"2.0\" }}"
        ));
        let answer = session.editor.message();
        whole_file(&answer);
        let start = format!("{{ \"id\":{id} ,\"x\":\"\\ud800\",\"result\":{before}");
        let end = format!("{after},\"jsonrpc\":\"2.0\" }}");
        assert!(answer.starts_with(&start), "{answer}");
        assert!(answer.ends_with(&end), "{answer}");
        let ours = &answer[start.len()..answer.len() - end.len()];
        let ours = if before == "[" {
            ours
        } else {
            ours.strip_prefix(',').expect("a comma")
        };
        serde_json::from_str::<Value>(ours).expect("one action");
    }
    session.asks("1", "textDocument/codeAction", &actions_at(0, 0));
    session.lean.answer("1", "null");
    let answer: Value = serde_json::from_str(&session.editor.message()).expect("JSON");
    assert_eq!(
        answer["result"].as_array().map(Vec::len),
        Some(1),
        "{answer}"
    );
    // What is no list of actions is not ours to repair.
    for odd in ["7", "{}", "\"x\"", "true", "{\"items\":[]}"] {
        session.asks("2", "textDocument/codeAction", &actions_at(0, 0));
        session.lean.answer("2", odd);
        assert_eq!(
            session.editor.message(),
            format!(r#"{{"jsonrpc":"2.0","id":2,"result":{odd}}}"#)
        );
    }
    session.is_quiet();
}

#[test]
fn where_we_have_nothing_to_add_nothing_is_changed() {
    let mut session = Session::with("theorem a : True := trivial\n");
    let cases: &[(&str, Value)] = &[
        ("textDocument/hover", at(0, 9)),
        ("textDocument/completion", at(0, 9)),
        ("textDocument/codeAction", actions_at(0, 9)),
        // Of a document that nobody opened.
        (
            "textDocument/hover",
            json!({"textDocument": {"uri": "file:///b.lean"}, "position": {"line": 0, "character": 0}}),
        ),
        // Of a form that we can't read.
        ("textDocument/hover", json!({"textDocument": 7})),
        ("textDocument/codeAction", json!([])),
    ];
    for (method, params) in cases {
        for result in [
            "null",
            "[]",
            " [ ] ",
            "{}",
            "7",
            "1e999",
            r#"{"contents":{"kind":"markdown","value":"\ud800"},"range":null}"#,
            r#"{"contents":["a",{"language":"lean","value":"b"}]}"#,
            r#"{"isIncomplete":true,"items":[{"label":"\u0061","n":1.50}]}"#,
        ] {
            session.asks("1.50", method, params);
            let answer = format!(r#"{{"result":{result},"id":15e-1,"jsonrpc":"2.0"}}"#);
            session.lean.say(&answer);
            assert_eq!(session.editor.message(), answer);
        }
    }
    session.is_quiet();
}

#[test]
fn initialize_takes_what_we_add_and_keeps_the_rest() {
    let answer_to = |result: &str| {
        let (editor, lean) = Puppet::behind_relay(PUPPET);
        let mut session = Session { editor, lean };
        session.asks("0", "initialize", &json!({"capabilities": {}}));
        session.lean.answer("0", result);
        session.editor.message()
    };
    let lean = r#"{"serverInfo":{"name":"Lean 4 Server","version":"0.3.0"},"capabilities":{"textDocumentSync":{"change":2,"save":{"includeText":true}},"n":18446744073709551616,"s":"\ud800","codeActionProvider":{"resolveProvider":true,"codeActionKinds":["quickfix"]},"hoverProvider":true,"completionProvider":{"triggerCharacters":["."]}}}"#;
    let answer = answer_to(lean);
    for part in [
        r#"{"jsonrpc":"2.0","id":0,"result":{"serverInfo":{"name":"Lean 4 Server","version":"0.3.0"},"capabilities":{"textDocumentSync":{"change":2,"save":{"includeText":true}},"n":18446744073709551616,"s":"\ud800","codeActionProvider":{"resolveProvider":true,"codeActionKinds":["quickfix","source.unsorry"]},"hoverProvider":true,"completionProvider":{"triggerCharacters":["."]},"#,
        r#""executeCommandProvider":{"commands":["unsorry.prove."#,
    ] {
        assert!(answer.contains(part), "{answer}");
    }
    // A server that counts positions otherwise, or answers with something else.
    for odd in [
        r#"{"capabilities":{"positionEncoding":"utf-8"}}"#,
        r#"{"capabilities":null}"#,
        "null",
        "[]",
        "{}",
        r#"{"capabilities":[7]}"#,
    ] {
        assert_eq!(
            answer_to(odd),
            format!(r#"{{"jsonrpc":"2.0","id":0,"result":{odd}}}"#)
        );
    }
}

/// The configuration is a pipe that nobody writes to: whoever reads it waits for ever.
#[test]
fn a_config_that_takes_for_ever_holds_up_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    let made = Command::new("mkfifo").arg(&config).status();
    assert!(made.expect("POSIX has it").success());
    let mut session = Session::begin(Puppet::behind(PUPPET, |lean| {
        let mut command = Command::new(program());
        command.arg("--config").arg(&config);
        command.args(["serve", "--"]).args(lean);
        Relay::run(command)
    }));
    session.opens("theorem a : True := by sorry\n");
    session.asks("1", "textDocument/hover", &at(0, 25));
    for id in session.is_asked_for_goals() {
        session.lean.answer(&id, "null");
    }
    session.lean.answer("1", "null");
    let answer = session.editor.message();
    assert!(answer.contains("**unsorry**"), "{answer}");
    session.asks("2", "textDocument/codeAction", &actions_at(0, 0));
    session.lean.answer("2", "[]");
    let answer = session.editor.message();
    assert!(answer.contains("Prove every sorry"), "{answer}");
    session.asks("3", "textDocument/completion", &at(0, 25));
    session.lean.answer("3", "[]");
    let answer = session.editor.message();
    assert_eq!(answer, r#"{"jsonrpc":"2.0","id":3,"result":[]}"#);
    let status = json!({"command": "unsorry.status", "arguments": []});
    let status = request("4", "workspace/executeCommand", &status);
    session.editor.say(status);
    let answer = session.editor.message();
    assert!(
        answer.contains("still reading its configuration"),
        "{answer}"
    );
    session.asks("5", "shutdown", &Value::Null);
    session.lean.answer("5", "null");
    session.editor.message();
    session.lean.end();
    let ended = session.editor.ended();
    assert!(ended.status.success(), "{}", ended.status);
    assert_eq!(ended.errors, "");
}

#[test]
fn errors_are_leans_and_come_at_once() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    for method in [
        "textDocument/hover",
        "textDocument/completion",
        "textDocument/codeAction",
    ] {
        let params = if method.ends_with("Action") {
            actions_at(0, 25)
        } else {
            at(0, 25)
        };
        session.asks("7", method, &params);
        // The action waits for the answer to the same question.
        if method == "textDocument/hover" {
            session.is_asked_for_goals();
        }
        let error =
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32801,"message":"\ud800","data":1.0}}"#;
        session.lean.say(error);
        assert_eq!(session.editor.message(), error);
    }
    session.is_quiet();
}

#[test]
fn lean_may_be_late() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    session.asks("1", "textDocument/codeAction", &actions_at(0, 0));
    assert_eq!(session.editor.received().message_within(LATE), None);
    // Others do not wait for it.
    session.asks("2", "textDocument/definition", &at(0, 0));
    session.lean.answer("2", "[]");
    assert_eq!(
        session.editor.message(),
        r#"{"jsonrpc":"2.0","id":2,"result":[]}"#
    );
    session.lean.answer("1", "[1]");
    let answer = session.editor.message();
    assert!(
        answer.starts_with(r#"{"jsonrpc":"2.0","id":1,"result":[1,{"#),
        "{answer}"
    );
    // And this one never comes.
    session.asks("3", "textDocument/codeAction", &actions_at(0, 0));
    session.is_quiet();
    session.asks("4", "shutdown", &Value::Null);
    session.lean.answer("4", "null");
    assert_eq!(
        session.editor.message(),
        r#"{"jsonrpc":"2.0","id":4,"result":null}"#
    );
}

#[test]
fn we_may_not_be_late() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    session.asks("1", "textDocument/hover", &at(0, 25));
    // Our part needs what Lean does not say.
    session.is_asked_for_goals();
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"contents":"\ud800"}}"#;
    session.lean.say(answer);
    let from_lean = session
        .editor
        .received()
        .message_within(Duration::from_secs(20));
    // It may still say that it searches; it may not change what Lean says.
    let from_lean = from_lean.expect("Lean's answer");
    assert!(from_lean.contains(r"\ud800"), "{from_lean}");
    session.is_quiet();
}

#[test]
fn what_waits_for_us_when_lean_ends_arrives() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    session.asks("1", "textDocument/hover", &at(0, 25));
    session.is_asked_for_goals();
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"contents":"\ud800"}}"#;
    session.lean.say(answer);
    session.lean.send("Content-Length: 7\r\n\r\n{");
    session.lean.end();
    let ended = session.editor.ended();
    let expected = [&frame(answer)[..], b"Content-Length: 7\r\n\r\n{"].concat();
    assert_eq!(
        String::from_utf8_lossy(&ended.rest),
        String::from_utf8_lossy(&expected)
    );
}

#[test]
fn answers_to_our_own_questions_stay_with_us() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    session.asks("1", "textDocument/hover", &at(0, 25));
    let [tactic, term] = session.is_asked_for_goals();
    session
        .lean
        .answer(&tactic, r#"{"rendered":"","goals":["⊢ True"]}"#);
    session.lean.answer(&term, "null");
    session.lean.answer("1", "null");
    let answer = session.editor.message();
    assert!(answer.contains("⊢ True"), "{answer}");
    // A second answer, and one that nobody asked for.
    session.lean.answer(&tactic, "null");
    session
        .lean
        .answer(&format!("\"{}lean:999\"", session.editor.session()), "null");
    session.is_quiet();
}

#[test]
fn an_id_used_twice_gets_both_answers_of_leans() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    for (first, second) in [
        ("textDocument/codeAction", "textDocument/codeAction"),
        ("textDocument/codeAction", "textDocument/references"),
        ("textDocument/codeAction", "textDocument/completion"),
    ] {
        let n = "1";
        session.asks(n, first, &actions_at(0, 0));
        session.asks(n, second, &actions_at(0, 0));
        for result in ["[1]", "[2]"] {
            session.lean.answer(n, result);
            assert_eq!(
                session.editor.message(),
                format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#)
            );
        }
    }
    // When both are answered, the id is as good as new.
    session.asks("1", "textDocument/codeAction", &actions_at(0, 0));
    session.lean.answer("1", "[1]");
    let answer = session.editor.message();
    assert!(
        answer.starts_with(r#"{"jsonrpc":"2.0","id":1,"result":[1,{"#),
        "{answer}"
    );
    session.is_quiet();
}

#[test]
fn ids_that_differ_are_told_apart() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    let ids = [
        "1",
        "\"1\"",
        "10",
        "1.5",
        "-1",
        "18446744073709551617",
        "18446744073709551616",
    ];
    for id in ids {
        session.asks(id, "textDocument/codeAction", &actions_at(0, 0));
    }
    for id in ids.iter().rev() {
        session.lean.answer(id, &format!("[{id}]"));
        let answer = session.editor.message();
        let start = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":[{id},{{"#);
        assert!(answer.starts_with(&start), "{answer}");
    }
    session.is_quiet();
}

#[test]
fn a_cancelled_request_is_answered_once() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    for (n, result) in [
        r#""error":{"code":-32800,"message":"cancelled"}"#,
        r#""result":null"#,
    ]
    .into_iter()
    .enumerate()
    {
        session.asks("\"c\"", "textDocument/hover", &at(0, 25));
        // Lean has not answered the question, which outlives who asked it.
        if n == 0 {
            session.is_asked_for_goals();
        }
        session.tells("$/cancelRequest", &json!({"id": "c"}));
        session
            .lean
            .say(format!(r#"{{"jsonrpc":"2.0","id":"c",{result}}}"#));
        let answer = session.editor.message();
        assert!(answer.contains(r#""id":"c""#), "{answer}");
        session.is_quiet();
    }
}

/// Lean counts its requests from 0, and so do many editors.
#[test]
fn leans_requests_have_ids_of_their_own() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    session.asks("1", "textDocument/codeAction", &actions_at(0, 0));
    let refresh = request("1", "workspace/semanticTokens/refresh", &Value::Null);
    session.lean.say(&refresh);
    assert_eq!(session.editor.message(), refresh);
    let answer = r#"{"jsonrpc":"2.0","id":1,"result":null}"#;
    session.editor.say(answer);
    assert_eq!(session.lean.message(), answer);
    let register = request(
        "\"register_lean_watcher\"",
        "client/registerCapability",
        &json!({}),
    );
    session.lean.say(&register);
    assert_eq!(session.editor.message(), register);
    let error =
        r#"{"jsonrpc":"2.0","id":"register_lean_watcher","error":{"code":-32601,"message":""}}"#;
    session.editor.say(error);
    assert_eq!(session.lean.message(), error);
    session.lean.answer("1", "[1]");
    let answer = session.editor.message();
    assert!(
        answer.starts_with(r#"{"jsonrpc":"2.0","id":1,"result":[1,{"#),
        "{answer}"
    );
    session.is_quiet();
}

/// Lean takes nothing but `exit` after `shutdown`: a question of ours would end it with an error.
#[test]
fn nothing_of_ours_reaches_lean_after_shutdown() {
    for _ in 0..10 {
        let mut session = Session::with("theorem a : True := by sorry\n");
        // Lean is asked about the hole some time after the hover.
        let hover = request("1", "textDocument/hover", &at(0, 25));
        let shutdown = request("2", "shutdown", &Value::Null);
        session.editor.say(hover);
        session.editor.say(&shutdown);
        while session.lean.message() != shutdown {}
        session.lean.answer("2", "null");
        let exit = notification("exit", &Value::Null);
        session.editor.say(&exit);
        assert_eq!(session.lean.message(), exit);
        session.lean.end();
        let ended = session.editor.ended();
        assert!(ended.status.success(), "{}", ended.status);
        assert_eq!(ended.errors, "");
    }
}

/// A question about a text never comes before the text.
#[test]
fn our_questions_come_after_what_they_are_about() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    for version in 2..100 {
        let text = format!("-- {version}\ntheorem a : True := by sorry\n");
        let change = notification(
            "textDocument/didChange",
            &json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": [{"text": text}]}),
        );
        let hover = request(&version.to_string(), "textDocument/hover", &at(1, 25));
        session
            .editor
            .send([change.as_str(), &hover].map(frame).concat());
        assert_eq!(session.lean.message(), change);
        assert_eq!(session.lean.message(), hover);
        session.is_asked_for_goals();
        let error =
            format!(r#"{{"jsonrpc":"2.0","id":{version},"error":{{"code":-32801,"message":""}}}}"#);
        session.lean.say(&error);
        assert_eq!(session.editor.message(), error);
    }
    session.is_quiet();
}

/// A large answer of Lean's is merged like any other, and passed on at once when it is not merged.
#[test]
fn large_answers() {
    let mut session = Session::with("theorem a : True := by sorry\n");
    let large = format!("[\"{}\"]", "x".repeat(3 << 20));
    session.asks("1", "textDocument/codeAction", &actions_at(0, 0));
    session.asks("2", "textDocument/references", &at(0, 0));
    session.lean.answer("2", &large);
    assert_eq!(
        session.editor.message(),
        format!(r#"{{"jsonrpc":"2.0","id":2,"result":{large}}}"#)
    );
    session.lean.answer("1", &large);
    let answer = session.editor.message();
    let start = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{},{{"#,
        &large[..large.len() - 1]
    );
    assert!(answer.starts_with(&start), "{}", answer.len());
}
