//! The second language server: ours. It answers beside Lean, and proves holes.
//!
//! One task hears of everything in order ([`run`]); handlers lock the [`state::State`] briefly and
//! never across an await.

mod apply;
mod code_action;
mod completion;
mod consent;
mod details;
#[cfg(not(fuzzing))]
mod documents;
#[cfg(fuzzing)]
pub mod documents;
mod execute_command;
mod finding;
mod goals;
mod hover;
mod initialize;
mod job;
mod lean;
mod settings;
mod state;
mod status;
mod sync;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::task::Poll;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tower_lsp_server::jsonrpc::{Error, Id as RpcId, Request, Response, Result as RpcResult};
use tower_lsp_server::ls_types as lsp;
use tower_lsp_server::{Client, ExitedError, LanguageServer, LspService};
use tower_service::Service;

use crate::proxy::merges::{Merges, Ticket};
use crate::proxy::{Event, Injector, error_response, raw_id_and_params, response};
use lean::Lean;
pub use settings::Settings;
use state::State;
use unsorry_wire::envelope::{self, Id};
use unsorry_wire::frame::Message;
use unsorry_wire::json;

tokio::task_local! {
    /// In the handler of a merged request: told when Lean's answer waits for ours.
    static HURRY: Arc<Notify>;
}

/// What `work` gives, or none when Lean's answer to the same request has come and waits for ours.
async fn unless_hurried<T>(work: impl Future<Output = Option<T>>) -> Option<T> {
    let Ok(hurry) = HURRY.try_with(Arc::clone) else {
        return work.await;
    };
    tokio::select! {
        biased;
        done = work => done,
        () = hurry.notified() => {
            // Whatever it would do next is in a hurry, too.
            hurry.notify_one();
            None
        }
    }
}

/// How many searches go on at once; others wait for their turn. All share one Lean, which stays with one of
/// them as long as that has work for it. Two, because one may wait long for a model.
const SEARCHES: usize = 2;

/// What the assistant works with.
pub struct Setup {
    /// Begins the ids and tokens that are ours.
    pub session: Arc<str>,
    /// What is configured.
    pub settings: Settings,
    /// The requests that we and Lean answer together.
    pub merges: Arc<Merges>,
    /// To the editor.
    pub to_editor: Injector,
    /// To the user's Lean: questions only.
    pub to_lean: Injector,
}

/// The assistant's handlers share this.
#[derive(Clone)]
struct Assistant {
    client: Client,
    state: State,
    lean: Lean,
    settings: Settings,
    session: Arc<str>,
    turns: Arc<Semaphore>,
}

impl LanguageServer for Assistant {
    async fn initialize(&self, params: lsp::InitializeParams) -> RpcResult<lsp::InitializeResult> {
        Ok(initialize::initialize(self, &params))
    }

    async fn initialized(&self, _: lsp::InitializedParams) {
        if let Some(complaint) = self.settings.complaint() {
            let client = self.client.clone();
            tokio::spawn(async move {
                client
                    .show_message(lsp::MessageType::WARNING, complaint)
                    .await
            });
        }
    }

    async fn shutdown(&self) -> RpcResult<()> {
        self.state.stop_all();
        Ok(())
    }

    async fn did_open(&self, params: lsp::DidOpenTextDocumentParams) {
        sync::did_open(self, params);
    }

    async fn did_change(&self, params: lsp::DidChangeTextDocumentParams) {
        sync::did_change(self, params);
    }

    async fn did_close(&self, params: lsp::DidCloseTextDocumentParams) {
        sync::did_close(self, &params);
    }

    async fn did_change_watched_files(&self, params: lsp::DidChangeWatchedFilesParams) {
        sync::did_change_watched_files(self, &params);
    }

    async fn did_change_configuration(&self, params: lsp::DidChangeConfigurationParams) {
        settings::did_change_configuration(self, params).await;
    }

    async fn code_action(
        &self,
        params: lsp::CodeActionParams,
    ) -> RpcResult<Option<lsp::CodeActionResponse>> {
        Ok(Some(code_action::code_action(self, params).await))
    }

    async fn completion(
        &self,
        params: lsp::CompletionParams,
    ) -> RpcResult<Option<lsp::CompletionResponse>> {
        Ok(Some(lsp::CompletionResponse::Array(
            completion::completion(self, &params),
        )))
    }

    async fn hover(&self, params: lsp::HoverParams) -> RpcResult<Option<lsp::Hover>> {
        Ok(hover::hover(self, params).await)
    }

