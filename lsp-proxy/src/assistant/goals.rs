//! What Lean has said of holes that somebody has looked at, so that it is asked less often: each question waits
//! behind the editor's own.

use std::ops::Range;
use std::sync::Arc;

use unsorry_prover::HoleKind;

use super::documents::View;
use super::{Assistant, unless_hurried};
use unsorry_search::check::baseline::shown;
use unsorry_syntax::{Change, shift};

/// How many holes of a document are remembered; the oldest go first.
const MOST: usize = 32;

/// The longest goals that are remembered, in bytes.
const LONGEST: usize = 64 << 10;

/// A hole's kind, and its goals as Lean shows them.
pub type Shown = Arc<(HoleKind, Vec<String>)>;

/// The holes of a document that Lean has elaborated.
#[derive(Debug, Default)]
pub struct Known(Vec<Hole>);

#[derive(Debug)]
struct Hole {
    range: Range<usize>,
    /// As long as its declaration is the one that Lean was asked about.
    same: Option<Same>,
}

/// What is known of a hole in a declaration that has not changed.
#[derive(Debug)]
struct Same {
    declaration: Range<usize>,
    kind: HoleKind,
    /// As long as nothing before the declaration has changed either.
    goals: Option<Shown>,
}

impl Known {
    /// Lean has these goals for the hole at `range` of a declaration.
    pub fn keep(&mut self, range: Range<usize>, declaration: Range<usize>, goals: &Shown) {
        self.forget(&range);
        let size: usize = goals.1.iter().map(String::len).sum();
        self.0.push(Hole {
            range,
            same: Some(Same {
                declaration,
                kind: goals.0,
                goals: (size <= LONGEST).then(|| goals.clone()),
            }),
        });
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// Lean does not elaborate the hole at `range`.
    pub fn forget(&mut self, range: &Range<usize>) {
        self.0.retain(|hole| hole.range != *range);
    }

    /// Follows what was `changed`, after which the document is `view`. A hole that stays one is still
    /// elaborated, as far as one can tell without Lean.
    pub fn change(&mut self, changes: &[Change], view: &View) {
        let moved = |range: &Range<usize>| changes.iter().try_fold(range.clone(), shift);
        self.0.retain_mut(|hole| {
            let Some(range) = moved(&hole.range).filter(|range| view.is_hole(range)) else {
                return false;
            };
            if let Some(same) = &mut hole.same {
                let end = same.declaration.end;
                if changes.iter().any(|change| change.range.start < end) {
                    same.goals = None;
                }
                match moved(&same.declaration) {
                    // What was written beside it may have made it longer.
                    Some(now) if view.declaration(range.start) == Some(now.clone()) => {
                        same.declaration = now;
                    }
                    _ => hole.same = None,
                }
            }
            hole.range = range;
            true
        });
    }

    fn find(&self, range: &Range<usize>) -> Option<&Hole> {
        self.0.iter().find(|hole| hole.range == *range)
    }

    /// Whether Lean has elaborated the hole, when it was asked last.
    pub fn is_live(&self, range: &Range<usize>) -> bool {
        self.find(range).is_some()
    }

    /// The hole's goals, if they must still be these, or else its kind, if it must still be that.
    pub fn goals(&self, range: &Range<usize>) -> (Option<Shown>, Option<HoleKind>) {
        let same = self.find(range).and_then(|hole| hole.same.as_ref());
        let goals = same.and_then(|same| same.goals.clone());
        (goals, same.map(|same| same.kind))
    }
}

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
    unless_hurried(async { asked.await.ok() })
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

#[cfg(test)]
mod tests {
    use tower_lsp_server::ls_types as lsp;

    use super::super::documents::Document;
    use super::*;

    const TEXT: &str =
        "-- ∀\ntheorem t : T := by\n  skip\n  sorry\n\n-- behind\ntheorem u : T := x\n";

    /// `old` becomes `new` in [`TEXT`], of whose hole all is known. What is still known then: nothing, that
    /// it is elaborated, its kind too, its goals too.
    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        let mut document = Document::new(1, TEXT);
        let view = document.view();
        let hole = view.holes().next().expect("a hole");
        let declaration = view.declaration(hole.start).expect("a declaration");
        let mut known = Known::default();
        let shown = Arc::new((HoleKind::Tactic, vec!["⊢ T".to_owned()]));
        known.keep(hole.clone(), declaration, &shown);
        assert!(known.goals(&hole).0.is_some());

        let at = TEXT.find(old).expect("it is there");
        let change = lsp::TextDocumentContentChangeEvent {
            range: Some(view.lsp_range(&(at..at + old.len()))),
            range_length: None,
            text: new.to_owned(),
        };
        let changes = document.change(2, vec![change]);
        known.change(&changes, &document.view());
        let hole = known.0.first().map(|hole| hole.range.clone());
        let told = match hole.as_ref().map(|hole| known.goals(hole)) {
            None => "nothing",
            Some((None, None)) => "live",
            Some((None, Some(_))) => "kind",
            Some((Some(_), _)) => "goals",
        };
        assert_eq!(told, expected, "{old:?} to {new:?}");
        if let Some(hole) = hole {
            assert!(document.view().is_hole(&hole));
        }
    }

    #[test]
    fn what_an_edit_leaves_known() {
        check("∀", "∃ x", "kind");
        check("\ntheorem t", "\n/-- Doc. -/ theorem t", "live");
        check("skip", "simp", "live");
        check("sorry\n", "have : 1 = 1 := sorry\n", "nothing");
        check("skip\n  ", "skip\n  have : 1 = 1 := ", "live");
        check("by\n  skip", "", "live");
        check("skip\n", "skip /-\n", "nothing");
        check("\n\n-- behind", "'\n\n-- behind", "nothing");
        check("\n\n-- behind", "\n  done\n\n-- behind", "live");
        check("\n-- behind", "  done\n-- behind", "live");
        check("\n-- behind", "\n\n-- behind", "goals");
        check("\n\n-- behind", "\n  -- behind", "goals");
        check(": T := x", ": T := sorry", "goals");
    }

    #[test]
    fn the_oldest_goes_first() {
        let mut known = Known::default();
        let shown = Arc::new((HoleKind::Term, vec!["x".repeat(LONGEST)]));
        for n in 0..=MOST {
            known.keep(10 * n..10 * n + 5, 0..1000, &shown);
        }
        assert!(!known.is_live(&(0..5)));
        assert!(known.goals(&(10..15)).0.is_some());
        let longer = Arc::new((HoleKind::Term, vec!["x".repeat(LONGEST + 1)]));
        known.keep(10..15, 0..1000, &longer);
        let (goals, kind) = known.goals(&(10..15));
        assert_eq!((goals, kind), (None, Some(HoleKind::Term)));
        known.forget(&(10..15));
        assert!(!known.is_live(&(10..15)));
    }
}
