//! Checking one candidate exactly where it goes, and those first that are remembered.

use unsorry_prover::{Candidate, Engine};

use super::{Candidates, Role};
use crate::check::checker::CheckError;
use crate::lean::elaboration::Unknown;
use crate::search::lean_gone::LeanGone;
use crate::search::step::Step;
use crate::verify::Rejection;

impl Candidates<'_> {
    /// Confirms proofs of earlier searches, each alone: the first is likely to be all that is needed.
    pub(super) async fn check_remembered(&mut self) -> Result<(), LeanGone> {
        let Some(memory) = self.goal.shared.memory else {
            return Ok(());
        };
        if self.goal.role != Role::Hole || !self.goal.strategy().recalls {
            return Ok(());
        }
        let engines = self.goal.sources.iter().map(|source| source.engine);
        let engines: Vec<Engine> = engines.collect();
        let recalled = memory.recall(&self.goal.baseline, &engines).await;
        // Whoever may write to the memory's file can say that it was the tactics.
        let refused = self.refused_by_parser(&recalled).await?;
        for candidate in recalled {
            if self.goal.is_done() {
                break;
            }
            if refused.contains(&candidate.text) {
                continue;
            }
            let (checked, proposed) = {
                let mut stats = self.goal.stats();
                stats.proposed += 1;
                stats.checked += 1;
                (stats.checked - 1, stats.proposed)
            };
            self.goal.tell(Step::Checking {
                candidate: candidate.text.clone(),
                checked,
                proposed,
            });
            self.seen.propose(&candidate.text, 0);
            self.confirm(candidate).await?;
        }
        Ok(())
    }

    /// Confirms a candidate, and keeps the proof that it is, or has it repaired.
    pub(super) async fn confirm(&mut self, candidate: Candidate) -> Result<(), LeanGone> {
        let known = {
            let found = self.goal.found();
            let mut all = found.proofs.iter().chain(&found.conditional);
            all.any(|proof| proof.proof() == candidate.text)
        };
        if known {
            self.judged(&candidate, None);
            return Ok(());
        }
        match self.goal.confirm(&candidate).await? {
            Ok(None) => self.judged(&candidate, None),
            Ok(Some(proof)) => {
                let verdict = match proof.depends_on() {
                    [] => None,
                    names => Some(format!("it leans on {}, not proved yet", names.join(", "))),
                };
                self.goal.keep(proof);
                self.judged(&candidate, verdict);
            }
            Err(Rejection::Check(CheckError::Unknown(
                why @ (Unknown::Refused(_) | Unknown::TimedOut(_)),
            ))) => self.unknown(&candidate, &why),
            Err(rejection @ (Rejection::Referee(_) | Rejection::NoWord(_))) => {
                let told = rejection.to_string();
                tracing::debug!(candidate = candidate.text, told, "not confirmed");
                let (Rejection::Referee(why) | Rejection::NoWord(why)) = rejection else {
                    return Ok(());
                };
                let mut stats = self.goal.stats();
                stats.unconfirmed.push((candidate.clone(), why));
                stats.near_miss(&candidate, &told, 0);
                drop(stats);
                self.judged(&candidate, Some(told));
            }
            Err(Rejection::Lean(complaints)) => self.failed(&candidate, &complaints),
            Err(Rejection::Gate(refusal)) => self.refused(&candidate, refusal),
            Err(rejection) => {
                tracing::trace!(%rejection, "not confirmed");
                self.judged(&candidate, Some(rejection.to_string()));
            }
        }
        Ok(())
    }
}
