//! Candidates crossed with the oddities that a file may have, each pair before a real Lean and the referee:
//! `cargo xtask attacks` runs them by the thousand, CI a seeded sample.

#![allow(clippy::print_stdout)] // the figures of a long run

use std::path::Path;
use std::sync::Arc;

use unsorry_prover::{Candidate, Engine};
use unsorry_search::check::baseline::baseline;
use unsorry_search::check::checker::Checker;
use unsorry_search::command::LeanCommand;
use unsorry_search::contain::ContainerConfig;
use unsorry_search::gate::gate;
use unsorry_search::referee::Referee;
use unsorry_search::target::Target;
use unsorry_search::verify::{CheckContext, Level, Requirements, confirm};
use unsorry_syntax::Outline;
use unsorry_tests::editor::program;

use crate::boundary::{Case, LIMIT, cases};

/// What a file may have in front of all its declarations.
const FRONT: [&str; 14] = [
    "",
    "set_option warn.sorry false\n\n",
    "example : 1 = 1 := nope\n\n",
    "namespace «a b».C\n\n",
    "section\nvariable (unused : Nat) {α : Type} [Inhabited α]\n\n",
    "open Classical\n\n",
    "theorem oddGap : 1 = 2 := sorry\n\n",
    "macro \"odd_tactic\" : tactic => `(tactic| trivial)\n\n",
    "instance (priority := low) : Inhabited (Fin 3) := ⟨1⟩\n\n",
    "opaque oddHidden : Nat\naxiom oddAxiom : 1 = 1\n\n",
    "universe u v w\nnoncomputable section\n\n",
    "mutual\ntheorem oddA : True := trivial\ntheorem oddB : True := by sorry\nend\n\n",
    "set_option pp.all true\nset_option linter.all true\nset_option Elab.async false\n\n",
    "structure Odd where\n  n : Nat\n  small : n < 3 := by decide\n\ndef odd : Odd := { n := 2, small := sorry }\n\n",
];

/// What may stand right in front of the declaration itself.
const PREFIX: [&str; 5] = [
    "",
    "/-- Ω -/\n",
    "set_option maxHeartbeats 400000 in\n",
    "open Nat in\n",
    "#guard_msgs (drop info) in\n",
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).expect("it is below a usize")
    }
}

/// The case's file with oddities in it, and its hole.
fn odd(case: &Case, front: &str, prefix: &str, folder: &Path) -> Option<Target> {
    let imports = case.text.split_inclusive('\n');
    let imports = imports.take_while(|line| line.starts_with("import "));
    let (imports, rest) = case.text.split_at(imports.map(str::len).sum());
    let mut text = format!("{imports}{front}{rest}");
    let last = |text: &str| Outline::of(text).holes.len().checked_sub(1);
    let outline = Outline::of(&text);
    let start = outline
        .declaration_of(outline.holes.get(last(&text)?)?)
        .extent
        .start;
    text.insert_str(start, prefix);
    let outline = Outline::of(&text);
    Some(Target {
        uri: format!("file://{}/Main.lean", folder.display()).into(),
        hole: outline.holes.len().checked_sub(1)?,
        outline: Arc::new(outline),
        text: text.into(),
    })
}

fn number(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(default, |given| given.parse().expect("a number"))
}

/// Tries pairs of a file's candidates with oddities, until so many have been judged by Lean. Returns those that
/// did not come out as `is_right` says.
async fn cross(file: &str, pairs: u64, is_right: fn(&str, Result<bool, String>) -> bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let lean = LeanCommand::resolve(&[], folder.path());
    let limits = ContainerConfig {
        supervisor: program(),
        ..ContainerConfig::default()
    };
    let checker = Checker::new(lean.clone(), folder.path().into(), LIMIT, limits.clone());
    let referee = Referee::new(lean, folder.path().into(), LIMIT, limits);
    let requirements = Requirements {
        least: Level::LeanChecked,
        referee: Some(Arc::new(referee)),
    };
    let cases = cases(file);
    let mut random = Random(number("UNSORRY_ATTACKS_SEED", 1));
    let (mut tried, mut refused, mut wrong) = (0, 0, Vec::new());
    while tried < pairs {
        let case = &cases[random.below(cases.len())];
        let (expected, text) = &case.candidates[random.below(case.candidates.len())];
        let (front, prefix) = (
            FRONT[random.below(FRONT.len())],
            PREFIX[random.below(PREFIX.len())],
        );
        let Some(target) = odd(case, front, prefix, folder.path()) else {
            continue;
        };
        // A hole among terms takes what a hole among tactics does not; what both refuse, Lean never sees.
        let kinds = [
            unsorry_syntax::HoleKind::Tactic,
            unsorry_syntax::HoleKind::Term,
        ];
        if kinds.iter().all(|kind| gate(*kind, text).is_err()) {
            refused += 1;
            tried += u64::from(refused % 8 == 0);
            continue;
        }
        tried += 1;
        let Ok(baseline) = baseline(&checker, &target).await else {
            continue;
        };
        let cx = CheckContext {
            checker: &checker,
            target: &target,
            baseline: &baseline,
            limit: LIMIT,
        };
        let candidate = Candidate::new(text.as_str(), Engine::Tactics);
        let outcome = confirm(cx, &requirements, &candidate).await;
        let told = match &outcome {
            Ok(proof) => proof.standing(),
            Err(why) => why.to_string(),
        };
        let stands = outcome
            .map(|proof| proof.depends_on().is_empty() && proof.unconfirmed().is_none())
            .map_err(|why| why.to_string());
        if !is_right(expected, stands) {
            wrong.push(format!(
                "{front:?} {prefix:?} {text:?} ({expected}): {told}"
            ));
        }
    }
    println!("{tried} pairs, and {refused} that the gate refused");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn hostile_candidates_in_odd_files() {
    let pairs = number("UNSORRY_ATTACKS_PAIRS", 24);
    let file = include_str!("../candidates/hostile.txt");
    // Nothing of it stands on its own.
    cross(file, pairs, |_, stands| stands != Ok(true)).await;
}

#[tokio::test]
async fn honest_candidates_in_odd_files() {
    let pairs = number("UNSORRY_ATTACKS_PAIRS", 24) / 3;
    let file = include_str!("../candidates/honest.txt");
    // What the referee refuses it can't have taken for a proof.
    cross(file, pairs, |_, stands| {
        !stands.is_err_and(|why| why.starts_with("the referee refuses it"))
    })
    .await;
}
