//! The boundary, against a real Lean: nothing of `candidates/hostile.txt` gets past it, and all of
//! `candidates/honest.txt` does.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use unsorry_prover::{Candidate, Engine};
use unsorry_search::check::baseline::{Baseline, baseline};
use unsorry_search::check::checker::Checker;
use unsorry_search::check::reader;
use unsorry_search::check::reading::Read;
use unsorry_search::command::LeanCommand;
use unsorry_search::contain::ContainerConfig;
use unsorry_search::gate::gate;
use unsorry_search::target::Target;
use unsorry_search::verify::Requirements;
use unsorry_search::verify::{CheckContext, Rejection, VerifiedProof, confirm};
use unsorry_syntax::Outline;
use unsorry_tests::editor::program;

/// The longest that one check may take on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(300);

/// A text with a hole, and candidates with what is to be said of each.
#[derive(Default)]
pub(crate) struct Case {
    pub(crate) text: String,
    pub(crate) candidates: Vec<(String, String)>,
}

/// Reads a file of candidates.
pub(crate) fn cases(file: &str) -> Vec<Case> {
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

/// Tells the outcome for a candidate.
fn told(outcome: &Result<VerifiedProof, Rejection>) -> String {
    match outcome {
        Ok(proof) if proof.depends_on().is_empty() => "passes".into(),
        Ok(proof) => format!("leans: {}", proof.depends_on().join(", ")),
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

/// The texts that files have before and behind a declaration.
const BEFORE: [&str; 6] = [
    "",
    "/-! 𝔽𝕠𝕠 — a `sorry` in a comment is none -/\n\n",
    "namespace Foo.«bar baz»\n\n",
    "-- 😀 -/ \"\n#guard \"/- {sorry\".length > 3\n\n",
    "open Nat in\ntheorem before (a : Nat) : a + 0 = a := rfl\n\n",
    "section\nvariable {α : Type} [Inhabited α]\n\n",
];
const BEHIND: [&str; 6] = [
    "",
    "\ntheorem behind : True := by\n  sorry\n",
    "\n/-- Ω -/\n@[simp] theorem behind (n : Nat) : n + 0 = n := by\n    simp\n",
    "\n\n\nexample : 2 + 2 = 4 := rfl\n#eval 1 -- 😀",
    "\n-- the end",
    "\ninstance behind : Inhabited Nat := ⟨7⟩\n\n#guard (default : Nat) = 7\n",
];

/// Has Lean judge every candidate of a file, and fails with all that are not as the file says.
async fn check(file: &str, at_least: usize, around: &[(usize, usize)]) {
    let folder = tempfile::tempdir().expect("a folder");
    let lean = LeanCommand::resolve(&[], folder.path());
    let limits = ContainerConfig {
        supervisor: program(),
        ..ContainerConfig::default()
    };
    let checker = Checker::new(lean, folder.path().into(), LIMIT, limits);
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut around = around.iter().cycle();
    for case in cases(file) {
        let &(before, behind) = around.next().expect("at least one");
        let imports = case.text.split_inclusive('\n');
        let imports = imports.take_while(|line| line.starts_with("import "));
        let (imports, rest) = case.text.split_at(imports.map(str::len).sum());
        let upto = format!("{imports}{}", BEFORE[before]);
        let text = format!("{upto}{rest}{}", BEHIND[behind]);
        let hole_at = upto.len() + rest.rfind("sorry").expect("a hole");
        let (target, baseline) = hole(&checker, folder.path(), &text, hole_at).await;
        wrong.extend(misread(&checker, &target, &baseline, &case.candidates).await);
        for (expected, text) in &case.candidates {
            count += 1;
            let candidate = Candidate::new(text.as_str(), unsorry_prover::Engine::Tactics);
            let cx = CheckContext {
                checker: &checker,
                target: &target,
                baseline: &baseline,
                limit: LIMIT,
            };
            let outcome = confirm(cx, &Requirements::default(), &candidate).await;
            if let Ok(proof) = &outcome {
                wrong.extend(changed(&checker, &target, proof).await);
            }
            let told = told(&outcome);
            if !as_expected(expected, &told) {
                wrong.push(format!("{text:?}: {told} (expected {expected})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= at_least, "there are only {count}");
}

/// Returns which candidates Lean's own parser reads otherwise than it should: what passes in the end is one block to
/// it, and what is told to go on behind its end is none.
async fn misread(
    checker: &Checker,
    target: &Target,
    baseline: &Baseline,
    candidates: &[(String, String)],
) -> Vec<String> {
    let kind = baseline.goal.kind;
    let passing = candidates
        .iter()
        .filter(|(_, text)| gate(kind, text).is_ok());
    let (said, candidates): (Vec<&str>, Vec<Candidate>) = passing
        .map(|(said, text)| (said.as_str(), Candidate::new(text, Engine::Tactics)))
        .unzip();
    let read = reader::read(checker, (target, kind), &candidates, false, LIMIT).await;
    let Some(read) = read.expect("a Lean") else {
        return Vec::new();
    };
    let all = said.iter().zip(&candidates).zip(read);
    all.filter_map(|((said, candidate), read)| {
        let expected = match *said {
            "passes" => matches!(read, Read::Block),
            said if said.contains("the end of the proof") => matches!(read, Read::Error(_)),
            _ => true,
        };
        (!expected).then(|| format!("{:?} ({said}) is read as {read:?}", candidate.text))
    })
    .collect()
}

/// Returns what is wrong with the whole file once a proof is in it: nothing but the hole may have changed,
/// and Lean must say the same of all the rest.
async fn changed(checker: &Checker, target: &Target, proof: &VerifiedProof) -> Option<String> {
    let change = proof.change();
    let whole = change.apply(&target.text);
    let rest = &target.text[change.range.end..];
    let blanks = &target.text[change.range.start..proof.hole().start];
    if !whole.starts_with(&target.text[..change.range.start])
        || !whole.ends_with(rest)
        || change.range.end != proof.hole().end
        || !blanks.trim().is_empty()
    {
        return Some(format!("{:?} changes more than the hole", proof.proof()));
    }
    let said = async |text: &str| {
        let all = checker.elaborate(&target.uri, text.into(), Vec::new(), LIMIT);
        let all = all.await.expect("a report").diagnostics;
        let mut said: Vec<String> = all
            .into_iter()
            .filter(|d| !d.says_accomplished() && !d.message.contains("linter"))
            .map(|d| d.message)
            .collect();
        said.sort();
        said
    };
    let (mut before, after) = (said(&target.text).await, said(&whole).await);
    // Its own warning goes, where it was the only hole.
    let own = before.iter().position(|d| d.contains("sorry"));
    own.filter(|_| before.len() > after.len())
        .map(|own| before.remove(own));
    (before != after).then(|| format!("{:?}: {before:?} became {after:?}", proof.proof()))
}

async fn hole(checker: &Checker, folder: &Path, text: &str, at: usize) -> (Target, Baseline) {
    let outline = Outline::of(text);
    let target = Target {
        uri: format!("file://{}/Main.lean", folder.display()).into(),
        hole: outline
            .holes
            .iter()
            .position(|hole| hole.range.start == at)
            .expect("a hole there"),
        outline: Arc::new(outline),
        text: text.into(),
    };
    let baseline = baseline(checker, &target).await;
    let baseline = baseline.unwrap_or_else(|no| panic!("no goal: {no}\n{text}"));
    (target, baseline)
}

#[tokio::test]
async fn nothing_hostile_gets_past() {
    let file = include_str!("../candidates/hostile.txt");
    check(file, 500, &[(0, 0), (2, 3)]).await;
}

#[tokio::test]
async fn everything_honest_does() {
    let file = include_str!("../candidates/honest.txt");
    let around = [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (1, 3)];
    check(file, 215, &around).await;
}
