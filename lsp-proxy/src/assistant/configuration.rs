//! `workspace/didChangeConfiguration`

use tower_lsp_server::ls_types as lsp;

use super::context::Assistant;
use super::state::State;

/// `workspace/didChangeConfiguration`: what is under `unsorry` is ours.
pub fn did_change_configuration(
    assistant: &Assistant,
    mut params: lsp::DidChangeConfigurationParams,
) {
    let Some(settings) = params.settings.get_mut("unsorry") else {
        return;
    };
    let set = assistant.settings.set(settings.take());
    let (client, state) = (assistant.client.clone(), assistant.state.clone());
    tokio::spawn(async move {
        let set = set.await;
        state.with(State::changed);
        if let Err(error) = set {
            let message = format!("unsorry keeps its settings as they were: {error:#}");
            client
                .show_message(lsp::MessageType::WARNING, message)
                .await;
        }
    });
}
