//! What the constants say of a hole that was filled.

use std::collections::{BTreeSet, HashSet};

use unsorry_olean::{ExprId, NameId};

use super::super::compiled::statement_terms;
use super::super::names::shown;
use super::{Comparison, Difference};

/// What the constants say of a proof.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The file's declarations, not proved themselves, on which the proof rests by itself.
    pub unproved: BTreeSet<String>,
    /// The file's declarations, not proved themselves, on which it rests as what is stated does.
    pub stated: BTreeSet<String>,
    /// The file's axioms on which it rests.
    pub axioms: BTreeSet<String>,
    /// The constants of imports on which it rests.
    pub imported: BTreeSet<NameId>,
    /// The axioms, and the constants of imports, on which its declaration rested before.
    pub axioms_before: BTreeSet<String>,
    pub imported_before: BTreeSet<NameId>,
    /// The constants of imports on which it rests as what is stated does.
    pub imported_stated: BTreeSet<NameId>,
    /// All constants of the file that it is made of: what the kernel must take.
    pub cone: BTreeSet<NameId>,
}

impl Comparison<'_> {
    /// What the constants say of `hole`, which was filled with a proof; or with a sketch, which `leaves_open` what is
    /// under the marks behind the holes'. All holes that were `filled` with it are among `filled`.
    ///
    /// # Errors
    /// Why it is not that.
    pub fn finding(
        &self,
        hole: usize,
        leaves_open: bool,
        filled: &[usize],
    ) -> Result<Finding, Difference> {
        let owners = self.owners(hole);
        if owners.is_empty() {
            return Err(Difference::Nowhere);
        }
        // What Lean makes it may make otherwise; what it was made for is there.
        let mut declared = owners
            .iter()
            .filter(|owner| !self.is_made(**owner))
            .peekable();
        if declared.peek().is_none() || declared.any(|owner| self.after.get(*owner).is_none()) {
            return Err(Difference::Gone);
        }
        let cone = self.after.cone(owners.iter().copied());
        let near = self.own(&owners).into_iter();
        let near: HashSet<usize> = near.flat_map(|name| self.before.marks_in(name)).collect();
        // The holes beside this one have been looked at (`apart`).
        let may_be_left = |mark: usize| match mark < self.holes {
            true => near.contains(&mark) && !filled.contains(&mark),
            false => leaves_open,
        };
        for &name in &cone {
            let is_own = owners.contains(&name) || owners.contains(&self.owner(name));
            let marks = self.after.marks_in(name);
            if marks.iter().any(|mark| filled.contains(mark))
                || is_own && !marks.iter().all(|mark| may_be_left(*mark))
                || is_own && self.after.has_stray_sorry(name, &may_be_left)
            {
                return Err(Difference::Sorry);
            }
        }
        let is_own = |name| owners.contains(&self.owner(name));
        let stated = self.stated(&owners);
        let by_proof = self.after.reached_by_proof(&owners, &stated);
        let (_, imported_by_proof) = self.after.foundations(&by_proof);
        let unproved = self.holding(&by_proof, is_own);
        let of_before = self.before.cone(owners.iter().copied());
        let (axioms_before, imported_before) = self.before.foundations(&of_before);
        let mut imported_stated = self.imported(&stated, &owners);
        let finding = self.resting(cone, is_own);
        let others = finding.imported.difference(&imported_by_proof);
        imported_stated.extend(others);
        Ok(Finding {
            stated: finding.unproved.difference(&unproved).cloned().collect(),
            unproved,
            axioms_before,
            imported_before,
            imported_stated,
            ..finding
        })
    }

    /// What the constants say of a theorem of the file now that stands in front of a hole's declaration: nothing is
    /// taken from what it rests on.
    pub fn foundation(&self, theorem: NameId, named: &[NameId]) -> Finding {
        let roots = [theorem].into_iter().chain(named.iter().copied());
        self.resting(self.after.cone(roots), |_| false)
    }

    fn resting(&self, cone: BTreeSet<NameId>, is_own: impl Fn(NameId) -> bool) -> Finding {
        let (axioms, imported) = self.after.foundations(&cone);
        Finding {
            unproved: self.holding(&cone, is_own),
            axioms,
            imported,
            cone,
            ..Finding::default()
        }
    }

    /// The declarations among constants that are not proved, but for those that are one's own.
    fn holding(
        &self,
        constants: &BTreeSet<NameId>,
        is_own: impl Fn(NameId) -> bool,
    ) -> BTreeSet<String> {
        let holding = constants.iter().copied();
        let holding = holding.filter(|name| !is_own(*name) && self.after.holds_sorry(*name));
        holding
            .map(|name| shown(self.terms, self.owner(name)))
            .collect()
    }

    /// The constants of the file before that are part of what the owners state, and are where they are data, no
    /// proofs among them.
    fn stated(&self, owners: &BTreeSet<NameId>) -> BTreeSet<NameId> {
        let mut stated = self.before.meaning(&self.statements(owners));
        stated.retain(|name| !self.before.is_theorem(*name) && !owners.contains(name));
        stated
    }

    fn imported(&self, stated: &BTreeSet<NameId>, owners: &BTreeSet<NameId>) -> BTreeSet<NameId> {
        let mut terms = self.statements(owners);
        for name in stated {
            if let Some(constant) = self.before.get(*name) {
                terms.extend(statement_terms(constant));
            }
        }
        let named = self.before.named_in(terms).into_iter();
        named
            .filter(|name| self.before.get(*name).is_none())
            .collect()
    }

    fn statements(&self, owners: &BTreeSet<NameId>) -> Vec<ExprId> {
        let owners = owners.iter().filter(|owner| !self.is_made(**owner));
        let constants = owners.filter_map(|owner| self.before.get(*owner));
        constants.flat_map(statement_terms).collect()
    }
}
