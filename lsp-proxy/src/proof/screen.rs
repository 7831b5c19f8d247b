//! Many candidates in one text: copies of the hole's declaration, a candidate in each. Pure.
//!
//! A copy stands in a namespace of its own, so that names don't clash and a recursive call still
//! means the copy itself, and without its attributes, so that no copy helps another through `simp`.
//! What looks through the environment (`exact?`) could still find another copy: such a candidate has
//! its text to itself. A verdict here is never the last word: winners are confirmed alone.

use std::ops::Range;

use unsorry_model::{Candidate, HoleKind};

use super::baseline::Baseline;
use super::target::Target;
use crate::document::{DeclarationKind, LineIndex, Position, splice};
use crate::lean::diagnostic::{Diagnostic, Severity};

/// What Lean may spend on one candidate while it is screened, in its own thousands of allocations. A
/// candidate that needs more is tried again alone under the user's own limit.
const HEARTBEATS: u32 = 20_000;

/// A text to elaborate, and where each candidate stands in it.
#[derive(Debug)]
pub struct Screen {
    /// The text.
    pub text: String,
    copies: Vec<Copy>,
}

/// Where a candidate stands in it.
#[derive(Debug)]
struct Copy {
    range: Range<Position>,
    /// The line of the candidate's first token.
    candidate: u32,
}

/// What is wrong with a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The line of the candidate that it is about, from 0, as far as that is known.
    pub line: Option<usize>,
    /// Lean's words, mostly.
    pub message: String,
}

impl Complaint {
    /// Of no line in particular.
    pub fn new(message: impl Into<String>) -> Complaint {
        Complaint {
            line: None,
            message: message.into(),
        }
    }

    /// What Lean says of a candidate that starts on `line`.
    pub fn of(diagnostic: &Diagnostic, line: u32) -> Complaint {
        let line = diagnostic.start().line.checked_sub(line);
        Complaint {
            line: line.map(|line| line as usize),
            message: diagnostic.message.clone(),
        }
    }

    /// Its first line.
    pub fn first_line(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// What screening says of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No error, no `sorry`.
    Passed {
        /// What Lean suggests in the place of a `?` tactic.
        suggestions: Vec<String>,
        /// How many warnings Lean gives, of linters mostly. The declaration's own are among them.
        warnings: usize,
    },
    /// Lean's errors, in the text's order; at least one.
    Failed(Vec<Complaint>),
    /// Lean ran into the limit of a screening.
    OutOfHeartbeats,
}

/// How many of `candidates`, at least one, can stand in one text.
pub fn batch(target: &Target, candidates: &[Candidate], most: usize) -> usize {
    if !target.declaration().screenable {
        return 1;
    }
    let alone = candidates.iter().position(Candidate::searches_library);
    alone.unwrap_or(candidates.len()).clamp(1, most)
}

impl Screen {
    /// Builds the text. Candidates are `limited` in what Lean may spend on them, as long as their declaration
    /// is not too much by itself.
    pub fn new(target: &Target, kind: HoleKind, candidates: &[Candidate], limited: bool) -> Screen {
        let declaration = target.declaration();
        let mut text = target.text[..declaration.unit.start].to_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let mut copies = Vec::with_capacity(candidates.len());
        for (number, candidate) in candidates.iter().enumerate() {
            let start = text.len();
            let (copy, at) = copy(target, kind, &candidate.text);
            if declaration.screenable {
                text += &format!("namespace Unsorry{number}\n");
                if limited {
                    text += &format!("set_option maxHeartbeats {HEARTBEATS} in\n");
                }
            }
            let candidate = text.len() + at;
            text += &copy;
            text.push('\n');
            if declaration.screenable {
                text += &format!("end Unsorry{number}\n");
            }
            copies.push((start..text.len(), candidate));
        }
        let lines = LineIndex::new(&text);
        let copies = copies.iter().map(|(range, candidate)| Copy {
            range: lines.positions(range),
            candidate: lines.position(*candidate).line,
        });
        Screen {
            copies: copies.collect(),
            text,
        }
    }

