//! Many candidates in one text: the hole's goal is had as often as there are candidates, and each is tried
//! on one of them (`branches`). Pure.
//!
//! All of them stand in the hole's own place: what is before it, Lean elaborates once. A verdict here is
//! never the last word: winners are confirmed alone.

mod batch;
mod branches;
#[cfg(test)]
mod tests;

use std::ops::Range;

use unsorry_prover::{Candidate, HoleKind};
use unsorry_syntax::{LineIndex, splice};

pub use batch::batch;

use super::baseline::Baseline;
use super::verdict::{Verdict, verdict};
use crate::lean::diagnostic::Diagnostic;
use crate::target::Target;
use branches::{BEGUN, Place, branches, one_of_several};

/// The most that Lean may spend on one text, in its own thousands of allocations. A candidate that needs more
/// is tried again alone under the user's own limit.
const MAX_HEARTBEATS: u32 = 20_000;

/// A command that nothing can go on with. With `set_option` the last tactic of what stands before could, were that
/// written at column 0.
const APART: &str = "section ";

/// A text to elaborate, and where each candidate stands in it. Lines are counted from 0.
#[derive(Debug)]
pub struct Screen {
    /// The text.
    pub text: String,
    /// Whether Lean may spend no more on it than a screening may take.
    limited: bool,
    /// The lines of the declaration, to the end of the text.
    lines: Range<u32>,
    places: Places,
}

/// The places of the candidates.
#[derive(Debug)]
enum Places {
    /// One alone, from this line on, as in the user's text: what Lean says of the declaration is about it.
    One(u32),
    /// Several, each with lines of its own.
    Several(Vec<Place>),
}

/// What Lean has said of the candidates while it is busy with the text: no evidence, but a hint.
#[derive(Debug, Default)]
pub struct SoFar {
    /// The verdicts that there are, in the candidates' order.
    pub verdicts: Vec<Option<Verdict>>,
    /// The candidate, by index, that Lean is busy with, where that can be told.
    pub busy: Option<usize>,
}

impl SoFar {
    /// Whether one has passed.
    pub fn has_passed(&self) -> bool {
        self.verdicts
            .iter()
            .any(|verdict| is_passed(verdict.as_ref()))
    }

    /// The verdicts on those alone that have passed.
    pub fn only_passed(self) -> Vec<Option<Verdict>> {
        let verdicts = self.verdicts.into_iter();
        verdicts
            .map(|verdict| verdict.filter(|one| is_passed(Some(one))))
            .collect()
    }
}

/// The judgement of a text of candidates.
#[derive(Debug, PartialEq, Eq)]
pub enum Judged {
    /// Verdicts in the candidates' order; none where Lean has not come so far, or what it says may be about
    /// another one.
    Verdicts(Vec<Option<Verdict>>),
    /// The text before the hole needs more than a screening may take.
    TooMuch,
}

impl Screen {
    /// Builds the text. What Lean may spend on it is `limited`, as long as the declaration is not too much by
    /// itself. One candidate stands there as it would be in the user's text.
    pub fn new(target: &Target, kind: HoleKind, candidates: &[Candidate], limited: bool) -> Screen {
        let block = &target.declaration().block;
        let mut text = target.text[..block.start].to_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let first = text.len();
        if limited {
            text += &format!("{APART}set_option maxHeartbeats {MAX_HEARTBEATS}\n");
        }
        let (proof, several) = match candidates {
            [one] => (one.text.clone(), None),
            several => {
                let (proof, places) = branches(kind, several);
                (proof, Some(places))
            }
        };
        let change = splice(&target.text, target.hole(), kind, &proof);
        text += &target.text[block.start..change.range.start];
        let blanks = change.text.len() - change.text.trim_start().len();
        let start = text.len() + blanks;
        text += &change.text;
        text += &target.text[change.range.end..block.end];
        text.push('\n');

        let index = LineIndex::new(&text);
        let line = |at: usize| index.position(at).line;
        let start = line(start);
        let places = match several {
            None => Places::One(start),
            Some(places) => {
                Places::Several(places.iter().map(|place| place.moved(start)).collect())
            }
        };
        Screen {
            limited,
            lines: line(first)..line(text.len()) + 1,
            places,
            text,
        }
    }

