//! Edits of the editor's text.

use std::collections::HashMap;
use std::ops::Range;

use tower_lsp_server::ls_types as lsp;

use super::state::Abilities;
use super::state::document::View;

/// Returns an edit of one place of one document, bound to the version it was made for where the editor
/// understands that.
pub fn workspace_edit(
    abilities: Abilities,
    uri: &lsp::Uri,
    view: &View,
    range: &Range<usize>,
    new_text: &str,
) -> lsp::WorkspaceEdit {
    let edit = lsp::TextEdit {
        range: view.lsp_range(range),
        new_text: new_text.to_owned(),
    };
    if !abilities.document_changes {
        return lsp::WorkspaceEdit {
            changes: Some(HashMap::from([(uri.clone(), vec![edit])])),
            ..Default::default()
        };
    }
    lsp::WorkspaceEdit {
        document_changes: Some(lsp::DocumentChanges::Edits(vec![lsp::TextDocumentEdit {
            text_document: lsp::OptionalVersionedTextDocumentIdentifier {
                uri: uri.clone(),
                version: Some(view.version),
            },
            edits: vec![lsp::OneOf::Left(edit)],
        }])),
        ..Default::default()
    }
}
