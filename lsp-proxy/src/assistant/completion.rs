//! `textDocument/completion`

use serde_json::json;
use tower_lsp_server::ls_types as lsp;

use super::context::Assistant;
use crate::proxy::route::DATA_KEY;
use unsorry_search::search::wording::one_line;

/// The verified proofs at a hole: nothing else, so nothing where there are none.
pub fn completion(
    assistant: &Assistant,
    params: &lsp::CompletionParams,
) -> Vec<lsp::CompletionItem> {
    let lsp::TextDocumentPositionParams {
        text_document,
        position,
    } = &params.text_document_position;
    let uri = text_document.uri.as_str();
    let Some(view) = assistant.state.with(|state| state.documents.view(uri)) else {
        return Vec::new();
    };
    let at = view.bytes(lsp::Range {
        start: *position,
        end: *position,
    });
    let Some(hole) = view.holes_at(&at).next() else {
        return Vec::new();
    };
    let findings = assistant
        .state
        .with(|state| state.documents.findings(uri, &hole));
    let offers = findings
        .iter()
        .filter(|f| f.range == hole)
        .flat_map(|f| &f.offers);
    offers
        .enumerate()
        .map(|(rank, offer)| lsp::CompletionItem {
            label: one_line(offer.proof.proof()),
            kind: Some(lsp::CompletionItemKind::SNIPPET),
            detail: Some(offer.proof.standing()),
            // What is typed is the hole's own word; proofs come first, in their order.
            filter_text: Some(view.part(&hole)),
            sort_text: Some(format!("!{rank}")),
            preselect: (rank == 0).then_some(true),
            insert_text_format: Some(lsp::InsertTextFormat::PLAIN_TEXT),
            insert_text_mode: Some(lsp::InsertTextMode::AS_IS),
            text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit {
                range: view.lsp_range(&offer.range),
                new_text: offer.new_text.clone(),
            })),
            data: Some(json!({DATA_KEY: 1})),
            ..Default::default()
        })
        .collect()
}
