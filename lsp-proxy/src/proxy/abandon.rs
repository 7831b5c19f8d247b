//! The work that is left to do for an assistant that has failed.

use tokio::sync::mpsc::UnboundedReceiver;
use unsorry_wire::envelope;
use unsorry_wire::frame::Message;
use unsorry_wire::response::{error_response, raw_id_and_params};

use super::event::Event;
use super::injector::Injector;
use super::merges::Merges;
use super::route::{self, Route};

/// Does what is left to do for an assistant that has failed: lets go of what was held for it, and
/// refuses what only it could have answered. The relay goes on and tells it nothing more.
pub fn abandon(
    session: &str,
    merges: &Merges,
    to_editor: &Injector,
    heard: &mut UnboundedReceiver<Event>,
) {
    heard.close();
    merges.close(|message| to_editor.send(&message));
    while let Ok(event) = heard.try_recv() {
        if let Event::FromEditor(message) = event
            && route::from_editor(session, message.body()) == Route::Assistant
        {
            refuse(&message, to_editor);
        }
    }
}

/// Answers a request that the assistant can't take any more.
pub(super) fn refuse(message: &Message, to_editor: &Injector) {
    if let Some((id, _)) = raw_id_and_params(message.body())
        && envelope::method(message.body()).is_some()
    {
        let error = br#"{"code":-32603,"message":"unsorry has stopped working; Lean goes on. Restart the language server to get it back."}"#;
        to_editor.send(&error_response(id, error));
    }
}
