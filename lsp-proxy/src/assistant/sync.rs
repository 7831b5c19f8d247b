//! `textDocument/didOpen`, `didChange`, `didClose`

use tower_lsp_server::ls_types as lsp;

use super::context::Assistant;
use super::state::document::Document;
use unsorry_wire::{envelope, json};

/// `textDocument/didOpen`
pub fn did_open(assistant: &Assistant, params: lsp::DidOpenTextDocumentParams) {
    let lsp::TextDocumentItem {
        uri, version, text, ..
    } = params.text_document;
    let document = Document::new(version, &text);
    assistant
        .state
        .with(|state| state.open(uri.as_str(), document));
}

/// `workspace/didChangeWatchedFiles`. Lean has editors watch what it has compiled: a proof that was checked
/// with other imports is none.
pub fn did_change_watched_files(assistant: &Assistant, params: &lsp::DidChangeWatchedFilesParams) {
    let compiled = |event: &lsp::FileEvent| {
        let uri = event.uri.as_str();
        uri.ends_with(".ilean") || uri.ends_with(".olean")
    };
    if params.changes.iter().any(compiled) {
        assistant
            .state
            .with(|state| state.documents.imports_changed());
        if let Some(settings) = assistant.settings.now() {
            settings.search.checker.reload_imports();
        }
    }
}

/// `textDocument/didChange`
pub fn did_change(assistant: &Assistant, params: lsp::DidChangeTextDocumentParams) {
    let lsp::VersionedTextDocumentIdentifier { uri, version } = params.text_document;
    let changes = params.content_changes;
    assistant.state.with(|state| {
        state.change(uri.as_str(), |document| document.change(version, changes));
    });
}

/// `textDocument/didClose`
pub fn did_close(assistant: &Assistant, params: &lsp::DidCloseTextDocumentParams) {
    let uri = params.text_document.uri.as_str();
    assistant.state.with(|state| state.close(uri));
}

/// A message that Lean may have understood and we did not. If it was about a document, ours is not
/// to be trusted any more.
pub fn unreadable(assistant: &Assistant, body: &[u8]) {
    let uri = || {
        let params = envelope::read(body)?.params?;
        let document = json::member(body, params.start, "textDocument")?;
        let uri = json::member(body, document.start, "uri")?;
        Some(json::string(&body[uri])?.into_owned())
    };
    if let Some(uri) = uri() {
        tracing::warn!(
            "a change can't be read; unsorry leaves the document alone until it is opened again"
        );
        assistant.state.with(|state| state.close(&uri));
    }
}
