use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, mpsc};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use unsorry_wire::frame::Message;

use super::output::lock;
use super::route::Merged;
use super::*;

/// A pipe whose reader sees what was written so far.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pipe {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }

    /// Waits for what another thread writes.
    fn waits_for(&self, text: &str) {
        let start = std::time::Instant::now();
        while !self.text().contains(text) {
            assert!(start.elapsed().as_secs() < 60, "{}", self.text());
            std::thread::yield_now();
        }
    }
}

/// Stands where a stream goes on after the test.
struct Pause;

impl Read for Pause {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// A relay whose assistant is the test.
struct Bench {
    shared: Shared,
    heard: Option<UnboundedReceiver<Event>>,
    editor: Pipe,
    to_editor: Arc<Output<Pipe>>,
    lean: Pipe,
    to_lean: Arc<Output<Pipe>>,
}

impl Bench {
    fn new() -> Bench {
        let (events, heard) = unbounded_channel();
        let (editor, lean) = (Pipe::default(), Pipe::default());
        let to_editor = Arc::new(Output::new(editor.clone()));
        let to_lean = Arc::new(Output::new(lean.clone()));
        let shared = Shared {
            session: "unsorry:1:".into(),
            merges: Arc::default(),
            events,
            deadlines: Deadlines::never(),
            to_editor: Injector::new(to_editor.clone()).expect("a thread"),
            moved: Arc::default(),
        };
        Bench {
            shared,
            heard: Some(heard),
            editor,
            to_editor,
            lean,
            to_lean,
        }
    }

    fn editor_says(&self, bodies: &[&str]) {
        let input = stream(bodies);
        let outcome = editor_to_lean(input.as_bytes().chain(Pause), &self.to_lean, &self.shared);
        assert!(outcome.is_err());
    }

    fn lean_says(&self, bodies: &[&str]) {
        let input = stream(bodies);
        let outcome = lean_to_editor(
            input.as_bytes().chain(Pause),
            None,
            &self.to_editor,
            &self.shared,
        );
        assert!(outcome.is_err());
    }

    /// Waits until what was sent to Lean is written or dropped.
    fn is_injected(&self) {
        while !lock(&self.to_lean.ours).is_empty() {
            std::thread::yield_now();
        }
        drop(self.to_lean.lock());
    }

