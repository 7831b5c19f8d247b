//! The holes of which Lean has said something, followed through edits.

use std::ops::Range;
use std::sync::Arc;

use unsorry_prover::HoleKind;
use unsorry_syntax::{Change, shift};

use super::documents::View;

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
