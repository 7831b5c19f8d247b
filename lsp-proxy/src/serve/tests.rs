//! A session in this process, with an editor and a Lean of the test's.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use tokio::sync::mpsc::unbounded_channel;
use unsorry_search::command::LeanCommand;
use unsorry_wire::frame::Message;

use super::assistant::{self, Startup, WORKERS};
use crate::proxy::{self, Deadlines, Injector, Output, Shared};

fn frame(body: &str) -> Vec<u8> {
    Message::new(body.as_bytes()).bytes.to_vec()
}

/// Reads the body of the next message.
fn message(pipe: &mut impl BufRead) -> String {
    let mut header = String::new();
    while !header.ends_with("\r\n\r\n") {
        assert_ne!(pipe.read_line(&mut header).expect("a pipe"), 0, "{header}");
    }
    let length = header.trim_start_matches("Content-Length: ").trim_end();
    let mut body = vec![0; length.parse().expect("a plain header")];
    pipe.read_exact(&mut body).expect("a message");
    String::from_utf8(body).expect("UTF-8")
}

#[test]
fn leans_answers_pass_an_assistant_whose_workers_are_all_blocked() {
    let runtime = assistant::runtime().expect("a runtime");
    let barrier = Arc::new(Barrier::new(WORKERS + 1));
    for _ in 0..WORKERS {
        let barrier = barrier.clone();
        runtime.spawn(async move {
            barrier.wait();
            barrier.wait();
        });
    }
    barrier.wait();

    let (editor, to_editor) = io::pipe().expect("a pipe");
    let (from_lean, mut lean) = io::pipe().expect("a pipe");
    let to_editor = Arc::new(Output::new(to_editor));
    let to_lean = Arc::new(Output::new(io::sink()));
    let (events, heard) = unbounded_channel();
    let merges = Arc::default();
    let injector = Injector::new(to_editor.clone()).expect("a thread");
    let deadlines = Deadlines::start(Arc::clone(&merges), events.clone(), injector.clone());
    let shared = Shared {
        session: "unsorry:1:".into(),
        merges,
        events,
        deadlines: deadlines.expect("a thread"),
        to_editor: injector,
        moved: Arc::default(),
    };
    let startup = Startup {
        config: Some(PathBuf::from("/dev/null")),
        engines: Vec::new(),
        command: LeanCommand::resolve(&[], "/".as_ref()),
        cwd: "/".into(),
    };
    let questions = Injector::new(to_lean.clone()).expect("a thread");
    let (session, _events) = mpsc::channel();
    runtime.spawn(assistant::run(startup, &shared, questions, heard, session));

    let methods = ["hover", "codeAction", "completion"].map(|name| format!("textDocument/{name}"));
    let methods = methods.into_iter().chain(["initialize".to_owned()]);
    let request = |(id, method): (usize, String)| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{}}}}"#)
    };
    let requests: Vec<u8> = methods
        .enumerate()
        .flat_map(|all| frame(&request(all)))
        .collect();
    let outcome = proxy::editor_to_lean(&*requests, &to_lean, &shared);
    outcome.expect("Lean takes all of it");
    let relay = {
        let shared = shared.clone();
        thread::spawn(move || proxy::lean_to_editor(from_lean, None, &to_editor, &shared))
    };
    let answers = [0, 1, 2, 3].map(|id| format!(r#"{{"jsonrpc":"2.0","id":{id},"result":[]}}"#));
    for answer in &answers {
        lean.write_all(&frame(answer)).expect("it reads");
    }
    let mut editor = BufReader::new(editor);
    let mut seen: Vec<String> = (0..4).map(|_| message(&mut editor)).collect();
    // `initialize` is held longest.
    assert_eq!(seen[3], answers[3]);
    seen.sort();
    assert_eq!(seen, answers);

    barrier.wait();
    drop(lean);
    relay.join().expect("no panic").expect("it writes");
    runtime.shutdown_background();
}
