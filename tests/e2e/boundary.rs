//! The boundary, against a real Lean: nothing of `candidates/hostile.txt` gets past it, and all of
//! `candidates/honest.txt` does.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use unsorry::contain::Limits;
use unsorry::document::Outline;
use unsorry::lean::command::LeanCommand;
use unsorry::proof::baseline::{Baseline, baseline};
use unsorry::proof::checker::Checker;
use unsorry::proof::target::Target;
use unsorry::proof::verify::{Rejection, VerifiedProof, confirm};
use unsorry_model::Candidate;
use unsorry_tests::editor::program;

/// How long one check may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);

/// A text with a hole, and candidates with what is to be said of each.
#[derive(Default)]
struct Case {
    text: String,
    candidates: Vec<(String, String)>,
}

/// Reads a file of candidates.
fn cases(file: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut candidates = false;
    let mut why = "";
    for line in file.lines() {
        if line.starts_with("=== ") {
            cases.push(Case::default());
            candidates = false;
            continue;
        }
        let Some(case) = cases.last_mut() else {
            continue;
        };
        if let Some(said) = line.strip_prefix("---") {
            candidates = true;
            why = said.trim();
            case.candidates.push((why.into(), String::new()));
        } else if !candidates {
            case.text += &format!("{line}\n");
        } else if line == "+++" {
            case.candidates.push((why.into(), String::new()));
        } else if let Some((_, candidate)) = case.candidates.last_mut() {
            *candidate += &format!("{line}\n");
        }
    }
    for (_, candidate) in cases.iter_mut().flat_map(|case| &mut case.candidates) {
        *candidate = unescaped(candidate.trim_end_matches('\n'));
    }
    cases
}

/// The text with each `\u{…}` as the character that it names.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').expect("a brace");
        let code = u32::from_str_radix(code, 16).expect("a number");
        plain.push(char::from_u32(code).expect("a character"));
        plain += rest;
    }
    plain
}

/// What came of a candidate.
fn told(outcome: &Result<VerifiedProof, Rejection>) -> String {
    match outcome {
        Ok(proof) if proof.leans_on().is_empty() => "passes".into(),
        Ok(proof) => format!("leans: {}", proof.leans_on().join(", ")),
        Err(Rejection::Gate(refusal)) => format!("gate: {refusal}"),
        Err(Rejection::Check(error)) => format!("unknown: {error}"),
        Err(rejection) => format!("lean: {rejection}"),
    }
}

/// Whether `told` is what was to be said.
fn as_expected(expected: &str, told: &str) -> bool {
    match (expected.split_once(": "), told.split_once(": ")) {
        (Some((who, why)), Some((told_by, told))) => who == told_by && told.contains(why),
        _ => told.starts_with(expected),
    }
}

/// Has Lean judge every candidate of a file, and fails with all that are not as the file says.
async fn check(file: &str, at_least: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let lean = LeanCommand::resolve(&[], folder.path());
    let limits = Limits {
        supervisor: program(),
        ..Limits::default()
    };
    let checker = Checker::new(lean, folder.path().into(), LIMIT, limits);
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases(file) {
        let (target, baseline) = hole(&checker, folder.path(), &case.text).await;
        for (expected, text) in &case.candidates {
            count += 1;
            let candidate = Candidate::new(text.as_str(), "tactics");
            let outcome = confirm(&checker, &target, &baseline, &candidate, LIMIT).await;
            let told = told(&outcome);
            if !as_expected(expected, &told) {
                wrong.push(format!("{text:?}: {told} (expected {expected})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= at_least, "there are only {count}");
}

async fn hole(checker: &Checker, folder: &Path, text: &str) -> (Target, Baseline) {
    let outline = Outline::of(text);
    let target = Target {
        uri: format!("file://{}/Main.lean", folder.display()).into(),
        hole: outline.holes.len() - 1,
        outline: Arc::new(outline),
        text: text.into(),
    };
    let baseline = baseline(checker, &target).await;
    let baseline = baseline.unwrap_or_else(|no| panic!("no goal: {no}\n{text}"));
    (target, baseline)
}

#[tokio::test]
async fn nothing_hostile_gets_past() {
    check(include_str!("../candidates/hostile.txt"), 150).await;
}

#[tokio::test]
async fn everything_honest_does() {
    check(include_str!("../candidates/honest.txt"), 150).await;
}
