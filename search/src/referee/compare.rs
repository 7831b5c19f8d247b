//! What was compiled with proofs in the place of holes, against what was compiled without them. Pure: all of it
//! is read from constants, and whoever compiled the second is not believed.

use std::collections::{BTreeSet, HashMap, HashSet};

use unsorry_olean::{Constant, ConstantKind, Expr, ExprId, Module, NameId, Terms};

use super::alike::{Step, alike, is_zero, spine};
use super::compiled::{Compiled, Marks, is_unchecked, value};
use super::names::{self, shown};

/// The most pairs of terms that are compared in two values.
const MAX_PAIRS: usize = 5_000_000;

/// What is asked of one hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// A proof, which leaves nothing open.
    Proof,
    /// A sketch, which may leave open what is under the marks behind the holes'.
    Sketch,
    /// That the theorem of this name says the contrary of the goal.
    Contrary(&'a str),
}

/// What the constants say of a hole that was filled.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The file's declarations, not proved themselves, on which it rests, and did not before.
    pub unproved: BTreeSet<String>,
    /// The file's axioms on which it rests.
    pub axioms: BTreeSet<String>,
    /// The constants of imports on which it rests.
    pub imported: BTreeSet<NameId>,
    /// The axioms, and the constants of imports, on which its declaration rested before.
    pub axioms_before: BTreeSet<String>,
    pub imported_before: BTreeSet<NameId>,
    /// All constants of the file that it is made of: what the kernel must take.
    pub cone: BTreeSet<NameId>,
}

/// The reasons why it is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A constant says something else, or is something else.
    #[error("it changes `{0}`")]
    Changed(String),
    /// The declaration states something else.
    #[error("it changes the type of its declaration")]
    Statement,
    /// More than proofs has changed in a value.
    #[error("it changes the value of `{0}`, and not only a proof in it")]
    Data(String),
    /// There is a constant that no proof makes.
    #[error("it declares `{0}`")]
    Declares(String),
    /// It is compiled on top of something else.
    #[error("it imports something else")]
    Imports,
    /// Another Lean says that it has compiled it.
    #[error("another Lean has compiled it")]
    OtherLean,
    /// There is more to it than can be looked at.
    #[error("it is too large to be looked at")]
    TooMuch,
    /// The declaration is gone.
    #[error("its declaration is not there any more")]
    Gone,
    /// The proof has a hole.
    #[error("it leaves a sorry")]
    Sorry,
    /// No constant holds the hole.
    #[error("no constant of the file holds this sorry")]
    Nowhere,
    /// The goal's contrary is not what was proved.
    #[error("what was proved is not the contrary of this goal")]
    NotContrary,
}

/// Two compiled files side by side.
pub struct Comparison<'a> {
    terms: &'a Terms,
    marks: &'a Marks,
    before: Compiled<'a>,
    after: Compiled<'a>,
}

