//! The merged requests under way: which of the two answers is there, and which is awaited.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::merge::merge;
use super::route::Merged;
use unsorry_wire::envelope::Id;
use unsorry_wire::frame::Message;

/// A merged request under way. Its id alone does not tell it from a later one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    id: Id,
    number: u64,
    method: Merged,
}

impl Ticket {
    /// The id that the editor gave the request.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// The method of the request.
    pub fn method(&self) -> Merged {
        self.method
    }
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    method: Merged,
    lean: Option<Message>,
    ours: Option<Value>,
    /// The number of requests with this id that Lean has yet to answer. If there are several, nobody can tell
    /// the answers apart: then they are Lean's alone.
    unanswered: usize,
    spoiled: bool,
}

impl Waiting {
    fn is(&self, ticket: &Ticket) -> bool {
        self.number == ticket.number && !self.spoiled
    }
}

#[derive(Debug, Default)]
struct Inner {
    waiting: HashMap<Id, Waiting>,
    next: u64,
    closed: bool,
}

impl Inner {
    fn of(&mut self, ticket: &Ticket) -> Option<&mut Waiting> {
        let waiting = self.waiting.get_mut(&ticket.id);
        waiting.filter(|waiting| waiting.is(ticket))
    }
}

/// The requests of the editor that get one answer, made of Lean's and ours.
///
/// An answer that is let go of is sent while nobody else can look, so that at any moment an answer is either
/// here or sent: whoever closes this has them all. So `send` must not wait.
#[derive(Debug, Default)]
pub struct Merges(Mutex<Inner>);

/// The fate of an answer of Lean's.
#[derive(Debug, PartialEq, Eq)]
pub enum Answered {
    /// It goes to the editor as it is.
    Alone,
    /// This goes to the editor in its place.
    Merged(Message),
    /// It waits for our part.
    Held(Ticket),
}

impl Merges {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no request is under way.
    pub fn is_empty(&self) -> bool {
        self.lock().waiting.is_empty()
    }

    /// Whether an answer to `id` may have to do with a request under way.
    pub fn awaits(&self, id: &Id) -> bool {
        self.lock().waiting.contains_key(id)
    }

    /// Registers a request, before Lean gets it. None when it gets Lean's answer alone.
    pub fn expect(&self, id: Id, method: Merged) -> Option<Ticket> {
        let mut inner = self.lock();
        if inner.closed {
            return None;
        }
        inner.next += 1;
        let number = inner.next;
        let Entry::Vacant(entry) = inner.waiting.entry(id.clone()) else {
            return None;
        };
        entry.insert(Waiting {
            number,
            method,
            lean: None,
            ours: None,
            unanswered: 1,
            spoiled: false,
        });
        Some(Ticket { id, number, method })
    }

    /// The editor uses `id` for another request. If one with this id is under way, both get Lean's
    /// answers alone. What of these was held is sent.
    pub fn used_again(&self, id: &Id, send: impl FnOnce(Message)) {
        let mut inner = self.lock();
        let Some(waiting) = inner.waiting.get_mut(id) else {
            return;
        };
        waiting.spoiled = true;
        waiting.unanswered += 1;
        if let Some(held) = waiting.lean.take() {
            waiting.unanswered -= 1;
            send(held);
        }
    }

    /// Notes that Lean answers a request of the editor, with an error if it has `failed`.
    pub fn lean_answered(
        &self,
        id: &Id,
        failed: bool,
        message: impl FnOnce() -> Message,
    ) -> Answered {
        let mut inner = self.lock();
        let Entry::Occupied(mut entry) = inner.waiting.entry(id.clone()) else {
            return Answered::Alone;
        };
        let waiting = entry.get_mut();
        if waiting.spoiled {
            waiting.unanswered -= 1;
            if waiting.unanswered == 0 {
                entry.remove();
            }
            return Answered::Alone;
        }
        if waiting.lean.is_some() {
            // A second answer to the same request is Lean's own affair.
            return Answered::Alone;
        }
        if failed {
            entry.remove();
            return Answered::Alone;
        }
        if waiting.ours.is_some() {
            let waiting = entry.remove();
            drop(inner);
            return Answered::Merged(merged(waiting.method, message(), waiting.ours.as_ref()));
        }
        waiting.lean = Some(message());
        Answered::Held(Ticket {
            id: id.clone(),
            number: waiting.number,
            method: waiting.method,
        })
    }

    /// Takes our part of the answer, `ours`, which is `null` when there is none. If Lean's was held, both are
    /// sent.
    pub fn we_answered(&self, ticket: &Ticket, ours: Value, send: impl FnOnce(Message)) {
        let lean = {
            let mut inner = self.lock();
            let Some(waiting) = inner.of(ticket) else {
                return;
            };
            match &waiting.lean {
                Some(message) => message.clone(),
                None => {
                    waiting.ours = Some(ours);
                    return;
                }
            }
        };
        // That takes time, in which Lean's may have gone alone.
        let message = merged(ticket.method, lean, Some(&ours));
        let mut inner = self.lock();
        if inner.of(ticket).is_some() {
            inner.waiting.remove(&ticket.id);
            send(message);
        }
    }

    /// Sends Lean's answer, if it is still held: ours took too long.
    pub fn give_up(&self, ticket: &Ticket, send: impl FnOnce(Message)) {
        let mut inner = self.lock();
        if let Some(held) = inner.of(ticket).and_then(|waiting| waiting.lean.take()) {
            inner.waiting.remove(&ticket.id);
            send(held);
        }
    }

    /// Gives every request Lean's answer alone from here on. The answers that were held are sent.
    pub fn close(&self, send: impl FnMut(Message)) {
        let mut inner = self.lock();
        inner.closed = true;
        let waiting = inner.waiting.drain();
        waiting
            .filter_map(|(_, waiting)| waiting.lean)
            .for_each(send);
    }
}

fn merged(method: Merged, lean: Message, ours: Option<&Value>) -> Message {
    match ours.and_then(|ours| merge(method, lean.body(), ours)) {
        Some(body) => Message::new(&body),
        None => lean,
    }
}

#[cfg(test)]
mod tests;
