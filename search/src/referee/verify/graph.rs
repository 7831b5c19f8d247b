//! What the constants of one file are made of. Pure.

use std::collections::{HashMap, HashSet};

use unsorry_olean::{Constant, Expr, ExprId, Module, NameId, Terms};

use super::super::alike::is_zero;
use super::super::compiled::{is_sorry, kin, parts, recursors};

/// The constants of a file, and which of them each is made of.
pub struct Graph<'a> {
    /// Each by its name.
    pub by_name: HashMap<NameId, &'a Constant>,
    nodes: HashMap<NameId, Node>,
}

/// What one constant is made of, directly.
#[derive(Debug, Default)]
pub struct Node {
    /// Constants of the file.
    own: Vec<NameId>,
    /// Constants of imports, `sorryAx` not among them.
    pub imported: Vec<NameId>,
    /// Whether there is a `sorry` in it.
    pub has_sorry: bool,
    /// Whether there is one that stands for data, or may.
    pub has_data_sorry: bool,
}

impl<'a> Graph<'a> {
    /// The graph of a compiled file.
    pub fn of(terms: &Terms, module: &'a Module) -> Graph<'a> {
        let constants = module.constants.iter();
        let by_name: HashMap<NameId, &Constant> = constants
            .map(|constant| (constant.name, constant))
            .collect();
        let recursors = recursors(module);
        let node = |constant: &&Constant| {
            let mut node = Node::default();
            let with = kin(constant).into_iter();
            let with = with.chain(recursors.get(&constant.name).into_iter().flatten().copied());
            node.own
                .extend(with.filter(|name| by_name.contains_key(name)));
            for at in reachable(terms, parts(constant)) {
                match terms.expr(at) {
                    Expr::Const(name, levels) if is_sorry(terms, *name) => {
                        node.has_sorry = true;
                        node.has_data_sorry |=
                            !levels.first().is_some_and(|level| is_zero(terms, *level));
                    }
                    Expr::Const(name, _) | Expr::Proj(name, ..) => match by_name.contains_key(name)
                    {
                        true => node.own.push(*name),
                        false => node.imported.push(*name),
                    },
                    _ => {}
                }
            }
            for names in [&mut node.own, &mut node.imported] {
                names.sort_unstable();
                names.dedup();
            }
            (constant.name, node)
        };
        Graph {
            nodes: by_name.values().map(node).collect(),
            by_name,
        }
    }

    /// All constants of the file that `names` are made of, themselves among them.
    pub fn cone(&self, names: impl IntoIterator<Item = NameId>) -> HashSet<NameId> {
        self.cone_through(names, |_| true)
    }

    /// The same, where only those are looked into that `is_open`, and those that are given.
    pub fn cone_through(
        &self,
        names: impl IntoIterator<Item = NameId>,
        is_open: impl Fn(NameId) -> bool,
    ) -> HashSet<NameId> {
        let mut cone = HashSet::new();
        let mut waiting: Vec<NameId> = names.into_iter().collect();
        while let Some(name) = waiting.pop() {
            if let Some(node) = self.nodes.get(&name)
                && cone.insert(name)
            {
                waiting.extend(node.own.iter().filter(|name| is_open(**name)));
            }
        }
        cone
    }

    /// All constants of the file that are made of any of `names`, these among them.
    pub fn made_of(&self, names: &HashSet<NameId>) -> HashSet<NameId> {
        let mut users: HashMap<NameId, Vec<NameId>> = HashMap::new();
        for (user, node) in &self.nodes {
            for used in &node.own {
                users.entry(*used).or_default().push(*user);
            }
        }
        let mut found = HashSet::new();
        let mut waiting: Vec<NameId> = names.iter().copied().collect();
        while let Some(name) = waiting.pop() {
            if found.insert(name) {
                waiting.extend(users.get(&name).into_iter().flatten());
            }
        }
        found
    }

    /// What the constants of a cone are made of.
    pub fn nodes<'s>(
        &'s self,
        cone: &'s HashSet<NameId>,
    ) -> impl Iterator<Item = (NameId, &'s Node)> {
        cone.iter()
            .filter_map(|name| Some((*name, self.nodes.get(name)?)))
    }

    /// The constants of the file that a term names.
    pub fn named_in(&self, terms: &Terms, term: ExprId) -> Vec<NameId> {
        let named = terms.constants_in(term);
        named
            .filter(|name| self.by_name.contains_key(name))
            .collect()
    }
}

/// All parts of terms, each once.
fn reachable(terms: &Terms, of: Vec<ExprId>) -> HashSet<ExprId> {
    let mut seen = HashSet::new();
    let mut waiting = of;
    while let Some(at) = waiting.pop() {
        if seen.insert(at) {
            waiting.extend(terms.expr(at).children());
        }
    }
    seen
}