impl<'a> Comparison<'a> {
    /// Compares `after` with `before`.
    pub fn new(
        terms: &'a Terms,
        marks: &'a Marks,
        before: &'a Module,
        after: &'a Module,
    ) -> Comparison<'a> {
        Comparison {
            terms,
            marks,
            before: Compiled::of(terms, marks, before),
            after: Compiled::of(terms, marks, after),
        }
    }

    /// Whether nothing has changed but what follows from filling `holes`; `new` are the names, by their last
    /// part, of what was to be declared. Returns the constants that are not what they were.
    ///
    /// # Errors
    /// The first thing that has.
    pub fn compare(&self, holes: &[usize], new: &[&str]) -> Result<BTreeSet<NameId>, Difference> {
        let (before, after) = (self.before.module, self.after.module);
        if before.imports != after.imports || before.is_module != after.is_module {
            return Err(Difference::Imports);
        }
        let lean = |module: &Module| {
            (
                module.word,
                module.lean_version.clone(),
                module.githash.clone(),
            )
        };
        if lean(before) != lean(after) {
            return Err(Difference::OtherLean);
        }
        let filled: HashSet<usize> = holes.iter().copied().collect();
        let owners: HashSet<NameId> = holes.iter().flat_map(|hole| self.owners(*hole)).collect();
        let mut changed = BTreeSet::new();
        // What Lean has made for the declarations themselves, and may make otherwise the next time.
        let mut made = BTreeSet::new();
        for constant in &after.constants {
            let name = constant.name;
            match self.before.get(name) {
                None => self.may_be_new(constant, new)?,
                Some(old) if old == constant => {}
                Some(old) if is_unchecked(old) && is_unchecked(constant) => {}
                Some(_) if self.is_made_for(&owners, constant) => {
                    made.insert(name);
                }
                Some(old) => {
                    self.may_differ(old, constant, &owners, &filled)?;
                    changed.insert(name);
                }
            }
        }
        self.mean_the_same(&owners, &made)?;
        changed.extend(made);
        Ok(changed)
    }

    /// Whether a constant is one that Lean has made for one of the owners.
    fn is_made_for(&self, owners: &HashSet<NameId>, constant: &Constant) -> bool {
        let owner = names::owner(self.terms, constant.name);
        let may = match &constant.kind {
            ConstantKind::Theorem { .. } => true,
            ConstantKind::Definition { .. } => !is_unchecked(constant),
            _ => false,
        };
        may && owner != constant.name && owners.contains(&owner)
    }

    /// Whether a constant that was there before is the same but for proofs.
    fn may_differ(
        &self,
        old: &Constant,
        new: &Constant,
        owners: &HashSet<NameId>,
        filled: &HashSet<usize>,
    ) -> Result<(), Difference> {
        let other = || match owners.contains(&new.name) {
            true => Difference::Statement,
            false => Difference::Changed(shown(self.terms, new.name)),
        };
        // A statement, too, may hold a proof.
        if old.level_params != new.level_params
            || is_unchecked(new)
            || self.differences(old.ty, new.ty, filled).is_none()
        {
            return Err(other());
        }
        match (&old.kind, &new.kind) {
            (ConstantKind::Theorem { .. }, ConstantKind::Theorem { .. }) => Ok(()),
            (
                ConstantKind::Definition { value: old, .. },
                ConstantKind::Definition { value: of_new, .. },
            )
            | (
                ConstantKind::Opaque { value: old, .. },
                ConstantKind::Opaque { value: of_new, .. },
            ) => match self.differences(*old, *of_new, filled) {
                Some(_) => Ok(()),
                None => Err(Difference::Data(shown(self.terms, new.name))),
            },
            _ => Err(other()),
        }
    }

    /// What the owners state, and are where they are data, rests on nothing that was made anew.
    fn mean_the_same(
        &self,
        owners: &HashSet<NameId>,
        made: &BTreeSet<NameId>,
    ) -> Result<(), Difference> {
        for &owner in owners {
            let Some(constant) = self.after.get(owner) else {
                continue;
            };
            let is_proof = matches!(constant.kind, ConstantKind::Theorem { .. });
            let data = value(constant).filter(|_| !is_proof);
            let terms: Vec<ExprId> = [constant.ty].into_iter().chain(data).collect();
            let meaning = self.after.meaning(&terms);
            let mut loose = meaning.intersection(made).filter(|name| {
                let kind = self.after.get(**name).map(|constant| &constant.kind);
                !matches!(kind, Some(ConstantKind::Theorem { .. }))
            });
            if let Some(name) = loose.next() {
                return Err(Difference::Changed(shown(self.terms, *name)));
            }
        }
        Ok(())
    }

    /// Lean itself makes theorems and functions of what is there, in whatever file they are first needed; and
    /// nobody else has a way to declare anything.
    fn may_be_new(&self, constant: &Constant, new: &[&str]) -> Result<(), Difference> {
        let (terms, name) = (self.terms, constant.name);
        let last = names::last(terms, name);
        let is_own = new.contains(&last) || last.starts_with(&self.marks.secret);
        let is_made = || {
            let parent = |name: &NameId| names::parent(terms, *name);
            let mut ancestors = std::iter::successors(parent(&name), parent);
            names::is_made(terms, name)
                || names::is_realized(terms, name)
                || ancestors.any(|name| self.before.get(name).is_some())
        };
        let is_of_a_kind = match &constant.kind {
            ConstantKind::Theorem { .. } | ConstantKind::Definition { .. } => true,
            ConstantKind::Opaque { .. } => names::is_made(terms, name),
            _ => false,
        };
        match (is_own || is_made()) && is_of_a_kind {
            true => Ok(()),
            false => Err(Difference::Declares(shown(terms, name))),
        }
    }

    /// The constants that hold a hole, before it was filled, and the declarations that they were made for.
    fn owners(&self, hole: usize) -> BTreeSet<NameId> {
        let holders = self.before.holders(hole);
        let both = holders.flat_map(|name| [name, names::owner(self.terms, name)]);
        both.filter(|name| self.before.get(*name).is_some())
            .collect()
    }

    /// What the constants say of `hole`, which was filled with what was `wanted`.
    ///
    /// # Errors
    /// Why it is not that.
    pub fn finding(&self, hole: usize, wanted: Wanted<'_>) -> Result<Finding, Difference> {
        let owners = self.owners(hole);
        if owners.is_empty() {
            return Err(Difference::Nowhere);
        }
        for &owner in &owners {
            let is_made = names::is_made(self.terms, owner);
            // What Lean makes it may make otherwise.
            if self.after.get(owner).is_none() && !is_made {
                return Err(Difference::Gone);
            }
        }
        let mut finding = Finding::default();
        let cone = self.before.cone(owners.iter().copied());
        let unproved_before = self.unproved(&self.before, &cone, hole, wanted);
        (finding.axioms_before, finding.imported_before) = self.before.foundations(&cone);
        let judged: BTreeSet<NameId> = match wanted {
            Wanted::Contrary(theorem) => {
                // Whatever stands around the goal is no part of the proof.
                finding.cone = self.after.cone(owners.iter().copied());
                [self.contrary(hole, &owners, theorem)?].into()
            }
            Wanted::Proof | Wanted::Sketch => owners,
        };
        let cone = self.after.cone(judged.iter().copied());
        for &name in &cone {
            let owner = names::owner(self.terms, name);
            let is_own = judged.contains(&name) || judged.contains(&owner);
            let again = self.after.marks_in(name).contains(&hole);
            if again || (is_own && self.has_stray_sorry(&self.after, name, wanted)) {
                return Err(Difference::Sorry);
            }
        }
        let mut unproved = self.unproved(&self.after, &cone, hole, wanted);
        unproved.retain(|name| !unproved_before.contains(name));
        let unproved = unproved.into_iter();
        finding.unproved = unproved
            .map(|name| shown(self.terms, names::owner(self.terms, name)))
            .collect();
        (finding.axioms, finding.imported) = self.after.foundations(&cone);
        finding.cone.extend(cone);
        match self.after.is_too_much() || self.before.is_too_much() {
            true => Err(Difference::TooMuch),
            false => Ok(finding),
        }
    }

    /// The constants that `changed` ones are made of, which the kernel must take as well.
    pub fn checked(&self, changed: &BTreeSet<NameId>) -> BTreeSet<NameId> {
        self.after.cone(changed.iter().copied())
    }

    /// Whether a sorry stands in a constant under no mark, or under one that must not be there.
    fn has_stray_sorry(&self, file: &Compiled<'_>, name: NameId, wanted: Wanted<'_>) -> bool {
        let is_open = |mark: NameId| self.is_a_hole(mark) || wanted == Wanted::Sketch;
        file.has_stray_sorry(name, &self.marks.link, &is_open)
    }

    /// Whether a mark is that of a hole of the file.
    fn is_a_hole(&self, mark: NameId) -> bool {
        let number = self.before.marks.get(&mark);
        number.is_some_and(|number| *number < self.marks.blocks.len())
    }

    /// The constants in a cone that hold a `sorry`, but for those that do so under the marks of `hole` and of
    /// the others of its block alone, or of what a sketch leaves.
    fn unproved(
        &self,
        file: &Compiled<'_>,
        cone: &BTreeSet<NameId>,
        hole: usize,
        wanted: Wanted<'_>,
    ) -> BTreeSet<NameId> {
        let block = self.marks.blocks.get(hole);
        let is_near = |mark: usize| match self.marks.blocks.get(mark) {
            Some(other) => Some(other) == block,
            None => wanted == Wanted::Sketch,
        };
        let is_unproved = |name: &NameId| {
            !file.marks.contains_key(name)
                && (file.marks_in(*name).into_iter().any(|mark| !is_near(mark))
                    || self.has_stray_sorry(file, *name, wanted))
        };
        cone.iter().copied().filter(is_unproved).collect()
    }

    /// Where `new` differs from `old`, if it does so in proofs alone: where the one has a proof that was to be
    /// found, or one by a theorem, the other has whatever is of its type, which is for the kernel to say.
    fn differences(
        &self,
        old: ExprId,
        new: ExprId,
        filled: &HashSet<usize>,
    ) -> Option<Vec<(ExprId, ExprId)>> {
        let info = |at: ExprId| match self.terms.expr(at) {
            Expr::Lam { info, .. } | Expr::Forall { info, .. } => Some(*info),
            _ => None,
        };
        let (mut found, mut pairs) = (Vec::new(), 0);
        let is_alike = alike(self.terms, (old, new), |old, new| {
            if old == new {
                return Step::Same;
            }
            pairs += 1;
            if pairs > MAX_PAIRS {
                return Step::Differs;
            }
            if self.is_proof(old, filled) {
                found.push((old, new));
                return Step::Same;
            }
            match info(old) == info(new) {
                true => Step::Look,
                false => Step::Differs,
            }
        });
        is_alike.then_some(found)
    }

    /// Whether a term of the file before is a proof by its form: under the mark of a hole that was filled, or by
    /// a theorem.
    fn is_proof(&self, at: ExprId, filled: &HashSet<usize>) -> bool {
        let (head, _) = spine(self.terms, at);
        let Expr::Const(name, levels) = self.terms.expr(head) else {
            return false;
        };
        match self.before.marks.get(name) {
            Some(mark) => {
                let of_a_proof = levels
                    .first()
                    .is_some_and(|level| is_zero(self.terms, *level));
                filled.contains(mark) && of_a_proof
            }
            None => {
                let constant = self.before.get(*name);
                constant.is_some_and(|c| matches!(c.kind, ConstantKind::Theorem { .. }))
            }
        }
    }

    /// The theorem that is called so, if it stands where the hole was as the contrary of its goal: in a value that
    /// is what it was but for `link goal sorry theorem` under the hole's mark, and nothing in the goal is bound
    /// around it.
    fn contrary(
        &self,
        hole: usize,
        owners: &BTreeSet<NameId>,
        theorem: &str,
    ) -> Result<NameId, Difference> {
        let filled = HashSet::from([hole]);
        for &owner in owners {
            let values = (self.before.get(owner), self.after.get(owner));
            let (Some(Some(old)), Some(Some(new))) = (values.0.map(value), values.1.map(value))
            else {
                continue;
            };
            let Some(differences) = self.differences(old, new, &filled) else {
                continue;
            };
            for (old, new) in differences {
                let (mark, _) = spine(self.terms, old);
                let is_hole = match self.terms.expr(mark) {
                    Expr::Const(name, _) => self.before.marks.get(name) == Some(&hole),
                    _ => false,
                };
                if is_hole && let Some(found) = self.linked(new, theorem) {
                    return Ok(found);
                }
            }
        }
        Err(Difference::NotContrary)
    }

    /// The theorem of this name in `link goal sorry theorem`, perhaps applied to what stands around it.
    fn linked(&self, at: ExprId, theorem: &str) -> Option<NameId> {
        let (head, arguments) = spine(self.terms, at);
        let (Expr::Const(link, _), [goal, _, negation, ..]) =
            (self.terms.expr(head), arguments.as_slice())
        else {
            return None;
        };
        let Expr::Const(found, _) = self.terms.expr(*negation) else {
            return None;
        };
        let is_it = names::last(self.terms, *link) == self.marks.link
            && self.before.get(*link).is_some()
            && names::last(self.terms, *found) == theorem
            && self.is_closed(*goal);
        is_it.then_some(*found)
    }

    /// Whether nothing in a term is bound outside of it.
    fn is_closed(&self, term: ExprId) -> bool {
        // By how many binders the variables in a term that are bound outside of it reach beyond it.
        let mut reach: HashMap<ExprId, u32> = HashMap::new();
        let mut waiting = vec![(term, false)];
        while let Some((at, is_known)) = waiting.pop() {
            if reach.contains_key(&at) {
                continue;
            }
            let expr = self.terms.expr(at);
            if !is_known {
                waiting.push((at, true));
                waiting.extend(expr.children().map(|child| (child, false)));
                continue;
            }
            let of = |child: &ExprId| reach.get(child).copied().unwrap_or_default();
            let own = match expr {
                Expr::BVar(index) => index.saturating_add(1),
                Expr::Lam { ty, body, .. } | Expr::Forall { ty, body, .. } => {
                    of(ty).max(of(body).saturating_sub(1))
                }
                Expr::Let {
                    ty, value, body, ..
                } => of(ty).max(of(value)).max(of(body).saturating_sub(1)),
                other => {
                    let children = other.children();
                    children.map(|child| of(&child)).max().unwrap_or_default()
                }
            };
            reach.insert(at, own);
        }
        reach.get(&term) == Some(&0)
    }
}

#[cfg(test)]
mod tests;
