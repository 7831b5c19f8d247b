//! Lean's word on `problems/`: each statement can be stated, and each is true.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A row of `core.jsonl`, and its proof.
struct Problem {
    name: String,
    difficulty: String,
    header: String,
    /// The statement up to `:= by`.
    statement: String,
    proof: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../problems")
}

fn rows(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join(file)).expect("a file");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn problems() -> Vec<Problem> {
    let word = |row: &Value, key: &str| row[key].as_str().expect(key).to_owned();
    let proofs: HashMap<String, String> = rows("core.proofs.jsonl")
        .iter()
        .map(|row| (word(row, "name"), word(row, "proof")))
        .collect();
    let problems: Vec<Problem> = rows("core.jsonl")
        .iter()
        .map(|row| {
            let statement = word(row, "formal_statement");
            let name = word(row, "name");
            assert!(!word(row, "category").is_empty() && !word(row, "source").is_empty());
            Problem {
                difficulty: word(row, "difficulty"),
                header: word(row, "header"),
                statement: statement.strip_suffix(" sorry").expect(&name).to_owned(),
                proof: proofs.get(&name).expect(&name).clone(),
                name,
            }
        })
        .collect();
    assert_eq!(problems.len(), proofs.len());
    problems
}

/// Has Lean check all problems with what `proof` gives for each; gives the errors and the places of
/// `sorry` of each.
fn check(
    problems: &[Problem],
    proof: impl Fn(&Problem) -> String,
) -> BTreeMap<&str, (Vec<String>, usize)> {
    let mut text = String::new();
    let mut starts = Vec::new();
    for problem in problems {
        starts.push(text.lines().count() + 1);
        let Problem {
            name,
            header,
            statement,
            ..
        } = problem;
        let proof = proof(problem).replace('\n', "\n  ");
        text += &format!(
            "namespace In_{name}\n{header}\n\n{statement}\n  {proof}\n\nend In_{name}\n\n"
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("A.lean");
    std::fs::write(&path, text).expect("written");
    let output = Command::new("lean")
        .args(["--json", "-DmaxErrors=100000"])
        .arg(&path)
        .output()
        .expect("Lean runs");
    let mut said: BTreeMap<&str, (Vec<String>, usize)> = problems
        .iter()
        .map(|problem| (problem.name.as_str(), Default::default()))
        .collect();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let message: Value = serde_json::from_str(line).expect(line);
        let at = message["pos"]["line"].as_u64().expect("a line") as usize;
        let problem = starts.partition_point(|start| *start <= at) - 1;
        let words = message["data"].as_str().expect("words");
        let of = said.get_mut(problems[problem].name.as_str()).expect("it");
        match message["severity"].as_str() {
            Some("error") => of.0.push(words.to_owned()),
            _ => of.1 += usize::from(words.contains("declaration uses `sorry`")),
        }
    }
    said
}

#[test]
fn every_problem_can_be_stated_and_is_true() {
    let problems = problems();
    assert!(problems.len() >= 220, "{}", problems.len());
    for (name, (errors, sorries)) in check(&problems, |_| "sorry".to_owned()) {
        assert_eq!((errors.as_slice(), sorries), ([].as_slice(), 1), "{name}");
    }
    for (name, (errors, sorries)) in check(&problems, |problem| problem.proof.clone()) {
        assert_eq!((errors.as_slice(), sorries), ([].as_slice(), 0), "{name}");
    }
}

/// A statement without its name and its spaces.
fn normal(statement: &str) -> String {
    let words = statement.split_whitespace().skip(2);
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn no_problem_is_one_that_is_elsewhere_too() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = std::fs::read_dir(tests.join("../examples")).expect("the examples");
    let mut elsewhere = HashSet::new();
    let files = examples.map(|entry| entry.expect("an entry").path());
    for file in files.chain([tests.join("pocket/heldout.lean")]) {
        let text = std::fs::read_to_string(file).expect("a file");
        let statements = text.split("\ntheorem ").skip(1);
        elsewhere.extend(statements.map(|rest| {
            let end = rest.find(":=").unwrap_or(rest.len());
            normal(&format!("theorem {}", &rest[..end]))
        }));
    }
    assert!(elsewhere.len() > 200, "{}", elsewhere.len());
    let mut seen = HashSet::new();
    for problem in problems() {
        let end = problem.statement.rfind(":=").expect("an end");
        let statement = normal(&problem.statement[..end]);
        assert!(!elsewhere.contains(&statement), "{}", problem.name);
        assert!(seen.insert((problem.header, statement)), "{}", problem.name);
    }
}

/// The figures of `problems/README.md`: what one tactic proves alone.
#[test]
#[ignore = "a measurement of minutes: `cargo test -p unsorry-tests --test e2e -- --ignored --nocapture one_tactic`"]
fn what_one_tactic_proves() {
    let problems = problems();
    let mut by_any = HashSet::new();
    for tactic in ["rfl", "decide", "simp", "omega", "grind"] {
        let said = check(&problems, |_| tactic.to_owned());
        let proved: Vec<&Problem> = problems
            .iter()
            .filter(|problem| said[problem.name.as_str()].0.is_empty())
            .collect();
        let of = |difficulty: &str| {
            let of = proved.iter().filter(|p| p.difficulty == difficulty);
            of.count()
        };
        println!(
            "{tactic}: {}; easy {}, medium {}, hard {}",
            proved.len(),
            of("easy"),
            of("medium"),
            of("hard")
        );
        by_any.extend(proved.iter().map(|problem| problem.name.clone()));
    }
    println!(
        "at least one of them: {} of {}",
        by_any.len(),
        problems.len()
    );
    let hard = problems.iter().filter(|p| p.difficulty == "hard");
    for problem in hard {
        assert!(!by_any.contains(&problem.name), "{}", problem.name);
    }
}
