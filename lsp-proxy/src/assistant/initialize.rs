//! `initialize`

use futures_util::FutureExt;
use tower_lsp_server::ls_types as lsp;

use super::commands::command_names;
use super::context::Assistant;
use super::state::{Abilities, State};

/// The kind of what acts on a whole file.
pub const SOURCE_KIND: &str = "source.unsorry";

/// Notes what the editor can do and how it is set, and says what we add to Lean's capabilities.
pub fn initialize(assistant: &Assistant, params: &lsp::InitializeParams) -> lsp::InitializeResult {
    let workspace = params.capabilities.workspace.as_ref();
    let window = params.capabilities.window.as_ref();
    let text = params.capabilities.text_document.as_ref();
    let abilities = Abilities {
        apply_edit: workspace.and_then(|w| w.apply_edit).unwrap_or(false),
        document_changes: workspace
            .and_then(|w| w.workspace_edit.as_ref()?.document_changes)
            .unwrap_or(false),
        progress: window.and_then(|w| w.work_done_progress).unwrap_or(false),
        code_action_literals: text
            .and_then(|t| t.code_action.as_ref())
            .is_some_and(|c| c.code_action_literal_support.is_some()),
    };
    assistant.state.with(|state| state.abilities = abilities);
    let options = params.initialization_options.as_ref();
    if let Some(editors) = options.and_then(|options| options.get("unsorry")) {
        assistant.settings.begin_with(editors.clone());
    }
    lsp::InitializeResult {
        capabilities: lsp::ServerCapabilities {
            code_action_provider: Some(lsp::CodeActionProviderCapability::Options(
                lsp::CodeActionOptions {
                    code_action_kinds: Some(vec![SOURCE_KIND.into()]),
                    ..Default::default()
                },
            )),
            completion_provider: Some(lsp::CompletionOptions::default()),
            execute_command_provider: Some(lsp::ExecuteCommandOptions {
                commands: command_names(),
                ..Default::default()
            }),
            hover_provider: Some(lsp::HoverProviderCapability::Simple(true)),
            ..Default::default()
        },
        ..Default::default()
    }
}

/// `initialized`: the editor may be told of a mistake in the configuration from here on.
pub fn initialized(assistant: &Assistant) {
    let assistant = assistant.clone();
    tokio::spawn(async move {
        let mut settled = Box::pin(assistant.settings.settled());
        let settings = match (&mut settled).now_or_never() {
            Some(settings) => settings,
            None => {
                let settings = settled.await;
                assistant.state.with(State::changed);
                settings
            }
        };
        if let Some(complaint) = &settings.complaint {
            let client = &assistant.client;
            client
                .show_message(lsp::MessageType::WARNING, complaint)
                .await;
        }
    });
}
