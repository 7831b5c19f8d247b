//! The merged requests under way: which of the two answers is there, and which is awaited.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::merge::merge;
use super::route::Merged;
use unsorry_wire::envelope::Id;
use unsorry_wire::frame::Message;

/// How long Lean's answer is held for ours. Ours comes from memory, or from a goal that Lean knows
/// by the time it answers itself.
const PATIENCE: Duration = Duration::from_millis(250);

/// The same for `initialize`: without our part of it nothing of ours is there for the whole session.
const PATIENCE_TO_INITIALIZE: Duration = Duration::from_secs(5);

/// A merged request under way. Its id alone does not tell it from a later one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    id: Id,
    number: u64,
    method: Merged,
}

impl Ticket {
    /// How long Lean's answer is held for ours.
    pub fn patience(&self) -> Duration {
        match self.method {
            Merged::Initialize => PATIENCE_TO_INITIALIZE,
            _ => PATIENCE,
        }
    }
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    method: Merged,
    lean: Option<Message>,
    ours: Option<Value>,
    /// How many requests with this id Lean has yet to answer. Of more than one nobody can tell the
    /// answers apart: then they are Lean's alone.
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

/// Requests of the editor that get one answer, made of Lean's and ours.
///
/// What is let go of here is sent while nobody else can look, so that at any moment an answer is either
/// here or sent: whoever closes this has them all. So `send` must not wait.
#[derive(Debug, Default)]
pub struct Merges(Mutex<Inner>);

/// What becomes of an answer of Lean's.
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

    /// Lean answers a request of the editor, with an error if it has `failed`.
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

    /// Our part of the answer is `ours`, `null` when there is none. If Lean's was held, both are sent.
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

    /// From here on every request gets Lean's answer alone. The answers that were held are sent.
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
mod tests {
    use super::*;
    use serde_json::json;

    fn id() -> Id {
        Id::String("1".into())
    }

