//! Tests of the portfolio.

use super::placeholder::unknown_placeholder;
use super::shape::names;
use super::*;
use crate::goal::{Context, HoleKind};
use expect_test::{Expect, expect};

fn goal(kind: HoleKind, rendered: &str, imports: &[&str], before: &str) -> Goal {
    let imports = imports.iter().map(|import| (*import).to_owned()).collect();
    let context = Context {
        before: before.to_owned(),
        after: String::new(),
        declaration: 0,
    };
    Goal::parse(kind, &[rendered.to_owned()], imports, context).unwrap()
}

#[test]
fn what_has_no_end_is_left() {
    let check = |ty: &str, before: &str| {
        let goal = goal(
            HoleKind::Tactic,
            &format!("m n : Nat\nh : {ty}\n⊢ 0 < m"),
            &[],
            before,
        );
        assert!(!Tactics::default().candidates(&goal).is_empty());
    };
    // `Nat.Coprime` may stand for the file's own, as far as one can see.
    check(
        "Coprime m n",
        "def Coprime (m n : Nat) : Prop := 0 < m ∧ Nat.Coprime m n\n",
    );
    check("P m", "def P (m : Nat) : Prop := P m ∧ (∃ k, P k ∧ P k)\n");
    check(&vec!["0 < m"; 20_000].join(" ∧ "), "");
    check(
        &format!("{}0 < m{}", "(".repeat(20_000), ")".repeat(20_000)),
        "",
    );
}

fn rows(text: &str) -> Result<Vec<PortfolioRow>, String> {
    #[derive(Deserialize)]
    struct Table {
        tactics: Vec<PortfolioRow>,
    }
    let table: Result<Table, _> = toml::from_str(text);
    table
        .map(|table| table.tactics)
        .map_err(|error| error.message().to_owned())
}

/// Checks the candidates that the rows of `table` alone give.
fn check_table(table: &str, goal: &Goal, expect: Expect) {
    let tactics = Tactics {
        rows: rows(table).unwrap(),
    };
    let mut shown = String::new();
    for candidate in tactics.candidates(goal) {
        shown += &candidate.text;
        shown += "\n";
    }
    expect.assert_eq(&shown);
}

/// Goals of many kinds, to hold rules against that every candidate has to keep.
fn all_kinds() -> Vec<Goal> {
    let before = "\
inductive Tree (α : Type) where\n  | leaf\n  | node (l : Tree α) (x : α) (r : Tree α)\n\
def Tree.size : Tree α → Nat\n  | leaf => 0\n  | node l _ r => l.size + 1 + r.size\n\
theorem size_leaf : (Tree.leaf : Tree α).size = 0 := rfl\n\
inductive Even : Nat → Prop\n  | zero : Even 0\n  | step (n : Nat) (h : Even n) : Even (n + 2)\n\
theorem own (t : Tree α) : True := by\n  ";
    let texts = [
        "⊢ 1 + 1 = 2",
        "p q : Prop\nh : p ∧ (q ∨ ¬p)\nh✝ : q\n⊢ q ∨ p",
        "α✝ : Type\ninst✝ : DecidableEq α✝\nx y z : α✝\nxs ys : List α✝\n⊢ ∀ (n : Nat), n ≤ xs.length → ∃ k, n + k = xs.length",
        "t u : Tree Nat\nh : t.size = 0 ∧ ∃ n, n < u.size\n⊢ t.size + u.size ≠ 0",
        "n : Nat\nh : Even n\n⊢ Even (n + 4)",
        "f : Nat → Nat\n⊢ (fun x => f x) = f",
        "a b : Int\nb1 : Bool\no : Option Nat\n⊢ (if a < b then 1 else 2) ≤ 2 ↔ True",
    ];
    let kinds = [HoleKind::Tactic, HoleKind::Term];
    let texts = texts.iter().flat_map(|text| kinds.map(|kind| (kind, text)));
    texts
        .flat_map(|(kind, text)| {
            [&[][..], &["Mathlib"]].map(|imports| goal(kind, text, imports, before))
        })
        .collect()
}

