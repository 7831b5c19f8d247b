//! `workspace/didChangeConfiguration`

use tower_lsp_server::ls_types as lsp;

use super::context::Assistant;

/// `workspace/didChangeConfiguration`: what is under `unsorry` is ours.
pub async fn did_change_configuration(
    assistant: &Assistant,
    params: lsp::DidChangeConfigurationParams,
) {
    let Some(settings) = params.settings.get("unsorry") else {
        return;
    };
    let set = assistant.settings.set(settings);
    assistant.state.changed();
    if let Err(error) = set {
        let message = format!("unsorry keeps its settings as they were: {error:#}");
        let client = &assistant.client;
        client
            .show_message(lsp::MessageType::WARNING, message)
            .await;
    }
}
