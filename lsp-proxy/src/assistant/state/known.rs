//! The knowledge that Lean has given of holes, followed through edits.

use std::ops::Range;
use std::sync::Arc;

use unsorry_prover::HoleKind;
use unsorry_syntax::{Change, shift};

use super::document::View;

/// The most holes of a document that are remembered; the oldest go first.
const MAX_HOLES: usize = 32;

/// The longest goals that are remembered, in bytes.
const MAX_GOAL_BYTES: usize = 64 << 10;

/// A hole's kind, and its goals as Lean shows them.
pub type Shown = Arc<(HoleKind, Vec<String>)>;

/// Lean's answer about a hole.
#[derive(Debug, Clone)]
pub enum Answer {
    /// These are its goals.
    Goals(Shown),
    /// It is not elaborated: a `sorry` in a quotation, say.
    None,
    /// Lean did not answer, or too late for the text.
    Unknown,
}

/// The holes of a document that Lean has been asked about.
#[derive(Debug, Default)]
pub struct KnownGoals(Vec<Hole>);

#[derive(Debug)]
struct Hole {
    range: Range<usize>,
    said: Said,
}

/// The part of Lean's answer that still holds.
#[derive(Debug)]
enum Said {
    /// Lean elaborates the hole. More is known as long as its declaration is the one that Lean was asked about.
    Live(Option<Same>),
    /// Lean does not elaborate it, as long as nothing changes up to the end of this declaration, or anywhere
    /// where there is none.
    Inert(Option<Range<usize>>),
}

/// The knowledge of a hole in a declaration that has not changed.
#[derive(Debug)]
struct Same {
    declaration: Range<usize>,
    kind: HoleKind,
    /// The goals, which hold as long as nothing before the declaration has changed either.
    goals: Option<Shown>,
}

impl KnownGoals {
    /// Notes that Lean has these goals for the hole at `range` of a declaration.
    pub fn keep(&mut self, range: Range<usize>, declaration: Range<usize>, goals: &Shown) {
        let size: usize = goals.1.iter().map(String::len).sum();
        let said = Said::Live(Some(Same {
            declaration,
            kind: goals.0,
            goals: (size <= MAX_GOAL_BYTES).then(|| goals.clone()),
        }));
        self.push(Hole { range, said });
    }

    /// Notes that Lean does not elaborate the hole at `range`, which is in a declaration or in none.
    pub fn keep_inert(&mut self, range: Range<usize>, declaration: Option<Range<usize>>) {
        let said = Said::Inert(declaration);
        self.push(Hole { range, said });
    }

    fn push(&mut self, hole: Hole) {
        self.0.retain(|old| old.range != hole.range);
        self.0.push(hole);
        if self.0.len() > MAX_HOLES {
            self.0.remove(0);
        }
    }

    /// Follows what was `changed`, after which the document is `view`. A hole that stays one is still
    /// elaborated, as far as one can tell without Lean.
    pub fn change(&mut self, changes: &[Change], view: &View) {
        let moved = |range: &Range<usize>| changes.iter().try_fold(range.clone(), shift);
        let changed_before = |end: usize| changes.iter().any(|change| change.range.start < end);
        self.0.retain_mut(|hole| {
            let Some(range) = moved(&hole.range).filter(|range| view.is_hole(range)) else {
                return false;
            };
            // What was written beside a declaration may have made it longer.
            let is_declaration =
                |now: &Range<usize>| view.declaration(range.start).as_ref() == Some(now);
            match &mut hole.said {
                Said::Live(same) => {
                    *same = same.take().and_then(|mut same| {
                        if changed_before(same.declaration.end) {
                            same.goals = None;
                        }
                        same.declaration = moved(&same.declaration).filter(is_declaration)?;
                        Some(same)
                    });
                }
                Said::Inert(declaration) => {
                    let holds = declaration.as_ref().is_some_and(|declaration| {
                        !changed_before(declaration.end) && is_declaration(declaration)
                    });
                    if !holds {
                        return false;
                    }
                }
            }
            hole.range = range;
            true
        });
    }

