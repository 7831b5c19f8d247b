//! What a search found for a place in a text. It holds for exactly that text: as long as all that
//! stands up to the end of the declaration is what was checked.

use std::ops::Range;
use std::sync::Arc;

use super::documents::View;
use crate::proof::verify::VerifiedProof;

/// A verified proof, ready to replace the finding's range.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What goes over the range.
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
    /// What could stand there instead.
    pub offers: Vec<Offer>,
    /// What was tried, in a sentence.
    pub summary: String,
}

impl Finding {
    /// Whether it holds for the document as it is.
    pub fn holds_for(&self, view: &View) -> bool {
        view.text.starts_with(&*self.head)
            && view.outline.declarations.iter().any(|declaration| {
                declaration.unit.end == self.head.len()
                    && declaration.extent.start <= self.range.start
            })
    }
}
