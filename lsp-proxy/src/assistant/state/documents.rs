//! The open documents, each with what Lean has said of its holes and what was found for them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use unsorry_prover::Candidate;
use unsorry_search::target::Target;
use unsorry_syntax::Change;

use super::document::{Document, View};
use super::finding::Finding;
use super::findings::Findings;
use super::known::{KnownGoals, Shown};

#[derive(Debug)]
struct Open {
    document: Document,
    known: KnownGoals,
    findings: Findings,
}

/// The open documents by URI.
#[derive(Debug, Default)]
pub struct Documents(HashMap<String, Open>);

impl Documents {
    /// A document was opened. What was found in it before holds for as long as its text is the same.
    pub fn open(&mut self, uri: &str, document: Document) {
        let before = self.0.remove(uri);
        let open = Open {
            document,
            known: KnownGoals::default(),
            findings: before.map(|open| open.findings).unwrap_or_default(),
        };
        self.0.insert(uri.to_owned(), open);
    }

    /// A document was closed: all that was known of it is forgotten.
    pub fn close(&mut self, uri: &str) {
        self.0.remove(uri);
    }

    /// The URIs in their order.
    pub fn uris(&self) -> Vec<String> {
        let mut uris: Vec<String> = self.0.keys().cloned().collect();
        uris.sort();
        uris
    }

    /// Changes a document. Returns what was changed, and the document as it is then.
    pub fn change(
        &mut self,
        uri: &str,
        change: impl FnOnce(&mut Document) -> Vec<Change>,
    ) -> Option<(Vec<Change>, View)> {
        let open = self.0.get_mut(uri)?;
        let changes = change(&mut open.document);
        let view = open.document.view();
        open.known.change(&changes, &view);
        Some((changes, view))
    }

    /// The document as it is now.
    pub fn view(&self, uri: &str) -> Option<View> {
        self.0.get(uri).map(|open| open.document.view())
    }

    /// The document's version.
    pub fn version(&self, uri: &str) -> Option<i32> {
        self.0.get(uri).map(|open| open.document.version())
    }

    /// Returns what Lean has said of a document's holes.
    pub fn known(&self, uri: &str) -> Option<&KnownGoals> {
        self.0.get(uri).map(|open| &open.known)
    }

    /// Notes that Lean has these goals for the hole at `range` of `view`.
    pub fn know(&mut self, uri: &str, view: &View, range: &Range<usize>, goals: &Shown) {
        if let Some(open) = self.at(uri, view)
            && let Some(declaration) = view.declaration(range.start)
        {
            open.known.keep(range.clone(), declaration, goals);
        }
    }

    /// Notes that Lean does not elaborate the hole at `range` of `view`.
    pub fn know_inert(&mut self, uri: &str, view: &View, range: &Range<usize>) {
        if let Some(open) = self.at(uri, view) {
            let declaration = view.declaration(range.start);
            open.known.keep_inert(range.clone(), declaration);
        }
    }

    /// The document, if it is still as it was in `view`.
    fn at(&mut self, uri: &str, view: &View) -> Option<&mut Open> {
        let open = self.0.get_mut(uri);
        open.filter(|open| open.document.version() == view.version)
    }

    /// Forgets what was found or asked: what files import has changed, and it holds no more.
    pub fn imports_changed(&mut self) {
        for open in self.0.values_mut() {
            open.known = KnownGoals::default();
            open.findings = Findings::default();
        }
    }

    /// Keeps a finding, in place of an older one for the same place and text.
    pub fn keep(&mut self, uri: &str, finding: Finding) {
        if let Some(open) = self.0.get_mut(uri) {
            open.findings.keep(finding);
        }
    }

    /// The findings that hold for the document as it is and touch `range`.
    pub fn findings(&self, uri: &str, range: &Range<usize>) -> Vec<Arc<Finding>> {
        let Some(open) = self.0.get(uri) else {
            return Vec::new();
        };
        open.findings.at(range, &open.document.view())
    }

    /// The proofs that were verified for the hole of `target` before: worth trying first.
    pub fn known_proofs(&self, target: &Target) -> Vec<Candidate> {
        let open = self.0.get(&*target.uri);
        open.map(|open| open.findings.proofs_of(target))
            .unwrap_or_default()
    }
}
