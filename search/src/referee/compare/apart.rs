//! Two values side by side, of which the one has proofs where the other has holes; and whether those stand apart
//! from the holes that are left.

use std::collections::BTreeSet;

use unsorry_olean::{Constant, Expr, ExprId, NameId};

use super::super::alike::{Step, alike, applied, of_a_proof, spine};
use super::super::compiled::is_sorry;
use super::super::names::shown;
use super::{Comparison, Difference, Filled};

/// The most pairs of terms that are compared in two values.
const MAX_PAIRS: usize = 5_000_000;

/// A term of the file before, by its form.
enum Form {
    /// Under the mark of a hole that was filled, a proof.
    Filled,
    /// By a theorem that Lean has made for one of the owners.
    Made(NameId),
    /// Anything else.
    Other,
}

impl Comparison<'_> {
    /// Whether a term is another but for proofs: where the one has a proof that was to be found, the other has
    /// whatever is of its type, which is for the kernel to say, but nothing that another hole of these
    /// declarations stands for.
    pub(super) fn is_same_but_for_proofs(
        &self,
        pair: (ExprId, ExprId),
        filled: &Filled,
        made: &BTreeSet<NameId>,
    ) -> bool {
        let info = |at: ExprId| match self.terms.expr(at) {
            Expr::Lam { info, .. } | Expr::Forall { info, .. } => Some(*info),
            _ => None,
        };
        let clean = |new: ExprId| match self.is_clean(new, filled) {
            true => Step::Same,
            false => Step::Differs,
        };
        let mut pairs = 0;
        alike(self.terms, pair, |old, new| {
            pairs += 1;
            if pairs > MAX_PAIRS {
                return Step::Differs;
            }
            match self.form(old, filled) {
                Form::Filled => return clean(new),
                Form::Made(theorem) if !self.has_holes_left(theorem, filled) => return clean(new),
                Form::Made(theorem) => return self.both_made(theorem, (old, new), filled),
                Form::Other => {}
            }
            if let Some(pairs) = self.both_open(old, new) {
                return Step::Instead(pairs);
            }
            // What is the same may yet name what was made anew.
            if old == new && !self.names_any(old, made) {
                return Step::Same;
            }
            match info(old) == info(new) {
                true => Step::Look,
                false => Step::Differs,
            }
        })
    }

    /// Whether what the owners are now, where they have other holes, is what it was but for what was filled in, so
    /// that nothing stands on those.
    pub(super) fn stand_apart(
        &self,
        filled: &Filled,
        made: &BTreeSet<NameId>,
    ) -> Result<(), Difference> {
        let mut own = self.own(&filled.owners);
        own.extend(&filled.owners);
        if !own.iter().any(|name| self.has_holes_left(*name, filled)) {
            return Ok(());
        }
        let remade = own.iter().filter(|name| self.is_remade(**name, &own));
        let made = &made.iter().chain(remade).copied().collect();
        let declared = own.iter().copied().filter(|name| !self.is_made(*name));
        let met = self.before.cone(declared);
        for &owner in &own {
            // A theorem that Lean has made is met in what it was made for.
            let is_met = self.is_made(owner)
                && self.before.is_theorem(owner)
                && (met.contains(&owner) || !self.has_holes_left(owner, filled));
            if is_met {
                continue;
            }
            let old = self.before.get(owner).and_then(Constant::value);
            let new = self.after.get(owner).and_then(Constant::value);
            let (Some(old), Some(new)) = (old, new) else {
                return Err(Difference::Gone);
            };
            if !self.is_same_but_for_proofs((old, new), filled, made) {
                let has_sorry = self.after.has_stray_sorry(owner, &|_| true);
                return Err(match has_sorry {
                    true => Difference::Sorry,
                    false => Difference::Siblings,
                });
            }
        }
        Ok(())
    }

    /// Whether what Lean has made for the declarations themselves is not what it was; a theorem, too, where one of them
    /// is not that it is made of.
    fn is_remade(&self, name: NameId, own: &BTreeSet<NameId>) -> bool {
        let differs = |name: &NameId| self.before.get(*name) != self.after.get(*name);
        let of_own = || {
            let cone = self.before.cone([name]);
            cone.iter().any(|name| own.contains(name) && differs(name))
        };
        self.is_made(name)
            && match self.before.is_theorem(name) {
                true => of_own(),
                false => differs(&name),
            }
    }

    /// What is to be compared of two `sorry`s, or of two terms under the same mark: Lean writes into each `sorry` where
    /// it stands in the text.
    fn both_open(&self, old: ExprId, new: ExprId) -> Option<Vec<(ExprId, ExprId)>> {
        let (name, levels, of_old) = applied(self.terms, old)?;
        let (other, of_other, of_new) = applied(self.terms, new)?;
        let has_place =
            is_sorry(self.terms, name) && of_old.first().is_some_and(|ty| self.is_of_a_name(*ty));
        if !has_place && !self.before.marks.contains_key(&name) {
            return None;
        }
        if (name, levels) != (other, of_other) || of_old.len() != of_new.len() {
            return None;
        }
        let pairs = of_old.into_iter().zip(of_new).enumerate();
        let pairs = pairs.filter(|(at, _)| !(has_place && *at == 2));
        Some(pairs.map(|(_, pair)| pair).collect())
    }

    /// Whether a type is `Lean.Name → …`, as that of a `sorry` is that is told where it stands.
    fn is_of_a_name(&self, ty: ExprId) -> bool {
        let Expr::Forall { ty, .. } = self.terms.expr(ty) else {
            return false;
        };
        matches!(self.terms.expr(*ty), Expr::Const(name, _) if shown(self.terms, *name) == "Lean.Name")
    }

    fn form(&self, old: ExprId, filled: &Filled) -> Form {
        let Some((name, levels, _)) = applied(self.terms, old) else {
            return Form::Other;
        };
        if let Some(mark) = self.before.marks.get(&name) {
            return match filled.holes.contains(mark) && of_a_proof(self.terms, levels) {
                true => Form::Filled,
                false => Form::Other,
            };
        }
        match self.before.is_theorem(name) && self.is_made_for_one(&filled.owners, name) {
            true => Form::Made(name),
            false => Form::Other,
        }
    }

    /// Whether a constant of the file before, or what was made for it and it is made of, holds a hole that was not
    /// filled.
    fn has_holes_left(&self, name: NameId, filled: &Filled) -> bool {
        let own = self.owner(name);
        let cone = self.before.cone([name]);
        let mut near = cone.into_iter().filter(|name| self.owner(*name) == own);
        near.any(|name| {
            let marks = self.before.marks_in(name);
            marks.iter().any(|mark| !filled.holes.contains(mark))
        })
    }

    /// Two theorems that Lean has made, with the same arguments.
    fn both_made(&self, theorem: NameId, (old, new): (ExprId, ExprId), filled: &Filled) -> Step {
        let (_, of_old) = spine(self.terms, old);
        let Some((name, _, arguments)) = applied(self.terms, new) else {
            return Step::Differs;
        };
        let (Some(one), Some(other)) = (self.before.get(theorem), self.after.get(name)) else {
            return Step::Differs;
        };
        let (Some(value), Some(of_other)) = (one.value(), other.value()) else {
            return Step::Differs;
        };
        if !self.is_made_for_one(&filled.owners, name)
            || arguments.len() != of_old.len()
            || one.level_params != other.level_params
        {
            return Step::Differs;
        }
        let mut pairs: Vec<(ExprId, ExprId)> = of_old.into_iter().zip(arguments).collect();
        pairs.extend([(one.ty, other.ty), (value, of_other)]);
        Step::Instead(pairs)
    }

    /// Whether a term of the file now stands on nothing that is open in the declarations themselves.
    fn is_clean(&self, new: ExprId, filled: &Filled) -> bool {
        let is_open = |name: &NameId| {
            let mark = self.after.marks.get(name);
            mark.is_some_and(|mark| *mark >= self.holes && filled.leaves_open)
        };
        let named = self.after.named_in(vec![new]);
        let is_left = |name: &NameId| {
            let is_mark = self.after.marks.contains_key(name) && !is_open(name);
            is_mark || is_sorry(self.terms, *name) && !filled.leaves_open
        };
        if named.iter().any(is_left) {
            return false;
        }
        let cone = self.after.cone(named);
        cone.iter().all(|name| {
            let is_own = filled.owners.contains(&self.owner(*name));
            !is_own || !self.after.used(*name).iter().any(is_left)
        })
    }

    fn names_any(&self, term: ExprId, names: &BTreeSet<NameId>) -> bool {
        !names.is_empty() && {
            let named = self.before.named_in(vec![term]);
            named.iter().any(|name| names.contains(name))
        }
    }
}
