//! An editor before the real assistant, with the relay's part played in its place.
//!
//! Nothing here waits for anything but the assistant: under a paused clock a test takes no time. Dropped, it
//! fails where a request is unanswered or something was told that the test has not looked at.

mod gestures;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{
    UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel,
};
use unsorry_search::command::LeanCommand;
use unsorry_wire::envelope::Id;
use unsorry_wire::frame::Message;

use super::super::{Configured, Settings, Setup, run};
use super::lean;
use super::prover::Scripted;
use crate::config::{Config, Origin};
use crate::proxy::merges::{Answered, Merges};
use crate::proxy::route::{self, Merged, Route};
use crate::proxy::{Event, Injector};

/// The name of the document that most tests write into.
pub const MAIN: &str = "file:///p/Main.lean";

/// The prefix of the assistant's own ids.
const SESSION: &str = "unsorry:1:";

/// The longest that anything may take; under a paused clock that is no time at all.
const PATIENCE: Duration = Duration::from_secs(120);

/// The settings that tests begin with: what a scripted Lean can't play is left out.
const CONFIG: &str = "[search]\nrefute = false\n[cache]\nenabled = false\n";

/// The editor's ways to take an edit of the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edits {
    /// Applies it and tells of the change, as editors do.
    Accept,
    /// Says no.
    Refuse,
    /// Says that it is done, and throws it away.
    Pretend,
}

/// Texts by URI, for the editor and its Lean.
type Texts = Arc<Mutex<BTreeMap<String, String>>>;

/// An editor with a running assistant.
pub struct Editor {
    events: UnboundedSender<Event>,
    merges: Arc<Merges>,
    to_editor: Injector,
    /// The messages from the assistant.
    incoming: UnboundedReceiver<Value>,
    texts: Texts,
    versions: HashMap<String, i64>,
    next_id: u64,
    unanswered: BTreeSet<String>,
    answers: BTreeMap<String, Value>,
    /// The way to take edits of the server's.
    pub edits: Edits,
    /// The progress that was shown, by token.
    pub progress: Vec<(String, Value)>,
    /// The messages that were shown.
    pub shown: Vec<String>,
    /// The questions to the user that are not answered: the request's id and parameters.
    pub questions: Vec<(Value, Value)>,
}

/// Settings as a user's file with `config` gives them, with the scripted Lean, and a prover in the place of
/// the portfolio.
pub fn settings(config: &str, prover: Scripted, consent: Option<PathBuf>) -> Settings {
    let mut files = Config::default();
    for text in [CONFIG, config] {
        let added = files.add(text, Origin::User, Path::new("/"));
        added.expect("valid settings");
    }
    let command = LeanCommand::resolve(&["no-lean".into()], Path::new("/"));
    Settings::start(move || {
        let configured = Configured::new((files, None), &[], consent, command, "/".into());
        configured.scripted(Arc::new(prover), lean::checker())
    })
}

/// Serves Lean's answers to the assistant's questions about goals.
fn user_lean(texts: Texts, events: WeakUnboundedSender<Event>) -> Injector {
    Injector::through(move |message| {
        let asked: Value = serde_json::from_slice(message.body()).expect("JSON");
        let (id, params) = (asked["id"].as_str().expect("an id"), &asked["params"]);
        let method = asked["method"].as_str().expect("a method");
        let texts = texts.lock().unwrap_or_else(PoisonError::into_inner);
        let uri = params["textDocument"]["uri"].as_str().expect("a document");
        let result = texts
            .get(uri)
            .map_or(Value::Null, |text| lean::goal(text, params, method));
        let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
        if let Some(events) = events.upgrade() {
            let answer = Message::new(answer.to_string().as_bytes());
            let _ = events.send(Event::FromLean(id.to_owned(), answer));
        }
    })
}

