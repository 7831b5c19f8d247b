//! An editor, as far as a language server can tell: it keeps documents, applies edits, shows
//! progress. It drives the real program in front of the real Lean.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The longest that any one answer may take. Lean from npm starts in ten seconds on an idle machine, in
/// minutes on a crowded one.
const PATIENCE: Duration = Duration::from_secs(300);

/// The built program. `cargo xtask test` builds it before the tests run.
pub fn program() -> std::path::PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("the profile's folder");
    let program = profile.join(format!("unsorry{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.is_file(),
        "{} is missing: run `cargo build -p unsorry` first",
        program.display()
    );
    program
}

/// The number of lines of the program's log that a failed test shows.
const LOG_LINES: usize = 40;

/// A document in the editor.
#[derive(Debug, Clone)]
struct Document {
    text: String,
    version: i64,
}

/// An editor with a running `unsorry serve`.
pub struct Editor {
    child: Child,
    stdin: ChildStdin,
    messages: Receiver<Value>,
    documents: HashMap<String, Document>,
    next_id: u64,
    /// The latest diagnostics by document.
    diagnostics: HashMap<String, (i64, Value)>,
    /// Everything that was shown as progress, by token.
    pub progress: Vec<(String, Value)>,
    /// The messages that were shown.
    pub shown: Vec<String>,
    /// The questions to the user that are not answered: the request's id and parameters.
    pub questions: Vec<(Value, Value)>,
    answers: HashMap<String, Value>,
    log: PathBuf,
}

impl Editor {
    /// Starts the program in `folder`, in front of the Lean on PATH, and initialises it as a current
    /// editor does. It remembers no proofs: one test's would change another's.
    pub fn start(folder: &Path) -> Editor {
        Self::with_cache(folder, Path::new("off"))
    }

    /// Starts the program as [`Editor::start`] does, but it keeps verified proofs in the folder `cache`.
    pub fn with_cache(folder: &Path, cache: &Path) -> Editor {
        let mut serve = Command::new(program());
        serve.arg("serve");
        Self::with_server(serve, folder, cache)
    }

