//! The two threads of the relay, and what each does with a message.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::mpsc::UnboundedSender;
use unsorry_wire::envelope::{self, Head, Id};
use unsorry_wire::frame::{Frame, Framer};
use unsorry_wire::response::{raw_id_and_params, response};

use super::abandon::refuse;
use super::deadlines::Deadlines;
use super::event::Event;
use super::injector::Injector;
use super::merges::{Answered, Merges};
use super::output::Output;
use super::pump::{Fate, pump};
use super::route::{self, Route};
use super::tap::Tap;

/// The parts that both relay threads share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The prefix of the ids and tokens that are ours.
    pub session: Arc<str>,
    /// The merged requests under way.
    pub merges: Arc<Merges>,
    /// The events for the assistant.
    pub events: UnboundedSender<Event>,
    /// The deadlines that let go of the answers of Lean's that the assistant is late for.
    pub deadlines: Deadlines,
    /// The messages to the editor.
    pub to_editor: Injector,
    /// The count that grows with all that is read: whether anything moves.
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
                let event = Event::Merge(ticket.clone(), framer.message(frame));
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
            if shared.events.is_closed() {
                let replace = |message| fate = Fate::Replace(message);
                shared.merges.give_up(&ticket, replace);
            } else {
                shared.deadlines.hold(ticket);
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
