//! What Lean says of holes that somebody looks at, asked no more often than needed: each question waits
//! behind the editor's own.

use std::ops::Range;
use std::sync::Arc;

use unsorry_prover::HoleKind;
use unsorry_search::check::baseline::shown;

use super::context::Assistant;
use super::deadline::before_deadline;
use super::documents::View;
use super::known::Shown;

/// What Lean says of a hole.
#[derive(Debug)]
pub enum Answer {
    /// These are its goals.
    Goals(Shown),
    /// It is not elaborated: a `sorry` in a quotation, say.
    None,
    /// Lean did not answer, or too late for the text.
    Unknown,
}

/// The goals of the hole at `range` of `view`.
pub async fn goals(assistant: &Assistant, uri: &str, view: &View, range: &Range<usize>) -> Answer {
    let known = assistant.state.known(uri, |known| known.goals(range));
    let (goals, kind) = known.unwrap_or_default();
    if let Some(goals) = goals {
        return Answer::Goals(goals);
    }
    let asked = ask(
        assistant.clone(),
        uri.to_owned(),
        view.clone(),
        range.clone(),
        kind,
    );
    // Whoever is in a hurry does without: who asks next has it.
    let asked = tokio::spawn(asked);
    before_deadline(async { asked.await.ok() })
        .await
        .unwrap_or(Answer::Unknown)
}

/// Asks Lean, and remembers what it says.
async fn ask(
    assistant: Assistant,
    uri: String,
    view: View,
    range: Range<usize>,
    kind: Option<HoleKind>,
) -> Answer {
    let Assistant { lean, state, .. } = &assistant;
    let positions = view.positions(&range);
    let mut found = None;
    if let Some(kind) = kind {
        let Some(goals) = lean.goals_of(&uri, positions.start, kind).await else {
            return Answer::Unknown;
        };
        found = shown(&goals, &positions);
    }
    if found.is_none() {
        let Some(goals) = lean.goals(&uri, positions.start).await else {
            return Answer::Unknown;
        };
        found = shown(&goals, &positions);
    }
    if state.version(&uri) != Some(view.version) {
        return Answer::Unknown;
    }
    match found {
        Some(goals) => {
            let goals = Arc::new(goals);
            state.know(&uri, &view, &range, &goals);
            Answer::Goals(goals)
        }
        None => {
            state.forget_hole(&uri, &view, &range);
            Answer::None
        }
    }
}

/// Whether Lean elaborates the hole. It does if it once did; where Lean can't say, the search will find
/// out.
pub async fn is_live(assistant: &Assistant, uri: &str, view: &View, range: &Range<usize>) -> bool {
    let known = assistant.state.known(uri, |known| known.is_live(range));
    known == Some(true) || !matches!(goals(assistant, uri, view, range).await, Answer::None)
}