impl Editor {
    /// An editor whose assistant asks `prover`, with `text` in the main document.
    pub async fn start(prover: Scripted, text: &str) -> Editor {
        let mut editor = Editor::serve(settings("", prover, None)).await;
        editor.open(MAIN, text);
        editor
    }

    /// An editor whose assistant has these settings. It can do all that a current editor can.
    pub async fn serve(settings: Settings) -> Editor {
        let capabilities = json!({
            "workspace": {"applyEdit": true, "workspaceEdit": {"documentChanges": true}},
            "window": {"workDoneProgress": true},
            "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}}}},
        });
        let (events, mut heard) = unbounded_channel();
        let (said, incoming) = unbounded_channel();
        let to_editor = Injector::through(move |message: &Message| {
            let _ = said.send(serde_json::from_slice(message.body()).expect("JSON"));
        });
        let texts = Texts::default();
        let merges = Arc::new(Merges::default());
        let setup = Setup {
            session: SESSION.into(),
            settings,
            merges: merges.clone(),
            to_editor: to_editor.clone(),
            to_lean: user_lean(texts.clone(), events.downgrade()),
        };
        tokio::spawn(async move { run(setup, &mut heard).await });
        let mut editor = Editor {
            events,
            merges,
            to_editor,
            incoming,
            texts,
            versions: HashMap::new(),
            next_id: 0,
            unanswered: BTreeSet::new(),
            answers: BTreeMap::new(),
            edits: Edits::Accept,
            progress: Vec::new(),
            shown: Vec::new(),
            questions: Vec::new(),
        };
        let initialized = editor
            .request("initialize", json!({"capabilities": capabilities}))
            .await;
        let commands = &initialized["result"]["capabilities"]["executeCommandProvider"]["commands"];
        assert!(
            commands.to_string().contains("unsorry.prove"),
            "{initialized}"
        );
        editor.notify("initialized", json!({}));
        // That the settings are there is news.
        editor.settle().await;
        editor
    }

    /// Says a message as an editor does, and has it go where the relay would have it go.
    fn say_message(&mut self, message: &Value) {
        self.say_body(message.to_string().as_bytes());
    }

    /// Sends a message that need not be JSON as others read it.
    pub fn say_body(&mut self, body: &[u8]) {
        let message = Message::new(body);
        match route::from_editor(SESSION, message.body()) {
            Route::Assistant | Route::Both | Route::Shutdown => {
                self.tell(Event::FromEditor(message));
            }
            Route::Merge(method) => {
                let asked: Value = serde_json::from_slice(message.body()).expect("JSON");
                let name = asked["id"].as_str().expect("ids are strings").to_owned();
                let id = Id::String(name.clone());
                let ticket = self.merges.expect(id.clone(), method).expect("a new id");
                self.tell(Event::Merge(ticket, message));
                let result = match method {
                    Merged::Initialize => json!({"capabilities": {}, "serverInfo": {}}),
                    Merged::CodeAction => json!([]),
                    Merged::Completion => json!({"isIncomplete": false, "items": []}),
                    Merged::Hover => Value::Null,
                };
                let lean = json!({"jsonrpc": "2.0", "id": name, "result": result});
                let lean = Message::new(lean.to_string().as_bytes());
                match self.merges.lean_answered(&id, false, || lean.clone()) {
                    Answered::Held(_) => {}
                    Answered::Merged(message) => self.to_editor.send(&message),
                    Answered::Alone => self.to_editor.send(&lean),
                }
            }
            Route::Echo => {
                let asked: Value = serde_json::from_slice(message.body()).expect("JSON");
                let answer =
                    json!({"jsonrpc": "2.0", "id": asked["id"], "result": asked["params"]});
                self.to_editor.send_json(&answer);
            }
            Route::Lean => panic!("nobody answers {message:?}"),
        }
    }

