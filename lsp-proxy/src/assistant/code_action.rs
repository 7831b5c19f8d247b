//! `textDocument/codeAction`

use futures_util::future::join_all;
use serde_json::{Value, json};
use tower_lsp_server::ls_types as lsp;

use super::commands::{Command, announced};
use super::context::Assistant;
use super::initialize::SOURCE_KIND;
use super::state::State;
use super::state::document::View;
use super::state::finding::Offer;
use super::workspace_edit::workspace_edit;
use crate::proxy::route::DATA_KEY;
use unsorry_search::search::wording::one_line;
use unsorry_search::verify::VerifiedSketch;

/// The most holes of a range that get an action each. Lean is asked about each, and a menu of more would
/// help nobody.
const MAX_HOLES: usize = 8;

/// The actions at a range: verified proofs as quick fixes, and jobs for unproved holes.
pub async fn code_action(
    assistant: &Assistant,
    params: lsp::CodeActionParams,
) -> Vec<lsp::CodeActionOrCommand> {
    let uri = params.text_document.uri;
    let Some(view) = assistant
        .state
        .with(|state| state.documents.view(uri.as_str()))
    else {
        return Vec::new();
    };
    let only = params.context.only.unwrap_or_default();
    let wanted = |kind: &str| only.is_empty() || only.iter().any(|o| contains(o.as_str(), kind));
    let at = view.bytes(params.range);
    let mut actions = Vec::new();
    let mut on_hole = false;
    if wanted("quickfix") {
        let findings = assistant
            .state
            .with(|state| state.documents.findings(uri.as_str(), &at));
        for finding in &findings {
            for (rank, offer) in finding.offers.iter().enumerate() {
                let preferred = rank == 0 && !finding.applied;
                let title = title(offer, finding.applied);
                actions.push(quick_fix(assistant, &uri, &view, offer, title, preferred));
            }
            if let Some(sketch) = &finding.sketch {
                actions.push(partial_step(assistant, &uri, &view, sketch));
            }
        }
        let mut open = Vec::new();
        for hole in view.holes_at(&at) {
            on_hole = true;
            let of_hole = findings.iter().filter(|f| f.touches(&hole));
            let proved = of_hole
                .flat_map(|finding| &finding.offers)
                .any(|offer| offer.proof.depends_on().is_empty());
            let is_busy = |state: &mut State| state.jobs.is_busy(uri.as_str(), &hole);
            if !proved && !assistant.state.with(is_busy) {
                open.push(hole);
            }
        }
        open.truncate(MAX_HOLES);
        let live = open
            .iter()
            .map(|hole| assistant.goals.is_live(uri.as_str(), &view, hole));
        let live = join_all(live).await;
        for (hole, _) in open.iter().zip(live).filter(|(_, live)| *live) {
            actions.push(command(
                "Prove this sorry",
                "quickfix",
                Command::Prove,
                vec![json!(uri), json!(view.position(hole.start))],
            ));
        }
    }
    // Away from a hole it is a source action: those light no bulb.
    let kind = if on_hole { "quickfix" } else { SOURCE_KIND };
    if wanted(kind) && view.has_holes() {
        actions.push(command(
            "Prove every sorry in this file",
            kind,
            Command::ProveAll,
            vec![json!(uri)],
        ));
    }
    let literals = assistant
        .state
        .with(|state| state.abilities)
        .code_action_literals;
    actions
        .into_iter()
        .filter_map(|action| in_form(action, literals))
        .collect()
}

/// Whether the kind `only` contains `kind`. Kinds are hierarchical: `source` contains `source.unsorry`.
fn contains(only: &str, kind: &str) -> bool {
    kind.strip_prefix(only)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn command(title: &str, kind: &str, command: Command, arguments: Vec<Value>) -> lsp::CodeAction {
    lsp::CodeAction {
        title: title.to_owned(),
        kind: Some(kind.to_owned().into()),
        command: Some(lsp::Command {
            title: title.to_owned(),
            command: announced(command),
            arguments: Some(arguments),
        }),
        data: Some(json!({DATA_KEY: 1})),
        ..Default::default()
    }
}

/// The title of an offer in the place of a hole or of a proof that was `applied` there.
fn title(offer: &Offer, applied: bool) -> String {
    let proof = &offer.proof;
    let (text, level) = (one_line(proof.proof()), proof.level().title());
    match (proof.depends_on(), applied) {
        ([], false) => format!("Prove with `{text}` ({level})"),
        ([], true) => format!("Prove with `{text}` instead ({level})"),
        (names, _) => format!(
            "Use `{text}` (leans on {}, not proved yet)",
            names.join(", ")
        ),
    }
}

fn quick_fix(
    assistant: &Assistant,
    uri: &lsp::Uri,
    view: &View,
    offer: &Offer,
    title: String,
    preferred: bool,
) -> lsp::CodeAction {
    let proof = &offer.proof;
    lsp::CodeAction {
        title,
        kind: Some(lsp::CodeActionKind::QUICKFIX),
        is_preferred: (preferred && proof.depends_on().is_empty()).then_some(true),
        edit: Some(workspace_edit(
            assistant.state.with(|state| state.abilities),
            uri,
            view,
            &offer.range,
            &offer.new_text,
        )),
        data: Some(json!({DATA_KEY: 1})),
        ..Default::default()
    }
}

/// Puts a sketch in a hole's place: no proof, and called none.
fn partial_step(
    assistant: &Assistant,
    uri: &lsp::Uri,
    view: &View,
    sketch: &VerifiedSketch,
) -> lsp::CodeAction {
    let change = sketch.change();
    lsp::CodeAction {
        title: format!(
            "Use the sketch, which is no proof yet ({})",
            sketch.standing()
        ),
        kind: Some(lsp::CodeActionKind::QUICKFIX),
        edit: Some(workspace_edit(
            assistant.state.with(|state| state.abilities),
            uri,
            view,
            &change.range,
            &change.text,
        )),
        data: Some(json!({DATA_KEY: 1})),
        ..Default::default()
    }
}

/// The action as the editor understands it: an old editor knows commands only.
fn in_form(action: lsp::CodeAction, literals: bool) -> Option<lsp::CodeActionOrCommand> {
    if literals {
        Some(lsp::CodeActionOrCommand::CodeAction(action))
    } else {
        action.command.map(lsp::CodeActionOrCommand::Command)
    }
}