    async fn execute_command(
        &self,
        params: lsp::ExecuteCommandParams,
    ) -> RpcResult<Option<lsp::LSPAny>> {
        execute_command::execute_command(self, params).await
    }
}

impl Assistant {
    /// `window/workDoneProgress/cancel`, of a job of ours.
    async fn cancel_progress(&self, params: lsp::WorkDoneProgressCancelParams) {
        if let lsp::NumberOrString::String(token) = params.token {
            self.state.stop(&token);
        }
    }
}

/// Runs the assistant until nobody can tell it anything any more.
pub async fn run(setup: Setup, events: &mut UnboundedReceiver<Event>) {
    let Setup {
        session,
        settings,
        merges,
        to_editor,
        to_lean,
    } = setup;
    let lean = Lean::new(session.clone(), to_lean);
    let state = State::default();
    let (mut service, socket) = LspService::build(|client| Assistant {
        client,
        state,
        lean: lean.clone(),
        settings,
        session: session.clone(),
        turns: Arc::new(Semaphore::new(SEARCHES)),
    })
    .custom_method("window/workDoneProgress/cancel", Assistant::cancel_progress)
    .finish();
    let (requests, mut responses) = socket.split();
    tokio::spawn(send_requests(requests, session.clone(), to_editor.clone()));
    let mut next_id = 0i64;
    let mut waiting: HashMap<Ticket, Weak<Notify>> = HashMap::new();
    let mut polls = LongPolls::default();
    while let Some(event) = events.recv().await {
        match event {
            Event::FromEditor(message) => {
                if envelope::method(message.body()).is_none() {
                    if let Some(answer) = editors_answer(&session, &message) {
                        let _ = responses.send(answer).await;
                    }
                    continue;
                }
                next_id += 1;
                let asked = envelope::read(message.body()).is_some_and(|m| m.id.is_some());
                let Some(request) = parse(&message, asked.then_some(next_id)) else {
                    sync::unreadable(service.inner(), message.body());
                    continue;
                };
                if envelope::method(message.body()).as_deref() == Some("$/cancelRequest") {
                    polls.cancel(&message);
                    continue;
                }
                let call = service.call(request);
                if request_is_ours(&message) {
                    polls
                        .answer(ResponseGuard::new(message, to_editor.clone()), call)
                        .await;
                } else {
                    let _ = call.await;
                }
            }
            Event::Merge(_, id, message) => {
                waiting.retain(|_, hurry: &mut Weak<Notify>| hurry.strong_count() > 0);
                next_id += 1;
                let Some(request) = parse(&message, Some(next_id)) else {
                    // Lean's answer may be held already.
                    merges.we_answered(&id, Value::Null, |message| to_editor.send(&message));
                    continue;
                };
                let hurry = Arc::new(Notify::new());
                waiting.insert(id.clone(), Arc::downgrade(&hurry));
                let call = HURRY.scope(hurry, service.call(request));
                let (merges, to_editor) = (merges.clone(), to_editor.clone());
                let work = async move {
                    let ours = call
                        .await
                        .ok()
                        .flatten()
                        .and_then(|answer| answer.into_parts().1.ok());
                    let send = |message| to_editor.send(&message);
                    merges.we_answered(&id, ours.unwrap_or_default(), send);
                };
                // Everything after `initialize` needs it done.
                if envelope::method(message.body()).as_deref() == Some("initialize") {
                    work.await;
                } else {
                    tokio::spawn(work);
                }
            }
            Event::Held(ticket) => {
                let (merges, to_editor) = (merges.clone(), to_editor.clone());
                let hurry = waiting.remove(&ticket).and_then(|hurry| hurry.upgrade());
                tokio::spawn(async move {
                    tokio::time::sleep(ticket.patience() / 2).await;
                    if let Some(hurry) = hurry {
                        hurry.notify_one();
                    }
                    tokio::time::sleep(ticket.patience() / 2).await;
                    merges.give_up(&ticket, |message| to_editor.send(&message));
                });
            }
            Event::FromLean(id, message) => lean.answered(&id, &message),
        }
    }
}

/// Requests that Lean never sees, so that nobody else answers them.
fn request_is_ours(message: &Message) -> bool {
    envelope::method(message.body()).as_deref() == Some("workspace/executeCommand")
}

fn parse(message: &Message, id: Option<i64>) -> Option<Request> {
    let envelope = envelope::read(message.body())?;
    let request = Request::build(envelope.method?.into_owned());
    let request = match envelope.params {
        Some(params) => {
            request.params(serde_json::from_slice::<Value>(&message.body()[params]).ok()?)
        }
        None => request,
    };
    Some(match id {
        Some(id) => request.id(id).finish(),
        None => request.finish(),
    })
}

