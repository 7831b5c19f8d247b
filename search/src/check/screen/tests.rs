use super::branches::{BEGUN, PASSED, untagged};
use super::*;
use crate::check::axioms::AxiomReport;
use crate::lean::diagnostic::Range as LspRange;
use crate::lean::diagnostic::Severity;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::sync::Arc;
use unsorry_prover::{Context, Goal};
use unsorry_syntax::{Outline, Position};

fn target(text: &str) -> Target {
    Target {
        uri: "file:///A.lean".into(),
        outline: Arc::new(Outline::of(text)),
        text: text.into(),
        hole: 0,
    }
}

fn candidates(texts: &[&str]) -> Vec<Candidate> {
    let candidate = |text: &&str| Candidate::new(*text, unsorry_prover::Engine::Tactics);
    texts.iter().map(candidate).collect()
}

fn baseline(rendered: &str) -> Baseline {
    Baseline {
        goal: Goal::parse(
            HoleKind::Tactic,
            &["⊢ 1 = 1".to_owned()],
            Vec::new(),
            Context::default(),
        )
        .expect("a goal"),
        rendered: rendered.to_owned(),
        reports_accomplished: true,
        axioms: AxiomReport::Axioms(Vec::new()),
        statement: None,
        error_before: false,
        behind: crate::check::behind::Behind::default(),
    }
}

/// The place of each candidate.
fn places(screen: &Screen) -> Vec<Place> {
    let lines = &screen.lines;
    match &screen.places {
        Places::One(line) => vec![Place {
            lines: lines.clone(),
            candidate: *line..lines.end,
        }],
        Places::Several(places) => places.iter().map(|place| place.moved(0)).collect(),
    }
}

/// The text, the lines that are about each candidate at its left, by its number.
#[track_caller]
fn check(text: &str, kind: HoleKind, texts: &[&str], expected: &Expect) {
    let screen = Screen::new(&target(text), kind, &candidates(texts), true);
    let mut shown = String::new();
    let places = places(&screen);
    for (number, line) in screen.text.lines().enumerate() {
        let number = number as u32;
        let place = places
            .iter()
            .position(|place| place.lines.contains(&number));
        let first = places.iter().any(|place| place.candidate.start == number);
        let mark = place.map_or(" ".to_owned(), |place| place.to_string());
        let line = format!("{mark}{}{line}", if first { ">" } else { " " });
        shown += &format!("{}\n", line.trim_end());
    }
    expected.assert_eq(&shown);
}