    fn abandon(&mut self) {
        let heard = self.heard.as_mut().expect("an assistant");
        abandon(
            &self.shared.session,
            &self.shared.merges,
            &self.shared.to_editor,
            heard,
        );
    }
}

fn stream(bodies: &[&str]) -> String {
    bodies
        .iter()
        .map(|body| String::from_utf8_lossy(&Message::new(body.as_bytes()).bytes).into_owned())
        .collect()
}

const HOVER: &str = r#"{"id":1,"method":"textDocument/hover","params":{}}"#;
const COMMAND: &str =
    r#"{"id":2,"method":"workspace/executeCommand","params":{"command":"unsorry.prove"}}"#;
const CHANGE: &str = r#"{"method":"textDocument/didChange","params":{}}"#;
const ANSWER: &str = r#"{"id":1,"result":{"contents":"\ud800"}}"#;

#[test]
fn without_an_assistant_it_is_a_plain_relay() {
    let mut bench = Bench::new();
    bench.heard = None;
    bench.editor_says(&[CHANGE, HOVER, COMMAND, CHANGE]);
    assert_eq!(bench.lean.text(), stream(&[CHANGE, HOVER, CHANGE]));
    bench.editor.waits_for(r#""id":2,"error":{"code":-32603"#);
    let before = bench.editor.text();
    let id = r#"{"id":"unsorry:1:7","result":null}"#;
    bench.lean_says(&[ANSWER, id, ANSWER]);
    assert_eq!(bench.editor.text(), before + &stream(&[ANSWER, ANSWER]));
}

#[test]
fn what_a_failed_assistant_leaves_is_answered() {
    let mut bench = Bench::new();
    bench.editor_says(&[HOVER, COMMAND, CHANGE, r#"{"id":3,"method":"shutdown"}"#]);
    bench.lean_says(&[ANSWER]);
    assert_eq!(bench.editor.text(), "");
    bench.abandon();
    bench.editor.waits_for(r#""id":2,"error""#);
    bench.editor.waits_for(&stream(&[ANSWER]));
    bench.editor_says(&[HOVER, COMMAND]);
    bench.lean_says(&[ANSWER, "{}"]);
    bench.editor.waits_for(&stream(&[ANSWER, "{}"]));
    assert_eq!(bench.editor.text().matches(r#""id":1,"#).count(), 2);
    assert!(!bench.editor.text().contains(r#""id":3"#));
}

#[test]
fn the_assistant_hears_in_order_of_what_lean_gets() {
    let mut bench = Bench::new();
    bench.editor_says(&["{}", CHANGE, HOVER, "7", COMMAND]);
    bench.lean_says(&[ANSWER, r#"{"id":"unsorry:1:7","result":null}"#]);
    let heard = bench.heard.as_mut().expect("an assistant");
    let mut seen = Vec::new();
    while let Ok(event) = heard.try_recv() {
        seen.push(match event {
            Event::FromEditor(message) => String::from_utf8_lossy(message.body()).into_owned(),
            Event::Merge(ticket, message) => {
                assert_eq!(message.body(), HOVER.as_bytes());
                format!("{:?}", ticket.method())
            }
            Event::Due(_) => panic!("nobody keeps the deadlines"),
            Event::FromLean(id, _) => id,
        });
    }
    assert_eq!(seen, [CHANGE, "Hover", COMMAND, "unsorry:1:7"]);
}

#[test]
fn a_merged_answer_stands_where_leans_stood() {
    let mut bench = Bench::new();
    bench.editor_says(&[HOVER]);
    let heard = bench.heard.as_mut().expect("an assistant");
    let Ok(Event::Merge(ticket, _)) = heard.try_recv() else {
        panic!("a merged request");
    };
    assert_eq!(ticket.method(), Merged::Hover);
    let ours = json!({"contents": {"kind": "markdown", "value": "ours"}});
    let sent = |_| panic!("Lean has not answered");
    bench.shared.merges.we_answered(&ticket, ours, sent);
    bench.lean_says(&["{}", ANSWER, "[]"]);
    let merged = r#"{"id":1,"result":{"contents":["\ud800","ours"]}}"#;
    assert_eq!(bench.editor.text(), stream(&["{}", merged, "[]"]));
}

#[test]
fn after_shutdown_lean_hears_nothing_of_ours() {
    let bench = Bench::new();
    let injector = Injector::new(bench.to_lean.clone()).expect("a thread");
    injector.send_json(&json!({"before": 1}));
    bench.lean.waits_for("before");
    let shutdown = r#"{"id":3,"method":"shutdown"}"#;
    let exit = r#"{"method":"exit"}"#;
    bench.editor_says(&[shutdown]);
    injector.send_json(&json!({"after": 1}));
    bench.editor_says(&[exit]);
    bench.is_injected();
    let expected = stream(&[r#"{"before":1}"#, shutdown, exit]);
    assert_eq!(bench.lean.text(), expected);
}

#[test]
fn what_was_let_go_of_before_the_end_is_not_lost() {
    let mut bench = Bench::new();
    bench.editor_says(&[HOVER]);
    let heard = bench.heard.as_mut().expect("an assistant");
    let Ok(Event::Merge(ticket, _)) = heard.try_recv() else {
        panic!("a merged request");
    };
    bench.lean_says(&[ANSWER]);
    // The thread that is to write it does not come to it before Lean ends.
    let (bell, _rung) = mpsc::channel();
    let injector = Injector::queued(bench.to_editor.ours.clone(), bell);
    let send = |message| injector.send(&message);
    bench.shared.merges.give_up(&ticket, send);
    let ended = lean_to_editor(io::empty(), None, &bench.to_editor, &bench.shared);
    ended.expect("it writes");
    assert_eq!(bench.editor.text(), stream(&[ANSWER]));
}

/// Gives what is pushed, piece by piece, and says when it waits for more.
struct Slow {
    pieces: mpsc::Receiver<Vec<u8>>,
    waits: mpsc::Sender<()>,
    rest: io::Cursor<Vec<u8>>,
}

impl Read for Slow {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.rest.position() == self.rest.get_ref().len() as u64 {
            let _ = self.waits.send(());
            self.rest = io::Cursor::new(self.pieces.recv().unwrap_or_default());
        }
        self.rest.read(room)
    }
}

/// Sends `pieces` of a stream one by one, and something of ours after each: it is waited for
/// where it should be written `at_once`.
fn injected_between(pieces: &[&str], at_once: bool) -> String {
    let bench = Bench::new();
    let injector = Injector::new(bench.to_lean.clone()).expect("a thread");
    let (sender, receiver) = mpsc::channel();
    let (waits, waiting) = mpsc::channel();
    let input = Slow {
        pieces: receiver,
        waits,
        rest: io::Cursor::default(),
    };
    let (to_lean, shared) = (bench.to_lean.clone(), bench.shared.clone());
    let relay = std::thread::spawn(move || editor_to_lean(input, &to_lean, &shared));
    waiting.recv().expect("it reads");
    for (n, piece) in pieces.iter().enumerate() {
        sender.send(piece.as_bytes().to_vec()).expect("it reads");
        // Once it waits for more, it is done with this.
        waiting.recv().expect("it reads");
        injector.send_json(&Value::from(n));
        if at_once {
            bench.lean.waits_for(&ours(n));
        } else if n + 1 < pieces.len() {
            let held = bench.to_lean.is_held();
            assert!(held, "the direction is free in the middle of something");
        }
    }
    drop(sender);
    relay.join().expect("no panic").expect("it writes");
    bench.lean.text()
}

/// The message that [`injected_between`] sends after the `n`th piece.
fn ours(n: usize) -> String {
    stream(&[&n.to_string()])
}

#[test]
fn ours_never_comes_in_the_middle_of_something() {
    // A short message is written when it is whole.
    let message = stream(&[r#"{"method":"x"}"#]);
    assert_eq!(
        injected_between(&[&message, &message[..30], &message[30..]], true),
        [&*message, &ours(0), &ours(1), &message, &ours(2)].concat()
    );
    // A long one as it comes.
    let body = format!(r#"{{"method":"x","params":"{}"}}"#, "x".repeat(400_000));
    let long = stream(&[&body]);
    let pieces = [&long[..100_000], &long[100_000..200_000], &long[200_000..]];
    let text = injected_between(&pieces, false);
    assert!(text.starts_with(&long), "{}", text.len());
    // What makes no sense may be in the middle of something for ever.
    let lost = "no message\r\n\r\n";
    assert_eq!(injected_between(&[lost, lost], false), lost.repeat(2));
}

/// The assistant here hears nothing: it hangs.
#[test]
fn what_is_held_for_a_hung_assistant_is_let_go() {
    let mut bench = Bench::new();
    let Shared {
        merges,
        events,
        to_editor,
        ..
    } = bench.shared.clone();
    bench.shared.deadlines = Deadlines::start(merges, events, to_editor).expect("a thread");
    let methods = [
        "initialize",
        "textDocument/hover",
        "textDocument/codeAction",
        "textDocument/completion",
    ];
    for (id, method) in methods.iter().enumerate() {
        bench.editor_says(&[&format!(
            r#"{{"id":{id},"method":"{method}","params":{{}}}}"#
        )]);
    }
    let answers = [0, 1, 2, 3].map(|id| format!(r#"{{"id":{id},"result":null}}"#));
    let answers = answers.each_ref().map(String::as_str);
    bench.lean_says(&answers);
    for answer in answers {
        bench.editor.waits_for(&stream(&[answer]));
    }
    let count = bench.editor.text().matches("result").count();
    assert_eq!(count, methods.len(), "each is answered once");
}
