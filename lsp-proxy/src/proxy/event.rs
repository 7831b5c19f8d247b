//! The events that the relay tells the assistant of.

use unsorry_wire::frame::Message;

use super::merges::Ticket;

/// An event that the assistant hears of, in the order in which they happened.
#[derive(Debug)]
pub enum Event {
    /// A message from the editor that Lean gets too, or not at all.
    FromEditor(Message),
    /// A request that Lean answers too. The assistant's part goes to [`Merges::we_answered`](super::merges::Merges::we_answered).
    Merge(Ticket, Message),
    /// Lean's answer to a merged request waits for the assistant's part, and will soon go without it.
    Due(Ticket),
    /// Lean's answer to a request of ours, by its id.
    FromLean(String, Message),
}