    fn find(&self, range: &Range<usize>) -> Option<&Said> {
        let hole = self.0.iter().find(|hole| hole.range == *range)?;
        Some(&hole.said)
    }

    /// Whether Lean elaborates the hole, as it said last.
    pub fn is_live(&self, range: &Range<usize>) -> Option<bool> {
        Some(matches!(self.find(range)?, Said::Live(_)))
    }

    /// Returns what Lean would answer about the hole, if that is known.
    pub fn answer(&self, range: &Range<usize>) -> Option<Answer> {
        match self.find(range)? {
            Said::Live(same) => same.as_ref()?.goals.clone().map(Answer::Goals),
            Said::Inert(_) => Some(Answer::None),
        }
    }

    /// Returns the hole's kind, if it must still be that.
    pub fn kind(&self, range: &Range<usize>) -> Option<HoleKind> {
        match self.find(range)? {
            Said::Live(same) => same.as_ref().map(|same| same.kind),
            Said::Inert(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use tower_lsp_server::ls_types as lsp;

    use super::super::document::Document;
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
        let mut known = KnownGoals::default();
        let shown = Arc::new((HoleKind::Tactic, vec!["⊢ T".to_owned()]));
        known.keep(hole.clone(), declaration, &shown);
        assert!(known.answer(&hole).is_some());

        let at = TEXT.find(old).expect("it is there");
        let change = lsp::TextDocumentContentChangeEvent {
            range: Some(view.lsp_range(&(at..at + old.len()))),
            range_length: None,
            text: new.to_owned(),
        };
        let changes = document.change(2, vec![change]);
        known.change(&changes, &document.view());
        let hole = known.0.first().map(|hole| hole.range.clone());
        let told = match hole
            .as_ref()
            .map(|hole| (known.answer(hole), known.kind(hole)))
        {
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
        let mut known = KnownGoals::default();
        let shown = Arc::new((HoleKind::Term, vec!["x".repeat(MAX_GOAL_BYTES)]));
        for n in 0..=MAX_HOLES {
            known.keep(10 * n..10 * n + 5, 0..1000, &shown);
        }
        assert_eq!(known.is_live(&(0..5)), None);
        assert!(known.answer(&(10..15)).is_some());
        let longer = Arc::new((HoleKind::Term, vec!["x".repeat(MAX_GOAL_BYTES + 1)]));
        known.keep(10..15, 0..1000, &longer);
        assert!(known.answer(&(10..15)).is_none());
        assert_eq!(known.kind(&(10..15)), Some(HoleKind::Term));
        known.keep_inert(10..15, None);
        assert_eq!(known.is_live(&(10..15)), Some(false));
    }

    #[test]
    fn that_lean_does_not_elaborate_a_hole_holds_for_the_same_text() {
        let check = |in_declaration: bool, at: usize, expected: Option<bool>| {
            let mut document = Document::new(1, TEXT);
            let view = document.view();
            let hole = view.holes().next().expect("a hole");
            let declaration = view.declaration(hole.start).filter(|_| in_declaration);
            let mut known = KnownGoals::default();
            known.keep_inert(hole.clone(), declaration);
            assert!(matches!(known.answer(&hole), Some(Answer::None)));
            let change = lsp::TextDocumentContentChangeEvent {
                range: Some(view.lsp_range(&(at..at))),
                range_length: None,
                text: " ".to_owned(),
            };
            let changes = document.change(2, vec![change]);
            known.change(&changes, &document.view());
            let hole = document.view().holes().next().expect("a hole");
            assert_eq!(known.is_live(&hole), expected, "{at}");
        };
        let behind = TEXT.find("behind").expect("it is there");
        check(true, behind, Some(false));
        check(true, 0, None);
        check(false, behind, None);
    }
}
