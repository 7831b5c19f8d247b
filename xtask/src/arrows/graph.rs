//! Graphs of names: which nodes reach each other.

use std::collections::{BTreeMap, BTreeSet};

/// A directed graph; each edge has the names that are used along it.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    edges: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Graph {
    /// Adds an edge, unless it leads back to where it begins.
    pub(crate) fn add(&mut self, from: &str, to: &str, name: &str) {
        if from != to {
            let edges = self.edges.entry(from.to_owned()).or_default();
            edges
                .entry(to.to_owned())
                .or_default()
                .insert(name.to_owned());
        }
    }

    /// Returns the edges within a set of nodes, or all, each with its names.
    pub(crate) fn edges(&self) -> impl Iterator<Item = (&str, &str, &BTreeSet<String>)> {
        self.edges.iter().flat_map(|(from, edges)| {
            let edges = edges.iter();
            edges.map(move |(to, names)| (from.as_str(), to.as_str(), names))
        })
    }

    /// Returns the sets of nodes that reach each other, where there is more than one.
    pub(crate) fn cycles(&self) -> Vec<BTreeSet<String>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> = self
            .edges
            .keys()
            .map(|node| (node.as_str(), self.reached_from(node)))
            .collect();
        let mut cycles: Vec<BTreeSet<String>> = Vec::new();
        for (node, ahead) in &reached {
            if cycles.iter().any(|cycle| cycle.contains(*node)) {
                continue;
            }
            let leads_back =
                |other: &&&str| reached.get(**other).is_some_and(|all| all.contains(node));
            let cycle: BTreeSet<String> = ahead
                .iter()
                .filter(leads_back)
                .map(|other| (*other).to_owned())
                .collect();
            if cycle.len() > 1 {
                cycles.push(cycle);
            }
        }
        cycles
    }

    fn reached_from<'a>(&'a self, start: &str) -> BTreeSet<&'a str> {
        let next = |node: &str| self.edges.get(node).into_iter().flat_map(BTreeMap::keys);
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = next(start).map(String::as_str).collect();
        while let Some(node) = open.pop() {
            if reached.insert(node) {
                open.extend(next(node).map(String::as_str));
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found_whole() {
        let check = |edges: &str, expected: &[&str]| {
            let mut graph = Graph::default();
            for edge in edges.split_whitespace() {
                let (from, to) = edge.split_at(1);
                graph.add(from, to, "name");
            }
            let cycles = graph.cycles().into_iter();
            let cycles: Vec<String> = cycles
                .map(|cycle| cycle.into_iter().collect::<String>())
                .collect();
            assert_eq!(cycles, expected, "{edges}");
        };
        check("", &[]);
        check("ab bc ac aa", &[]);
        check("ab ba", &["ab"]);
        check("ab bc ca cd de ed ef", &["abc", "de"]);
        check("ab bc cb bd db ea", &["bcd"]);
    }
}