    fn lean(result: &str) -> Message {
        Message::new(format!(r#"{{"id":"1","result":{result}}}"#).as_bytes())
    }

    fn expect(merges: &Merges, method: Merged) -> Ticket {
        merges.expect(id(), method).expect("nothing is under way")
    }

    fn lean_says(merges: &Merges, result: &str) -> Answered {
        merges.lean_answered(&id(), false, || lean(result))
    }

    fn we_answered(merges: &Merges, ticket: &Ticket, ours: Value) -> Option<Message> {
        let mut sent = None;
        merges.we_answered(ticket, ours, |message| sent = Some(message));
        sent
    }

    fn give_up(merges: &Merges, ticket: &Ticket) -> Option<Message> {
        let mut sent = None;
        merges.give_up(ticket, |message| sent = Some(message));
        sent
    }

    fn used_again(merges: &Merges) -> Option<Message> {
        let mut sent = None;
        merges.used_again(&id(), |message| sent = Some(message));
        sent
    }

    #[test]
    fn either_may_be_first() {
        let merges = Merges::default();
        let first = expect(&merges, Merged::CodeAction);
        assert_eq!(lean_says(&merges, "[1]"), Answered::Held(first.clone()));
        assert_eq!(
            we_answered(&merges, &first, json!([2])),
            Some(lean("[1,2]"))
        );
        let second = expect(&merges, Merged::CodeAction);
        assert_eq!(we_answered(&merges, &second, json!([2])), None);
        assert_eq!(lean_says(&merges, "[1]"), Answered::Merged(lean("[1,2]")));
        assert_eq!(lean_says(&merges, "[1]"), Answered::Alone);
        assert!(merges.is_empty());
    }

    #[test]
    fn exactly_one_answer() {
        let merges = Merges::default();
        let ticket = expect(&merges, Merged::Hover);
        assert_eq!(merges.expect(id(), Merged::Hover), None);
        assert_eq!(give_up(&merges, &ticket), None);
        assert_eq!(lean_says(&merges, "null"), Answered::Held(ticket.clone()));
        assert_eq!(give_up(&merges, &ticket), Some(lean("null")));
        assert_eq!(we_answered(&merges, &ticket, json!({})), None);
        assert_eq!(give_up(&merges, &ticket), None);
    }

    #[test]
    fn no_part_of_ours_is_as_good_as_one() {
        let merges = Merges::default();
        let ticket = expect(&merges, Merged::CodeAction);
        assert_eq!(we_answered(&merges, &ticket, Value::Null), None);
        assert_eq!(lean_says(&merges, "[1]"), Answered::Merged(lean("[1]")));
        let ticket = expect(&merges, Merged::CodeAction);
        assert_eq!(lean_says(&merges, "[1]"), Answered::Held(ticket.clone()));
        assert_eq!(
            we_answered(&merges, &ticket, Value::Null),
            Some(lean("[1]"))
        );
    }

    #[test]
    fn an_error_does_not_wait() {
        let merges = Merges::default();
        let ticket = expect(&merges, Merged::Hover);
        let answered = merges.lean_answered(&id(), true, || panic!("it is not held"));
        assert_eq!(answered, Answered::Alone);
        assert_eq!(we_answered(&merges, &ticket, json!({})), None);
        assert!(merges.is_empty());
    }

    #[test]
    fn a_late_part_is_not_taken_for_the_next_request() {
        let merges = Merges::default();
        let old = expect(&merges, Merged::CodeAction);
        merges.lean_answered(&id(), true, || panic!("it is not held"));
        let new = expect(&merges, Merged::CodeAction);
        assert_eq!(we_answered(&merges, &old, json!([1])), None);
        assert_eq!(lean_says(&merges, "[2]"), Answered::Held(new.clone()));
        assert_eq!(give_up(&merges, &old), None);
        assert_eq!(we_answered(&merges, &old, json!([1])), None);
        assert_eq!(we_answered(&merges, &new, json!([3])), Some(lean("[2,3]")));
    }

    #[test]
    fn of_an_id_used_twice_both_answers_are_leans() {
        let merges = Merges::default();
        let ticket = expect(&merges, Merged::CodeAction);
        assert_eq!(used_again(&merges), None);
        assert_eq!(merges.expect(id(), Merged::CodeAction), None);
        assert_eq!(we_answered(&merges, &ticket, json!([1])), None);
        assert_eq!(lean_says(&merges, "[2]"), Answered::Alone);
        assert_eq!(lean_says(&merges, "[3]"), Answered::Alone);
        assert!(merges.is_empty());

        let ticket = expect(&merges, Merged::CodeAction);
        assert_eq!(lean_says(&merges, "[2]"), Answered::Held(ticket.clone()));
        assert_eq!(used_again(&merges), Some(lean("[2]")));
        assert_eq!(give_up(&merges, &ticket), None);
        assert_eq!(lean_says(&merges, "[3]"), Answered::Alone);
        assert!(merges.is_empty());
    }

    #[test]
    fn a_second_answer_does_not_displace_the_first() {
        let merges = Merges::default();
        let ticket = expect(&merges, Merged::CodeAction);
        assert_eq!(lean_says(&merges, "[1]"), Answered::Held(ticket.clone()));
        assert_eq!(lean_says(&merges, "[2]"), Answered::Alone);
        assert_eq!(
            we_answered(&merges, &ticket, json!([3])),
            Some(lean("[1,3]"))
        );
    }

    #[test]
    fn closing_lets_go_of_everything() {
        let merges = Merges::default();
        let ticket = expect(&merges, Merged::CodeAction);
        lean_says(&merges, "[1]");
        let mut held = Vec::new();
        merges.close(|message| held.push(message));
        assert_eq!(held, [lean("[1]")]);
        assert_eq!(we_answered(&merges, &ticket, json!([2])), None);
        assert_eq!(merges.expect(id(), Merged::CodeAction), None);
        assert_eq!(lean_says(&merges, "[1]"), Answered::Alone);
    }
}
