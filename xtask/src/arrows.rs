//! `cargo xtask arrows`: that crates depend only on those below them, and no files on each other in a circle.

mod graph;
mod modules;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::workspace;
use graph::Graph;
use modules::Modules;

/// Our crates, each with those that it may depend on, tests included.
const CRATES: [(&str, &[&str]); 10] = [
    ("unsorry-wire", &[]),
    ("unsorry-syntax", &[]),
    ("unsorry-olean", &[]),
    ("unsorry-infer", &[]),
    ("unsorry-prover", &["unsorry-syntax"]),
    ("unsorry-model", &["unsorry-infer", "unsorry-prover"]),
    (
        "unsorry-search",
        &[
            "unsorry-syntax",
            "unsorry-olean",
            "unsorry-prover",
            "unsorry-wire",
        ],
    ),
    ("unsorry", ALL),
    ("unsorry-tests", ALL),
    ("xtask", ALL),
];

const ALL: &[&str] = &[
    "unsorry-wire",
    "unsorry-syntax",
    "unsorry-olean",
    "unsorry-infer",
    "unsorry-prover",
    "unsorry-model",
    "unsorry-search",
    "unsorry",
];

/// Crates that are to build and be tested without those of [`HEAVY`].
const LIGHT: [&str; 5] = [
    "unsorry-wire",
    "unsorry-syntax",
    "unsorry-olean",
    "unsorry-prover",
    "unsorry-search",
];

/// What the names of packages begin with that run models, speak HTTP, or know an editor's protocol.
const HEAVY: [&str; 4] = ["candle", "reqwest", "tower-lsp-server", "lsp-types"];

/// Modules of a crate, and those that nothing in them may use.
const FORBIDDEN: [(&str, &str, &str); 1] = [("unsorry", "cli", "assistant")];

/// Checks all arrows.
///
/// # Errors
/// When one does not lead downwards: the message names both its ends, and what is used.
pub(crate) fn run() -> Result<()> {
    let packages = packages()?;
    let mut mistakes: Vec<String> = packages.iter().filter_map(Package::mistake).collect();
    for name in LIGHT {
        mistakes.extend(too_heavy(name, &dependencies(name)?));
    }
    let mut files = 0;
    for package in &packages {
        let sources = package.folder.join("src");
        if !sources.is_dir() {
            // A package of tests and benches alone.
            continue;
        }
        let modules = Modules::read(&sources)?;
        files += modules.len();
        let graph = modules.graph();
        mistakes.extend(cycles(&package.name, &graph));
        mistakes.extend(forbidden_uses(&package.name, &graph));
    }
    ensure!(mistakes.is_empty(), "{}", mistakes.join("\n\n"));
    println!(
        "The arrows lead downwards: {} crates, {files} files.",
        packages.len()
    );
    Ok(())
}

/// A crate of ours, and those of ours that it depends on.
struct Package {
    name: String,
    folder: PathBuf,
    dependencies: Vec<String>,
}

impl Package {
    fn mistake(&self) -> Option<String> {
        let Package {
            name, dependencies, ..
        } = self;
        let Some((_, allowed)) = CRATES.iter().find(|(known, _)| known == name) else {
            return Some(format!(
                "nobody has said what {name} may depend on: add it to CRATES in xtask/src/arrows.rs"
            ));
        };
        let wrong = dependencies
            .iter()
            .find(|one| !allowed.contains(&one.as_str()))?;
        Some(format!(
            "{name} depends on {wrong}, and may only on {allowed:?}"
        ))
    }
}

/// Our crates, as cargo knows them.
fn packages() -> Result<Vec<Package>> {
    let told = output(&["metadata", "--no-deps", "--format-version", "1"])?;
    let told: Value = serde_json::from_str(&told).context("cargo metadata gives no JSON")?;
    read_packages(&told).context("cargo metadata gives something else")
}

fn read_packages(told: &Value) -> Option<Vec<Package>> {
    let packages = told["packages"].as_array()?;
    let name = |value: &Value| Some(value["name"].as_str()?.to_owned());
    let ours: BTreeSet<String> = packages.iter().filter_map(name).collect();
    let package = |value: &Value| {
        let dependencies = value["dependencies"].as_array()?.iter().filter_map(name);
        Some(Package {
            name: name(value)?,
            folder: Path::new(value["manifest_path"].as_str()?)
                .parent()?
                .to_owned(),
            dependencies: dependencies.filter(|one| ours.contains(one)).collect(),
        })
    };
    packages.iter().map(package).collect()
}

