//! Responses to requests, with their ids as they were written.

use crate::frame::Message;
use crate::json;

/// A request's id and parameters as they stand in it.
pub fn raw_id_and_params(body: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = json::skip_space(body, 0);
    let id = json::member(body, start, "id")?;
    let params = json::member(body, start, "params")?;
    Some((&body[id], &body[params]))
}

/// The response to the request with the raw `id`, with a raw `result`.
pub fn response(id: &[u8], result: &[u8]) -> Message {
    Message::new(
        &[
            br#"{"jsonrpc":"2.0","id":"#,
            id,
            br#","result":"#,
            result,
            b"}",
        ]
        .concat(),
    )
}

/// The response to the request with the raw `id`, with a raw `error`.
pub fn error_response(id: &[u8], error: &[u8]) -> Message {
    Message::new(
        &[
            br#"{"jsonrpc":"2.0","id":"#,
            id,
            br#","error":"#,
            error,
            b"}",
        ]
        .concat(),
    )
}
