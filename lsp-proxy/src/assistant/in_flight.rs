//! The editor's requests whose handlers are at work.

use std::collections::HashMap;

use unsorry_wire::envelope::Id;

use super::deadline::{Deadline, WeakDeadline};
use crate::proxy::merges::Ticket;

/// The requests under way, by the editor's ids: merged ones, and those that wait for news.
#[derive(Debug, Default)]
pub struct InFlight(HashMap<Id, Handler>);

#[derive(Debug)]
struct Handler {
    /// The service's number for the request.
    number: i64,
    /// The ticket of a merged request; none where the answer is ours alone.
    ticket: Option<Ticket>,
    /// The deadline, which lives as long as the handler.
    deadline: WeakDeadline,
}

impl InFlight {
    /// Notes the request `id`, which the service knows as `number`. It is under way as long as the deadline
    /// is held.
    pub fn begin(&mut self, id: Id, number: i64, ticket: Option<Ticket>) -> Deadline {
        self.0.retain(|_, handler| handler.deadline.is_awaited());
        let deadline = Deadline::default();
        let handler = Handler {
            number,
            ticket,
            deadline: deadline.downgrade(),
        };
        self.0.insert(id, handler);
        deadline
    }

    /// Tells the handler of a merged request that its answer is due.
    pub fn is_due(&self, ticket: &Ticket) {
        let handler = self.0.get(ticket.id());
        if let Some(handler) = handler.filter(|handler| handler.ticket.as_ref() == Some(ticket)) {
            handler.deadline.has_come();
        }
    }

    /// Forgets the request `id`, which is to be cancelled. Returns the service's number for it.
    pub fn cancel(&mut self, id: &Id) -> Option<i64> {
        let handler = self.0.remove(id)?;
        handler.deadline.is_awaited().then_some(handler.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::merges::Merges;
    use crate::proxy::route::Merged;

    #[test]
    fn a_request_is_in_flight_as_long_as_its_deadline_is_held() {
        let id = || Id::String("1".into());
        let mut in_flight = InFlight::default();
        let first = in_flight.begin(id(), 7, None);
        assert_eq!(in_flight.cancel(&id()), Some(7));
        assert_eq!(in_flight.cancel(&id()), None, "once");
        drop(first);
        drop(in_flight.begin(id(), 8, None));
        assert_eq!(in_flight.cancel(&id()), None);
    }

    #[tokio::test]
    async fn what_is_due_is_not_taken_for_a_later_request() {
        let merges = Merges::default();
        let id = Id::String("1".into());
        let ticket = || {
            let ticket = merges.expect(id.clone(), Merged::Hover).expect("a ticket");
            merges.lean_answered(&id, true, || panic!("it is not held"));
            ticket
        };
        let (old, new) = (ticket(), ticket());
        let mut in_flight = InFlight::default();
        let deadline = in_flight.begin(id.clone(), 1, Some(new.clone()));
        let told = deadline.downgrade();
        let mut handler = Box::pin(deadline.scope(super::super::deadline::before_deadline(
            std::future::pending::<Option<()>>(),
        )));
        in_flight.is_due(&old);
        assert!(futures_util::poll!(&mut handler).is_pending());
        in_flight.is_due(&new);
        assert_eq!(handler.await, None);
        assert!(!told.is_awaited());
    }
}
