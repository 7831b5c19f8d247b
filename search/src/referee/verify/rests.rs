//! What the constants of two files rest on: axioms, and each other's `sorry`. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use unsorry_olean::{Constant, ConstantKind, NameId};

use super::super::compiled::SORRY;
use super::super::names::{joined, parts_of};
use super::super::pass::STANDARD;
use super::standing::Standing;
use super::twins::{Side, Twins};

/// The most names that a reason has.
const MAX_NAMES: usize = 5;

/// The axioms that a constant of an import rests on.
pub type Foundations = HashMap<Vec<String>, Vec<String>>;

/// An axiom by its name, and whether it is the file's own.
pub type Axiom = (bool, String);

/// What the constants of two files rest on.
pub struct Rests<'a, 'm> {
    twins: &'a Twins<'m>,
    /// The axioms below those constants of imports that have any.
    imported: HashMap<NameId, &'a [String]>,
}

impl<'a, 'm> Rests<'a, 'm> {
    /// What they rest on, where this is known of imports.
    pub fn new(twins: &'a Twins<'m>, known: &'a Foundations) -> Rests<'a, 'm> {
        let imported = twins.imported().into_iter().filter_map(|name| {
            let axioms = known.get(&parts_of(twins.terms, name))?;
            Some((name, axioms.as_slice()))
        });
        Rests {
            twins,
            imported: imported.collect(),
        }
    }

    /// The axioms that a constant rests on, and the declarations with a `sorry` among what it is made of.
    pub fn of(&self, side: Side, name: NameId) -> (BTreeSet<Axiom>, BTreeSet<String>) {
        let graph = match side {
            Side::Before => &self.twins.before,
            Side::After => &self.twins.after,
        };
        let cone: HashSet<NameId> = graph.cone([name]);
        let (mut axioms, mut open) = (BTreeSet::new(), BTreeSet::new());
        for (name, node) in graph.nodes(&cone) {
            let constant = graph.get(name).map(|constant| &constant.kind);
            if matches!(constant, Some(ConstantKind::Axiom { .. })) {
                axioms.insert((true, self.twins.shown(name)));
            }
            if node.has_sorry {
                open.insert(self.twins.owner(side, name));
            }
            for import in &node.imported {
                for axiom in self.imported.get(import).copied().unwrap_or_default() {
                    match axiom == SORRY {
                        true => drop(open.insert(joined(&parts_of(self.twins.terms, *import)))),
                        false => drop(axioms.insert((false, axiom.clone()))),
                    }
                }
            }
        }
        (axioms, open)
    }

    /// All axioms that a declaration of the second file rests on, and what is wrong with what it rests on, if
    /// something is: it may rest on the axioms `allowed`.
    pub fn judge(
        &self,
        new: &Constant,
        allowed: &BTreeSet<Axiom>,
    ) -> (Vec<String>, Option<Standing>) {
        let (axioms, open) = self.of(Side::After, new.name);
        let all = axioms.iter().map(|(_, axiom)| axiom.clone()).collect();
        let own = self.twins.shown(new.name);
        if !open.is_empty() {
            let others = open.into_iter().filter(|name| *name != own);
            return (all, Some(Standing::Open(few(others.collect()))));
        }
        let is_standard = |axiom: &Axiom| !axiom.0 && STANDARD.contains(&axiom.1.as_str());
        let is_axiom = matches!(new.kind, ConstantKind::Axiom { .. });
        let foreign = axioms
            .into_iter()
            .filter(|axiom| !is_standard(axiom) && !allowed.contains(axiom))
            .filter(|axiom| !(is_axiom && axiom.1 == own));
        let foreign: Vec<String> = foreign.map(|(_, axiom)| axiom).collect();
        let standing = (!foreign.is_empty()).then(|| Standing::Axioms(few(foreign)));
        (all, standing)
    }
}

/// The first of so many names.
pub fn few(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    if names.len() > MAX_NAMES {
        let more = names.len() - MAX_NAMES;
        names.truncate(MAX_NAMES);
        names.push(format!("{more} more"));
    }
    names
}
