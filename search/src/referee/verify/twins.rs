//! Two compiled files side by side: what of the first is another thing in the second. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use unsorry_olean::{Constant, ConstantKind, Module, NameId, Terms};

use super::super::compiled::is_unchecked;
use super::super::names::{joined, own_parts, parent, parts_of, shown};
use super::detail::Details;
use super::graph::Graph;
use super::statement::{Statements, kind};
use super::written::Written;

/// Two compiled files side by side.
pub struct Twins<'a> {
    pub terms: &'a Terms,
    pub before: Graph<'a>,
    pub after: Graph<'a>,
    written: &'a Written<'a>,
    /// What of each Lean has made by itself.
    details: Details,
    pub details_after: Details,
    /// What the first file declares, sorted by name.
    pub declared: Vec<&'a Constant>,
    /// What of a declaration is not what it was, and those that are gone.
    pub changes: BTreeMap<NameId, Option<String>>,
    /// The constants that are new or changed, and all that is made of them.
    touched: HashSet<NameId>,
}

impl<'a> Twins<'a> {
    /// Compares `after` with `before`, whose text declares what was `written`.
    pub fn new(
        terms: &'a Terms,
        (before, after): (&'a Module, &'a Module),
        written: &'a Written<'a>,
    ) -> Twins<'a> {
        let (before, after) = (Graph::of(terms, before), Graph::of(terms, after));
        let is_written = |name: NameId| written.declares(terms, name);
        let is_example = |name: NameId| written.example_number(terms, name).is_some();
        let details = Details::of(terms, &before, is_written);
        let declared = before.constants();
        let declared = declared.filter(|constant| !details.is_detail(constant.name));
        let others = after.constants();
        let others = others.filter(|new| before.get(new.name) != Some(*new));
        let others: HashSet<NameId> = others.map(|new| new.name).collect();
        let mut twins = Twins {
            declared: sorted(terms, declared),
            touched: after.made_of(&others),
            details_after: Details::of(terms, &after, is_example),
            changes: BTreeMap::new(),
            terms,
            before,
            after,
            written,
            details,
        };
        twins.changes = twins.compare();
        twins
    }

    fn compare(&self) -> BTreeMap<NameId, Option<String>> {
        let statements = Statements {
            terms: self.terms,
            before: &self.before,
            after: &self.after,
            details: &self.details,
        };
        let mut changes = BTreeMap::new();
        for old in &self.declared {
            let unnamed = self.example_number(old.name).is_some();
            match self.after.get(old.name) {
                None => drop(changes.insert(old.name, None)),
                Some(new) => {
                    if let Some(change) = statements.change(old, new, unnamed) {
                        changes.insert(old.name, Some(change));
                    }
                }
            }
        }
        // What comes with a type is a part of it.
        let parts: Vec<NameId> = changes.keys().copied().collect();
        for name in parts {
            if !self.is_written(name)
                && let Some(own) = self.types_around(name).first()
            {
                let part = shown(self.terms, name);
                let part = format!("what belongs to it is another: `{part}`");
                changes.entry(*own).or_insert(Some(part));
            }
        }
        changes
    }

    /// Whether there was too much to look at: then nothing that was said of them counts.
    pub fn is_too_much(&self) -> bool {
        self.before.file().is_too_much() || self.after.file().is_too_much()
    }

    /// What the second file declares, and the first does not, sorted by name.
    pub fn new_ones(&self) -> Vec<&'a Constant> {
        let new = self.after.constants().filter(|constant| {
            let is_axiom = matches!(constant.kind, ConstantKind::Axiom { .. });
            !self.before.has(constant.name)
                && (is_axiom || !self.details_after.is_detail(constant.name))
        });
        sorted(self.terms, new)
    }

    /// What of the second file nothing is made of that either declares, sorted by name.
    pub fn unreached(&self) -> Vec<&'a Constant> {
        let old = self.declared.iter().map(|old| old.name);
        let new = self.new_ones().into_iter().map(|new| new.name);
        let reached = self.after.cone(old.chain(new));
        let unreached = self.after.constants();
        let unreached = unreached.filter(|constant| !reached.contains(&constant.name));
        sorted(self.terms, unreached)
    }

    /// The constants that the kernel must take: those that are new or changed, what is made of them, and all
    /// that these are made of; without what is made of any that it has `refused`.
    pub fn for_kernel(&self, refused: &HashSet<NameId>) -> HashSet<NameId> {
        let without = self.after.made_of(refused);
        let roots = self.touched.iter().copied().filter(|name| {
            let constant = self.after.get(*name);
            !without.contains(name) && constant.is_some_and(|constant| !is_unchecked(constant))
        });
        self.after.cone(roots)
    }

    /// The constants of imports whose axioms are to be known.
    pub fn imported(&self) -> BTreeSet<NameId> {
        let mut imported = self.before.imported();
        imported.extend(self.after.imported());
        imported
    }

    /// The constant of the second file that is shown so.
    pub fn named(&self, name: &str) -> Option<NameId> {
        let mut all = self.after.constants().map(|constant| constant.name);
        all.find(|one| joined(&parts_of(self.terms, *one)) == name)
    }

    /// Whether the first file has a constant with these parts, but for what makes one private.
    pub fn has_before(&self, parts: &[String]) -> bool {
        let mut all = self.before.constants();
        all.any(|constant| own_parts(self.terms, constant.name) == parts)
    }

    /// Whether the first file's text declares a constant.
    pub fn is_written(&self, name: NameId) -> bool {
        self.written.declares(self.terms, name)
    }

    /// Whether Lean has made a constant of the first file by itself.
    pub fn is_made(&self, name: NameId) -> bool {
        self.details.is_made(name)
    }

    fn example_number(&self, name: NameId) -> Option<usize> {
        self.written.example_number(self.terms, name)
    }

    /// A name as its reader knows it.
    pub fn shown(&self, name: NameId) -> String {
        match self.example_number(name) {
            Some(number) => format!("example {}", number + 1),
            None => shown(self.terms, name),
        }
    }

    /// The declaration of the second file of which Lean has made a constant, or of the first where that is `graph`,
    /// as its reader knows it.
    pub fn owner(&self, side: Side, name: NameId) -> String {
        let (graph, details) = match side {
            Side::Before => (&self.before, &self.details),
            Side::After => (&self.after, &self.details_after),
        };
        let owner = details.owner(name);
        match graph.has(owner) {
            true => self.shown(owner),
            false => self.shown(name),
        }
    }

    /// The first file's inductive types whose names a name begins with.
    pub fn types_around(&self, name: NameId) -> Vec<NameId> {
        let above = |name: &NameId| parent(self.terms, *name);
        let all = std::iter::successors(above(&name), above);
        let is_type = |name: &NameId| {
            let constant = self.before.get(*name);
            constant.is_some_and(|constant| matches!(constant.kind, ConstantKind::Inductive { .. }))
        };
        all.filter(is_type).collect()
    }

    /// Whether a declaration of the first file had a `sorry` in the place of data, by itself or in what Lean has
    /// made of it.
    pub fn had_data_sorry(&self, old: &Constant) -> bool {
        let is_data = matches!(
            old.kind,
            ConstantKind::Definition { .. } | ConstantKind::Opaque { .. }
        );
        let is_detail = |name: NameId| self.details.is_detail(name);
        let own = self.before.cone_through([old.name], is_detail);
        let had = self.before.nodes(&own).any(|(name, node)| {
            let constant = self.before.get(name);
            let is_proof = constant.is_some_and(Constant::is_theorem);
            node.has_data_sorry && !is_proof
        });
        is_data && had && self.example_number(old.name).is_none()
    }

    /// A constant's kind, as a reader knows it.
    pub fn kind(&self, constant: &Constant) -> &'static str {
        match self.example_number(constant.name) {
            Some(_) => "example",
            None => kind(constant),
        }
    }
}

/// One of two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    Before,
    /// The second.
    After,
}

fn sorted<'a>(terms: &Terms, constants: impl Iterator<Item = &'a Constant>) -> Vec<&'a Constant> {
    let mut constants: Vec<&Constant> = constants.collect();
    constants.sort_by_cached_key(|constant| parts_of(terms, constant.name));
    constants
}