/// All packages that a crate of ours is built and tested with.
fn dependencies(name: &str) -> Result<String> {
    let edges = "normal,build,dev";
    output(&[
        "tree",
        "--package",
        name,
        "--edges",
        edges,
        "--prefix",
        "none",
        "--format",
        "{p}",
    ])
}

fn output(arguments: &[&str]) -> Result<String> {
    let output = workspace::cargo(arguments)
        .output()
        .context("could not start cargo")?;
    if !output.status.success() {
        bail!(
            "cargo {} failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The mistake where a `tree` has what is too heavy for the crate.
fn too_heavy(name: &str, tree: &str) -> Option<String> {
    let heavy = |line: &&str| HEAVY.iter().any(|heavy| line.starts_with(heavy));
    let heavy = tree.lines().find(heavy)?;
    Some(format!(
        "{name} is built with {heavy}: see `cargo tree --package {name} --invert`"
    ))
}

/// The modules of a crate that use each other in a circle, each circle with the names used.
fn cycles(package: &str, graph: &Graph) -> Vec<String> {
    let mistake = |cycle: BTreeSet<String>| {
        let within = graph
            .edges()
            .filter(|(from, to, _)| cycle.contains(*from) && cycle.contains(*to));
        let lines: String = within.map(line).collect();
        format!("{package}: these use each other in a circle:{lines}")
    };
    graph.cycles().into_iter().map(mistake).collect()
}

/// The modules of a crate that use what is [`FORBIDDEN`] to them.
fn forbidden_uses(package: &str, graph: &Graph) -> Vec<String> {
    let is_in = |module: &str, room: &str| {
        let rest = module.strip_prefix(room);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let mut forbidden: BTreeMap<&str, String> = BTreeMap::new();
    for (_, from, to) in FORBIDDEN.iter().filter(|(of, ..)| *of == package) {
        for edge in graph.edges() {
            if is_in(edge.0, from) && is_in(edge.1, to) {
                *forbidden.entry(edge.0).or_default() += &line(edge);
            }
        }
    }
    forbidden
        .into_values()
        .map(|lines| format!("{package}: these may not be used there:{lines}"))
        .collect()
}

fn line((from, to, names): (&str, &str, &BTreeSet<String>)) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!("\n  {from} -> {to}: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn crates_depend_on_those_below_them() {
        let check = |name: &str, dependencies: &[&str], mistake: Option<&str>| {
            let named = |name: &&str| json!({"name": name, "kind": null});
            let dependencies: Vec<Value> = dependencies.iter().map(named).collect();
            let manifest_path = "/x/Cargo.toml";
            let others = ALL.iter().map(
                |name| json!({"name": name, "dependencies": [], "manifest_path": manifest_path}),
            );
            let own =
                json!({"name": name, "dependencies": dependencies, "manifest_path": manifest_path});
            let told = json!({"packages": std::iter::once(own).chain(others).collect::<Vec<_>>()});
            let packages = read_packages(&told).expect("packages");
            let told = packages[0].mistake();
            assert_eq!(told.is_some(), mistake.is_some(), "{told:?}");
            assert!(
                told.unwrap_or_default()
                    .contains(mistake.unwrap_or_default())
            );
        };
        check("unsorry-syntax", &["memchr"], None);
        check(
            "unsorry-syntax",
            &["memchr", "unsorry-wire"],
            Some("depends on unsorry-wire"),
        );
        check("unsorry-search", &["unsorry-prover"], None);
        check(
            "unsorry-search",
            &["unsorry-model"],
            Some("depends on unsorry-model"),
        );
        check("unsorry-new", &[], Some("nobody has said"));
    }

    #[test]
    fn what_is_heavy_is_named() {
        assert_eq!(too_heavy("x", "x v0.1\ntokio v1\nserde v1 (*)"), None);
        let mistake = too_heavy("x", "x v0.1\ncandle-core v0.11.1\n").expect("a mistake");
        assert!(
            mistake.contains("built with candle-core v0.11.1"),
            "{mistake}"
        );
    }

    #[test]
    fn circles_and_forbidden_uses_are_told_with_their_names() {
        let mut graph = Graph::default();
        graph.add("a", "b", "B");
        graph.add("b", "a", "A");
        graph.add("cli::cache", "assistant", "count");
        graph.add("client", "assistant", "count");
        let circle = "p: these use each other in a circle:\n  a -> b: B\n  b -> a: A";
        assert_eq!(cycles("p", &graph), [circle]);
        let told = "unsorry: these may not be used there:\n  cli::cache -> assistant: count";
        assert_eq!(forbidden_uses("unsorry", &graph), [told]);
        assert_eq!(forbidden_uses("p", &graph), [""; 0]);
    }
}