    /// Reads what Lean has said while it is still busy.
    pub fn so_far(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> SoFar {
        let said = self.said(diagnostics);
        match &self.places {
            Places::One(_) if !said.iter().any(|d| d.says_accomplished()) => SoFar::default(),
            Places::One(line) => SoFar {
                verdicts: vec![Some(verdict(target, baseline, *line, &said))],
                busy: None,
            },
            Places::Several(places) => {
                let (verdicts, _) = verdicts(places, &said);
                let begun = diagnostics.iter().any(|d| self.is_begun(d));
                // It goes from one to the next.
                let last = verdicts.iter().rposition(Option::is_some);
                let busy = last.map_or(begun.then_some(0), |last| Some(last + 1));
                SoFar {
                    busy: busy.filter(|busy| *busy < verdicts.len()),
                    verdicts,
                }
            }
        }
    }

    /// Reads the verdicts.
    pub fn judge(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> Judged {
        let said = self.said(diagnostics);
        let ran_out_before = |line: u32| {
            let mut errors = said.iter().filter(|d| d.is_error());
            self.limited && errors.any(|d| d.ran_out() && d.start().line < line)
        };
        match &self.places {
            Places::One(line) if ran_out_before(*line) => Judged::TooMuch,
            Places::One(line) => {
                Judged::Verdicts(vec![Some(verdict(target, baseline, *line, &said))])
            }
            Places::Several(places) => {
                let first = places.first().map_or(0, |place| place.candidate.start);
                let (mut verdicts, beside) = verdicts(places, &said);
                if verdicts.iter().all(Option::is_none) && ran_out_before(first) {
                    return Judged::TooMuch;
                }
                // What Lean says of the declaration as a whole may be due to any that has passed.
                if beside.iter().any(|d| d.is_error()) {
                    for verdict in &mut verdicts {
                        verdict.take_if(|verdict| matches!(verdict, Verdict::Passed { .. }));
                    }
                }
                Judged::Verdicts(verdicts)
            }
        }
    }

    /// Whether Lean says that it has come to the candidates; no candidate can say so on its own lines.
    fn is_begun(&self, diagnostic: &Diagnostic) -> bool {
        let Places::Several(places) = &self.places else {
            return false;
        };
        let first = places.first().map_or(0, |place| place.lines.start);
        diagnostic.is_error()
            && diagnostic.start().line + 1 == first
            && diagnostic.message.starts_with(BEGUN)
    }

    /// Returns those of `diagnostics` that are about the declaration.
    fn said<'a>(&self, diagnostics: &'a [Diagnostic]) -> Vec<&'a Diagnostic> {
        let own = |d: &&Diagnostic| self.lines.contains(&d.start().line) && !self.is_begun(d);
        diagnostics.iter().filter(own).collect()
    }
}

fn is_passed(verdict: Option<&Verdict>) -> bool {
    matches!(verdict, Some(Verdict::Passed { .. }))
}

/// The verdicts on the candidates at `places`, and what is `said` of none of them.
fn verdicts<'a>(
    places: &[Place],
    said: &[&'a Diagnostic],
) -> (Vec<Option<Verdict>>, Vec<&'a Diagnostic>) {
    let mut of_each = vec![Vec::new(); places.len()];
    let mut beside = Vec::new();
    for diagnostic in said.iter().copied() {
        let line = diagnostic.start().line;
        let at = places.partition_point(|place| place.lines.end <= line);
        match places.get(at) {
            Some(place) if place.lines.contains(&line) => of_each[at].push(diagnostic),
            _ => beside.push(diagnostic),
        }
    }
    let each = places.iter().zip(&of_each).enumerate();
    let verdicts = each.map(|(at, (place, said))| one_of_several(at, &place.candidate, said));
    (verdicts.collect(), beside)
}
