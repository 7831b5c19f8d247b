//! Which proofs that failed for little are repaired, by Lean's word or by the model they came from. Pure.

use unsorry_prover::{Attempt, Candidate, Engine};

use crate::check::verdict::Complaint;

/// The most texts that a goal's candidates are repaired to, as Lean says.
const MAX_REPAIRED_TEXTS: usize = 32;

/// The most proofs of a goal that are sent back to a model.
const MAX_SENT_BACK: usize = 4;

/// The most times that what comes of one proof is sent back.
const MAX_ROUNDS: u8 = 2;

/// A proof with more errors is not sent back.
const MAX_ERRORS: usize = 2;

/// A proof that was refused for little, to be sent back to the model that it came from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repairable {
    errors: usize,
    pub engine: Engine,
    pub attempt: Attempt,
    /// The number of times that it will have been sent back, with what it comes from.
    pub round: u8,
}

/// The failed candidates of a goal that are repaired, and the counts that bound this.
#[derive(Debug, Default)]
pub(super) struct Repairs {
    /// Fewest errors first.
    repairable: Vec<Repairable>,
    texts: usize,
    sent_back: usize,
}

impl Repairs {
    /// Whether one more text may be made as Lean says.
    pub fn has_room_for_text(&self) -> bool {
        self.texts < MAX_REPAIRED_TEXTS
    }

    /// One more text was made as Lean says.
    pub fn add_text(&mut self) {
        self.texts += 1;
    }

    /// Keeps a candidate to be sent back, if it failed for little and was not sent back too often.
    pub fn add(&mut self, candidate: &Candidate, complaints: &[Complaint], round: u8) {
        if complaints.len() > MAX_ERRORS || round >= MAX_ROUNDS {
            return;
        }
        let error = complaints.iter().map(|complaint| match complaint.line {
            Some(line) => format!("line {}: {}", line + 1, complaint.message),
            None => complaint.message.clone(),
        });
        let new = Repairable {
            errors: complaints.len(),
            engine: candidate.engine,
            attempt: Attempt {
                text: candidate.text.clone(),
                error: error.collect::<Vec<_>>().join("\n"),
            },
            round: round + 1,
        };
        let errors = |one: &Repairable| one.errors <= new.errors;
        let at = self.repairable.partition_point(errors);
        self.repairable.insert(at, new);
        self.repairable.truncate(MAX_SENT_BACK);
    }

    /// The next proof to be sent back, of an engine that has not failed; none when enough were.
    pub fn next(&mut self, has_failed: impl Fn(Engine) -> bool) -> Option<Repairable> {
        self.repairable.retain(|one| !has_failed(one.engine));
        if self.sent_back == MAX_SENT_BACK || self.repairable.is_empty() {
            return None;
        }
        self.sent_back += 1;
        Some(self.repairable.remove(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: Engine = Engine::Local(None);

    #[test]
    fn the_fewest_errors_go_back_first() {
        let mut repairs = Repairs::default();
        let mut add = |text: &str, errors: usize, round: u8| {
            let complaints = vec![Complaint::new("no"); errors];
            repairs.add(&Candidate::new(text, LOCAL), &complaints, round);
        };
        add("three errors", 3, 0);
        add("two errors", 2, 0);
        add("one error", 1, 1);
        add("often", 1, MAX_ROUNDS);
        let mut next = || {
            let next = repairs.next(|engine| engine != LOCAL)?;
            Some((next.attempt.text, next.round))
        };
        assert_eq!(next(), Some(("one error".into(), 2)));
        assert_eq!(next(), Some(("two errors".into(), 1)));
        assert_eq!(next(), None);
    }

    #[test]
    fn not_without_end_nor_to_who_has_failed() {
        let mut repairs = Repairs::default();
        for _ in 0..2 * MAX_SENT_BACK {
            let candidate = Candidate::new("a", LOCAL);
            repairs.add(&candidate, &[Complaint::new("no")], 0);
            assert_eq!(repairs.next(|_| true), None);
            repairs.add(&candidate, &[Complaint::new("no")], 0);
            let _ = repairs.next(|_| false);
        }
        assert_eq!(repairs.sent_back, MAX_SENT_BACK);
    }
}
