//! Whose a constant is: what Lean has made for a declaration, and which declarations hold a hole.

use std::collections::BTreeSet;

use unsorry_olean::{Constant, ConstantKind, NameId};

use super::super::compiled::is_unchecked;
use super::super::names;
use super::Comparison;

impl Comparison<'_> {
    /// Whether Lean has made a constant for another one.
    pub(super) fn is_made(&self, name: NameId) -> bool {
        names::is_made(self.terms, name) && !self.declared.contains(&name)
    }

    /// The declaration that a constant was made for: itself, mostly.
    pub(super) fn owner(&self, mut name: NameId) -> NameId {
        while self.is_made(name)
            && let Some(rest) = names::parent(self.terms, name)
        {
            name = rest;
        }
        name
    }

    /// Whether a constant is one of the owners, or stands in the namespace of one, as what Lean proves of one does.
    pub(super) fn is_of_one(&self, owners: &BTreeSet<NameId>, name: NameId) -> bool {
        owners.contains(&name)
            || names::ancestors(self.terms, name).any(|name| owners.contains(&name))
    }

    /// Whether a name is that of what Lean has made for one of the owners.
    pub(super) fn is_made_for_one(&self, owners: &BTreeSet<NameId>, name: NameId) -> bool {
        let owner = self.owner(name);
        owner != name && owners.contains(&owner)
    }

    /// What the owners are made of, as far as that is theirs: what they were, and what Lean has made for them.
    pub(super) fn own(&self, owners: &BTreeSet<NameId>) -> BTreeSet<NameId> {
        let mut own = self.before.cone(owners.iter().copied());
        own.retain(|name| owners.contains(&self.owner(*name)));
        own
    }

    /// Whether a constant is a theorem or a function that Lean has made for one of the owners.
    pub(super) fn is_made_for(&self, owners: &BTreeSet<NameId>, constant: &Constant) -> bool {
        let may = match &constant.kind {
            ConstantKind::Theorem { .. } => true,
            ConstantKind::Definition { .. } => !is_unchecked(constant),
            _ => false,
        };
        may && self.is_made_for_one(owners, constant.name)
    }

    /// The constants that hold a hole, before it was filled, and the declarations that they were made for: what Lean
    /// has made for one declaration of several holds the holes of all that are made of it.
    pub(super) fn owners(&self, hole: usize) -> BTreeSet<NameId> {
        let mut waiting = self.before.holders(hole);
        let mut holders: BTreeSet<NameId> = waiting.iter().copied().collect();
        while let Some(holder) = waiting.pop() {
            if !self.is_made(holder) {
                continue;
            }
            for &name in self.before.users(holder) {
                let has_value = self
                    .before
                    .get(name)
                    .is_some_and(|one| one.value().is_some());
                if has_value && holders.insert(name) {
                    waiting.push(name);
                }
            }
        }
        let both = holders
            .into_iter()
            .flat_map(|name| [name, self.owner(name)]);
        both.filter(|name| self.before.get(*name).is_some())
            .collect()
    }

    /// The declarations of the user's that hold a hole themselves.
    pub fn holders(&self, hole: usize) -> Vec<NameId> {
        let mut holders = self.before.holders(hole);
        holders.retain(|name| !self.is_made(*name));
        holders
    }
}
