//! The words of other versions of Lean than the tests' own about axioms.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};

use super::*;
use crate::check::baseline::baseline;
use crate::check::checker::Checker;
use crate::lean::diagnostic::Diagnostic;
use crate::lean::diagnostic::{Range, Severity};
use crate::lean::elaboration::{Elaboration, Goals};
use crate::target::Target;
use unsorry_prover::Candidate;
use unsorry_syntax::{Outline, Position};

const SOURCE: &str = "theorem t : 1 = 1 := by\n  sorry\n";

/// A Lean that accepts whatever it is shown, and says `before` of the axioms of what has the `sorry`, and
/// `after` of what has none. Of nothing else it says anything that is an answer.
fn lean(before: &'static str, after: &'static str) -> Checker {
    Checker::scripted(move |text| {
        let report = match text.contains("  sorry") {
            true => before,
            false => after,
        };
        let answers = |(line, text): (usize, &str)| {
            let message = match text {
                _ if text.starts_with("#print axioms") => report,
                _ if text.contains("#check @t") => "@t : @Eq.{1} Nat 1 1",
                _ if text.contains("pp.proofs") => "theorem t : 1 = 1 := @rfl.{1} Nat 1",
                // What a candidate prints is no answer to what we ask.
                _ if text.contains("prints") => "'t' does not depend on any axioms",
                _ => return None,
            };
            let at = Position {
                line: u32::try_from(line).ok()?,
                character: 0,
            };
            let refused = message.starts_with("cannot use") || message.starts_with("unknown");
            Some(Diagnostic {
                range: Range { start: at, end: at },
                full_range: None,
                severity: match refused {
                    true => Severity::Error,
                    false => Severity::Information,
                },
                message: message.to_owned(),
                lean_tags: Vec::new(),
            })
        };
        Elaboration {
            diagnostics: text.lines().enumerate().filter_map(answers).collect(),
            took: Duration::ZERO,
            answers: vec![Goals {
                tactic: Some(vec!["⊢ 1 = 1".into()]),
                term: None,
            }],
        }
    })
}

async fn told(checker: Checker, requirements: Requirements, candidate: &str) -> String {
    let target = Target {
        uri: "file:///A.lean".into(),
        outline: Arc::new(Outline::of(SOURCE)),
        text: SOURCE.into(),
        hole: 0,
    };
    let limit = Duration::from_secs(9);
    let baseline = match baseline(&checker, &target).await {
        Ok(baseline) => baseline,
        Err(no) => panic!("{no}"),
    };
    let candidate = Candidate::new(candidate, unsorry_prover::Engine::Tactics);
    let cx = CheckContext {
        checker: &checker,
        target: &target,
        baseline: &baseline,
        limit,
    };
    match confirm(cx, &requirements, &candidate).await {
        Ok(proof) => proof.standing(),
        Err(rejection) => rejection.to_string(),
    }
}

const SORRY: &str = "'t' depends on axioms: [sorryAx]";

#[track_caller]
fn check(told: &[String], expected: Expect) {
    expected.assert_eq(&told.join("\n"));
}

#[tokio::test]
async fn reports_of_all_versions() {
    let mut all = Vec::new();
    for report in [
        "'t' does not depend on any axioms",
        "'t' depends on axioms: [propext]",
        "'t' depends on axioms: [propext, Classical.choice, Quot.sound]",
        "'t' depends on axioms: [propext,\n Classical.choice,\n Quot.sound]",
        "'t' depends on axioms: [Lean.ofReduceBool]",
        "'t' depends on axioms: [propext, Lean.ofReduceBool]",
        "'t' depends on axioms: [cheat]",
        // Later compiled code is trusted by one more
        "'t' depends on axioms: [Lean.ofReduceBool, Lean.trustCompiler]",
        // From lean4#12217 on by one of each use
        "'t' depends on axioms: [t._native.native_decide.ax_1]",
        "'t' depends on axioms: [t._native.bv_decide.ax_1_3]",
        // In modules before 4.30
        "cannot use `#print axioms` in a `module`; consider temporarily removing the `module` header or placing the command in a separate file",
        "unknown constant 't'",
        "something that nobody knows",
    ] {
        all.push(told(lean(SORRY, report), Requirements::default(), "rfl").await);
    }
    check(
        &all,
        expect![[r#"
            not confirmed by a referee (there is none here): Lean-checked, axioms clean
            not confirmed by a referee (there is none here): Lean-checked, axioms clean
            not confirmed by a referee (there is none here): Lean-checked, axioms clean
            not confirmed by a referee (there is none here): Lean-checked, axioms clean
            it depends on Lean.ofReduceBool
            it depends on Lean.ofReduceBool
            it depends on cheat
            it depends on Lean.ofReduceBool, Lean.trustCompiler
            it depends on t._native.native_decide.ax_1
            it depends on t._native.bv_decide.ax_1_3
            not confirmed by a referee (there is none here): Lean-checked; axioms not reported by this Lean
            not confirmed by a referee (there is none here): Lean-checked; axioms not reported by this Lean
            not confirmed by a referee (there is none here): Lean-checked; axioms not reported by this Lean"#]],
    );
}

#[tokio::test]
async fn what_was_there_before_stays() {
    let before = "'t' depends on axioms: [cheat, sorryAx]";
    let mut all = Vec::new();
    for report in [
        "'t' depends on axioms: [cheat]",
        "'t' depends on axioms: [cheat, other]",
    ] {
        all.push(told(lean(before, report), Requirements::default(), "rfl").await);
    }
    // A candidate that prints what a report would be.
    let report = "'t' depends on axioms: [other]";
    all.push(told(lean(before, report), Requirements::default(), "prints").await);
    check(
        &all,
        expect![[r#"
            not confirmed by a referee (there is none here): Lean-checked, axioms clean
            it depends on other
            it depends on other"#]],
    );
}

#[tokio::test]
async fn the_least_level() {
    let clean = || Requirements {
        least: Level::AxiomsClean,
        ..Requirements::default()
    };
    let any = Requirements::default();
    let module = "cannot use `#print axioms` in a `module`";
    let all = [
        told(
            lean(SORRY, "'t' does not depend on any axioms"),
            clean(),
            "rfl",
        )
        .await,
        told(lean(SORRY, "unknown constant 't'"), clean(), "rfl").await,
        told(lean(module, module), clean(), "rfl").await,
        told(lean(module, module), any, "rfl").await,
    ];
    check(
        &all,
        expect![[r#"
            not confirmed by a referee (there is none here): Lean-checked, axioms clean
            it is Lean-checked only, and `check.level` asks for more: there is none here
            it is Lean-checked only, and `check.level` asks for more: there is none here
            not confirmed by a referee (there is none here): Lean-checked; axioms not reported by this Lean"#]],
    );
}
