//! Messages as the editor writes them, and as the LSP service wants them.

use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::{Id as RpcId, Request, Response};
use unsorry_wire::envelope::{self, Id};
use unsorry_wire::frame::Message;
use unsorry_wire::json;

use super::visible::spell_out;
use crate::proxy::Injector;

/// Reads a request or notification, which the service is to know by the number `id`; none when it can't
/// be read.
pub fn request(message: &Message, id: Option<i64>) -> Option<Request> {
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

/// Returns the id of the request that a `$/cancelRequest` is about.
pub fn cancelled(message: &Message) -> Option<Id> {
    let params = envelope::read(message.body())?.params?;
    let id = json::member(message.body(), params.start, "id")?;
    Id::read(&message.body()[id])
}

/// Reads the editor's response to a request of ours, under the number that the service knows it by.
pub fn response(session: &str, message: &Message) -> Option<Response> {
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
pub async fn send_requests(
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
            spell_out(&mut body["params"]);
        }
        to_editor.send_json(&body);
    }
}
