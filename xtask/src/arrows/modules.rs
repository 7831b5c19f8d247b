//! The graph of a crate's files: which uses what of which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};

use super::graph::Graph;
use super::source::{Path as Names, Source};

/// How many times a name may be passed on before it is where it is from.
const MAX_HOPS: usize = 16;

/// A crate's files by their modules, such as `assistant::job`; the crate's root is the empty name.
pub(crate) struct Modules(BTreeMap<String, Source>);

impl Modules {
    /// Reads the files in `folder`, a crate's `src`.
    ///
    /// # Errors
    /// When a file can't be read.
    pub(crate) fn read(folder: &Path) -> Result<Modules> {
        let mut texts = BTreeMap::new();
        collect(folder, &mut Vec::new(), &mut texts)?;
        Ok(Modules::of(&texts))
    }

    /// Reads the `texts` of files by their modules. What is for tests only is left out.
    fn of(texts: &BTreeMap<String, String>) -> Modules {
        let mut all: BTreeMap<String, Source> = texts
            .iter()
            .map(|(module, text)| {
                let names: Vec<&str> = module.split("::").filter(|name| !name.is_empty()).collect();
                (module.clone(), Source::read(text, &names))
            })
            .collect();
        let of_tests: BTreeSet<String> = all
            .iter()
            .flat_map(|(module, source)| {
                source
                    .test_modules
                    .iter()
                    .map(move |name| join(module, name))
            })
            .collect();
        all.retain(|module, _| {
            let is_in = |test: &String| module == test || module.starts_with(&format!("{test}::"));
            !of_tests.iter().any(is_in)
        });
        Modules(all)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Makes the graph: an edge where a file uses a name that is from another, wherever it was passed on.
    pub(crate) fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        for (module, source) in &self.0 {
            for path in &source.uses {
                if let Some((from, name)) = self.origin(path.clone()) {
                    graph.add(shown(module), shown(&from), &name);
                }
            }
        }
        graph
    }

    /// The module that a path's name is from, and the name; none for a module itself.
    fn origin(&self, mut path: Names) -> Option<(String, String)> {
        for _ in 0..MAX_HOPS {
            let depth = (0..=path.len())
                .rev()
                .find(|depth| self.0.contains_key(&path[..*depth].join("::")))?;
            let module = path[..depth].join("::");
            let name = path.get(depth)?.clone();
            match self.0[&module].imports.get(&name) {
                Some(passed_on) if *passed_on != path[..=depth] => {
                    let rest = path.split_off(depth + 1);
                    path = passed_on.iter().cloned().chain(rest).collect();
                }
                _ => return Some((module, name)),
            }
        }
        None
    }
}

/// A module's name for people.
fn shown(module: &str) -> &str {
    match module {
        "" => "lib",
        module => module,
    }
}

fn join(module: &str, name: &str) -> String {
    match module {
        "" => name.to_owned(),
        module => format!("{module}::{name}"),
    }
}

/// Adds the texts of the files in `folder`, which is that of `module`.
fn collect(
    folder: &Path,
    module: &mut Vec<String>,
    texts: &mut BTreeMap<String, String>,
) -> Result<()> {
    let failed = || format!("can't read {}", folder.display());
    for entry in folder.read_dir().with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            module.push(stem);
            collect(&path, module, texts)?;
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("can't read {}", path.display()))?;
            let name = match stem.as_str() {
                // A program of its own, which sees the crate from outside.
                "main" if module.is_empty() => continue,
                "lib" if module.is_empty() => String::new(),
                "mod" => module.join("::"),
                stem => join(&module.join("::"), stem),
            };
            texts.insert(name, text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lead_to_where_a_name_is_from() {
        let texts = [
            ("", "mod room; mod other;"),
            (
                "room",
                "mod a; mod b; #[cfg(test)] mod tests; pub use a::A; use b::B; pub struct Own;",
            ),
            ("room::a", "use super::B; use super::Own; use crate::other;"),
            (
                "room::b",
                "use crate::other::{self, A}; fn f() { other::g() }",
            ),
            ("room::tests", "use crate::other::A;"),
            ("other", "pub use crate::room::A; pub fn g() {}"),
        ];
        let texts = texts.map(|(module, text)| (module.to_owned(), text.to_owned()));
        let modules = Modules::of(&texts.into());
        let graph = modules.graph();
        let edges: Vec<String> = graph
            .edges()
            .map(|(from, to, names)| {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                format!("{from} -> {to}: {}", names.join(", "))
            })
            .collect();
        let expected = [
            "room -> room::b: B",
            "room::a -> room: Own",
            "room::a -> room::b: B",
            "room::b -> other: g",
            "room::b -> room::a: A",
        ];
        assert_eq!(edges, expected);
        assert_eq!(modules.len(), 5);
    }
}
