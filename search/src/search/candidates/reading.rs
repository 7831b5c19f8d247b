//! Having Lean's own parser read what strangers wrote, before anything of it is elaborated.

use unsorry_prover::{Candidate, Engine};

use super::{Candidates, Role};
use crate::check::reading::Read;
use crate::search::lean_gone::LeanGone;

impl Candidates<'_> {
    /// Takes from `batch` what Lean's parser refuses, or what the gate does as that reads it. The tactics' candidates
    /// are ours, and what was read before is not read again.
    pub(super) async fn read(&mut self, batch: Vec<Candidate>) -> Result<Vec<Candidate>, LeanGone> {
        let is_ours = |one: &Candidate| one.engine == Engine::Tactics;
        let new = |one: &&Candidate| !is_ours(one) && !self.read.contains(&one.text);
        let new: Vec<Candidate> = batch.iter().filter(new).cloned().collect();
        let refused = self.refused_by_parser(&new).await?;
        let taken = batch.into_iter().filter(|one| !refused.contains(&one.text));
        Ok(taken.collect())
    }

    /// Has Lean's parser read `new`, and returns the texts that are refused.
    pub(super) async fn refused_by_parser(
        &mut self,
        new: &[Candidate],
    ) -> Result<Vec<String>, LeanGone> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.goal.read(new, false).await?;
        self.read.extend(new.iter().map(|one| one.text.clone()));
        let mut refused = Vec::new();
        for (candidate, read) in new.iter().zip(read.into_iter().flatten()) {
            match read {
                Read::Block => continue,
                Read::Harmful(refusal) => self.refused(candidate, refusal),
                Read::Error(complaint) => {
                    if self.goal.role != Role::Negation {
                        self.goal.stats().checked += 1;
                    }
                    self.failed(candidate, &[complaint]);
                }
            }
            refused.push(candidate.text.clone());
        }
        Ok(refused)
    }
}
