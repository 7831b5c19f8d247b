//! What of a file Lean has made by itself, each for a declaration that is there. Pure.

use std::collections::{HashMap, HashSet};

use unsorry_olean::{Constant, ConstantKind, NameId, Terms};

use super::super::names::own_parts;
use super::graph::Graph;

/// The most parts that Lean puts behind a declaration's name; `t._unary.eq_1` has two.
const MAX_MADE_PARTS: usize = 6;

/// Words with a number behind them, of which a part of a name consists that Lean makes.
const NUMBERED: &[&str] = &["match_", "proof_", "eq_", "omega_", "hcongr_", "congr_eq_"];

/// Those of them, and the words, that end the name of what Lean makes when it is first needed, and keeps although
/// nothing may use it in the end.
const NUMBERED_LATER: &[&str] = &["eq_", "hcongr_", "congr_eq_"];
const MADE_LATER: &[&str] = &[
    "eq_def",
    "eq_unfold",
    "else_eq",
    "induct",
    "induct_unfolding",
    "mutual_induct",
    "mutual_induct_unfolding",
    "fun_cases",
    "fun_cases_unfolding",
    "fixpoint_induct",
    "partial_correctness",
    "congr_simp",
    "splitter",
    "sizeOf_spec",
    "_arg_pusher",
];

/// What of a file's constants Lean has made by itself.
#[derive(Debug, Default)]
pub struct Details {
    /// What each of those was made for that have the name of such a one.
    owners: HashMap<NameId, NameId>,
    /// Those of them that no declaration is made of, and that Lean would not have made otherwise: nothing speaks
    /// of them but they themselves.
    loose: HashSet<NameId>,
}

impl Details {
    /// The details of a file, whose text declares what `is_written`. A name alone makes none: that begins as
    /// another's, of the file or an import, and goes on as no reader writes it.
    pub fn of(terms: &Terms, graph: &Graph<'_>, is_written: impl Fn(NameId) -> bool) -> Details {
        let names = graph.constants().map(|constant| constant.name);
        let names: Vec<NameId> = graph.imported().into_iter().chain(names).collect();
        let known: HashMap<Vec<String>, NameId> = names
            .into_iter()
            .map(|name| (own_parts(terms, name), name))
            .collect();
        let may_be_made = |constant: &&Constant| {
            use ConstantKind::{Definition, Opaque, Theorem};
            let kind = &constant.kind;
            !is_written(constant.name)
                && matches!(kind, Theorem { .. } | Definition { .. } | Opaque { .. })
        };
        let constants = graph.constants().filter(may_be_made);
        let owners: HashMap<NameId, NameId> = constants
            .filter_map(|constant| Some((constant.name, owner(terms, &known, constant.name)?)))
            .collect();
        let declared = graph.constants().map(|constant| constant.name);
        let declared = declared.filter(|name| !owners.contains_key(name));
        let reached = graph.cone(declared);
        let alone = graph.constants().filter(|constant| {
            !reached.contains(&constant.name) && !is_made_later(terms, constant)
        });
        let alone: HashSet<NameId> = alone.map(|constant| constant.name).collect();
        Details {
            loose: not_below(graph, alone),
            owners,
        }
    }

    /// Whether a constant counts for nothing by itself: it may have another name in another file, where others need
    /// it, too; so it is compared where it is used.
    pub fn is_detail(&self, name: NameId) -> bool {
        self.is_made(name) && !self.loose.contains(&name)
    }

    /// Whether Lean has made a constant by itself.
    pub fn is_made(&self, name: NameId) -> bool {
        self.owners.contains_key(&name)
    }

    /// The declaration that a constant was made for: itself, mostly.
    pub fn owner(&self, mut name: NameId) -> NameId {
        // Each has a longer name than its owner.
        while let Some(owner) = self.owners.get(&name) {
            name = *owner;
        }
        name
    }
}

/// Those of `alone` that none of them is made of; where some are made of each other, all of these.
fn not_below(graph: &Graph<'_>, alone: HashSet<NameId>) -> HashSet<NameId> {
    let used: HashSet<NameId> = graph
        .nodes(&alone)
        .flat_map(|(name, node)| node.own.iter().copied().filter(move |used| *used != name))
        .collect();
    let mut loose: HashSet<NameId> = alone.difference(&used).copied().collect();
    let reached = graph.cone(loose.iter().copied());
    loose.extend(alone.difference(&reached));
    loose
}

/// What a constant was made for, by its name.
fn owner(terms: &Terms, known: &HashMap<Vec<String>, NameId>, name: NameId) -> Option<NameId> {
    let mut parts = own_parts(terms, name);
    for _ in 0..MAX_MADE_PARTS {
        if !is_made_part(&parts.pop()?) {
            return None;
        }
        if let Some(owner) = known.get(&parts) {
            return Some(*owner);
        }
    }
    None
}

fn is_made_part(part: &str) -> bool {
    part.starts_with(['_', '\0']) || is_numbered(part, NUMBERED) || MADE_LATER.contains(&part)
}

fn is_numbered(part: &str, words: &[&str]) -> bool {
    let mut numbers = words.iter().filter_map(|word| part.strip_prefix(word));
    numbers.any(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether Lean makes such a one when it is first needed.
fn is_made_later(terms: &Terms, constant: &Constant) -> bool {
    let parts = own_parts(terms, constant.name);
    let Some(last) = parts.last() else {
        return false;
    };
    match constant.kind {
        ConstantKind::Theorem { .. } => {
            is_numbered(last, NUMBERED_LATER) || MADE_LATER.contains(&last.as_str())
        }
        ConstantKind::Definition { .. } => last == "splitter",
        _ => false,
    }
}
