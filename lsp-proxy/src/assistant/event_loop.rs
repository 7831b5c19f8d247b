//! The assistant's one task that hears of everything, in the order in which it happened.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::{FutureExt, SinkExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp_server::jsonrpc::{Request, Response};
use tower_lsp_server::{ClientSocket, ExitedError, Loopback, LspService};
use tower_service::Service;
use unsorry_wire::envelope;
use unsorry_wire::frame::Message;

use super::context::Assistant;
use super::in_flight::InFlight;
use super::lean::Lean;
use super::messages;
use super::response_guard::ResponseGuard;
use super::server::Server;
use super::settings::Settings;
use super::sync;
use super::visible::spell_out;
use crate::proxy::merges::{Merges, Ticket};
use crate::proxy::{Event, Injector};

/// The parts that the assistant is made of.
pub struct Setup {
    /// The prefix of the ids and tokens that are ours.
    pub session: Arc<str>,
    /// The configuration.
    pub settings: Settings,
    /// The requests that we and Lean answer together.
    pub merges: Arc<Merges>,
    /// The messages to the editor.
    pub to_editor: Injector,
    /// The messages to the user's Lean: questions only.
    pub to_lean: Injector,
}

/// Runs the assistant until nobody can tell it anything any more.
pub async fn run(setup: Setup, events: &mut UnboundedReceiver<Event>) {
    let mut assistant = EventLoop::new(setup);
    while let Some(event) = events.recv().await {
        assistant.handle(event);
    }
}

struct EventLoop {
    service: LspService<Server>,
    /// Takes the editor's answers.
    responses: <ClientSocket as Loopback>::ResponseSink,
    lean: Lean,
    session: Arc<str>,
    merges: Arc<Merges>,
    to_editor: Injector,
    in_flight: InFlight,
    /// The last number by which the service knows a request.
    number: i64,
}

/// The service's answer to a request; nothing for a notification.
type Answer = Result<Option<Response>, ExitedError>;

impl EventLoop {
    fn new(setup: Setup) -> EventLoop {
        let Setup {
            session,
            settings,
            merges,
            to_editor,
            to_lean,
        } = setup;
        let lean = Lean::new(session.clone(), to_lean);
        let (service, socket) = LspService::build(|client| {
            let (lean, session) = (lean.clone(), session.clone());
            Server(Assistant::new(client, lean, settings, session))
        })
        .custom_method("window/workDoneProgress/cancel", Server::cancel_progress)
        .finish();
        let (requests, responses) = socket.split();
        let sending = messages::send_requests(requests, session.clone(), to_editor.clone());
        tokio::spawn(sending);
        EventLoop {
            service,
            responses,
            lean,
            session,
            merges,
            to_editor,
            in_flight: InFlight::default(),
            number: 0,
        }
    }

    /// Handles an event as far as that goes without waiting; the rest goes on beside.
    fn handle(&mut self, event: Event) {
        match event {
            Event::FromEditor(message) => self.hear_editor(message),
            Event::Merge(ticket, message) => self.merge(ticket, &message),
            Event::Due(ticket) => self.in_flight.is_due(&ticket),
            Event::FromLean(id, message) => self.lean.answered(&id, &message),
        }
    }

    fn hear_editor(&mut self, message: Message) {
        let method = envelope::method(message.body());
        match method.as_deref() {
            None => {
                if let Some(response) = messages::response(&self.session, &message) {
                    let _ = self.responses.send(response).now_or_never();
                }
            }
            Some("$/cancelRequest") => self.cancel(&message),
            // Lean never sees it, so that nobody else answers it.
            Some("workspace/executeCommand") => self.command(message),
            Some(_) => self.notification(&message),
        }
    }

    /// A notification, or a request that Lean answers. Nothing that comes later is handled before it.
    fn notification(&mut self, message: &Message) {
        let asked = envelope::read(message.body()).is_some_and(|message| message.id.is_some());
        let number = asked.then(|| self.next_number());
        match messages::request(message, number) {
            Some(request) => {
                let mut call = self.service.call(request);
                if (&mut call).now_or_never().is_none() {
                    tokio::spawn(call);
                }
            }
            None => sync::unreadable(&self.service.inner().0, message.body()),
        }
    }

    /// A request that we answer alone: now, if the answer is there. What waits for news does not hold up
    /// what comes after it.
    fn command(&mut self, message: Message) {
        let number = self.next_number();
        let request = messages::request(&message, Some(number));
        let id = envelope::read(message.body()).and_then(|message| message.id);
        let guard = ResponseGuard::new(message, self.to_editor.clone());
        let (Some(request), Some(id)) = (request, id) else {
            return;
        };
        let answer = |guard: ResponseGuard, answer: Answer| {
            if let Ok(Some(response)) = answer {
                guard.answer(&response);
            }
        };
        let mut call = self.service.call(request);
        if let Some(response) = (&mut call).now_or_never() {
            return answer(guard, response);
        }
        let in_flight = self.in_flight.begin(id, number, None);
        tokio::spawn(async move {
            answer(guard, call.await);
            drop(in_flight);
        });
    }

    /// A request that Lean answers, too. Its handler looks at the document here, before the editor's next
    /// change to it is applied.
    fn merge(&mut self, ticket: Ticket, message: &Message) {
        let number = self.next_number();
        let request = messages::request(message, Some(number));
        let (merges, to_editor) = (self.merges.clone(), self.to_editor.clone());
        let id = ticket.id().clone();
        let in_flight = self.in_flight.begin(id, number, Some(ticket.clone()));
        let answer = move |mut ours: Value| {
            spell_out(&mut ours);
            merges.we_answered(&ticket, ours, |message| to_editor.send(&message));
        };
        let Some(request) = request else {
            return answer(Value::Null);
        };
        // A panic is the end of this handler alone.
        let call = AssertUnwindSafe(in_flight.scope(self.service.call(request)));
        let mut call = Box::pin(call.catch_unwind());
        let at_once = (&mut call).now_or_never();
        tokio::spawn(async move {
            let ours = match at_once {
                Some(ours) => ours,
                None => call.await,
            };
            let response = ours.ok().and_then(Result::ok).flatten();
            let ours = response.and_then(|response| response.into_parts().1.ok());
            answer(ours.unwrap_or_default());
        });
    }

    /// `$/cancelRequest`: the handler ends, if one is at work. Of a merged request the answer is then
    /// Lean's own.
    fn cancel(&mut self, message: &Message) {
        let number = messages::cancelled(message).and_then(|id| self.in_flight.cancel(&id));
        if let Some(number) = number {
            let cancel = Request::build("$/cancelRequest").params(json!({"id": number}));
            let _ = self.service.call(cancel.finish()).now_or_never();
        }
    }

    fn next_number(&mut self) -> i64 {
        self.number += 1;
        self.number
    }
}

#[cfg(test)]
mod tests;
