//! What became of each declaration of a file. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use unsorry_olean::{Constant, ConstantKind, NameId};

use super::rests::{Axiom, Foundations, Rests, few};
use super::standing::{Standing, Verdict};
use super::twins::{Side, Twins};
use super::written::Broken;

/// What became of each declaration, as far as there is something to say, with the new ones, and whatever else is not
/// as it may be. The axioms below imports are `known`, `refused` are the constants that the kernel does not take,
/// with its reasons, and `broken` the commands of the first file that have errors.
pub fn verdicts(
    twins: &Twins<'_>,
    known: &Foundations,
    refused: &HashMap<NameId, String>,
    broken: Vec<Broken>,
) -> Vec<Verdict> {
    let made_of_refused = refused.keys().map(|name| {
        let made = twins.after.made_of(&[*name].into());
        (*name, made)
    });
    let all = All {
        twins,
        rests: Rests::new(twins, known),
        refused,
        made_of_refused: made_of_refused.collect(),
        filled: twins
            .declared
            .iter()
            .filter(|old| twins.had_data_sorry(old))
            .map(|old| old.name)
            .collect(),
    };
    let old = twins.declared.iter().filter_map(|old| all.of_old(old));
    let new = twins.new_ones().into_iter().map(|new| all.of_new(new));
    let unknown = broken
        .into_iter()
        .filter_map(|broken| all.of_broken(broken));
    let mut verdicts: Vec<Verdict> = old.chain(new).chain(unknown).collect();
    for constant in twins.unreached() {
        let owner = twins.owner(Side::After, constant.name);
        let is_told = |verdict: &Verdict| verdict.name == owner && !verdict.standing.is_well();
        let verdict = all.of_new(constant);
        if !verdict.standing.is_well() && !verdicts.iter().any(is_told) {
            verdicts.push(verdict);
        }
    }
    verdicts
}

/// All that verdicts are made of.
struct All<'a, 'm> {
    twins: &'a Twins<'m>,
    rests: Rests<'a, 'm>,
    refused: &'a HashMap<NameId, String>,
    made_of_refused: Vec<(NameId, HashSet<NameId>)>,
    /// The declarations of the first file that were a `sorry` for data.
    filled: HashSet<NameId>,
}

impl All<'_, '_> {
    /// The verdict on a declaration of the first file; none where that goes without saying.
    fn of_old(&self, old: &Constant) -> Option<Verdict> {
        // What comes with a type needs no word of its own.
        let types = self.twins.types_around(old.name);
        let gone_or_changed = |name: &NameId| self.twins.changes.contains_key(name);
        let is_written = self.twins.is_written(old.name);
        if !is_written && types.iter().any(gone_or_changed) {
            return None;
        }
        let mut verdict = self.verdict(old);
        let new = self.twins.after.get(old.name);
        let (change, new) = match (self.twins.changes.get(&old.name), new) {
            (None, Some(new)) => (None, new),
            (Some(Some(change)), Some(new)) => (Some(change), new),
            _ => {
                verdict.standing = Standing::Gone;
                return Some(verdict);
            }
        };
        if let Some(change) = change {
            verdict.standing = Standing::Changed(change.clone());
            return Some(verdict);
        }
        let (axioms_before, open_before) = self.rests.of(Side::Before, old.name);
        let (axioms, wrong) = self.rests.judge(new, &axioms_before);
        verdict.axioms = axioms;
        verdict.standing = match (self.why_refused(new.name), wrong) {
            (Some(why), _) => Standing::Refused(why),
            (None, Some(wrong)) => wrong,
            (None, None) if self.filled.contains(&old.name) => Standing::Filled,
            (None, None) if !open_before.is_empty() && (old.is_theorem() || *old != *new) => {
                Standing::Proved
            }
            (None, None) if *old != *new && old.is_theorem() => Standing::Reproved,
            (None, None) => Standing::Unchanged,
        };
        if verdict.standing != Standing::Filled {
            verdict.on_filled = self.on_filled(new);
        }
        let goes_without = match self.twins.is_made(old.name) {
            true => verdict.standing.is_well(),
            false => !is_written && !types.is_empty() && verdict.standing == Standing::Unchanged,
        };
        (!goes_without).then_some(verdict)
    }

    /// The verdict on a constant of the second file that the first does not have.
    fn of_new(&self, new: &Constant) -> Verdict {
        let mut verdict = self.verdict(new);
        let own = self.twins.before.constants();
        let own = own.filter(|old| matches!(old.kind, ConstantKind::Axiom { .. }));
        let own: BTreeSet<Axiom> = own.map(|old| (true, self.twins.shown(old.name))).collect();
        let (axioms, wrong) = self.rests.judge(new, &own);
        verdict.axioms = axioms;
        let is_axiom = matches!(
            new.kind,
            ConstantKind::Axiom { .. } | ConstantKind::Quot { .. }
        );
        verdict.standing = match self.why_refused(new.name) {
            _ if is_axiom && !self.twins.before.has(new.name) => Standing::NewAxiom,
            Some(why) => Standing::Refused(why),
            None => wrong.unwrap_or(Standing::New),
        };
        verdict
    }

    /// The verdict on what a command of the first file was to declare, where Lean has made nothing of it.
    fn of_broken(&self, broken: Broken) -> Option<Verdict> {
        let constant = broken.constant.as_deref();
        if constant.is_some_and(|parts| self.twins.has_before(parts)) {
            return None;
        }
        Some(Verdict {
            name: broken.name,
            kind: broken.kind,
            standing: Standing::Unknown { line: broken.line },
            axioms: Vec::new(),
            on_filled: Vec::new(),
        })
    }

    fn verdict(&self, constant: &Constant) -> Verdict {
        Verdict {
            name: self.twins.shown(constant.name),
            kind: self.twins.kind(constant),
            standing: Standing::Unchanged,
            axioms: Vec::new(),
            on_filled: Vec::new(),
        }
    }

    /// The definitions that a statement rests on, and that were filled in.
    fn on_filled(&self, new: &Constant) -> Vec<String> {
        if self.filled.is_empty() {
            return Vec::new();
        }
        let named = self.twins.after.named_in(new.ty);
        let mut named: Vec<NameId> = self.twins.after.cone(named).into_iter().collect();
        named.retain(|name| self.filled.contains(name));
        few(named
            .into_iter()
            .map(|name| self.twins.shown(name))
            .collect())
    }

    /// Why the kernel does not take a constant, or what it is made of.
    fn why_refused(&self, name: NameId) -> Option<String> {
        if let Some(why) = self.refused.get(&name) {
            return Some(why.clone());
        }
        let mut all = self.made_of_refused.iter();
        let (culprit, _) = all.find(|(_, made)| made.contains(&name))?;
        let why = self.refused.get(culprit)?;
        let owner = self.twins.owner(Side::After, *culprit);
        Some(format!("of `{owner}`: {why}"))
    }
}
