//! The relay: two threads, one a direction, each the only one to decide the order of its direction.
//!
//! A thread of the relay reads, routes and writes; it never waits for the assistant. What the
//! assistant sends on its own goes through an [`Output`], whole messages only, behind whatever was
//! written before. If the assistant is gone, what remains is a plain relay.

pub mod merge;
pub mod merges;
pub mod route;

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedSender;

use crate::wire::envelope::{self, Id};
use crate::wire::frame::{Chunk, Framer, Message};
use crate::wire::json;
use merges::{Answered, Merges};
use route::{Merged, Route};

/// How much is read at once, in bytes.
const READ_SIZE: usize = 64 * 1024;

/// What the assistant hears of, in the order in which it happened.
#[derive(Debug)]
pub enum Event {
    /// A message from the editor that Lean gets too, or not at all.
    FromEditor(Message),
    /// A request that Lean answers too. The assistant's part goes to [`Merges::we_answered`].
    Merge(Merged, Id, Message),
    /// Lean's answer to a merged request is held for the assistant's part, but not for long.
    Held(Id),
    /// Lean's answer to a request of ours, by its id.
    FromLean(String, Message),
}

/// The writing end of a direction, shared by its relay thread and the assistant.
#[derive(Debug)]
pub struct Output<W> {
    writer: Mutex<Option<W>>,
}

impl<W: Write> Output<W> {
    /// Writes to `writer`.
    pub fn new(writer: W) -> Self {
        Output {
            writer: Mutex::new(Some(writer)),
        }
    }

    /// Writes whole messages; what comes after [`Output::close`] is dropped.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        write_to(
            &mut self.writer.lock().unwrap_or_else(PoisonError::into_inner),
            bytes,
        )
    }

    /// Closes the pipe.
    pub fn close(&self) {
        self.writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

fn write_to<W: Write>(writer: &mut Option<W>, bytes: &[u8]) -> io::Result<()> {
    match writer {
        Some(writer) => {
            writer.write_all(bytes)?;
            writer.flush()
        }
        None => Ok(()),
    }
}

/// Sends messages of ours into a direction without ever waiting for its reader.
#[derive(Debug, Clone)]
pub struct Injector(mpsc::Sender<Bytes>);

impl Injector {
    /// Starts the thread that writes to `output`. It ends with the last clone of the injector.
    pub fn new<W: Write + Send + 'static>(output: Arc<Output<W>>) -> io::Result<Injector> {
        let (sender, receiver) = mpsc::channel::<Bytes>();
        std::thread::Builder::new()
            .name("inject".into())
            .spawn(move || {
                while let Ok(bytes) = receiver.recv() {
                    if output.write(&bytes).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Injector(sender))
    }

    /// Sends a message. When the reader is gone it is dropped, as the reader would have done.
    pub fn send(&self, message: &Message) {
        let _ = self.0.send(message.bytes.clone());
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
    pump(input, lean, |chunk, out| match chunk {
        Chunk::Message(message) => from_editor(message, out, shared),
        Chunk::Opaque(bytes) => out.extend_from_slice(&bytes),
    })
}

/// Relays what Lean says to the editor, until Lean stops.
///
/// # Errors
/// When Lean can't be read or the editor can't be written to any more.
pub fn lean_to_editor<W: Write>(
    input: impl Read,
    editor: &Output<W>,
    shared: &Shared,
) -> io::Result<()> {
    pump(input, editor, |chunk, out| match chunk {
        Chunk::Message(message) => from_lean(message, out, shared),
        Chunk::Opaque(bytes) => out.extend_from_slice(&bytes),
    })
}

/// Reads `input` and writes what `relay` makes of it. The output is held from before the assistant
/// hears of a message until that message is written: what the assistant then sends comes after it.
fn pump<W: Write>(
    mut input: impl Read,
    output: &Output<W>,
    mut relay: impl FnMut(Chunk, &mut Vec<u8>),
) -> io::Result<()> {
    let mut framer = Framer::default();
    let mut read = vec![0; READ_SIZE];
    let mut out = Vec::new();
    loop {
        let n = match input.read(&mut read) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if n == 0 {
            return output.write(&framer.rest());
        }
        framer.buffer().extend_from_slice(&read[..n]);
        let mut writer = output.writer.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(chunk) = framer.chunk() {
            relay(chunk, &mut out);
        }
        if !out.is_empty() {
            write_to(&mut writer, &out)?;
            out.clear();
            out.shrink_to(READ_SIZE);
        }
    }
}

fn from_editor(message: Message, out: &mut Vec<u8>, shared: &Shared) {
    let route = route::from_editor(&shared.session, message.body());
    match route {
        Route::Lean => {}
        Route::Both => {
            let _ = shared.events.send(Event::FromEditor(message.clone()));
        }
        Route::Merge(method) => {
            if let Some(id) = envelope::read(message.body()).and_then(|request| request.id)
                && shared.merges.expect(id.clone(), method)
                && shared
                    .events
                    .send(Event::Merge(method, id.clone(), message.clone()))
                    .is_err()
            {
                shared.merges.forget(&id);
            }
        }
        Route::Assistant => {
            if let Err(error) = shared.events.send(Event::FromEditor(message))
                && let Event::FromEditor(message) = error.0
            {
                refuse(&message, &shared.to_editor);
            }
            return;
        }
        Route::Echo => {
            if let Some((id, params)) = raw_id_and_params(message.body()) {
                shared.to_editor.send(&response(id, params));
            }
            return;
        }
    }
    out.extend_from_slice(&message.bytes);
}

fn from_lean(message: Message, out: &mut Vec<u8>, shared: &Shared) {
    let Some(id) = route::from_lean(message.body()) else {
        out.extend_from_slice(&message.bytes);
        return;
    };
    if let Id::String(ours) = &id
        && ours.starts_with(&*shared.session)
    {
        let _ = shared.events.send(Event::FromLean(ours.clone(), message));
        return;
    }
    match shared.merges.lean_answered(&id, message) {
        Answered::Now(bytes) => out.extend_from_slice(&bytes),
        Answered::Held => {
            if shared.events.send(Event::Held(id.clone())).is_err()
                && let Some(message) = shared.merges.give_up(&id)
            {
                out.extend_from_slice(&message.bytes);
            }
        }
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

/// Answers a request that the assistant can't take any more.
fn refuse(message: &Message, to_editor: &Injector) {
    if let Some((id, _)) = raw_id_and_params(message.body())
        && envelope::method(message.body()).is_some()
    {
        let error = br#"{"code":-32603,"message":"unsorry has stopped working; Lean goes on. Restart the language server to get it back."}"#;
        to_editor.send(&Message::new(
            &[
                br#"{"jsonrpc":"2.0","id":"#,
                id,
                br#","error":"#,
                error,
                b"}",
            ]
            .concat(),
        ));
    }
}
