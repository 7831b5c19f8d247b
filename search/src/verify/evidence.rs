//! Lean's word on one text.

use std::time::Duration;

use unsorry_syntax::{LineIndex, Position};

use super::context::CheckContext;
use super::dependencies::{Dependencies, dependencies};
use crate::check::axioms::{AxiomReport, Inspection};
use crate::check::behind::Behind;
use crate::check::checker::CheckError;
use crate::lean::diagnostic::Diagnostic;
use crate::lean::elaboration::Elaboration;

/// Lean's word on the target's declaration in one text, which is the target's own as far as the declaration's
/// start and ends with the declaration.
#[derive(Debug)]
pub struct Evidence<'a> {
    cx: CheckContext<'a>,
    text: String,
    lines: LineIndex,
    /// The questions asked behind the declaration, if any were.
    inspection: Option<Inspection>,
    elaboration: Elaboration,
    /// Where what stands behind the declaration in the file begins, if it was shown to Lean.
    goes_on: Option<Position>,
}

impl<'a> Evidence<'a> {
    /// Has Lean elaborate `text`.
    ///
    /// # Errors
    /// When there is no full report of it.
    pub async fn of(cx: CheckContext<'a>, text: String) -> Result<Evidence<'a>, CheckError> {
        Self::gather(cx, text, None, "", Vec::new()).await
    }

    /// Has Lean elaborate `text` with the beginning of what stands behind it in the file, and asks for the goals at
    /// `questions`.
    ///
    /// # Errors
    /// When there is no full report of it.
    pub async fn in_place(
        cx: CheckContext<'a>,
        text: String,
        questions: Vec<Position>,
    ) -> Result<Evidence<'a>, CheckError> {
        Self::gather(cx, text, None, cx.target.behind(), questions).await
    }

    /// Has Lean elaborate `text`, and asks for the declaration's axioms and type, and for the goals at
    /// `questions`.
    ///
    /// # Errors
    /// When there is no full report of it.
    pub async fn inspected(
        cx: CheckContext<'a>,
        text: String,
        questions: Vec<Position>,
    ) -> Result<Evidence<'a>, CheckError> {
        let inspection = Inspection::of(cx.target, &text);
        Self::gather(cx, text, Some(inspection), "", questions).await
    }

    async fn gather(
        cx: CheckContext<'a>,
        text: String,
        inspection: Option<Inspection>,
        behind: &str,
        questions: Vec<Position>,
    ) -> Result<Evidence<'a>, CheckError> {
        let asked = match &inspection {
            Some(inspection) => format!("{text}{}\n", inspection.commands()),
            None => format!("{text}{behind}"),
        };
        let elaboration = cx
            .checker
            .elaborate(&cx.target.uri, asked, questions, cx.limit);
        let lines = LineIndex::new(&text);
        Ok(Evidence {
            elaboration: elaboration.await?,
            goes_on: (!behind.is_empty()).then(|| lines.position(text.len())),
            lines,
            cx,
            text,
            inspection,
        })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, which nothing more is asked about.
    pub fn into_text(self) -> String {
        self.text
    }

    /// The time that Lean took for it.
    pub fn took(&self) -> Duration {
        self.elaboration.took
    }

    /// Lean's diagnostics of the declaration.
    pub fn said(&self) -> impl Iterator<Item = &Diagnostic> {
        let start = self.cx.target.declaration().block.start;
        let lines = self.lines.position(start).line..=self.lines.position(self.text.len()).line;
        let is_before = |d: &Diagnostic| self.goes_on.is_none_or(|behind| d.start() < behind);
        let all = self.elaboration.diagnostics.iter();
        all.filter(move |d| lines.contains(&d.start().line) && is_before(d))
    }

    /// Lean's errors in what stands behind the declaration in the file, as far as that was shown.
    pub fn behind(&self) -> Behind {
        self.goes_on.map_or_else(Behind::default, |behind| {
            Behind::of(behind, &self.elaboration.diagnostics)
        })
    }

    /// The errors among that.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.said().filter(|d| d.is_error())
    }

    /// Whether Lean sees a `sorry` in the declaration.
    pub fn says_sorry(&self) -> bool {
        self.said().any(Diagnostic::says_sorry)
    }

    /// The number of theorems of the declaration's block that Lean reports as accomplished.
    pub fn accomplished(&self) -> usize {
        self.said().filter(|d| d.says_accomplished()).count()
    }

    /// Whether Lean shows a goal at one of the positions that were asked about: it came there.
    pub fn shows_a_goal(&self) -> bool {
        let mut answers = self.elaboration.answers.iter();
        answers.any(|goals| goals.tactic.is_some() || goals.term.is_some())
    }

    /// The declaration's name and type as Lean prints them; none where it does not.
    pub fn statement(&self) -> Option<String> {
        self.inspection
            .as_ref()?
            .statement(&self.elaboration.diagnostics)
    }

    /// Lean's report of the declaration's axioms.
    pub fn axioms(&self) -> AxiomReport {
        match &self.inspection {
            Some(inspection) => inspection.report(&self.elaboration.diagnostics),
            None => AxiomReport::NotReported("nobody asked".into()),
        }
    }

    /// The dependencies of the declaration in the file.
    ///
    /// # Errors
    /// When Lean can't be asked.
    pub async fn dependencies(&self) -> Result<Dependencies, CheckError> {
        dependencies(self.cx, &self.text).await
    }
}
