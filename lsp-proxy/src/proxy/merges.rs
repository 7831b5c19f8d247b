//! The merged requests under way: which of the two answers is there, and which is awaited.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::merge::merge;
use super::route::Merged;
use crate::wire::envelope::Id;
use crate::wire::frame::Message;

/// How long Lean's answer is held for ours. Ours comes from memory, or from a goal that Lean knows
/// by the time it answers itself.
pub const PATIENCE: Duration = Duration::from_millis(250);

#[derive(Debug)]
struct Waiting {
    method: Merged,
    lean: Option<Message>,
    ours: Option<Value>,
}

/// Requests of the editor that get one answer, made of Lean's and ours.
#[derive(Debug, Default)]
pub struct Merges {
    waiting: Mutex<HashMap<Id, Waiting>>,
}

/// What becomes of an answer of Lean's.
#[derive(Debug, PartialEq, Eq)]
pub enum Answered {
    /// It goes to the editor now, in this form.
    Now(Bytes),
    /// It waits for our part.
    Held,
}

impl Merges {
    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a request, before Lean gets it. False when one with this id is under way: then
    /// nobody can tell their answers apart, and neither is touched again.
    pub fn expect(&self, id: Id, method: Merged) -> bool {
        match self.lock().entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(Waiting {
                    method,
                    lean: None,
                    ours: None,
                });
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// The request gets Lean's answer alone.
    pub fn forget(&self, id: &Id) {
        self.lock().remove(id);
    }

    /// Lean answers any request of the editor.
    pub fn lean_answered(&self, id: &Id, message: Message) -> Answered {
        let mut waiting = self.lock();
        let Entry::Occupied(mut entry) = waiting.entry(id.clone()) else {
            return Answered::Now(message.bytes);
        };
        if entry.get().ours.is_some()
            || crate::wire::envelope::read(message.body()).is_some_and(|m| m.error.is_some())
        {
            let waiting = entry.remove();
            return Answered::Now(merged(waiting.method, message, waiting.ours.as_ref()).bytes);
        }
        entry.get_mut().lean = Some(message);
        Answered::Held
    }

    /// Our part of the answer is `ours`. What goes to the editor now, if Lean's was held.
    pub fn we_answered(&self, id: &Id, ours: Value) -> Option<Message> {
        let mut waiting = self.lock();
        let Entry::Occupied(mut entry) = waiting.entry(id.clone()) else {
            return None;
        };
        match entry.get_mut().lean.take() {
            Some(message) => Some(merged(entry.remove().method, message, Some(&ours))),
            None => {
                entry.get_mut().ours = Some(ours);
                None
            }
        }
    }

    /// Lean's answer, if it is still held: ours took too long.
    pub fn give_up(&self, id: &Id) -> Option<Message> {
        let mut waiting = self.lock();
        match waiting.entry(id.clone()) {
            Entry::Occupied(entry) if entry.get().lean.is_some() => entry.remove().lean,
            _ => None,
        }
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

    #[test]
    fn either_may_be_first() {
        let merges = Merges::default();
        assert!(merges.expect(id(), Merged::CodeAction));
        assert_eq!(merges.lean_answered(&id(), lean("[1]")), Answered::Held);
        assert_eq!(merges.we_answered(&id(), json!([2])), Some(lean("[1,2]")));
        assert!(merges.expect(id(), Merged::CodeAction));
        assert_eq!(merges.we_answered(&id(), json!([2])), None);
        assert_eq!(
            merges.lean_answered(&id(), lean("[1]")),
            Answered::Now(lean("[1,2]").bytes)
        );
        assert_eq!(
            merges.lean_answered(&id(), lean("[1]")),
            Answered::Now(lean("[1]").bytes)
        );
    }

    #[test]
    fn exactly_one_answer() {
        let merges = Merges::default();
        assert!(merges.expect(id(), Merged::Hover));
        assert!(!merges.expect(id(), Merged::Hover));
        assert_eq!(merges.give_up(&id()), None);
        assert_eq!(merges.lean_answered(&id(), lean("null")), Answered::Held);
        assert_eq!(merges.give_up(&id()), Some(lean("null")));
        assert_eq!(merges.we_answered(&id(), json!({})), None);
        assert_eq!(merges.give_up(&id()), None);
    }

    #[test]
    fn an_error_does_not_wait() {
        let merges = Merges::default();
        let error = Message::new(br#"{"id":"1","error":{"code":-32800}}"#);
        assert!(merges.expect(id(), Merged::Hover));
        assert_eq!(
            merges.lean_answered(&id(), error.clone()),
            Answered::Now(error.bytes)
        );
        assert_eq!(merges.we_answered(&id(), json!({})), None);
    }
}
