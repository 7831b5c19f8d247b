//! What was compiled with proofs in the place of holes, against what was compiled without them. Pure: all of it
//! is read from constants, and whoever compiled the second is not believed.

mod apart;
mod finding;
#[cfg(test)]
mod forged;
mod own;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

use unsorry_olean::{Constant, ConstantKind, Expr, ExprId, Module, NameId, Terms};

use super::compiled::{Compiled, Marks, is_unchecked, statement_terms};
use super::names::{self, shown};
pub use finding::Finding;

/// The reasons why it is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A constant says something else, or is something else.
    #[error("it changes `{0}`")]
    Changed(String),
    /// The declaration states something else.
    #[error("it changes the type of its declaration")]
    Statement,
    /// The proof uses a variable of the section that the statement does not.
    #[error(
        "it uses the variable `{0}`, which its declaration would have as one more argument: a theorem may `include` it"
    )]
    Variable(String),
    /// More than proofs has changed in a value.
    #[error("it changes the value of `{0}`, and not only a proof in it")]
    Data(String),
    /// It can't be told apart from what other holes of its declaration stand for.
    #[error(
        "its declaration has other holes, and the proof can't be told apart from them: prove them together, or them first"
    )]
    Siblings,
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
    holes: usize,
    before: Compiled<'a>,
    after: Compiled<'a>,
    /// The constants that the file's own text declares: nothing that Lean makes by itself, whatever they are
    /// called.
    declared: HashSet<NameId>,
}

/// What was filled in.
#[derive(Debug)]
struct Filled {
    holes: HashSet<usize>,
    /// The constants that hold the holes before they are filled, and the declarations that they were made for.
    owners: BTreeSet<NameId>,
    /// Whether something was a sketch, which leaves something open.
    leaves_open: bool,
}

