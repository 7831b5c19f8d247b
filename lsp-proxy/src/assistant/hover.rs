//! `textDocument/hover`

use tower_lsp_server::ls_types as lsp;

use super::context::Assistant;
use super::state::finding::Finding;
use super::state::known::Answer;

/// The hover over a hole: its goal, what was tried, what was verified and how far. Over a proof that we put
/// there: how far it was checked.
pub async fn hover(assistant: &Assistant, params: lsp::HoverParams) -> Option<lsp::Hover> {
    let lsp::TextDocumentPositionParams {
        text_document,
        position,
    } = params.text_document_position_params;
    let uri = text_document.uri.as_str();
    let view = assistant.state.with(|state| state.documents.view(uri))?;
    let at = view.bytes(lsp::Range {
        start: position,
        end: position,
    });
    let findings = assistant
        .state
        .with(|state| state.documents.findings(uri, &at));
    let Some(hole) = view.holes_at(&at).next() else {
        let finding = findings.last()?;
        let text = format!("{}\n{}", finding.summary, finding.details.markdown());
        return Some(markdown(text, view.lsp_range(&finding.range)));
    };
    let answer = assistant.goals.of(uri, &view, &hole);
    let details = assistant.state.with(|state| {
        let is_busy = state.jobs.is_busy(uri, &hole);
        is_busy.then(|| state.jobs.details(uri, &hole))
    });
    let answer = answer.await;
    let mut text = String::from("**unsorry**\n");
    match &answer {
        Answer::Goals(shown) => {
            for goal in &shown.1 {
                text += &format!("\n{}\n", code("lean", goal));
            }
        }
        Answer::None => text += "\nLean has no goal here: this `sorry` is not elaborated.\n",
        Answer::Unknown => {}
    }
    let found = findings.iter().rev().find(|f| f.range == hole);
    if let Some(details) = details {
        text += "\nA proof is being searched for.\n";
        text += &details.markdown();
    } else if let Some(finding) = found {
        text += &describe(finding);
    } else if matches!(answer, Answer::Goals(_)) {
        text += "\nTo have it proved, use the code action *Prove this sorry*.\n";
    }
    Some(markdown(text, view.lsp_range(&hole)))
}

fn describe(finding: &Finding) -> String {
    let mut text = format!("\n{}\n", finding.summary);
    for offer in &finding.offers {
        text += &format!(
            "\n{}\n{}\n",
            code("lean", offer.proof.proof()),
            offer.proof.standing()
        );
    }
    if let Some(sketch) = &finding.sketch {
        text += &format!(
            "\nA sketch, no proof ({}):\n\n{}\n",
            sketch.standing(),
            code("lean", sketch.text())
        );
    }
    text + &finding.details.markdown()
}

/// A fenced block whose fence is longer than any in it.
fn code(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{text}\n{fence}")
}

fn markdown(value: String, range: lsp::Range) -> lsp::Hover {
    lsp::Hover {
        contents: lsp::HoverContents::Markup(lsp::MarkupContent {
            kind: lsp::MarkupKind::Markdown,
            value,
        }),
        range: Some(range),
    }
}
