//! The promise that a request of the editor's is answered.

use tower_lsp_server::jsonrpc::Response;
use unsorry_wire::frame::Message;
use unsorry_wire::response::{error_response, raw_id_and_params, response};

use super::visible::spell_out;
use crate::proxy::Injector;

/// A request that only we can answer. Dropped without an answer, it is answered with an error.
pub struct ResponseGuard {
    request: Message,
    to_editor: Injector,
    answered: bool,
}

impl ResponseGuard {
    /// Promises an answer to `request`.
    pub fn new(request: Message, to_editor: Injector) -> ResponseGuard {
        ResponseGuard {
            request,
            to_editor,
            answered: false,
        }
    }

    /// Answers, with the request's id as it was written.
    pub fn answer(mut self, answer: &Response) {
        match (answer.result(), answer.error()) {
            (Some(result), _) => {
                let mut result = result.clone();
                spell_out(&mut result);
                self.send(|id| response(id, result.to_string().as_bytes()));
            }
            (None, error) => {
                let mut error = serde_json::to_value(error).unwrap_or_default();
                spell_out(&mut error);
                self.send(|id| error_response(id, error.to_string().as_bytes()));
            }
        }
    }

    fn send(&mut self, answer: impl FnOnce(&[u8]) -> Message) {
        self.answered = true;
        if let Some((id, _)) = raw_id_and_params(self.request.body()) {
            self.to_editor.send(&answer(id));
        }
    }
}

impl Drop for ResponseGuard {
    fn drop(&mut self) {
        if !self.answered {
            let error = br#"{"code":-32603,"message":"unsorry has ended"}"#;
            self.send(|id| error_response(id, error));
        }
    }
}