impl<'a> Comparison<'a> {
    /// Compares `after` with `before`.
    pub fn new(
        terms: &'a Terms,
        marks: &'a Marks,
        before: &'a Module,
        after: &'a Module,
    ) -> Comparison<'a> {
        let names = before.constants.iter().map(|constant| constant.name);
        let is_declared = |name: &NameId| {
            let mut declared = marks.declared.iter();
            declared.any(|parts| names::ends_with(terms, *name, parts))
        };
        let before = Compiled::of(terms, marks, before);
        Comparison {
            terms,
            holes: marks.holes,
            after: Compiled::after(&before, after),
            before,
            declared: names.filter(is_declared).collect(),
        }
    }

    /// The file as it stands.
    pub fn before(&self) -> &Compiled<'a> {
        &self.before
    }

    /// The file with what was filled in.
    pub fn after(&self) -> &Compiled<'a> {
        &self.after
    }

    /// Whether nothing has changed but what follows from filling `holes`, with sketches among them if something
    /// `leaves_open`; `new` are the names, by their last part, of what was to be declared. Returns the constants
    /// that are not what they were.
    ///
    /// # Errors
    /// The first thing that has.
    pub fn compare(
        &self,
        holes: &[usize],
        leaves_open: bool,
        new: &[&str],
    ) -> Result<BTreeSet<NameId>, Difference> {
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
        let filled = Filled {
            holes: holes.iter().copied().collect(),
            owners: holes.iter().flat_map(|hole| self.owners(*hole)).collect(),
            leaves_open,
        };
        let mut changed = BTreeSet::new();
        // What Lean has made for the declarations themselves, and may make otherwise the next time.
        let mut made = BTreeSet::new();
        for constant in &after.constants {
            let name = constant.name;
            match self.before.get(name) {
                None => self.may_be_new(constant, new)?,
                Some(old) if old == constant => {}
                Some(_) if self.before.marks.contains_key(&name) => {
                    return Err(Difference::Changed(shown(self.terms, name)));
                }
                Some(old) if is_unchecked(old) && is_unchecked(constant) => {}
                Some(old) => {
                    let may_differ = self.may_differ(old, constant, &filled);
                    if self.is_made_for(&filled.owners, constant) && may_differ.is_err() {
                        made.insert(name);
                        continue;
                    }
                    may_differ?;
                    changed.insert(name);
                }
            }
        }
        self.mean_the_same(&made)?;
        self.stand_apart(&filled, &made)?;
        changed.extend(made);
        match self.after.is_too_much() || self.before.is_too_much() {
            true => Err(Difference::TooMuch),
            false => Ok(changed),
        }
    }

    /// Whether a constant that was there before is the same but for proofs.
    fn may_differ(
        &self,
        old: &Constant,
        new: &Constant,
        filled: &Filled,
    ) -> Result<(), Difference> {
        let none = &BTreeSet::new();
        let other = || match filled.owners.contains(&new.name) {
            true => self
                .more_bound(old.ty, new.ty)
                .map_or(Difference::Statement, Difference::Variable),
            false => Difference::Changed(shown(self.terms, new.name)),
        };
        // A statement, too, may hold a proof.
        if old.level_params != new.level_params
            || is_unchecked(new)
            || !self.is_same_but_for_proofs((old.ty, new.ty), filled, none)
        {
            return Err(other());
        }
        match (&old.kind, &new.kind) {
            // With the proof in it a theorem may recurse through those beside it, which are proved otherwise then.
            (ConstantKind::Theorem { .. }, ConstantKind::Theorem { all, .. })
                if self.is_of_one(&filled.owners, new.name)
                    || all.iter().any(|name| filled.owners.contains(name)) =>
            {
                Ok(())
            }
            (
                ConstantKind::Theorem { value: old, .. },
                ConstantKind::Theorem { value: of_new, .. },
            )
            | (
                ConstantKind::Definition { value: old, .. },
                ConstantKind::Definition { value: of_new, .. },
            )
            | (
                ConstantKind::Opaque { value: old, .. },
                ConstantKind::Opaque { value: of_new, .. },
            ) => match self.is_same_but_for_proofs((*old, *of_new), filled, none) {
                true => Ok(()),
                false => Err(Difference::Data(shown(self.terms, new.name))),
            },
            _ => Err(other()),
        }
    }

    /// The first variable that a type binds in front and another does not, by its name, if there are more of them.
    fn more_bound(&self, old: ExprId, new: ExprId) -> Option<String> {
        let bound = |mut ty: ExprId| {
            let mut names = Vec::new();
            while let Expr::Forall { name, body, .. } = self.terms.expr(ty) {
                names.push(*name);
                ty = *body;
            }
            names
        };
        let (old, new) = (bound(old), bound(new));
        let mut more = new.iter().filter(|name| !old.contains(name));
        let first = more.next().filter(|_| new.len() > old.len())?;
        Some(shown(self.terms, *first))
    }

    /// What anything states, and is where it is data, rests on nothing that was made anew.
    fn mean_the_same(&self, made: &BTreeSet<NameId>) -> Result<(), Difference> {
        let mut loose = made.clone();
        loose.retain(|name| !self.after.is_theorem(*name));
        if loose.is_empty() {
            return Ok(());
        }
        for constant in &self.after.module.constants {
            if loose.contains(&constant.name) || self.before.get(constant.name).is_none() {
                continue;
            }
            let named = self.after.named_in(statement_terms(constant).collect());
            if let Some(name) = named.iter().find(|name| loose.contains(name)) {
                return Err(Difference::Changed(shown(self.terms, *name)));
            }
        }
        Ok(())
    }

    /// Whether terms of the file as it stands, apart from proofs in them, are made of nothing that has changed.
    pub fn has_kept_its_meaning(&self, terms: &[ExprId]) -> bool {
        let meaning = self.before.meaning(terms);
        let mut data = meaning
            .iter()
            .filter(|name| !self.before.is_theorem(**name));
        data.all(|name| self.before.get(*name) == self.after.get(*name))
    }

    /// Lean itself makes theorems and functions of what is there, in whatever file they are first needed; and
    /// nobody else has a way to declare anything.
    fn may_be_new(&self, constant: &Constant, new: &[&str]) -> Result<(), Difference> {
        let (terms, name) = (self.terms, constant.name);
        let is_made = || {
            let mut ancestors = names::ancestors(terms, name);
            names::is_made(terms, name)
                || names::is_realized(terms, name)
                || ancestors.any(|name| self.before.get(name).is_some())
        };
        let is_of_a_kind = match &constant.kind {
            ConstantKind::Theorem { .. } | ConstantKind::Definition { .. } => true,
            ConstantKind::Opaque { .. } => names::is_made(terms, name),
            _ => false,
        };
        match (new.contains(&names::last(terms, name)) || is_made()) && is_of_a_kind {
            true => Ok(()),
            false => Err(Difference::Declares(shown(terms, name))),
        }
    }

    /// What the kernel must take: the constants that `changed` ones are made of, and those that are made of a changed
    /// one, or of one that is not there any more. Of a theorem that states what it did, its proof matters to nobody.
    pub fn checked(&self, changed: &BTreeSet<NameId>) -> BTreeSet<NameId> {
        let states_the_same = |name: &NameId| {
            let (old, new) = (self.before.get(*name), self.after.get(*name));
            old.zip(new).is_some_and(|(old, new)| {
                old.is_theorem()
                    && new.is_theorem()
                    && (old.ty, &old.level_params) == (new.ty, &new.level_params)
            })
        };
        let names = self.before.module.constants.iter().map(|one| one.name);
        let gone = names.filter(|name| self.after.get(*name).is_none());
        let mut waiting: Vec<NameId> = gone.collect();
        waiting.extend(changed.iter().filter(|name| !states_the_same(name)));
        let mut touched = changed.clone();
        while let Some(name) = waiting.pop() {
            for &user in self.after.users(name) {
                if touched.insert(user) && !self.after.is_theorem(user) {
                    waiting.push(user);
                }
            }
        }
        self.after.cone(touched)
    }
}
