//! The finding of a search for a place in a text. It holds for exactly that text: as long as all that stands
//! up to the end of the declaration is what was checked.

use std::ops::Range;
use std::sync::Arc;

use super::details::Details;
use super::document::View;
use unsorry_search::verify::{VerifiedProof, VerifiedSketch};

/// A verified proof, ready to go into the text.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The text that it replaces.
    pub range: Range<usize>,
    /// The text that goes there.
    pub new_text: String,
    /// The proof behind it.
    pub proof: Arc<VerifiedProof>,
}

/// The outcome of a search for one place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The text, up to the end of the declaration.
    pub head: Arc<str>,
    /// The hole's token, or the proof that was put there.
    pub range: Range<usize>,
    /// The proofs that could stand there instead.
    pub offers: Vec<Offer>,
    /// A sketch that could stand there, with some of its steps still to prove.
    pub sketch: Option<Arc<VerifiedSketch>>,
    /// Whether `range` is a proof of ours, which an offer would replace.
    pub applied: bool,
    /// A sentence about what was tried.
    pub summary: String,
    /// The rest of what there is to tell.
    pub details: Details,
}

impl Finding {
    /// The finding of a search for a proof of `hole`.
    pub fn at_hole(
        head: Arc<str>,
        hole: Range<usize>,
        proofs: &[&Arc<VerifiedProof>],
        summary: String,
    ) -> Finding {
        let offers = proofs
            .iter()
            .filter(|proof| *proof.head() == head && *proof.hole() == hole)
            .map(|proof| Offer {
                range: proof.change().range.clone(),
                new_text: proof.change().text.clone(),
                proof: Arc::clone(proof),
            })
            .collect();
        Finding {
            head,
            range: hole,
            offers,
            sketch: None,
            applied: false,
            summary,
            details: Details::default(),
        }
    }

    /// Adds the details, and a sketch to offer.
    pub fn with(mut self, details: Details, sketch: Option<&Arc<VerifiedSketch>>) -> Finding {
        self.details = details;
        let fits = |sketch: &&Arc<VerifiedSketch>| {
            *sketch.head() == self.head && *sketch.hole() == self.range
        };
        self.sketch = sketch.filter(fits).cloned();
        self
    }

    /// The finding for the place where `applied` has been put; `others` were verified for the same hole and
    /// can take its place.
    pub fn at_proof(
        applied: &VerifiedProof,
        others: &[&Arc<VerifiedProof>],
        summary: String,
    ) -> Finding {
        let change = applied.change();
        let grown = |end: usize| end - change.range.len() + change.text.len();
        let old = applied.head();
        let offers = others
            .iter()
            .filter(|other| {
                other.head() == old
                    && other.hole() == applied.hole()
                    && other.proof() != applied.proof()
            })
            .map(|other| {
                let theirs = other.change();
                let start = change.range.start.min(theirs.range.start);
                let end = change.range.end.max(theirs.range.end);
                let new_text = [
                    &old[start..theirs.range.start],
                    &theirs.text,
                    &old[theirs.range.end..end],
                ]
                .concat();
                Offer {
                    range: start..grown(end),
                    new_text,
                    proof: Arc::clone(other),
                }
            })
            .collect();
        Finding {
            head: change.apply(old).into(),
            range: change.range.start..grown(change.range.end),
            offers,
            sketch: None,
            applied: true,
            summary,
            details: Details::default(),
        }
    }

    /// Returns the size of the text that it holds, in bytes: its own, and that of each of its proofs.
    pub fn held(&self) -> usize {
        let proofs = self.offers.iter().map(|offer| offer.proof.head().len());
        self.head.len() + proofs.sum::<usize>()
    }

    /// Whether its place and `range` meet, if only at an end.
    pub fn touches(&self, range: &Range<usize>) -> bool {
        self.range.start <= range.end && range.start <= self.range.end
    }

    /// Whether it holds for the document as it is.
    pub fn holds_for(&self, view: &View) -> bool {
        view.begins_with(&self.head, self.range.start)
    }
}