#[test]
fn every_candidate_keeps_the_rules() {
    for goal in all_kinds() {
        let candidates = Tactics::default().candidates(&goal);
        assert!(candidates.len() >= 10, "{goal:?}");
        assert!(candidates.len() <= MAX_CANDIDATES);
        let mut seen = HashSet::new();
        for Candidate { text, engine, .. } in candidates {
            assert_eq!(engine, Engine::Tactics);
            assert!(accessible(&text), "{text}");
            assert_eq!(unknown_placeholder(&text), None, "{text}");
            assert!(!text.starts_with(char::is_whitespace), "{text}");
            assert!(!text.ends_with(char::is_whitespace), "{text}");
            assert!(seen.insert(text.clone()), "twice: {text}");
        }
    }
}

#[test]
fn the_table_has_nothing_that_the_gate_refuses() {
    let banned = [
        "sorry",
        "admit",
        "stop",
        "native",
        "native_decide",
        "bv_decide",
        "run_tac",
        "set_option",
        "unsafe",
        "axiom",
        "ofReduceBool",
    ];
    for PortfolioRow { row } in portfolio() {
        for text in [&row.tactic, &row.term].into_iter().flatten() {
            let words: HashSet<&str> = names(text).collect();
            assert!(!banned.iter().any(|word| words.contains(word)), "{text}");
        }
    }
}

#[test]
fn a_bad_row_is_an_error_that_names_it() {
    let check = |text: &str, expected: &str| {
        let error = rows(&format!("[[tactics]]\n{text}")).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };
    check("tactics = \"simp\"", "unknown field `tactics`");
    check("at = [\"goal\"]", "needs `tactic` or `term`");
    check("tactic = \"simp [{hyps}]\"", "{hyps}");
    check(
        "tactic = \"simp\"\ntarget = [\"=>\"]",
        "unknown variant `=>`",
    );
    assert!(rows("[[tactics]]\nterm = \"{ x with a := 1 }\"").is_ok());
}

#[test]
fn a_users_rows_come_first() {
    let extra = rows("[[tactics]]\ntactic = \"my_tactic\"").unwrap();
    let goal = goal(HoleKind::Tactic, "⊢ True", &[], "");
    let candidates = Tactics::new(extra).candidates(&goal);
    assert_eq!(candidates[0].text, "my_tactic");
    assert!(candidates.len() > 1);
}

#[test]
fn imports_decide() {
    let check = |needed: &str, imports: &[&str], expected: bool| {
        let imports: Vec<String> = imports.iter().map(|one| (*one).to_owned()).collect();
        assert_eq!(
            imported(&[needed.to_owned()], &imports),
            expected,
            "{imports:?}"
        );
    };
    check("Mathlib", &[], false);
    check("Mathlib", &["Mathlib"], true);
    check("Mathlib", &["Mathlib.Data.Nat.Basic"], true);
    check(
        "Mathlib",
        &["Std.Data.HashMap", "Lean.Elab", "Batteries", "Aesop"],
        false,
    );
    check("Mathlib", &["Thesis.Basic"], true);
    check("Aesop", &["Mathlib.Logic.Basic"], true);
    check("Aesop", &["Batteries"], false);
}

