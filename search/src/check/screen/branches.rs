//! A proof that tries several candidates, each on a goal of its own. Pure.
//!
//! `ite True` of two proofs is a proof of the same goal, so `refine` with it makes two goals of one, in the
//! same context. A candidate that leaves no goal is followed by an error of our own: of each, Lean says
//! something, or it has not come so far. Another error goes before the first of them: from then on the time
//! is a candidate's.

use std::ops::Range;

use unsorry_prover::{Candidate, HoleKind};
use unsorry_syntax::splice::moved;

use crate::check::verdict::{Complaint, Verdict, accepted, refused};
use crate::lean::diagnostic::Diagnostic;

/// Lean's message for a candidate that leaves no goal.
pub(super) const PASSED: &str = "unsorry_passed";

/// The beginning of Lean's message when it has come to the first of several candidates, which stands right
/// before it.
pub(super) const BEGUN: &str = "unsorry_begun";

/// The place of one of several candidates. Lines are counted from 0.
#[derive(Debug)]
pub(super) struct Place {
    /// The lines whose diagnostics are about it.
    pub lines: Range<u32>,
    /// The candidate itself, from the line of its first token.
    pub candidate: Range<u32>,
}

impl Place {
    /// The place `by` lines further down.
    pub fn moved(&self, by: u32) -> Place {
        let moved = |lines: &Range<u32>| lines.start + by..lines.end + by;
        Place {
            lines: moved(&self.lines),
            candidate: moved(&self.candidate),
        }
    }
}

/// A proof that tries each of `candidates` on a goal of its own, and their places in it, which follow one
/// another without a gap.
pub(super) fn branches(kind: HoleKind, candidates: &[Candidate]) -> (String, Vec<Place>) {
    let more = candidates.len();
    let mut proof = "refine ".to_owned();
    for _ in 0..more {
        proof += "@_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (";
    }
    proof += "?_";
    proof.extend(std::iter::repeat_n(')', more));
    let mut places = Vec::with_capacity(candidates.len());
    proof += &format!("\n· fail \"{BEGUN}\"");
    let mut row = 2;
    for candidate in candidates {
        let (before, moved) = match kind {
            HoleKind::Tactic => ("\n· ", moved(&candidate.text, 2)),
            HoleKind::Term => ("\n· exact\n    ", moved(&candidate.text, 4)),
        };
        let start = row + u32::from(kind == HoleKind::Term);
        let end = start + moved.split('\n').count() as u32;
        places.push(Place {
            lines: row..end + 1,
            candidate: start..end,
        });
        row = end + 1;
        proof += before;
        proof += &moved;
        proof += &format!("\n  done; fail \"{PASSED}\"");
    }
    match kind {
        HoleKind::Tactic => (proof, places),
        HoleKind::Term => {
            // Before several tactics `by` has its line to itself, see `splice`.
            let places = places.iter().map(|place| place.moved(1)).collect();
            (format!("by\n  {}", moved(&proof, 2)), places)
        }
    }
}

/// The verdict, by what Lean `said`, on the candidate with this index among several, which stands on `lines`;
/// none if Lean has not come to it, or ran out where those before it may have spent all.
pub(super) fn one_of_several(
    at: usize,
    lines: &Range<u32>,
    said: &[&Diagnostic],
) -> Option<Verdict> {
    let passed = |d: &Diagnostic| d.is_error() && d.message.trim_end() == PASSED;
    let others: Vec<&Diagnostic> = said.iter().copied().filter(|d| !passed(d)).collect();
    match refused(lines.start, &others) {
        Some(Verdict::Failed(complaints)) => {
            let rows = lines.len();
            let own = complaints.into_iter().map(|complaint| Complaint {
                line: complaint.line.filter(|line| *line < rows),
                // The first goal is nobody's.
                message: untagged(&complaint.message, at + 2),
            });
            Some(Verdict::Failed(own.collect()))
        }
        Some(_) if at > 0 => None,
        Some(verdict) => Some(verdict),
        None => (others.len() < said.len()).then(|| accepted(&others)),
    }
}

/// A message without the name that `refine` gave to the goal of this number, from 1.
pub(super) fn untagged(message: &str, number: usize) -> String {
    let tag = format!("refine_{number}");
    let lines = message.split('\n').filter_map(|line| {
        let Some(name) = line.strip_prefix("case ") else {
            return Some(line.to_owned());
        };
        let parts: Vec<&str> = name.split('.').collect();
        let Some(at) = parts.iter().position(|part| *part == tag) else {
            return Some(line.to_owned());
        };
        let rest = [&parts[..at], &parts[at + 1..]].concat();
        (!rest.is_empty()).then(|| format!("case {}", rest.join(".")))
    });
    lines.collect::<Vec<_>>().join("\n")
}
