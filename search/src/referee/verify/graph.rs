//! What the constants of one file are made of. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use unsorry_olean::{Constant, Expr, ExprId, Module, NameId, Terms};

use super::super::alike::of_a_proof;
use super::super::compiled::{Compiled, is_sorry};

/// The constants of a file, and which of them each is made of.
pub struct Graph<'a> {
    file: Compiled<'a>,
    nodes: HashMap<NameId, Node>,
}

/// What one constant is made of, directly.
#[derive(Debug, Default)]
pub struct Node {
    /// Constants of the file.
    pub own: Vec<NameId>,
    /// Constants of imports, `sorryAx` not among them.
    pub imported: Vec<NameId>,
    /// Whether there is a `sorry` in it.
    pub has_sorry: bool,
    /// Whether there is one that stands for data, or may.
    pub has_data_sorry: bool,
}

impl<'a> Graph<'a> {
    /// The graph of a compiled file.
    pub fn of(terms: &'a Terms, module: &'a Module) -> Graph<'a> {
        let mut graph = Graph {
            file: Compiled::unmarked(terms, module),
            nodes: HashMap::new(),
        };
        for constant in &module.constants {
            let node = graph.node(terms, constant);
            graph.nodes.insert(constant.name, node);
        }
        graph
    }

    fn node(&self, terms: &Terms, constant: &Constant) -> Node {
        let mut node = Node::default();
        let kin = self.file.kin(constant).into_iter();
        node.own.extend(kin.filter(|name| self.has(*name)));
        for &name in self.file.used(constant.name).iter() {
            match self.has(name) {
                _ if is_sorry(terms, name) => node.has_sorry = true,
                true => node.own.push(name),
                false => node.imported.push(name),
            }
        }
        node.has_data_sorry = node.has_sorry && self.has_data_sorry(terms, constant);
        for names in [&mut node.own, &mut node.imported] {
            names.sort_unstable();
            names.dedup();
        }
        node
    }

    fn has_data_sorry(&self, terms: &Terms, constant: &Constant) -> bool {
        let mut seen: HashSet<ExprId> = HashSet::new();
        let mut waiting: Vec<ExprId> = constant.exprs().collect();
        while let Some(at) = waiting.pop() {
            if !seen.insert(at) || !self.file.step() {
                continue;
            }
            let expr = terms.expr(at);
            if let Expr::Const(name, levels) = expr
                && is_sorry(terms, *name)
                && !of_a_proof(terms, levels)
            {
                return true;
            }
            waiting.extend(expr.children());
        }
        false
    }

    /// The file.
    pub fn file(&self) -> &Compiled<'a> {
        &self.file
    }

    /// The constants of the file.
    pub fn constants(&self) -> impl Iterator<Item = &'a Constant> {
        self.file.module.constants.iter()
    }

    /// The constant of this name, if it is of the file.
    pub fn get(&self, name: NameId) -> Option<&'a Constant> {
        self.file.get(name)
    }

    /// Whether the file has a constant of this name.
    pub fn has(&self, name: NameId) -> bool {
        self.get(name).is_some()
    }

    /// The constants of imports that the file names.
    pub fn imported(&self) -> BTreeSet<NameId> {
        let nodes = self.nodes.values();
        nodes.flat_map(|node| &node.imported).copied().collect()
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
                && self.file.step()
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
    pub fn named_in(&self, term: ExprId) -> Vec<NameId> {
        let mut named = self.file.named_in(vec![term]);
        named.retain(|name| self.has(*name));
        named
    }
}