/// An answer that the editor is owed. Dropped without one, it says that there is none.
struct ResponseGuard {
    message: Message,
    to_editor: Injector,
    paid: bool,
}

impl ResponseGuard {
    fn new(message: Message, to_editor: Injector) -> ResponseGuard {
        ResponseGuard {
            message,
            to_editor,
            paid: false,
        }
    }

    /// Answers with the request's id as it was written.
    fn pay(mut self, answer: &Response) {
        match (answer.result(), answer.error()) {
            (Some(result), _) => self.send(|id| response(id, result.to_string().as_bytes())),
            (None, error) => {
                let error = serde_json::to_string(&error).unwrap_or_default();
                self.send(|id| error_response(id, error.as_bytes()));
            }
        }
    }

    fn send(&mut self, answer: impl FnOnce(&[u8]) -> Message) {
        self.paid = true;
        if let Some((id, _)) = raw_id_and_params(self.message.body()) {
            self.to_editor.send(&answer(id));
        }
    }
}

impl Drop for ResponseGuard {
    fn drop(&mut self) {
        if !self.paid {
            let error = br#"{"code":-32603,"message":"unsorry has ended"}"#;
            self.send(|id| error_response(id, error));
        }
    }
}

/// Requests of the editor's that wait for news, by their ids as they were written.
#[derive(Default)]
struct LongPolls(HashMap<Vec<u8>, CancellationToken>);

impl LongPolls {
    /// Pays with what `call` gives: now, if that is there; what waits for news does not hold up what comes
    /// after it.
    async fn answer(
        &mut self,
        owed: ResponseGuard,
        mut call: impl Future<Output = Result<Option<Response>, ExitedError>> + Send + Unpin + 'static,
    ) {
        let pay = |owed: ResponseGuard, answer: Result<Option<Response>, ExitedError>| {
            if let Some(answer) = answer.ok().flatten() {
                owed.pay(&answer);
            }
        };
        if let Poll::Ready(answer) = futures_util::poll!(&mut call) {
            return pay(owed, answer);
        }
        let Some((id, _)) = raw_id_and_params(owed.message.body()) else {
            return;
        };
        let cancel = CancellationToken::new();
        self.0.retain(|_, poll| !poll.is_cancelled());
        self.0.insert(id.to_owned(), cancel.clone());
        tokio::spawn(async move {
            tokio::select! {
                answer = call => pay(owed, answer),
                () = cancel.cancelled() => {
                    owed.pay(&Response::from_error(RpcId::Null, Error::request_cancelled()));
                }
            }
            // It is no longer there to cancel.
            cancel.cancel();
        });
    }

    /// `$/cancelRequest`, of whatever request.
    fn cancel(&mut self, message: &Message) {
        let id = envelope::read(message.body())
            .and_then(|message| message.params)
            .and_then(|params| json::member(message.body(), params.start, "id"));
        if let Some(poll) = id.and_then(|id| self.0.remove(&message.body()[id])) {
            poll.cancel();
        }
    }
}

/// The editor's answer to a request of ours, under the number that the service knows it by.
fn editors_answer(session: &str, message: &Message) -> Option<Response> {
    let Some(Id::String(id)) = envelope::response_id(message.body()) else {
        return None;
    };
    let id = RpcId::Number(id.strip_prefix(session)?.parse().ok()?);
    let body: Value = serde_json::from_slice(message.body()).ok()?;
    Some(match body.get("error").filter(|error| !error.is_null()) {
        Some(error) => Response::from_error(id, serde_json::from_value(error.clone()).ok()?),
        None => Response::from_ok(id, body.get("result").cloned().unwrap_or_default()),
    })
}

/// Sends on what the service asks and tells the editor, with ids that are nobody else's.
async fn send_requests(
    mut requests: impl StreamExt<Item = Request> + Unpin,
    session: Arc<str>,
    to_editor: Injector,
) {
    while let Some(request) = requests.next().await {
        let (method, id, params) = request.into_parts();
        let mut body = json!({"jsonrpc": "2.0", "method": method});
        if let Some(id) = id {
            body["id"] = Value::from(format!("{session}{id}"));
        }
        if let Some(params) = params {
            body["params"] = params;
        }
        to_editor.send_json(&body);
    }
}

/// Sends steps of a search to whoever watches it.
type Steps = UnboundedSender<unsorry_search::search::Step>;