#[test]
fn placeholders() {
    let before = "\
inductive Tree (α : Type) where\n  | leaf\n  | node : Tree α → α → Tree α → Tree α\n\
def size : Tree α → Nat\n  | .leaf => 0\n  | .node l _ r => size l + 1 + size r\n\
theorem size_leaf : size (Tree.leaf : Tree α) = 0 := rfl\n\
theorem size_hole : size (Tree.leaf : Tree α) = 0 := sorry\n\
theorem own : ∀ t : Tree α, size t = 0\n  | .leaf => rfl\n  | t => by\n  ";
    let tree = "α : Type\nt u : Tree α\nx : α\nh : size t = 0\ng : p ∧ q ∨ ∃ k, r k\n⊢ size u = 0";
    let table = "
            [[tactics]]
            tactic = 'simp [{f}, {h}, {lemmas}] -- {own}'
            [[tactics]]
            tactic = 'rcases {h} with {pattern}'
            hypothesis = ['∨']
            [[tactics]]
            tactic = '''
induction {x} generalizing {others} with
| {base} => rfl
| {step} => simp'''
            variable = ['recursive']
            [[tactics]]
            tactic = '''
cases {x} with
| {case} => exact {w}'''
            [[tactics]]
            tactic = '''
cases {x} with
| {case} => rfl'''
            most = 1
        ";
    check_table(
        table,
        &goal(HoleKind::Tactic, tree, &[], before),
        expect![[r#"
                simp [size, g, size_leaf] -- own
                simp [size, h, size_leaf] -- own
                rcases g with ⟨hp, hq⟩ | ⟨k, h₁⟩
                induction u generalizing t x with
                | leaf => rfl
                | node u a u₁ ih ih₁ => simp
                induction t generalizing u x with
                | leaf => rfl
                | node t a t₁ ih ih₁ => simp
                cases u with
                | leaf => rfl
                | node u a u₁ => rfl
            "#]],
    );
}

#[test]
fn steps_before_a_row() {
    let text = "h : ∃ k, p k ∧ q\n⊢ ∀ (n : Nat), 0 < n → ¬n = 3";
    let table = "
            [[tactics]]
            tactic = 'omega'
            at = ['goal', 'intro', 'open']
            [[tactics]]
            term = 'f {h}'
            most = 1
        ";
    check_table(
        table,
        &goal(HoleKind::Tactic, text, &[], ""),
        expect![[r#"
                omega
                intro n h₁ h₂
                omega
                intro n h₁ h₂
                obtain ⟨k, h, hq⟩ := h
                omega
                intro n h₁ h₂
                exact f h₂
            "#]],
    );
    check_table(
        table,
        &goal(HoleKind::Term, text, &[], ""),
        expect![[r#"
                by omega
                by
                  intro n h₁ h₂
                  omega
                by
                  intro n h₁ h₂
                  obtain ⟨k, h, hq⟩ := h
                  omega
                fun n h₁ h₂ => f h₂
            "#]],
    );
}

#[test]
fn witnesses() {
    let table = "[[tactics]]\nterm = '⟨{w}, rfl⟩'\nmost = 8";
    let check = |text, expect| check_table(table, &goal(HoleKind::Term, text, &[], ""), expect);
    check(
        "a b : Nat\n⊢ ∃ k, a + b = k",
        expect![[r#"
                ⟨a, rfl⟩
                ⟨b, rfl⟩
                ⟨a + 1, rfl⟩
                ⟨a + b, rfl⟩
                ⟨a * b, rfl⟩
                ⟨2 * a, rfl⟩
                ⟨a / 2, rfl⟩
                ⟨a - 1, rfl⟩
            "#]],
    );
    check(
        "a : Nat\n⊢ ∃ k l, a + k = l",
        expect![[r#"
            ⟨a, a, rfl⟩
            ⟨a, 0, rfl⟩
            ⟨a, 1, rfl⟩
            ⟨a, 2, rfl⟩
            ⟨a, 3, rfl⟩
            ⟨0, a, rfl⟩
            ⟨0, 0, rfl⟩
            ⟨0, 1, rfl⟩
        "#]],
    );
    check("⊢ 1 = 1", expect![[r#""#]]);
}

#[test]
fn data_is_not_made_up() {
    let check = |text: &str, expect: Expect| {
        let goal = goal(HoleKind::Term, text, &[], "");
        let texts = Tactics::default().candidates(&goal);
        let texts: Vec<&str> = texts.iter().map(|one| &*one.text).collect();
        expect.assert_eq(&texts.join("\n"));
    };
    check("n : Nat\n⊢ List Nat", expect!["inferInstance"]);
    check("α : Type\n⊢ Nat → α × α", expect!["fun x => inferInstance"]);
}