    fn tell(&self, event: Event) {
        self.events.send(event).expect("the assistant listens");
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.say_message(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request; [`Editor::answer`] waits for what comes of it.
    pub fn ask(&mut self, method: &str, params: Value) -> String {
        self.next_id += 1;
        let id = format!("editor-{}", self.next_id);
        self.unanswered.insert(id.clone());
        self.say_message(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// Waits for the whole response to the request `id`.
    pub async fn answer(&mut self, id: &str) -> Value {
        self.until("an answer", |editor| editor.answers.remove(id))
            .await
    }

    /// Sends a request and waits for the whole response.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(&id).await
    }

    /// Runs a command of ours and gives its result.
    pub async fn command(&mut self, name: &str, arguments: Value) -> Value {
        let params = json!({"command": name, "arguments": arguments});
        let answer = self.request("workspace/executeCommand", params).await;
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// Handles messages until `done` gives something.
    pub async fn until<T>(
        &mut self,
        what: &str,
        mut done: impl FnMut(&mut Editor) -> Option<T>,
    ) -> T {
        loop {
            if let Some(value) = done(self) {
                return value;
            }
            match tokio::time::timeout(PATIENCE, self.incoming.recv()).await {
                Ok(Some(message)) => self.handle(message),
                Ok(None) => panic!("the assistant ended while waiting for {what}"),
                Err(_) => panic!("{what} did not come; progress: {:?}", self.progress),
            }
        }
    }

    /// Lets the assistant do all that it can do now.
    pub async fn settle(&mut self) {
        self.idle(Duration::from_millis(1)).await;
    }

    /// Handles whatever comes within `time`.
    pub async fn idle(&mut self, time: Duration) {
        let over = tokio::time::sleep(time);
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                message = self.incoming.recv() => self.handle(message.expect("it runs")),
                () = &mut over => return,
            }
        }
    }

    fn handle(&mut self, message: Value) {
        let params = &message["params"];
        let Some(method) = message["method"].as_str() else {
            let id = message["id"]
                .as_str()
                .expect("our ids are strings")
                .to_owned();
            assert!(self.unanswered.remove(&id), "nobody waits for {message}");
            self.answers.insert(id, message);
            return;
        };
        let result = match method {
            "$/progress" => {
                let token = params["token"].as_str().expect("a token").to_owned();
                self.progress.push((token, params["value"].clone()));
                return;
            }
            "window/showMessage" => {
                let message = params["message"].as_str().expect("words").to_owned();
                self.shown.push(message);
                return;
            }
            "window/showMessageRequest" => {
                self.questions.push((message["id"].clone(), params.clone()));
                return;
            }
            "window/workDoneProgress/create" => Value::Null,
            "workspace/applyEdit" => match self.edits {
                Edits::Accept => self.apply(&params["edit"].clone()),
                Edits::Pretend => json!({"applied": true}),
                Edits::Refuse => json!({"applied": false, "failureReason": "the user said no"}),
            },
            other => panic!("an editor does not know {other}"),
        };
        self.say_message(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}));
    }

    /// Answers the oldest question with the action of this title.
    pub fn say(&mut self, title: &str) {
        let (id, params) = self.questions.remove(0);
        let actions = params["actions"].as_array().expect("actions");
        let action = actions.iter().find(|action| action["title"] == title);
        let action = action.expect("such an action");
        self.say_message(&json!({"jsonrpc": "2.0", "id": id, "result": action}));
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        while let Ok(message) = self.incoming.try_recv() {
            self.handle(message);
        }
        fn nothing(what: &str, left: &[impl Debug]) {
            assert!(left.is_empty(), "{what}: {left:?}");
        }
        let unanswered: Vec<_> = self.unanswered.iter().collect();
        nothing("requests without an answer", &unanswered);
        let answers: Vec<_> = self.answers.values().collect();
        nothing("answers that nobody has read", &answers);
        nothing("progress that nobody has looked at", &self.progress);
        nothing("messages that nobody has read", &self.shown);
        nothing("questions without an answer", &self.questions);
    }
}
