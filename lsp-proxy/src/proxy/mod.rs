//! The relay: two threads, one a direction, each the only one to decide the order of its direction.
//!
//! A thread of the relay reads, routes and writes; it never waits for the assistant. What the
//! assistant sends on its own goes through an [`Output`], whole messages only, behind whatever was
//! written before. If the assistant is gone, what remains is a plain relay.
//!
//! What nobody here needs is written from the buffer that it was read into. Of a message too long for
//! the buffer that nobody needs, the rest is left to the system to copy.

pub mod merge;
pub mod merges;
pub mod route;
pub mod tap;

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use merges::{Answered, Merges, Ticket};
use route::{Merged, Route};
use tap::Tap;
use unsorry_wire::envelope::{self, Head, Id};
use unsorry_wire::frame::{BUFFER, Frame, Framer, Message};
use unsorry_wire::json;

/// What the assistant hears of, in the order in which it happened.
#[derive(Debug)]
pub enum Event {
    /// A message from the editor that Lean gets too, or not at all.
    FromEditor(Message),
    /// A request that Lean answers too. The assistant's part goes to [`Merges::we_answered`].
    Merge(Merged, Ticket, Message),
    /// Lean's answer to a merged request is held for the assistant's part, but not for long.
    Held(Ticket),
    /// Lean's answer to a request of ours, by its id.
    FromLean(String, Message),
}

/// The writing end of a direction, shared by its relay thread and the assistant.
#[derive(Debug)]
pub struct Output<W> {
    writer: Mutex<Writer<W>>,
    /// Messages of ours that nobody has had the time to write.
    ours: Queue,
}

/// Messages of ours in their order.
type Queue = Arc<Mutex<VecDeque<Bytes>>>;

#[derive(Debug)]
struct Writer<W> {
    /// None once it is closed: what comes then is dropped.
    pipe: Option<W>,
    /// The reader takes nothing of ours any more.
    sealed: bool,
}

impl<W: Write> Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.pipe {
            Some(pipe) if !bytes.is_empty() => {
                pipe.write_all(bytes)?;
                pipe.flush()
            }
            _ => Ok(()),
        }
    }

    /// Writes what stands in a buffer, or lets the `tap` pass it on.
    fn pass(
        &mut self,
        framer: &Framer,
        range: Range<usize>,
        tap: &mut Option<Tap>,
    ) -> io::Result<()> {
        let Some(tap) = tap.as_mut().filter(|_| self.pipe.is_some()) else {
            return self.write(framer.bytes(range));
        };
        let before = tap.before(&range);
        self.write(framer.bytes(before.clone()))?;
        let left = tap.pass(before.end..range.end);
        self.write(framer.bytes(left))
    }

    /// Passes on `length` bytes of `input`, or what there is of them. Says how many.
    fn copy(&mut self, input: &mut impl Read, length: u64, moved: &AtomicU64) -> io::Result<u64> {
        let mut copied = 0;
        while copied < length {
            let piece = (length - copied).min(BUFFER as u64);
            let mut input = input.by_ref().take(piece);
            let n = match &mut self.pipe {
                Some(pipe) => io::copy(&mut input, pipe)?,
                None => io::copy(&mut input, &mut io::sink())?,
            };
            moved.fetch_add(1, Ordering::Relaxed);
            copied += n;
            if n < piece {
                break;
            }
        }
        Ok(copied)
    }
}

