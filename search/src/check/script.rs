//! A script in the place of Lean, for tests.

use unsorry_syntax::LineIndex;

use super::baseline::NOTHING;
use super::request::{CheckError, Request};
use super::schedule::Lean;
use crate::lean::diagnostic::{Diagnostic, Range, Severity};
use crate::lean::elaboration::Elaboration;

/// Answers each text as its function says.
pub(super) struct Script<F>(pub F);

impl<F, A> Lean for Script<F>
where
    F: FnMut(&str) -> A + Send + 'static,
    A: Future<Output = Result<Elaboration, CheckError>> + Send,
{
    async fn elaborate(&mut self, request: &Request, _: bool) -> Result<Elaboration, CheckError> {
        let mut elaboration = (self.0)(&request.text).await?;
        // A name that nothing has: whatever a script says of other texts, no Lean takes it.
        if let Some(at) = request.text.find(NOTHING) {
            let at = LineIndex::new(&request.text).position(at);
            elaboration.diagnostics.push(Diagnostic {
                range: Range { start: at, end: at },
                full_range: None,
                severity: Severity::Error,
                message: "Unknown identifier".to_owned(),
                lean_tags: Vec::new(),
            });
        }
        Ok(elaboration)
    }

    fn rest(&mut self) {}
}
