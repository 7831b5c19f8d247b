//! The deadlines of Lean's answers that are held for the assistant's part. A thread of the relay keeps
//! them, so that they hold whatever the assistant does.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::event::Event;
use super::injector::Injector;
use super::merges::{Merges, Ticket};
use super::route::Merged;

/// The longest that Lean's answer is held for ours. Ours comes from memory, or from a goal that Lean knows
/// by the time it answers itself.
const PATIENCE: Duration = Duration::from_millis(250);

/// The longest for `initialize`: without our part of it nothing of ours is there for the whole session.
const PATIENCE_TO_INITIALIZE: Duration = Duration::from_secs(5);

fn patience(method: Merged) -> Duration {
    match method {
        Merged::Initialize => PATIENCE_TO_INITIALIZE,
        Merged::CodeAction | Merged::Completion | Merged::Hover => PATIENCE,
    }
}

/// Lets go of the answers that are held too long. Clones share one thread.
#[derive(Debug, Clone)]
pub struct Deadlines(Sender<(Ticket, Instant)>);

impl Deadlines {
    /// Starts the thread. It ends with the last clone.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(
        merges: Arc<Merges>,
        events: UnboundedSender<Event>,
        to_editor: Injector,
    ) -> io::Result<Deadlines> {
        let (sender, held) = channel();
        let thread = std::thread::Builder::new().name("deadlines".into());
        thread.spawn(move || {
            keep(&held, |act, ticket| match act {
                // Nobody has to hear of it.
                Act::Remind => drop(events.send(Event::Due(ticket))),
                Act::Release => merges.give_up(&ticket, |message| to_editor.send(&message)),
            });
        })?;
        Ok(Deadlines(sender))
    }

    /// Returns deadlines that nobody keeps.
    #[cfg(test)]
    pub fn never() -> Deadlines {
        Deadlines(channel().0)
    }

    /// Notes that Lean's answer is held from now on.
    pub fn hold(&self, ticket: Ticket) {
        // The thread lives as long as its sender.
        let _ = self.0.send((ticket, Instant::now()));
    }
}

/// Waits for what is held, and does with it what is due.
fn keep(held: &Receiver<(Ticket, Instant)>, act: impl Fn(Act, Ticket)) {
    let mut schedule = Schedule::default();
    loop {
        let next = match schedule.next() {
            None => held.recv().map_err(RecvTimeoutError::from),
            Some(at) => held.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match next {
            Ok((ticket, since)) => schedule.hold(ticket, since),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some((what, ticket)) = schedule.due(Instant::now()) {
            act(what, ticket);
        }
    }
}

/// The two things that are done about an answer that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// The assistant is told that its part is due.
    Remind,
    /// Lean's answer goes alone.
    Release,
}

/// The acts to come, by their time. Pure.
#[derive(Debug, Default)]
struct Schedule {
    /// The acts in order; the number tells those of one moment apart.
    acts: BTreeMap<(Instant, u64), (Act, Ticket)>,
    held: u64,
}

impl Schedule {
    /// An answer is held since then: the assistant is reminded halfway.
    fn hold(&mut self, ticket: Ticket, since: Instant) {
        let patience = patience(ticket.method());
        self.held += 1;
        let remind = (Act::Remind, ticket.clone());
        self.acts.insert((since + patience / 2, self.held), remind);
        let release = (Act::Release, ticket);
        self.acts.insert((since + patience, self.held), release);
    }

    /// Returns when there is something to do.
    fn next(&self) -> Option<Instant> {
        self.acts.keys().next().map(|(at, _)| *at)
    }

    /// Takes the next of what is to be done by `now`.
    fn due(&mut self, now: Instant) -> Option<(Act, Ticket)> {
        let entry = self.acts.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }
}

#[cfg(test)]
mod tests {
    use unsorry_wire::envelope::Id;

    use super::*;

    #[test]
    fn each_answer_is_reminded_of_halfway_and_released_in_its_time() {
        let merges = Merges::default();
        let ticket = |name: &str, method: Merged| {
            let id = Id::String(name.to_owned());
            merges.expect(id, method).expect("nothing is under way")
        };
        let start = Instant::now();
        let after = |ms: u64| start + Duration::from_millis(ms);
        let mut schedule = Schedule::default();
        assert_eq!(schedule.next(), None);
        schedule.hold(ticket("initialize", Merged::Initialize), start);
        schedule.hold(ticket("hover", Merged::Hover), after(2400));
        schedule.hold(ticket("action", Merged::CodeAction), after(2400));
        schedule.hold(ticket("completion", Merged::Completion), after(4800));
        let mut seen = Vec::new();
        while let Some(at) = schedule.next() {
            assert_eq!(schedule.due(at - Duration::from_nanos(1)), None);
            let (act, ticket) = schedule.due(at).expect("it is due");
            let Id::String(name) = ticket.id() else {
                panic!("a string");
            };
            seen.push(format!("{} {act:?} {name}", (at - start).as_millis()));
        }
        let expected = [
            "2500 Remind initialize",
            "2525 Remind hover",
            "2525 Remind action",
            "2650 Release hover",
            "2650 Release action",
            "4925 Remind completion",
            "5000 Release initialize",
            "5050 Release completion",
        ];
        assert_eq!(seen, expected);
    }
}
