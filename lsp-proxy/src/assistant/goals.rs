//! What Lean has said of holes that somebody has looked at, so that it is asked no more often than it must
//! be: each question waits behind the editor's own.

use std::ops::Range;
use std::sync::Arc;

use unsorry_model::HoleKind;

use super::documents::View;
use super::{Assistant, unless_hurried};
use crate::document::{Change, shift};
use crate::proof::baseline::shown;

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
    /// Its kind, as it was last.
    kind: HoleKind,
    /// The end of its declaration, and the goals, as long as the text up to there is the one that Lean
    /// was asked about.
    goals: Option<(usize, Shown)>,
}

impl Known {
    /// Lean has these goals for the hole at `range`, whose declaration ends at `end`.
    pub fn keep(&mut self, range: Range<usize>, end: usize, goals: &Shown) {
        self.0.retain(|hole| hole.range != range);
        let size: usize = goals.1.iter().map(String::len).sum();
        self.0.push(Hole {
            range,
            kind: goals.0,
            goals: (size <= LONGEST).then(|| (end, goals.clone())),
        });
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// Follows what was `changed`, after which the document is `view`. A hole that stays one is still
    /// elaborated, as far as one can tell without Lean; its goals may be others if anything up to the end
    /// of its declaration has changed.
    pub fn change(&mut self, changes: &[Change], view: &View) {
        self.0.retain_mut(|hole| {
            let before = |end: usize| changes.iter().any(|change| change.range.start < end);
            hole.goals.take_if(|(end, _)| before(*end));
            let moved = changes.iter().try_fold(hole.range.clone(), shift);
            let Some(range) = moved.filter(|range| view.is_hole(range)) else {
                return false;
            };
            // What was written behind it may have made it longer.
            hole.goals
                .take_if(|(end, _)| view.declaration_end(range.start) != Some(*end));
            hole.range = range;
            true
        });
    }

    fn find(&self, range: &Range<usize>) -> Option<&Hole> {
        self.0.iter().find(|hole| hole.range == *range)
    }

    /// The hole's goals, if they must still be these.
    pub fn goals(&self, range: &Range<usize>) -> Option<Shown> {
        let (_, goals) = self.find(range)?.goals.as_ref()?;
        Some(goals.clone())
    }

    /// The hole's kind, as it was last. None of a hole that Lean has said nothing of.
    pub fn kind(&self, range: &Range<usize>) -> Option<HoleKind> {
        Some(self.find(range)?.kind)
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
    let known = assistant
        .state
        .known(uri, |known| (known.goals(range), known.kind(range)));
    let (goals, kind) = known.unwrap_or_default();
    if let Some(goals) = goals {
        return Answer::Goals(goals);
    }
    let positions = view.positions(range);
    let asked = async {
        if let Some(kind) = kind {
            let goals = assistant.lean.goals_of(uri, positions.start, kind).await?;
            if let Some(shown) = shown(&goals, &positions) {
                return Some(Some(shown));
            }
        }
        let goals = assistant.lean.goals(uri, positions.start).await?;
        Some(shown(&goals, &positions))
    };
    match unless_hurried(asked).await {
        _ if assistant.state.version(uri) != Some(view.version) => Answer::Unknown,
        Some(Some(goals)) => {
            let goals = Arc::new(goals);
            assistant.state.know(uri, view, range, &goals);
            Answer::Goals(goals)
        }
        Some(None) => Answer::None,
        None => Answer::Unknown,
    }
}

/// Whether Lean elaborates the hole. It does if it once did; where Lean can't say, the search will find
/// out.
pub async fn is_live(assistant: &Assistant, uri: &str, view: &View, range: &Range<usize>) -> bool {
    let known = assistant.state.known(uri, |known| known.kind(range));
    known.flatten().is_some() || !matches!(goals(assistant, uri, view, range).await, Answer::None)
}

#[cfg(test)]
mod tests {
    use tower_lsp_server::ls_types as lsp;

    use super::super::documents::Document;
    use super::*;

    const TEXT: &str =
        "-- ∀\ntheorem t : T := by\n  skip\n  sorry\n\n-- behind\ntheorem u : T := x\n";

    /// `old` becomes `new` in [`TEXT`], of whose hole all is known: whether Lean need not be asked again
    /// that it is elaborated, and for its goals.
    #[track_caller]
    fn check(old: &str, new: &str, live: bool, goals: bool) {
        let mut document = Document::new(1, TEXT);
        let view = document.view();
        let hole = view.holes().next().expect("a hole");
        let end = view.declaration_end(hole.start).expect("a declaration");
        let mut known = Known::default();
        let shown = Arc::new((HoleKind::Tactic, vec!["⊢ T".to_owned()]));
        known.keep(hole.clone(), end, &shown);
        assert!(known.goals(&hole).is_some());

        let at = TEXT.find(old).expect("it is there");
        let change = lsp::TextDocumentContentChangeEvent {
            range: Some(view.lsp_range(&(at..at + old.len()))),
            range_length: None,
            text: new.to_owned(),
        };
        let changes = document.change(2, vec![change]);
        known.change(&changes, &document.view());
        let hole = document.view().holes().next().unwrap_or_default();
        assert_eq!(known.kind(&hole).is_some(), live, "{old:?} to {new:?}");
        assert_eq!(known.goals(&hole).is_some(), goals, "{old:?} to {new:?}");
    }

    #[test]
    fn what_an_edit_leaves_known() {
        check("∀", "∃ x", true, false);
        check("skip", "simp", true, false);
        check(": T", ": sorry", false, false);
        check("  sorry", "  sorry'", false, false);
        check("  sorry", "    sorry", false, false);
        check("\n\n-- behind", "\n  done\n\n-- behind", true, false);
        check("\n-- behind", "\n\n-- behind", true, true);
        check("\n\n-- behind", "\n  -- behind", true, true);
        check("\n-- behind", "  done\n-- behind", true, false);
        check(": T := x", ": T := sorry", true, true);
    }

    #[test]
    fn the_oldest_goes_first() {
        let mut known = Known::default();
        let shown = Arc::new((HoleKind::Term, vec!["x".repeat(LONGEST)]));
        for n in 0..=MOST {
            known.keep(10 * n..10 * n + 5, 1000, &shown);
        }
        assert_eq!(known.kind(&(0..5)), None);
        assert!(known.goals(&(10..15)).is_some());
        let longer = Arc::new((HoleKind::Term, vec!["x".repeat(LONGEST + 1)]));
        known.keep(10..15, 1000, &longer);
        assert_eq!(known.kind(&(10..15)), Some(HoleKind::Term));
        assert!(known.goals(&(10..15)).is_none());
    }
}