#[test]
fn candidates_on_goals_of_their_own() {
    check(
        "def f := 1\n\n/-- Doc. -/\n@[simp] theorem t : f = 1 := by\n  sorry\n\ntheorem after : f = 2 := sorry\n",
        HoleKind::Tactic,
        &["rfl", "unfold f\nrfl"],
        &expect![[r#"
              def f := 1

              section set_option maxHeartbeats 20000
              /-- Doc. -/
              @[simp] theorem t : f = 1 := by
                refine @_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (@_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (?_))
                · fail "unsorry_begun"
            0>  · rfl
            0     done; fail "unsorry_passed"
            1>  · unfold f
            1     rfl
            1     done; fail "unsorry_passed"
        "#]],
    );
    check(
        "example : 1 = 1 ∧ 2 = 2 := ⟨sorry, rfl⟩",
        HoleKind::Term,
        &["rfl", "by\n  intro x\n  rfl", "f\n  x"],
        &expect![[r#"
              section set_option maxHeartbeats 20000
              example : 1 = 1 ∧ 2 = 2 := ⟨by
                refine @_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (@_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (@_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (?_)))
                · fail "unsorry_begun"
            0   · exact
            0>      rfl
            0     done; fail "unsorry_passed"
            1   · exact
            1>      by
            1         intro x
            1         rfl
            1     done; fail "unsorry_passed"
            2   · exact
            2>      f
            2         x
            2     done; fail "unsorry_passed", rfl⟩
        "#]],
    );
    check(
        "example : 1 = 1 := by\n  skip <;> sorry",
        HoleKind::Tactic,
        &["rfl", "simp"],
        &expect![[r#"
              section set_option maxHeartbeats 20000
              example : 1 = 1 := by
                skip <;> (refine @_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (@_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (?_))
                          · fail "unsorry_begun"
            0>            · rfl
            0               done; fail "unsorry_passed"
            1>            · simp
            1               done; fail "unsorry_passed")
        "#]],
    );
}

proptest! {
    /// Candidates have lines of their own, whatever they are made of, and wherever the hole is.
    #[test]
    fn each_has_its_lines(
        source in prop::sample::select(vec![
            "theorem t : T := by\n  sorry\n",
            "theorem 𝕋 : T := by sorry -- 𝕋\n",
            "theorem t : T := by\r\n  skip <;> sorry\r\n  done\r\n",
            "theorem t : T := ⟨f (sorry), by sorry⟩",
            "mutual\ntheorem t : T := by\n  cases h with\n  | a => sorry\n  | b => skip\nend",
        ]),
        parts in prop::collection::vec(
            prop::collection::vec(
                prop::sample::select(vec![
                    "rfl", "\n", "  ", "\r\n", "\t", "exact \"a\n b\"", "· simp", "/- a\n-/", "-- b\n", "𝕋",
                    "\"", "by", "(", "; ", "calc a = b := c\n     _ = d := e",
                ]),
                1..8,
            ),
            2..6,
        ),
        kind in prop::sample::select(vec![HoleKind::Tactic, HoleKind::Term]),
    ) {
        let texts: Vec<String> = parts.iter().map(|parts| parts.concat()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let screen = Screen::new(&target(source), kind, &candidates(&texts), true);
        let ends = screen.text.split('\n').enumerate();
        let ends = ends.filter(|(_, line)| line.contains(PASSED));
        let ends: Vec<u32> = ends.map(|(number, _)| number as u32).collect();
        let places = places(&screen);
            let expected = places.iter().map(|place| place.lines.end - 1);
        prop_assert_eq!(ends, expected.collect::<Vec<u32>>(), "{}", screen.text);
        let apart = places.windows(2).all(|two| two[0].lines.end == two[1].lines.start);
        prop_assert!(apart);
    }
}

#[test]
fn one_alone_stands_as_it_would_be() {
    check(
        "theorem t : f = 1 := by\n  sorry\n\ntheorem after : f = 2 := sorry\n",
        HoleKind::Tactic,
        &["unfold f\nrfl"],
        &expect![[r#"
            0 section set_option maxHeartbeats 20000
            0 theorem t : f = 1 := by
            0>  unfold f
            0   rfl
        "#]],
    );
}

#[test]
fn what_may_stand_together() {
    let together = |goals: &str, texts: &[&str]| {
        batch(
            &target("theorem t : p := by sorry"),
            &baseline(goals),
            &candidates(texts),
            3,
        )
    };
    let goal = "xs : List Nat\n⊢ xs[0]? = xs.head? ∧ «a?» = 1";
    assert_eq!(together(goal, &["rfl", "simp", "omega", "decide"]), 3);
    assert_eq!(together(goal, &["rfl", "exact?", "simp"]), 1);
    assert_eq!(together(goal, &["exact?", "simp"]), 1);
    assert_eq!(together("⊢ ?m.12 = 1", &["rfl", "simp"]), 1);
    assert_eq!(together("⊢ f (?w) 1", &["rfl", "simp"]), 1);
    assert_eq!(together("⊢ P ?_", &["rfl", "simp"]), 1);
    assert_eq!(together("⊢ ‖?x‖ = 0", &["rfl", "simp"]), 1);
    for text in ["by any_goals sorry", "by\n  repeat' (sorry)"] {
        let target = target(&format!("theorem t : p := {text}"));
        let both = candidates(&["rfl", "simp"]);
        assert_eq!(batch(&target, &baseline(goal), &both, 3), 1);
    }
}

#[test]
fn the_name_of_a_goal_is_not_told() {
    let check = |message: &str, expected: &str| assert_eq!(untagged(message, 4), expected);
    check("no\ncase refine_4\n⊢ a", "no\n⊢ a");
    check(
        "case inl.refine_4.left\n⊢ case refine_4",
        "case inl.left\n⊢ case refine_4",
    );
    check("case refine_41\n⊢ a", "case refine_41\n⊢ a");
    check("case refine_4.refine_4\n⊢ a", "case refine_4\n⊢ a");
}

fn says(line: u32, message: &str) -> Diagnostic {
    let at = Position { line, character: 0 };
    Diagnostic {
        range: LspRange { start: at, end: at },
        full_range: None,
        severity: Severity::Error,
        message: message.to_owned(),
        lean_tags: Vec::new(),
    }
}

const HEAVY: &str = "(deterministic) timeout: maximum number of heartbeats";
const DONE: &str = "unsorry_passed\n";

#[test]
fn silence_is_no_verdict_in_favour() {
    let target = target("theorem t : 1 = 1 := by sorry\n");
    let baseline = baseline("");
    // They stand on the lines 4, 6 and 8, each with another line behind it.
    let screen = Screen::new(
        &target,
        HoleKind::Tactic,
        &candidates(&["rfl", "simp", "omega"]),
        true,
    );
    let judge = |said: &[(u32, &str)]| {
        let said = said.iter().map(|(line, message)| says(*line, message));
        let said: Vec<_> = said.collect();
        match screen.judge(&target, &baseline, &said) {
            Judged::TooMuch => "too much".to_owned(),
            Judged::Verdicts(verdicts) => {
                let short = |verdict: &Option<Verdict>| match verdict {
                    None => '?',
                    Some(Verdict::Passed { .. }) => '+',
                    Some(Verdict::Failed(_)) => '-',
                    Some(Verdict::OutOfHeartbeats) => 'h',
                };
                verdicts.iter().map(short).collect()
            }
        }
    };
    assert_eq!(judge(&[]), "???");
    assert_eq!(judge(&[(5, DONE), (7, DONE), (9, DONE)]), "+++");
    assert_eq!(judge(&[(5, DONE), (6, "no"), (9, DONE)]), "+-+");
    // Lean goes on behind an error.
    assert_eq!(judge(&[(5, DONE), (6, "no"), (7, DONE), (8, "no")]), "+--");
    // Of the declaration as a whole.
    let whole = (1, "not terminating");
    assert_eq!(judge(&[(5, DONE), (6, "no"), (9, DONE), whole]), "?-?");
    // It may have been those before it that have spent so much.
    assert_eq!(judge(&[(5, DONE), (6, HEAVY), (8, HEAVY)]), "+??");
    assert_eq!(judge(&[(4, HEAVY), (6, HEAVY)]), "h??");
    assert_eq!(judge(&[(1, HEAVY)]), "too much");

    let one = Screen::new(&target, HoleKind::Tactic, &candidates(&["rfl"]), true);
    let judge = |said: &[Diagnostic]| match one.judge(&target, &baseline, said) {
        Judged::Verdicts(verdicts) => matches!(verdicts[0], Some(Verdict::Passed { .. })),
        Judged::TooMuch => panic!("too much"),
    };
    let heavy = |line| one.judge(&target, &baseline, &[says(line, HEAVY)]);
    assert_eq!(heavy(0), Judged::TooMuch);
    let verdicts = Judged::Verdicts(vec![Some(Verdict::OutOfHeartbeats)]);
    assert_eq!(heavy(1), verdicts);
    let accomplished = Diagnostic {
        severity: Severity::Information,
        lean_tags: vec![2],
        ..says(1, "Goals accomplished!")
    };
    let sorry = Diagnostic {
        severity: Severity::Warning,
        ..says(1, "declaration uses `sorry`")
    };
    assert!(!judge(&[]));
    assert!(judge(std::slice::from_ref(&accomplished)));
    assert!(!judge(&[accomplished.clone(), says(1, "no")]));
    assert!(!judge(&[accomplished, sorry]));
}

#[test]
fn the_one_that_lean_is_busy_with() {
    let target = target("theorem t : 1 = 1 := by sorry\n");
    let baseline = baseline("");
    let check = |kind, said: &[(u32, &str)], busy, passed| {
        let texts = candidates(&["rfl", "simp", "omega"]);
        let screen = Screen::new(&target, kind, &texts, true);
        let said = said.iter().map(|(line, message)| says(*line, message));
        let so_far = screen.so_far(&target, &baseline, &said.collect::<Vec<_>>());
        assert_eq!((so_far.busy, so_far.has_passed()), (busy, passed));
    };
    let tactic = HoleKind::Tactic;
    check(tactic, &[], None, false);
    // Lean adds the goal.
    check(
        tactic,
        &[(3, "unsorry_begun\ncase refine_1\n⊢ 1 = 1")],
        Some(0),
        false,
    );
    check(tactic, &[(4, BEGUN)], Some(1), false);
    check(tactic, &[(3, BEGUN), (4, "no")], Some(1), false);
    check(tactic, &[(3, BEGUN), (5, DONE), (6, "no")], Some(2), true);
    // With the last one done Lean is at what stands behind them.
    check(tactic, &[(3, BEGUN), (9, DONE)], None, true);
    check(HoleKind::Term, &[], None, false);
}
