//! What became of each declaration of a file. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use unsorry_olean::{Constant, ConstantKind, Module, NameId, Terms};

use super::super::compiled::{SORRY, is_unchecked};
use super::super::names::{joined, last, parent, parts_of, shown};
use super::super::pass::STANDARD;
use super::graph::Graph;
use super::standing::{Standing, Verdict};
use super::statement::{Statements, kind};

/// The most names that a reason has.
const MAX_NAMES: usize = 5;

/// Two compiled files side by side.
pub struct Twins<'a> {
    terms: &'a Terms,
    before: Graph<'a>,
    after: Graph<'a>,
    written: HashSet<String>,
    /// What the names of examples end with, but for a number.
    example: &'a str,
    /// What of a declaration is not what it was, and those that are gone.
    changes: BTreeMap<NameId, Option<String>>,
    /// The constants that are new or changed, and all that is made of them.
    touched: HashSet<NameId>,
}

/// The axioms that a constant of an import rests on.
pub type Foundations = HashMap<Vec<String>, Vec<String>>;

/// An axiom by its name, and whether it is the file's own.
type Axiom = (bool, String);

impl<'a> Twins<'a> {
    /// Compares `after` with `before`, whose text declares names that end with what was `written`, and whose
    /// examples have the name `example` with a number.
    pub fn new(
        terms: &'a Terms,
        (before, after): (&'a Module, &'a Module),
        written: HashSet<String>,
        example: &'a str,
    ) -> Twins<'a> {
        let mut twins = Twins {
            terms,
            before: Graph::of(terms, before),
            after: Graph::of(terms, after),
            written,
            example,
            changes: BTreeMap::new(),
            touched: HashSet::new(),
        };
        let mut changes = BTreeMap::new();
        for old in twins.declared() {
            let unnamed = twins.example_number(old.name).is_some();
            match twins.after.by_name.get(&old.name) {
                None => drop(changes.insert(old.name, None)),
                Some(new) => {
                    if let Some(change) = twins.statements().change(old, new, unnamed) {
                        changes.insert(old.name, Some(change));
                    }
                }
            }
        }
        // What comes with a type is a part of it.
        let parts: Vec<NameId> = changes.keys().copied().collect();
        for name in parts {
            if !twins.written.contains(last(terms, name))
                && let Some(own) = twins.types_around(name).first()
            {
                let part = format!("what belongs to it is another: `{}`", shown(terms, name));
                changes.entry(*own).or_insert(Some(part));
            }
        }
        twins.changes = changes;
        let others = after.constants.iter();
        let others = others.filter(|new| twins.before.by_name.get(&new.name) != Some(new));
        let others: HashSet<NameId> = others.map(|new| new.name).collect();
        twins.touched = twins.after.made_of(&others);
        twins
    }

    fn statements(&self) -> Statements<'_> {
        Statements {
            terms: self.terms,
            before: &self.before,
            after: &self.after,
            written: &self.written,
        }
    }

    /// What the first file declares, but for what Lean makes by itself, sorted by name.
    fn declared(&self) -> Vec<&'a Constant> {
        let statements = self.statements();
        let all = self.before.by_name.values().copied();
        let mut all: Vec<&Constant> = all
            .filter(|constant| !statements.is_detail(constant))
            .collect();
        all.sort_by_key(|constant| parts_of(self.terms, constant.name));
        all
    }

    /// What the second declares, and the first does not.
    fn new_ones(&self) -> Vec<&'a Constant> {
        let all = self.after.by_name.values().copied();
        let mut all: Vec<&Constant> = all
            .filter(|constant| !self.before.by_name.contains_key(&constant.name))
            .filter(|constant| {
                let is_axiom = matches!(constant.kind, ConstantKind::Axiom { .. });
                is_axiom || !super::super::names::is_detail(self.terms, constant.name)
            })
            .collect();
        all.sort_by_key(|constant| parts_of(self.terms, constant.name));
        all
    }

    /// The constants that the kernel must take: those that are new or changed, what is made of them, and all
    /// that these are made of; without what is made of any that it has `refused`.
    pub fn for_kernel(&self, refused: &HashSet<NameId>) -> HashSet<NameId> {
        let without = self.after.made_of(refused);
        let roots = self.touched.iter().copied().filter(|name| {
            let constant = self.after.by_name.get(name);
            !without.contains(name) && constant.is_some_and(|constant| !is_unchecked(constant))
        });
        self.after.cone(roots)
    }

    /// The constants of imports whose axioms are to be known.
    pub fn imported(&self) -> BTreeSet<NameId> {
        let of = |graph: &Graph<'_>| {
            let all: HashSet<NameId> = graph.by_name.keys().copied().collect();
            let nodes = graph.nodes(&all);
            let imported: Vec<NameId> = nodes
                .flat_map(|(_, node)| node.imported.iter().copied())
                .collect();
            imported
        };
        of(&self.before)
            .into_iter()
            .chain(of(&self.after))
            .collect()
    }

    /// The constant of the second file that is shown so.
    pub fn named(&self, name: &str) -> Option<NameId> {
        let mut all = self.after.by_name.keys().copied();
        all.find(|one| joined(&parts_of(self.terms, *one)) == name)
    }

    /// The number of an example, from 0.
    fn example_number(&self, name: NameId) -> Option<usize> {
        let name = shown(self.terms, name);
        let last = name.rsplit('.').next()?;
        last.strip_prefix(self.example)?.parse().ok()
    }

    /// A name as its reader knows it.
    fn shown(&self, name: NameId) -> String {
        match self.example_number(name) {
            Some(number) => format!("example {}", number + 1),
            None => shown(self.terms, name),
        }
    }

    /// The declaration of a file of which Lean has made a constant, as its reader knows it.
    fn owner(&self, graph: &Graph<'_>, name: NameId) -> String {
        let mut owner = name;
        while super::super::names::is_detail(self.terms, owner)
            && let Some(rest) = parent(self.terms, owner)
        {
            owner = rest;
        }
        match graph.by_name.contains_key(&owner) {
            true => self.shown(owner),
            false => self.shown(name),
        }
    }

    /// The axioms that a cone of `graph` rests on, and the declarations with a `sorry` in it.
    fn rests_on(
        &self,
        graph: &Graph<'_>,
        cone: &HashSet<NameId>,
        known: &Foundations,
    ) -> (BTreeSet<Axiom>, BTreeSet<String>) {
        let (mut axioms, mut open) = (BTreeSet::new(), BTreeSet::new());
        for (name, node) in graph.nodes(cone) {
            let constant = graph.by_name[&name];
            if matches!(constant.kind, ConstantKind::Axiom { .. }) {
                axioms.insert((true, self.shown(name)));
            }
            if node.has_sorry {
                open.insert(self.owner(graph, name));
            }
            for import in &node.imported {
                let parts = parts_of(self.terms, *import);
                for axiom in known.get(&parts).into_iter().flatten() {
                    match axiom == SORRY {
                        true => drop(open.insert(joined(&parts))),
                        false => drop(axioms.insert((false, axiom.clone()))),
                    }
                }
            }
        }
        (axioms, open)
    }

    /// What became of each declaration, as far as there is something to say, with the new ones that are not as
    /// they may be; `refused` are those that the kernel does not take, with its reasons.
    pub fn verdicts(&self, known: &Foundations, refused: &HashMap<NameId, String>) -> Vec<Verdict> {
        let gone_or_changed = |name: &NameId| self.changes.contains_key(name);
        let refusing: HashMap<NameId, HashSet<NameId>> = refused
            .keys()
            .map(|name| (*name, self.after.made_of(&[*name].into())))
            .collect();
        let filled: HashSet<NameId> = self
            .declared()
            .iter()
            .filter(|old| self.is_filled(old))
            .map(|old| old.name)
            .collect();
        let mut verdicts = Vec::new();
        for old in self.declared() {
            // What comes with a type needs no word of its own.
            let types = self.types_around(old.name);
            let is_written = self.written.contains(last(self.terms, old.name));
            if !is_written && types.iter().any(gone_or_changed) {
                continue;
            }
            let cone_before = self.before.cone([old.name]);
            let (axioms_before, open_before) = self.rests_on(&self.before, &cone_before, known);
            let mut verdict = Verdict {
                name: self.shown(old.name),
                kind: self.kind(old),
                standing: Standing::Unchanged,
                axioms: Vec::new(),
                on_filled: Vec::new(),
            };
            let new = match (
                self.changes.get(&old.name),
                self.after.by_name.get(&old.name),
            ) {
                (None, Some(new)) => *new,
                (Some(Some(change)), _) => {
                    verdict.standing = Standing::Changed(change.clone());
                    verdicts.push(verdict);
                    continue;
                }
                _ => {
                    verdict.standing = Standing::Gone;
                    verdicts.push(verdict);
                    continue;
                }
            };
            let standing = self.judge(&mut verdict, new, known, &axioms_before);
            verdict.standing = match self.refused(new.name, refused, &refusing) {
                Some(why) => Standing::Refused(why),
                None => match standing {
                    Some(standing) => standing,
                    None if filled.contains(&old.name) => Standing::Filled,
                    None if !open_before.is_empty() && (states(old) || *old != *new) => {
                        Standing::Proved
                    }
                    None if *old != *new && states(old) => Standing::Reproved,
                    None => Standing::Unchanged,
                },
            };
            if !filled.is_empty() && !matches!(verdict.standing, Standing::Filled) {
                let named = self.after.named_in(self.terms, new.ty);
                let mut named: Vec<NameId> = self.after.cone(named).into_iter().collect();
                named.retain(|name| filled.contains(name));
                verdict.on_filled = few(named.into_iter().map(|name| self.shown(name)).collect());
            }
            if is_written || types.is_empty() || verdict.standing != Standing::Unchanged {
                verdicts.push(verdict);
            }
        }
        for new in self.new_ones() {
            let mut verdict = Verdict {
                name: self.shown(new.name),
                kind: self.kind(new),
                standing: Standing::New,
                axioms: Vec::new(),
                on_filled: Vec::new(),
            };
            let own = self.before.by_name.values();
            let own = own.filter(|old| matches!(old.kind, ConstantKind::Axiom { .. }));
            let own = own.map(|old| (true, self.shown(old.name))).collect();
            let standing = self.judge(&mut verdict, new, known, &own);
            let is_axiom = matches!(
                new.kind,
                ConstantKind::Axiom { .. } | ConstantKind::Quot { .. }
            );
            verdict.standing = match self.refused(new.name, refused, &refusing) {
                _ if is_axiom => Standing::NewAxiom,
                Some(why) => Standing::Refused(why),
                None => standing.unwrap_or(Standing::New),
            };
            verdicts.push(verdict);
        }
        verdicts
    }

    /// What is wrong with what a declaration of the second file rests on, if something is; with all its axioms.
    fn judge(
        &self,
        verdict: &mut Verdict,
        new: &Constant,
        known: &Foundations,
        before: &BTreeSet<Axiom>,
    ) -> Option<Standing> {
        let cone = self.after.cone([new.name]);
        let (axioms, open) = self.rests_on(&self.after, &cone, known);
        verdict.axioms = axioms.iter().map(|(_, axiom)| axiom.clone()).collect();
        if !open.is_empty() {
            let others = open.into_iter().filter(|name| *name != verdict.name);
            return Some(Standing::Open(few(others.collect())));
        }
        let is_standard = |axiom: &Axiom| !axiom.0 && STANDARD.contains(&axiom.1.as_str());
        let is_axiom = matches!(new.kind, ConstantKind::Axiom { .. });
        let foreign = axioms
            .into_iter()
            .filter(|axiom| !is_standard(axiom) && !before.contains(axiom))
            .filter(|axiom| !(is_axiom && axiom.1 == verdict.name));
        let foreign: Vec<String> = foreign.map(|(_, axiom)| axiom).collect();
        (!foreign.is_empty()).then(|| Standing::Axioms(few(foreign)))
    }

    fn refused(
        &self,
        name: NameId,
        refused: &HashMap<NameId, String>,
        refusing: &HashMap<NameId, HashSet<NameId>>,
    ) -> Option<String> {
        if let Some(why) = refused.get(&name) {
            return Some(why.clone());
        }
        let (culprit, _) = refusing.iter().find(|(_, made)| made.contains(&name))?;
        let why = refused.get(culprit)?;
        Some(format!("of `{}`: {why}", self.owner(&self.after, *culprit)))
    }

    /// Whether a declaration of the first file had a `sorry` in the place of data, by itself or in what Lean has
    /// made of it, and has none any more.
    fn is_filled(&self, old: &Constant) -> bool {
        let is_data = matches!(
            old.kind,
            ConstantKind::Definition { .. } | ConstantKind::Opaque { .. }
        );
        let statements = self.statements();
        let is_own = |name: NameId| {
            let constant = self.before.by_name.get(&name);
            constant.is_some_and(|constant| statements.is_detail(constant))
        };
        let own = self.before.cone_through([old.name], is_own);
        let had = self.before.nodes(&own).any(|(name, node)| {
            let is_proof = matches!(
                self.before.by_name[&name].kind,
                ConstantKind::Theorem { .. }
            );
            node.has_data_sorry && !is_proof
        });
        is_data && had && self.example_number(old.name).is_none()
    }

    /// The first file's inductive types whose names a name begins with.
    fn types_around(&self, name: NameId) -> Vec<NameId> {
        let above = |name: &NameId| parent(self.terms, *name);
        let all = std::iter::successors(above(&name), above);
        all.filter(|name| self.is_type(*name)).collect()
    }

    fn is_type(&self, name: NameId) -> bool {
        let constant = self.before.by_name.get(&name);
        constant.is_some_and(|constant| matches!(constant.kind, ConstantKind::Inductive { .. }))
    }

    fn kind(&self, constant: &Constant) -> &'static str {
        match self.example_number(constant.name) {
            Some(_) => "example",
            None => kind(constant),
        }
    }
}

/// Whether a declaration says something, and is no data.
fn states(constant: &Constant) -> bool {
    matches!(constant.kind, ConstantKind::Theorem { .. })
}

/// The first of so many names.
fn few(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    if names.len() > MAX_NAMES {
        let more = names.len() - MAX_NAMES;
        names.truncate(MAX_NAMES);
        names.push(format!("{more} more"));
    }
    names
}