    /// Starts the program with another command, as [`Editor::with_cache`] does otherwise.
    pub fn with_server(mut server: Command, folder: &Path, cache: &Path) -> Editor {
        let mut child = server
            .current_dir(folder)
            .env("UNSORRY_LOG", "debug")
            .env("XDG_STATE_HOME", folder.join("state"))
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("UNSORRY_CACHE", cache)
            .env_remove("UNSORRY_MODEL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            while let Some(message) = read_message(&mut reader) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Editor {
            child,
            stdin,
            messages,
            documents: HashMap::new(),
            next_id: 0,
            diagnostics: HashMap::new(),
            progress: Vec::new(),
            shown: Vec::new(),
            questions: Vec::new(),
            answers: HashMap::new(),
            log: folder.join("state/unsorry/unsorry.log"),
        };
        let initialized = editor.request(
            "initialize",
            json!({
                "processId": std::process::id(),
                "rootUri": null,
                "capabilities": {
                    "workspace": {"applyEdit": true, "workspaceEdit": {"documentChanges": true}},
                    "window": {"workDoneProgress": true},
                    "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}}}},
                },
            }),
        );
        let commands = &initialized["result"]["capabilities"]["executeCommandProvider"]["commands"];
        assert!(
            commands.to_string().contains("unsorry.prove"),
            "{initialized}"
        );
        assert!(
            !initialized["result"]["serverInfo"]["version"].is_null(),
            "Lean's own part is there: {initialized}"
        );
        editor.notify("initialized", json!({}));
        editor
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len())
            .expect("the program reads");
        self.stdin.flush().expect("the program reads");
    }

    /// Sends a request; [`Editor::answer`] waits for what comes of it.
    pub fn ask(&mut self, method: &str, params: Value) -> String {
        self.next_id += 1;
        let id = format!("editor-{}", self.next_id);
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The whole response to the request `id`.
    pub fn answer(&mut self, id: &str) -> Value {
        self.until("an answer", |editor| editor.answers.remove(id))
    }

    /// Sends a request and waits for the whole response.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(&id)
    }

    /// Handles messages until `done` gives something.
    pub fn until<T>(&mut self, what: &str, mut done: impl FnMut(&mut Editor) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut came: HashMap<String, usize> = HashMap::new();
        loop {
            if let Some(value) = done(self) {
                return value;
            }
            match self
                .messages
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(message) => {
                    let kind = message["method"].as_str().unwrap_or("an answer");
                    *came.entry(kind.to_owned()).or_default() += 1;
                    self.handle(message);
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!(
                        "{what} did not come, but {came:?}; progress: {:?}",
                        self.progress
                    )
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the server ended while waiting for {what}")
                }
            }
        }
    }

    /// Handles whatever comes within `time`.
    pub fn idle(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while let Ok(message) = self
            .messages
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.handle(message);
        }
    }

    fn handle(&mut self, message: Value) {
        let params = &message["params"];
        match (
            message.get("method").and_then(Value::as_str),
            message.get("id"),
        ) {
            (None, Some(id)) => {
                let id = id.as_str().expect("our ids are strings").to_owned();
                let previous = self.answers.insert(id, message);
                assert!(previous.is_none(), "answered twice");
            }
            (Some("textDocument/publishDiagnostics"), _) => {
                let uri = params["uri"].as_str().unwrap_or_default().to_owned();
                let version = params["version"].as_i64().unwrap_or(-1);
                self.diagnostics
                    .insert(uri, (version, params["diagnostics"].clone()));
            }
            (Some("$/progress"), _) => {
                let token = params["token"].as_str().unwrap_or_default().to_owned();
                self.progress.push((token, params["value"].clone()));
            }
            (Some("window/showMessage"), _) => self
                .shown
                .push(params["message"].as_str().unwrap_or_default().to_owned()),
            (Some("window/showMessageRequest"), Some(id)) => {
                self.questions.push((id.clone(), params.clone()));
            }
            (Some("workspace/applyEdit"), Some(id)) => {
                let id = id.clone();
                let edit = params["edit"].clone();
                let result = self.apply(&edit);
                self.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}));
            }
            (Some(_), Some(id)) => {
                let answer = json!({"jsonrpc": "2.0", "id": id, "result": null});
                self.send(&answer);
            }
            _ => {}
        }
    }

    /// Answers the oldest question with the action of this title.
    pub fn say(&mut self, title: &str) {
        let (id, params) = self.questions.remove(0);
        let actions = params["actions"].as_array().expect("actions");
        let action = actions.iter().find(|action| action["title"] == title);
        let action = action.expect("such an action").clone();
        self.send(&json!({"jsonrpc": "2.0", "id": id, "result": action}));
    }

    /// Opens a document.
    pub fn open(&mut self, uri: &str, text: &str) {
        self.documents.insert(
            uri.to_owned(),
            Document {
                text: text.to_owned(),
                version: 1,
            },
        );
        self.notify(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri, "languageId": "lean4", "version": 1, "text": text}}),
        );
    }

    /// Replaces a document's whole text.
    pub fn set(&mut self, uri: &str, text: &str) {
        let document = self.documents.get_mut(uri).expect("an open document");
        document.text = text.to_owned();
        document.version += 1;
        let version = document.version;
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}),
        );
    }

    /// Types `text` over the first place that reads `old`.
    pub fn replace(&mut self, uri: &str, old: &str, text: &str) {
        let at = self.text(uri).find(old).expect("the old text is there");
        let range = json!({"start": position(self.text(uri), at), "end": position(self.text(uri), at + old.len())});
        self.edit(uri, &range, text);
    }

    fn edit(&mut self, uri: &str, range: &Value, text: &str) {
        let document = self.documents.get_mut(uri).expect("an open document");
        let (start, end) = (
            offset(&document.text, &range["start"]),
            offset(&document.text, &range["end"]),
        );
        document.text.replace_range(start..end, text);
        document.version += 1;
        let version = document.version;
        self.notify(
            "textDocument/didChange",
            json!({"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"range": range, "text": text}]}),
        );
    }

    /// Applies a workspace edit as an editor does: one version, all or nothing.
    pub fn apply(&mut self, edit: &Value) -> Value {
        let change = &edit["documentChanges"][0];
        let uri = change["textDocument"]["uri"]
            .as_str()
            .expect("a document")
            .to_owned();
        if change["textDocument"]["version"].as_i64() != Some(self.documents[&uri].version) {
            return json!({"applied": false, "failureReason": "another version"});
        }
        for edit in change["edits"].as_array().expect("edits") {
            let text = edit["newText"].as_str().expect("text").to_owned();
            self.edit(&uri, &edit["range"].clone(), &text);
        }
        json!({"applied": true})
    }

    /// Closes a document.
    pub fn close(&mut self, uri: &str) {
        self.documents.remove(uri);
        self.notify(
            "textDocument/didClose",
            json!({"textDocument": {"uri": uri}}),
        );
    }

    /// A document's text.
    pub fn text(&self, uri: &str) -> &str {
        &self.documents[uri].text
    }

    /// Waits until Lean has elaborated the document, and gives the messages of its errors and
    /// warnings.
    pub fn problems(&mut self, uri: &str) -> Vec<String> {
        let version = self.documents[uri].version;
        self.request(
            "textDocument/waitForDiagnostics",
            json!({"uri": uri, "version": version}),
        );
        let uri = uri.to_owned();
        let diagnostics = self.until("diagnostics", |editor| {
            editor
                .diagnostics
                .get(&uri)
                .filter(|(seen, _)| *seen == version)
                .map(|(_, d)| d.clone())
        });
        let problem = |d: &&Value| d["severity"].as_i64().is_none_or(|severity| severity <= 2);
        let diagnostics = diagnostics.as_array().expect("a list");
        diagnostics
            .iter()
            .filter(problem)
            .map(|d| d["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Returns the position of the `n`th `sorry`, from 0.
    pub fn hole(&self, uri: &str, n: usize) -> Value {
        let text = self.text(uri);
        let (at, _) = text.match_indices("sorry").nth(n).expect("so many holes");
        position(text, at)
    }

    /// The code actions at a position that are unsorry's.
    pub fn actions(&mut self, uri: &str, at: &Value) -> Vec<Value> {
        let params = json!({
            "textDocument": {"uri": uri},
            "range": {"start": at, "end": at},
            "context": {"diagnostics": []},
        });
        let answer = self.request("textDocument/codeAction", params);
        let actions = answer["result"]
            .as_array()
            .unwrap_or_else(|| panic!("no actions: {answer}"));
        actions
            .iter()
            .filter(|action| !action["data"]["unsorry"].is_null())
            .cloned()
            .collect()
    }

    /// The titles of the actions at a position.
    pub fn titles(&mut self, uri: &str, at: &Value) -> Vec<String> {
        let actions = self.actions(uri, at);
        actions
            .iter()
            .map(|action| action["title"].as_str().expect("a title").to_owned())
            .collect()
    }

    /// Chooses the action with this title at a position, as a user does.
    pub fn choose(&mut self, uri: &str, at: &Value, title: &str) {
        let actions = self.actions(uri, at);
        let action = actions.iter().find(|action| action["title"] == title);
        let action = action
            .unwrap_or_else(|| panic!("no `{title}` among {actions:?}"))
            .clone();
        if !action["edit"].is_null() {
            assert_eq!(self.apply(&action["edit"]), json!({"applied": true}));
        }
        if !action["command"].is_null() {
            let answer = self.request("workspace/executeCommand", action["command"].clone());
            assert!(answer.get("error").is_none(), "{answer}");
        }
    }

    /// Waits until as many jobs have ended as have begun, at least `jobs` since `before`, and gives
    /// their last words.
    pub fn finished(&mut self, jobs: usize) -> Vec<String> {
        self.until("the end of the job", |editor| {
            let of = |kind: &str| {
                editor
                    .progress
                    .iter()
                    .filter(|(_, value)| value["kind"] == kind)
                    .count()
            };
            (of("end") >= jobs && of("end") == of("begin")).then_some(())
        });
        let ends = self
            .progress
            .iter()
            .filter(|(_, value)| value["kind"] == "end");
        let words = ends
            .map(|(_, value)| value["message"].as_str().unwrap_or_default().to_owned())
            .collect();
        self.progress.clear();
        words
    }

    /// Proves the `n`th hole through its code action, and gives the job's last words.
    pub fn prove(&mut self, uri: &str, n: usize) -> String {
        let at = self.hole(uri, n);
        self.choose(uri, &at, "Prove this sorry");
        self.finished(1).remove(0)
    }

    /// Returns the text of the hover at a position.
    pub fn hover(&mut self, uri: &str, at: &Value) -> String {
        let answer = self.request(
            "textDocument/hover",
            json!({"textDocument": {"uri": uri}, "position": at}),
        );
        answer["result"]["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Ends the session in order, and gives the exit code.
    pub fn quit(mut self) -> Option<i32> {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        self.child.wait().expect("it ends").code()
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Editor {
    #[allow(clippy::print_stderr)] // beside what the failed test says
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Ok(log) = std::fs::read_to_string(&self.log)
        {
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(LOG_LINES)..];
            eprintln!("The program's log ends with:\n{}", last.join("\n"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_message(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn position(text: &str, at: usize) -> Value {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[..at].matches('\n').count();
    json!({"line": line, "character": text[line_start..at].encode_utf16().count()})
}

fn offset(text: &str, position: &Value) -> usize {
    let line = position["line"].as_u64().expect("a line") as usize;
    let mut character = position["character"].as_u64().expect("a character") as usize;
    let start = text
        .match_indices('\n')
        .nth(line.wrapping_sub(1))
        .map_or(0, |(at, _)| at + 1);
    for (at, c) in text[start..].char_indices() {
        if character == 0 || c == '\n' {
            return start + at;
        }
        character = character.saturating_sub(c.len_utf16());
    }
    text.len()
}