impl<W: Write> Output<W> {
    /// Writes to `pipe`.
    pub fn new(pipe: W) -> Self {
        Output {
            writer: Mutex::new(Writer {
                pipe: Some(pipe),
                sealed: false,
            }),
            ours: Queue::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Writer<W>> {
        lock(&self.writer)
    }

    /// Writes the oldest message of ours, if there is one.
    fn write_ours(&self, writer: &mut Writer<W>) -> io::Result<()> {
        match lock(&self.ours).pop_front() {
            Some(bytes) if !writer.sealed => writer.write(&bytes),
            _ => Ok(()),
        }
    }

    /// Writes what is left of ours, then the last `messages`, and the `rest` of what will never be a message.
    fn finish(&self, messages: &[Message], rest: &[u8]) -> io::Result<()> {
        let mut writer = self.lock();
        if !writer.sealed {
            while !lock(&self.ours).is_empty() {
                self.write_ours(&mut writer)?;
            }
            messages
                .iter()
                .try_for_each(|message| writer.write(&message.bytes))?;
        }
        writer.sealed = true;
        writer.write(rest)
    }

    /// Closes the pipe, as soon as what is being written is written.
    pub fn close(&self) {
        self.lock().pipe = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends messages of ours into a direction without ever waiting for its reader.
#[derive(Debug, Clone)]
pub struct Injector {
    queue: Queue,
    /// Rung for each message.
    bell: mpsc::Sender<()>,
}

impl Injector {
    /// Starts the thread that writes to `output`. It ends with the last clone of the injector.
    pub fn new<W: Write + Send + 'static>(output: Arc<Output<W>>) -> io::Result<Injector> {
        let queue = output.ours.clone();
        let (bell, rung) = mpsc::channel();
        std::thread::Builder::new()
            .name("inject".into())
            .spawn(move || {
                while rung.recv().is_ok() {
                    let mut writer = output.lock();
                    if output.write_ours(&mut writer).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Injector { queue, bell })
    }

    /// Sends a message. When the reader is gone it is dropped, as the reader would have done.
    pub fn send(&self, message: &Message) {
        lock(&self.queue).push_back(message.bytes.clone());
        if self.bell.send(()).is_err() {
            lock(&self.queue).clear();
        }
    }

    /// Sends a JSON-RPC message.
    pub fn send_json(&self, body: &serde_json::Value) {
        self.send(&Message::new(body.to_string().as_bytes()));
    }
}

/// What both relay threads know.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Begins the ids and tokens that are ours.
    pub session: Arc<str>,
    /// The merged requests under way.
    pub merges: Arc<Merges>,
    /// To the assistant.
    pub events: UnboundedSender<Event>,
    /// To the editor.
    pub to_editor: Injector,
    /// Grows with all that is read: whether anything moves.
    pub moved: Arc<AtomicU64>,
}

/// Relays what the editor says to Lean, until the editor stops.
///
/// # Errors
/// When the editor can't be read or Lean can't be written to any more.
pub fn editor_to_lean<W: Write>(
    input: impl Read,
    lean: &Output<W>,
    shared: &Shared,
) -> io::Result<()> {
    let rest = pump(
        input,
        None,
        lean,
        &shared.moved,
        |beginning| route::is_for_lean(&shared.session, beginning),
        |framer, frame| from_editor(framer, frame, shared),
    )?;
    lean.finish(&[], &rest)
}

/// Relays what Lean says to the editor, until Lean stops. The `tap` is of `input`, for `editor`.
///
/// # Errors
/// When Lean can't be read or the editor can't be written to any more.
pub fn lean_to_editor<W: Write>(
    input: impl Read,
    tap: Option<Tap>,
    editor: &Output<W>,
    shared: &Shared,
) -> io::Result<()> {
    let rest = pump(
        input,
        tap,
        editor,
        &shared.moved,
        |beginning| is_for_editor(beginning, shared),
        |framer, frame| from_lean(framer, frame, shared),
    )?;
    // Nobody has the time to wait for our part any more.
    let mut held = Vec::new();
    shared.merges.close(|message| held.push(message));
    editor.finish(&held, &rest)
}

/// What becomes of a message.
enum Fate {
    /// It goes on as it is.
    Pass,
    /// It goes on as it is, and its reader takes nothing of ours from here on.
    PassAndSeal,
    /// This goes on in its place.
    Replace(Message),
    /// It does not go on, or not now.
    Keep,
}

/// Reads `input` and writes what `fate` makes of it; a long message of which `passes` needs no more
/// than its beginning is not even collected. The output is held from before the assistant hears of a
/// message until that message is written: what the assistant then sends comes after it. Gives what is
/// there of a last message that breaks off.
fn pump<W: Write>(
    mut input: impl Read,
    mut tap: Option<Tap>,
    output: &Output<W>,
    moved: &AtomicU64,
    passes: impl Fn(&[u8]) -> bool,
    fate: impl Fn(&Framer, Frame) -> Fate,
) -> io::Result<Vec<u8>> {
    let mut framer = Framer::default();
    loop {
        let most = framer.room().len();
        let tapped = tap.as_mut().map_or(0, |tap| tap.fill(framer.end(), most));
        let room = framer.room();
        let read = match tapped {
            0 => input.read(room),
            n => input.read_exact(&mut room[..n]).map(|()| n),
        };
        let n = match read {
            Ok(0) => return Ok(framer.rest().to_vec()),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        framer.filled(n);
        if let Some(tap) = &mut tap {
            tap.was_read(n);
        }
        moved.fetch_add(1, Ordering::Relaxed);
        let mut writer = output.lock();
        // Where in the buffer what goes on as it is begins.
        let mut passed = framer.position();
        while let Some(frame) = framer.next_frame() {
            let instead = match fate(&framer, frame) {
                Fate::Pass => continue,
                Fate::PassAndSeal => {
                    writer.sealed = true;
                    continue;
                }
                Fate::Replace(message) => Some(message),
                Fate::Keep => None,
            };
            writer.pass(&framer, passed..frame.start, &mut tap)?;
            if let Some(message) = instead {
                writer.write(&message.bytes)?;
            }
            passed = frame.end;
        }
        let overflow = framer.overflow(&passes);
        writer.pass(&framer, passed..framer.position(), &mut tap)?;
        if let Some(tap) = &mut tap {
            tap.empty();
        }
        if let Some(length) = overflow
            && writer.copy(&mut input, length, moved)? < length
        {
            // Whatever came now would come in the middle of something.
            writer.sealed = true;
            return Ok(Vec::new());
        }
    }
}

fn from_editor(framer: &Framer, frame: Frame, shared: &Shared) -> Fate {
    let body = framer.body(frame);
    let route = route::from_editor(&shared.session, body);
    match route {
        Route::Assistant => {
            if let Err(error) = shared.events.send(Event::FromEditor(framer.message(frame)))
                && let Event::FromEditor(message) = error.0
            {
                refuse(&message, &shared.to_editor);
            }
            return Fate::Keep;
        }
        Route::Echo => {
            if let Some((id, params)) = raw_id_and_params(body) {
                shared.to_editor.send(&response(id, params));
            }
            return Fate::Keep;
        }
        _ => {}
    }
    if !shared.merges.is_empty()
        && let Some(id) = request_id(body)
    {
        let send = |held| shared.to_editor.send(&held);
        shared.merges.used_again(&id, send);
    }
    match route {
        Route::Both | Route::Shutdown => {
            let _ = shared.events.send(Event::FromEditor(framer.message(frame)));
        }
        Route::Merge(method) => {
            if let Some(id) = request_id(body)
                && let Some(ticket) = shared.merges.expect(id, method)
            {
                let event = Event::Merge(method, ticket.clone(), framer.message(frame));
                if shared.events.send(event).is_err() {
                    // Lean has not answered yet.
                    let send = |_| ();
                    shared
                        .merges
                        .we_answered(&ticket, serde_json::Value::Null, send);
                }
            }
        }
        Route::Lean | Route::Assistant | Route::Echo => {}
    }
    match route {
        Route::Shutdown => Fate::PassAndSeal,
        _ => Fate::Pass,
    }
}

fn request_id(body: &[u8]) -> Option<Id> {
    let envelope = envelope::read(body)?;
    envelope.id.filter(|_| envelope.method.is_some())
}

fn from_lean(framer: &Framer, frame: Frame, shared: &Shared) -> Fate {
    let Some(Head::Response { id, failed }) = envelope::head(framer.body(frame)) else {
        return Fate::Pass;
    };
    let ours = route::is_ours(&shared.session, id);
    if !ours && shared.merges.is_empty() {
        return Fate::Pass;
    }
    let Some(id) = Id::read(id) else {
        return Fate::Pass;
    };
    if let (true, Id::String(id)) = (ours, &id) {
        let _ = shared
            .events
            .send(Event::FromLean(id.clone(), framer.message(frame)));
        return Fate::Keep;
    }
    match shared
        .merges
        .lean_answered(&id, failed, || framer.message(frame))
    {
        Answered::Alone => Fate::Pass,
        Answered::Merged(message) => Fate::Replace(message),
        Answered::Held(ticket) => {
            let mut fate = Fate::Keep;
            if shared.events.send(Event::Held(ticket.clone())).is_err() {
                let replace = |message| fate = Fate::Replace(message);
                shared.merges.give_up(&ticket, replace);
            }
            fate
        }
    }
}

/// Whether a message from Lean is for the editor alone, whatever comes after this beginning of its
/// body.
fn is_for_editor(beginning: &[u8], shared: &Shared) -> bool {
    match envelope::head(beginning) {
        Some(Head::Call(_)) => true,
        Some(Head::Response { id, .. }) => {
            !route::is_ours(&shared.session, id)
                && !Id::read(id).is_some_and(|id| shared.merges.awaits(&id))
        }
        None => false,
    }
}

/// A request's id and parameters as they stand in it.
pub fn raw_id_and_params(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = json::skip_space(body, 0);
    let id = json::member(body, start, "id")?;
    let params = json::member(body, start, "params")?;
    Some((&body[id], &body[params]))
}

/// The response to the request with the raw `id`, with a raw `result`.
pub fn response(id: &[u8], result: &[u8]) -> Message {
    Message::new(
        &[
            br#"{"jsonrpc":"2.0","id":"#,
            id,
            br#","result":"#,
            result,
            b"}",
        ]
        .concat(),
    )
}

/// The response to the request with the raw `id`, with a raw `error`.
pub fn error_response(id: &[u8], error: &[u8]) -> Message {
    Message::new(
        &[
            br#"{"jsonrpc":"2.0","id":"#,
            id,
            br#","error":"#,
            error,
            b"}",
        ]
        .concat(),
    )
}

/// Does what is left to do for an assistant that has failed: lets go of what was held for it, and
/// refuses what only it could have answered. The relay goes on and tells it nothing more.
pub fn abandon(
    session: &str,
    merges: &Merges,
    to_editor: &Injector,
    heard: &mut UnboundedReceiver<Event>,
) {
    heard.close();
    merges.close(|message| to_editor.send(&message));
    while let Ok(event) = heard.try_recv() {
        if let Event::FromEditor(message) = event
            && route::from_editor(session, message.body()) == Route::Assistant
        {
            refuse(&message, to_editor);
        }
    }
}

/// Answers a request that the assistant can't take any more.
fn refuse(message: &Message, to_editor: &Injector) {
    if let Some((id, _)) = raw_id_and_params(message.body())
        && envelope::method(message.body()).is_some()
    {
        let error = br#"{"code":-32603,"message":"unsorry has stopped working; Lean goes on. Restart the language server to get it back."}"#;
        to_editor.send(&error_response(id, error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tokio::sync::mpsc::unbounded_channel;

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
            let outcome =
                editor_to_lean(input.as_bytes().chain(Pause), &self.to_lean, &self.shared);
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
                Event::Merge(method, _, message) => {
                    assert_eq!(message.body(), HOVER.as_bytes());
                    format!("{method:?}")
                }
                Event::Held(_) => "held".into(),
                Event::FromLean(id, _) => id,
            });
        }
        assert_eq!(seen, [CHANGE, "Hover", COMMAND, "held", "unsorry:1:7"]);
    }

    #[test]
    fn a_merged_answer_stands_where_leans_stood() {
        let mut bench = Bench::new();
        bench.editor_says(&[HOVER]);
        let heard = bench.heard.as_mut().expect("an assistant");
        let Ok(Event::Merge(Merged::Hover, ticket, _)) = heard.try_recv() else {
            panic!("a merged request");
        };
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
        drop(injector);
        std::thread::sleep(std::time::Duration::from_millis(50));
        let expected = stream(&[r#"{"before":1}"#, shutdown, exit]);
        assert_eq!(bench.lean.text(), expected);
    }

    #[test]
    fn what_was_let_go_of_before_the_end_is_not_lost() {
        let mut bench = Bench::new();
        bench.editor_says(&[HOVER]);
        let heard = bench.heard.as_mut().expect("an assistant");
        let Ok(Event::Merge(_, ticket, _)) = heard.try_recv() else {
            panic!("a merged request");
        };
        bench.lean_says(&[ANSWER]);
        // The thread that is to write it does not come to it before Lean ends.
        let (bell, _rung) = mpsc::channel();
        let injector = Injector {
            queue: bench.to_editor.ours.clone(),
            bell,
        };
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
            } else {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        }
        drop(sender);
        relay.join().expect("no panic").expect("it writes");
        bench.lean.text()
    }

    /// What [`injected_between`] sends after the `n`th piece.
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
}
