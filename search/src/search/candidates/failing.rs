//! The handling of candidates that Lean refuses.

use unsorry_prover::{Candidate, Engine};

use super::Candidates;
use super::Role;
use super::repairs::Repairable;
use crate::check::verdict::{Complaint, HIDDEN_SORRY};
use crate::gate::gate;
use crate::lean::elaboration::Unknown;
use crate::rewrite::repair::repairs;

impl Candidates<'_> {
    /// Lean refuses a candidate: it is repaired as Lean says, kept to be sent back, or only remembered.
    pub(super) fn failed(&mut self, candidate: &Candidate, complaints: &[Complaint]) {
        let first = complaints
            .first()
            .map_or("Lean refuses it", Complaint::first_line);
        tracing::trace!(candidate = candidate.text, error = first, "refused by Lean");
        self.judged(candidate, Some(first.to_owned()));
        if self.goal.role == Role::Hole {
            let mut stats = self.goal.stats();
            // Lean itself has no error then.
            let errors = complaints
                .len()
                .saturating_sub(usize::from(first == HIDDEN_SORRY));
            stats.near_miss(candidate, first, errors);
        }
        if !self.goal.strategy().repairs || candidate.engine == Engine::Tactics {
            return;
        }
        let goal = &self.goal.baseline.goal;
        let round = self.seen.round(&candidate.text);
        for repaired in repairs(goal, &candidate.text, complaints) {
            if self.repairs.has_room_for_text()
                && gate(goal.kind, &repaired).is_ok()
                && self.wait(&candidate.with_text(repaired), round)
            {
                self.repairs.add_text();
            }
        }
        self.repairs.add(candidate, complaints, round);
    }

    /// Sends a proof that failed for little back to the model that it came from. Whether there was one.
    pub(super) fn send_back(&mut self) -> bool {
        // Nobody is asked any more once there is nothing left to spend.
        if self.goal.shared.meter.is_used_up() {
            return false;
        }
        let stats = self.goal.stats();
        let next = self.repairs.next(|engine| stats.has_failed(engine));
        let Some(Repairable {
            engine,
            attempt,
            round,
            ..
        }) = next
        else {
            return false;
        };
        drop(stats);
        self.cascade.repair(engine, attempt, round);
        true
    }

    /// Lean gives no verdict on a candidate.
    pub(super) fn unknown(&mut self, candidate: &Candidate, why: &Unknown) {
        self.goal.stats().unknown += 1;
        self.judged(candidate, Some(why.to_string()));
    }
}
