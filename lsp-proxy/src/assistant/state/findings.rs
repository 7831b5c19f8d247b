//! The findings of a document.

use std::ops::Range;
use std::sync::Arc;

use unsorry_prover::Candidate;
use unsorry_search::target::Target;

use super::document::View;
use super::finding::Finding;

/// The most findings that a document keeps; the oldest go first.
const MAX_FINDINGS: usize = 64;

/// The most text that they may hold in all.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// The findings of a document, whether they hold for its text as it is or not.
#[derive(Debug, Default)]
pub struct Findings(Vec<Arc<Finding>>);

impl Findings {
    /// Keeps a finding, in place of an older one for the same place and text.
    pub fn keep(&mut self, finding: Finding) {
        let Findings(findings) = self;
        findings.retain(|old| old.range != finding.range || old.head != finding.head);
        findings.push(Arc::new(finding));
        let mut text = 0;
        let fits = |finding: &&Arc<Finding>| {
            text += finding.held();
            text <= MAX_TEXT_BYTES
        };
        // The newest stays, however long it is.
        let kept = findings.iter().rev().take(MAX_FINDINGS).take_while(fits);
        let kept = kept.count().max(1);
        findings.drain(..findings.len() - kept);
    }

    /// Returns those that hold for a `view` of the document and touch `range`.
    pub fn at(&self, range: &Range<usize>, view: &View) -> Vec<Arc<Finding>> {
        let holds = |finding: &&Arc<Finding>| finding.touches(range) && finding.holds_for(view);
        self.0.iter().filter(holds).cloned().collect()
    }

    /// The proofs that were verified for the same hole of the same declaration, whatever stood before it
    /// then.
    pub fn proofs_of(&self, target: &Target) -> Vec<Candidate> {
        let declaration = &target.text[target.declaration().block.clone()];
        let from_end = target.head().len() - target.hole().range.start;
        let of_this_hole = |finding: &&Arc<Finding>| {
            finding.head.ends_with(declaration)
                && finding.head.len() - finding.range.start == from_end
        };
        let findings = self.0.iter().filter(of_this_hole);
        let offers = findings.flat_map(|finding| &finding.offers);
        offers
            .map(|offer| Candidate::new(offer.proof.proof(), offer.proof.engine()))
            .collect()
    }
}