    /// The candidates, by index, that Lean reports as accomplished while others are in progress.
    pub fn accomplished(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> Vec<(usize, Verdict)> {
        let verdicts = self.said(diagnostics).enumerate();
        let verdicts = verdicts.filter_map(|(at, (line, said))| {
            let accomplished = said.iter().any(|d| d.says_accomplished());
            accomplished.then(|| (at, verdict(target, baseline, line, &said)))
        });
        verdicts
            .filter(|(_, verdict)| matches!(verdict, Verdict::Passed { .. }))
            .collect()
    }

    /// The line that each candidate starts on, and what Lean says of its copy.
    fn said<'a>(
        &'a self,
        diagnostics: &'a [Diagnostic],
    ) -> impl Iterator<Item = (u32, Vec<&'a Diagnostic>)> {
        self.copies.iter().map(|copy| {
            let inside = |d: &&Diagnostic| copy.range.contains(&d.start());
            (copy.candidate, diagnostics.iter().filter(inside).collect())
        })
    }

    /// Reads the verdicts, in the candidates' order.
    pub fn verdicts(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> Vec<Verdict> {
        self.said(diagnostics)
            .map(|(line, said)| verdict(target, baseline, line, &said))
            .collect()
    }
}

/// The hole's declaration with `candidate` in it, and where that starts; without its attributes where
/// that is safe.
fn copy(target: &Target, kind: HoleKind, candidate: &str) -> (String, usize) {
    let declaration = target.declaration();
    let change = splice(&target.text, target.hole(), kind, candidate);
    let mut copy = String::new();
    let mut at = declaration.unit.start;
    let cuts = declaration
        .attributes
        .iter()
        .filter(|_| declaration.screenable)
        .filter(|attributes| attributes.end <= change.range.start);
    for attributes in cuts {
        copy.push_str(&target.text[at..attributes.start]);
        at = attributes.end;
    }
    copy.push_str(&target.text[at..change.range.start]);
    let blanks = change.text.len() - change.text.trim_start().len();
    let start = copy.len() + blanks;
    copy.push_str(&change.text);
    copy.push_str(&target.text[change.range.end..declaration.unit.end]);
    (copy, start)
}

/// What Lean said of one declaration, as a verdict on the candidate that starts on `line` in it.
/// Silence is not enough: a theorem must be reported as accomplished where this Lean reports that.
pub fn verdict(target: &Target, baseline: &Baseline, line: u32, said: &[&Diagnostic]) -> Verdict {
    let failed = |why: &str| Verdict::Failed(vec![Complaint::new(why)]);
    let mut errors: Vec<&&Diagnostic> = said.iter().filter(|d| d.is_error()).collect();
    errors.sort_by_key(|error| error.start());
    if let Some(first) = errors.first() {
        if first.message.contains("maximum number of heartbeats") {
            return Verdict::OutOfHeartbeats;
        }
        // What Lean suggests beside an error may mend it.
        let suggests =
            |d: &&&Diagnostic| !d.is_error() && !unsorry_model::suggestions(&d.message).is_empty();
        let said = errors.into_iter().chain(said.iter().filter(suggests));
        return Verdict::Failed(said.map(|d| Complaint::of(d, line)).collect());
    }
    if target.siblings().next().is_none() {
        if said.iter().any(|d| d.says_sorry()) {
            return failed("it leaves a sorry");
        }
        let theorem = matches!(
            target.declaration().kind,
            DeclarationKind::Theorem | DeclarationKind::Example
        );
        let expected = theorem && baseline.reports_accomplished;
        if expected && !said.iter().any(|d| d.says_accomplished()) {
            return failed("Lean does not report the goals as accomplished");
        }
    }
    let suggestions = said
        .iter()
        .flat_map(|d| unsorry_model::suggestions(&d.message))
        .collect();
    let warnings = said.iter().filter(|d| d.severity == Severity::Warning);
    Verdict::Passed {
        suggestions,
        warnings: warnings.count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Outline;
    use crate::lean::diagnostic::Range as LspRange;
    use crate::proof::axioms::Report;
    use expect_test::{Expect, expect};
    use std::sync::Arc;
    use unsorry_model::{Context, Goal};

    fn target(text: &str) -> Target {
        Target {
            uri: "file:///A.lean".into(),
            outline: Arc::new(Outline::of(text)),
            text: text.into(),
            hole: 0,
        }
    }

    fn candidates(texts: &[&str]) -> Vec<Candidate> {
        let candidate = |text: &&str| Candidate::new(*text, "tactics");
        texts.iter().map(candidate).collect()
    }

    fn check(text: &str, texts: &[&str], expected: &Expect) {
        let screen = Screen::new(&target(text), HoleKind::Tactic, &candidates(texts), true);
        expected.assert_eq(&screen.text);
    }

    #[test]
    fn copies_in_namespaces_without_attributes() {
        check(
            "def f := 1\n\n/-- Doc. -/\n@[simp] theorem t : f = 1 := by\n  sorry\n\ntheorem after : f = 2 := sorry\n",
            &["rfl", "unfold f\nrfl"],
            &expect![[r#"
                def f := 1

                namespace Unsorry0
                set_option maxHeartbeats 20000 in
                /-- Doc. -/
                 theorem t : f = 1 := by
                  rfl
                end Unsorry0
                namespace Unsorry1
                set_option maxHeartbeats 20000 in
                /-- Doc. -/
                 theorem t : f = 1 := by
                  unfold f
                  rfl
                end Unsorry1
            "#]],
        );
    }

    #[test]
    fn what_may_stand_together() {
        let together = |text: &str, texts: &[&str]| batch(&target(text), &candidates(texts), 3);
        let theorem = "theorem t : 1 = 1 := by sorry";
        assert_eq!(together(theorem, &["rfl", "simp", "omega", "decide"]), 3);
        assert_eq!(together(theorem, &["rfl", "exact?", "simp"]), 1);
        assert_eq!(together(theorem, &["exact?", "simp"]), 1);
        assert_eq!(
            together("instance : Inhabited Nat := by sorry", &["rfl", "simp"]),
            1
        );
    }

    /// A diagnostic on a line of the screen.
    fn says(line: u32, severity: Severity, message: &str, tags: &[u32]) -> Diagnostic {
        let at = Position { line, character: 0 };
        Diagnostic {
            range: LspRange { start: at, end: at },
            full_range: None,
            severity,
            message: message.to_owned(),
            lean_tags: tags.to_owned(),
        }
    }

    #[test]
    fn silence_is_no_verdict_in_favour() {
        let target = target("theorem t : 1 = 1 := by sorry\n");
        let baseline = Baseline {
            goal: Goal::parse(
                HoleKind::Tactic,
                &["⊢ 1 = 1".to_owned()],
                Vec::new(),
                Context::default(),
            )
            .expect("a goal"),
            rendered: String::new(),
            reports_accomplished: true,
            axioms: Report::Axioms(Vec::new()),
            statement: None,
            error_before: false,
            compiled: std::sync::Arc::default(),
        };
        let screen = Screen::new(
            &target,
            HoleKind::Tactic,
            &candidates(&["rfl", "simp"]),
            true,
        );
        // Each copy has four lines.
        let judge = |said: &[Diagnostic]| {
            let verdicts = screen.verdicts(&target, &baseline, said);
            let passed = |v: &Verdict| matches!(v, Verdict::Passed { .. });
            verdicts.iter().map(passed).collect::<Vec<_>>()
        };
        let done = |line| says(line, Severity::Information, "Goals accomplished!", &[2]);
        let error = |message| says(6, Severity::Error, message, &[]);
        assert_eq!(judge(&[]), [false, false]);
        assert_eq!(judge(&[done(2), done(6)]), [true, true]);
        assert_eq!(judge(&[done(2), done(6), error("no")]), [true, false]);
        let sorry = says(2, Severity::Warning, "declaration uses `sorry`", &[]);
        assert_eq!(judge(&[done(2), sorry, done(6)]), [false, true]);
        let timeout = error("(deterministic) timeout: maximum number of heartbeats");
        let heavy = screen.verdicts(&target, &baseline, &[timeout]);
        assert_eq!(heavy[1], Verdict::OutOfHeartbeats);
    }
}
