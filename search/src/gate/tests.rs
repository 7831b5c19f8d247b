//! Tests of what the gate refuses, and why.

mod files;
mod reading;
mod splicing;

use super::*;
use HoleKind::{Tactic, Term};
use expect_test::{Expect, expect};
use proptest::prelude::*;

/// A line a candidate: `ok`, or why not.
#[track_caller]
fn check(kind: HoleKind, candidates: &[&str], expected: Expect) {
    let mut shown = String::new();
    for candidate in candidates {
        let verdict = gate(kind, candidate).map_or_else(|no| no.to_string(), |()| "ok".into());
        shown.push_str(&format!("{candidate:?}: {verdict}\n"));
    }
    expected.assert_eq(&shown);
}

#[test]
fn honest_proofs_pass() {
    check(
        Tactic,
        &[
            "simp [foo, bar]\n<;> omega",
            "intro x\ncases x with\n| zero => rfl\n| succ n => exact List.end x.instance",
            "open Foo in\nexact bar",
            "open scoped Foo in open Bar (baz) in simp",
            "exact «sorry»",
            "exact sorry'",
            "exact foo.sorry",
            "have := \"say 'hi' to a : b\"; decide +kernel",
            "exact (f x).end",
            ".exact h",
            "exact f (stop := 1.5) 0xFF 1e3 h.1.foo",
            "exact trace x (Matrix.trace y)",
            r#####"exact (mul_le_mul_left (a := x + 1) h)"#####,
            r#####"linarith [(abs_sub_le (a := x + 1) (b := y) z)]"#####,
            r#####"rw [← (mul_div_cancel₀ (b := x + 1) h)]"#####,
            r#####"simpa using (Finset.sum_le_sum (s := Finset.range (n+1)) (fun i hi => h i))"#####,
            r#####"have := (Nat.cast_injective (R := ZMod n)) h"#####,
            r#####"refine (hasDerivAt_pow (n := n + 1) x).congr ?_"#####,
            r#####"exact (le_div_iff₀ (c := 2*x) (by linarith)).2 h"#####,
            r#####"exact (Finset.sum_bij (i := fun a _ => a + 1) (by simp) (by simp) (by simp) (by simp))"#####,
            r#####"exact foo (left := h.1) (right := h.2)"#####,
            r#####"exact Fin.induction (zero := by simp) (succ := fun i ih => ih) n"#####,
            r#####"show (trace A) = 0"#####,
            r#####"exact congrArg (trace ∘ f) h"#####,
            r#####"have : IsClosed (stop I) := h"#####,
            r#####"rw [show (trace A) = 0 from h]"#####,
            r#####"rw (occs := .pos [2]) [h]"#####,
            "rw [show #s = 3 from h]",
            "exact f (stop := n) stop",
            "exact List.prefix_append a b |>.end",
            "calc a = b := h\n  _ = c := k",
        ],
        expect![[r##"
            "simp [foo, bar]\n<;> omega": ok
            "intro x\ncases x with\n| zero => rfl\n| succ n => exact List.end x.instance": ok
            "open Foo in\nexact bar": ok
            "open scoped Foo in open Bar (baz) in simp": ok
            "exact «sorry»": ok
            "exact sorry'": ok
            "exact foo.sorry": ok
            "have := \"say 'hi' to a : b\"; decide +kernel": ok
            "exact (f x).end": ok
            ".exact h": ok
            "exact f (stop := 1.5) 0xFF 1e3 h.1.foo": ok
            "exact trace x (Matrix.trace y)": ok
            "exact (mul_le_mul_left (a := x + 1) h)": ok
            "linarith [(abs_sub_le (a := x + 1) (b := y) z)]": ok
            "rw [← (mul_div_cancel₀ (b := x + 1) h)]": ok
            "simpa using (Finset.sum_le_sum (s := Finset.range (n+1)) (fun i hi => h i))": ok
            "have := (Nat.cast_injective (R := ZMod n)) h": ok
            "refine (hasDerivAt_pow (n := n + 1) x).congr ?_": ok
            "exact (le_div_iff₀ (c := 2*x) (by linarith)).2 h": ok
            "exact (Finset.sum_bij (i := fun a _ => a + 1) (by simp) (by simp) (by simp) (by simp))": ok
            "exact foo (left := h.1) (right := h.2)": ok
            "exact Fin.induction (zero := by simp) (succ := fun i ih => ih) n": ok
            "show (trace A) = 0": ok
            "exact congrArg (trace ∘ f) h": ok
            "have : IsClosed (stop I) := h": ok
            "rw [show (trace A) = 0 from h]": ok
            "rw (occs := .pos [2]) [h]": ok
            "rw [show #s = 3 from h]": ok
            "exact f (stop := n) stop": ok
            "exact List.prefix_append a b |>.end": ok
            "calc a = b := h\n  _ = c := k": ok
        "##]],
    );
}

#[test]
fn what_leaves_the_goal_open_is_refused() {
    check(
        Tactic,
        &[
            "",
            " \n",
            "sorry",
            "exact (sorry)",
            "admit",
            "stop\nrfl",
            "skip; stop rfl",
            "exact sorryAx _",
            "exact «sorryAx» _",
            "exact Lean.«sorryAx» _",
            "exact s!\"{sorry}\"",
        ],
        expect![[r#"
            "": it is empty
            " \n": it is empty
            "sorry": it holds `sorry`: it leaves the goal unproved
            "exact (sorry)": it holds `sorry`: it leaves the goal unproved
            "admit": it holds `admit`: it leaves the goal unproved
            "stop\nrfl": it holds `stop`: it leaves the goal unproved
            "skip; stop rfl": it holds `stop`: it leaves the goal unproved
            "exact sorryAx _": it holds `sorryAx`: it leaves the goal unproved
            "exact «sorryAx» _": it holds `«sorryAx»`: it leaves the goal unproved
            "exact Lean.«sorryAx» _": it holds `Lean.«sorryAx»`: it leaves the goal unproved
            "exact s!\"{sorry}\"": it holds `sorry`: it leaves the goal unproved
        "#]],
    );
}

#[test]
fn what_runs_or_trusts_code_is_refused() {
    check(
        Tactic,
        &[
            "native_decide",
            "decide +native",
            "decide (config := { native := true })",
            "bv_decide",
            "run_tac foo",
            "exact by_elab foo",
            "exact eval% foo",
            "simp (maxSteps := f 1)",
            "simp +arith (maxSteps := (1))",
            "decide (config := { (X.mk false) with kernel := false })",
            "simp (config := { maxSteps := f 1 })",
            "exact (IO.println x) lcProof",
            "open IO FS in exact createDir x",
            "exact «IO».«FS».createDir x",
            "exact unsafeBaseIO x",
            "exact dbgTraceVal x",
            "exact Lean.ofReduceBool _ _ rfl",
            "exact (unsafe x)",
            "exact include_str \"/etc/passwd\"",
            "open Foo in run_cmd bar",
            "exact `(foo)",
            "exact ``(foo)",
            "let rec @[implemented_by f] g := x",
            "conv in fun x ↦ _ => simp (maxSteps := f 1)",
            "conv in (occs := 1) fun x ↦ _ => simp (maxSteps := f 1)",
            "conv =>\n  fun\n  conv => simp (maxSteps := f 1)",
            "case t.fun x => simp (maxSteps := f 1)",
            "exact fun x => foo (a := f 1)",
            "solve_by_elim +toX.y (maxDepth := f 1)",
            "simp -Foo (maxSteps := f 1)",
            "exact a +Nat.foo (n := f 1)",
            "with_reducible trace (f 1)",
            "unhygienic stop",
            "unhygienic stop rfl",
            "iterate 3 trace (f 1)",
            "exact (h : f (fun _ ↦ trace A))",
        ],
        expect![[r#"
            "native_decide": it holds `native_decide`: it trusts compiled code, not Lean's kernel
            "decide +native": it holds `native`: it trusts compiled code, not Lean's kernel
            "decide (config := { native := true })": it holds `native`: it trusts compiled code, not Lean's kernel
            "bv_decide": it holds `bv_decide`: it trusts compiled code, not Lean's kernel
            "run_tac foo": it holds `run_tac`: it runs code while Lean elaborates
            "exact by_elab foo": it holds `by_elab`: it runs code while Lean elaborates
            "exact eval% foo": it holds `eval%`: it runs code while Lean elaborates
            "simp (maxSteps := f 1)": it holds `maxSteps`: Lean runs the value of an option to know it
            "simp +arith (maxSteps := (1))": ok
            "decide (config := { (X.mk false) with kernel := false })": it holds `config`: Lean runs the value of an option to know it
            "simp (config := { maxSteps := f 1 })": it holds `config`: Lean runs the value of an option to know it
            "exact (IO.println x) lcProof": it holds `IO.println`: it could act on the machine where Lean runs it
            "open IO FS in exact createDir x": it holds `IO`: it could act on the machine where Lean runs it
            "exact «IO».«FS».createDir x": it holds `«IO».«FS».createDir`: it could act on the machine where Lean runs it
            "exact unsafeBaseIO x": it holds `unsafeBaseIO`: it swaps or skips what the kernel checks
            "exact dbgTraceVal x": it holds `dbgTraceVal`: it could act on the machine where Lean runs it
            "exact Lean.ofReduceBool _ _ rfl": it holds `Lean.ofReduceBool`: it trusts compiled code, not Lean's kernel
            "exact (unsafe x)": it holds `unsafe`: it swaps or skips what the kernel checks
            "exact include_str \"/etc/passwd\"": it holds `include_str`: it reads a file
            "open Foo in run_cmd bar": it holds `open`: it is a command, and a proof holds none
            "exact `(foo)": it holds ``(`: it is a quotation
            "exact ``(foo)": it holds ```: it is a quotation
            "let rec @[implemented_by f] g := x": it holds `let rec`: what it declares would stay behind
            "conv in fun x ↦ _ => simp (maxSteps := f 1)": it holds `maxSteps`: Lean runs the value of an option to know it
            "conv in (occs := 1) fun x ↦ _ => simp (maxSteps := f 1)": it holds `maxSteps`: Lean runs the value of an option to know it
            "conv =>\n  fun\n  conv => simp (maxSteps := f 1)": it holds `maxSteps`: Lean runs the value of an option to know it
            "case t.fun x => simp (maxSteps := f 1)": it holds `maxSteps`: Lean runs the value of an option to know it
            "exact fun x => foo (a := f 1)": it holds `a`: Lean runs the value of an option to know it
            "solve_by_elim +toX.y (maxDepth := f 1)": it holds `maxDepth`: Lean runs the value of an option to know it
            "simp -Foo (maxSteps := f 1)": it holds `maxSteps`: Lean runs the value of an option to know it
            "exact a +Nat.foo (n := f 1)": ok
            "with_reducible trace (f 1)": it holds `trace`: it runs code while Lean elaborates
            "unhygienic stop": it holds `stop`: it leaves the goal unproved
            "unhygienic stop rfl": it holds `stop`: it leaves the goal unproved
            "iterate 3 trace (f 1)": it holds `trace`: it runs code while Lean elaborates
            "exact (h : f (fun _ ↦ trace A))": it holds `trace`: it runs code while Lean elaborates
        "#]],
    );
}

#[test]
fn commands_are_refused() {
    check(
        Tactic,
        &[
            "rfl\n#eval foo",
            "rfl\n#foo",
            "rfl\nend Foo",
            "rfl\ntheorem x : T := y",
            "rfl\nlemma x : T := y",
            "rfl\n@[simp] lemma x : T := y",
            "rfl\naxiom x : T",
            "rfl\nlocal instance : T := y",
            "open Foo",
            "open Foo in theorem x : T := y",
            "open Foo in private def x := y",
            "set_option warn.sorry false in rfl",
            "rfl\nmacro \"x\" : tactic => `(tactic| rfl)",
            "rfl\nnotation \"x\" => y",
            "exact foo\nwhere foo := bar",
            "exact foo\ntermination_by x",
            "rfl\nscoped notation \"x\" => y",
            "rfl\npublic section",
            "rfl\ninclude h",
        ],
        expect![[r#"
            "rfl\n#eval foo": it holds `#eval`: it is a command, and a proof holds none
            "rfl\n#foo": it holds `#foo`: it is a command, and a proof holds none
            "rfl\nend Foo": it holds `end`: it is a command, and a proof holds none
            "rfl\ntheorem x : T := y": it holds `theorem`: it is a command, and a proof holds none
            "rfl\nlemma x : T := y": it holds `lemma`: it is a command, and a proof holds none
            "rfl\n@[simp] lemma x : T := y": it holds `@[`: it gives an attribute
            "rfl\naxiom x : T": it holds `axiom`: it is a command, and a proof holds none
            "rfl\nlocal instance : T := y": it holds `local`: it is a command, and a proof holds none
            "open Foo": it holds `open`: it is a command, and a proof holds none
            "open Foo in theorem x : T := y": it holds `open`: it is a command, and a proof holds none
            "open Foo in private def x := y": it holds `open`: it is a command, and a proof holds none
            "set_option warn.sorry false in rfl": it holds `set_option`: it changes how Lean checks
            "rfl\nmacro \"x\" : tactic => `(tactic| rfl)": it holds `macro`: it changes Lean's syntax
            "rfl\nnotation \"x\" => y": it holds `notation`: it changes Lean's syntax
            "exact foo\nwhere foo := bar": it holds `where`: it belongs to the declaration around the hole
            "exact foo\ntermination_by x": it holds `termination_by`: it belongs to the declaration around the hole
            "rfl\nscoped notation \"x\" => y": it holds `scoped`: it is a command, and a proof holds none
            "rfl\npublic section": it holds `public`: it is a command, and a proof holds none
            "rfl\ninclude h": it holds `include`: it is a command, and a proof holds none
        "#]],
    );
}

#[test]
fn a_candidate_is_whole_and_stays_in_its_block() {
    check(
        Tactic,
        &[
            "exact (a",
            "exact a)",
            "exact (a]",
            "exact ⟨a",
            "exact \"a",
            "exact «a",
            "exact x!\"{a}\"",
            "exact f \"{\"",
            "f ⁻¹'\"' \"",
            "exact s!\"{a\"",
            "exact '(' \"(\" s!\"{a}\"",
            "rfl -- x",
            "rfl /- x -/",
            "rfl /-",
            "/-- x -/ rfl",
            "rfl -/",
            "  simp\n  rfl",
            "  simp\nrfl",
            "simp\n  rfl\n\nrfl",
            "simp\n\n\u{202e}rfl",
            "simp\trfl",
            "simp\r\nrfl",
            "simp\rrfl",
            "exact \"\u{202e}\"",
            "exact f \"a\n  b\" c",
        ],
        expect![[r#"
            "exact (a": the bracket `(` has no partner
            "exact a)": the bracket `)` has no partner
            "exact (a]": the bracket `]` has no partner
            "exact ⟨a": the bracket `⟨` has no partner
            "exact \"a": `"a` is never closed
            "exact «a": `«a` is never closed
            "exact x!\"{a}\"": `"{` can be read in two ways
            "exact f \"{\"": `"{"` can be read in two ways
            "f ⁻¹'\"' \"": `"' "` can be read in two ways
            "exact s!\"{a\"": `"{` is never closed
            "exact '(' \"(\" s!\"{a}\"": ok
            "rfl -- x": it holds a comment
            "rfl /- x -/": it holds a comment
            "rfl /-": `/-` is never closed
            "/-- x -/ rfl": it holds a comment
            "rfl -/": it holds a comment
            "  simp\n  rfl": ok
            "  simp\nrfl": line 2 stands left of the first line and so outside the hole
            "simp\n  rfl\n\nrfl": ok
            "simp\n\n\u{202e}rfl": it holds the invisible character U+202E
            "simp\trfl": it holds the invisible character U+0009
            "simp\r\nrfl": ok
            "simp\rrfl": it holds the invisible character U+000D
            "exact \"\u{202e}\"": it holds the invisible character U+202E
            "exact f \"a\n  b\" c": ok
        "#]],
    );
    let nested =
        |deep: usize, open: &str, close: &str| open.repeat(deep) + "h" + &close.repeat(deep);
    for (open, close) in [
        ("(", ")"),
        ("⟨", "⟩"),
        ("fun x => ", ""),
        ("by exact ", ""),
        ("¬", ""),
    ] {
        assert_eq!(gate(Term, &nested(90, open, close)), Ok(()), "{open}");
        let refused = gate(Term, &nested(201, open, close));
        assert_eq!(refused, Err(Refusal::TooDeep), "{open}");
    }
    assert_eq!(gate(Tactic, &"have := h\n".repeat(300)), Ok(()));
    assert_eq!(gate(Tactic, &"x".repeat(MAX_CANDIDATE_BYTES)), Ok(()));
    assert_eq!(
        gate(Tactic, &"x".repeat(MAX_CANDIDATE_BYTES + 1)),
        Err(Refusal::TooLong)
    );
}

#[test]
fn a_term_is_one_term() {
    check(
        Term,
        &[
            "foo x",
            "by simp; rfl",
            "fun x => by\n  simp\n  rfl",
            "let x := 1; x",
            "∃ x, p x",
            "foo; bar",
            "foo := bar",
            "(foo; bar)",
            "{ x := 1 }",
            "calc a = b := h",
            "foo <;> bar",
        ],
        expect![[r#"
            "foo x": ok
            "by simp; rfl": ok
            "fun x => by\n  simp\n  rfl": ok
            "let x := 1; x": ok
            "∃ x, p x": ok
            "foo; bar": `;` does not belong to a single term
            "foo := bar": `:=` does not belong to a single term
            "(foo; bar)": ok
            "{ x := 1 }": ok
            "calc a = b := h": ok
            "foo <;> bar": `<;>` does not belong to a single term
        "#]],
    );
}

proptest! {
    #[test]
    fn what_passes_stays_in_its_hole(candidate in candidates()) {
        if gate(Tactic, &candidate).is_ok() {
            let text = format!("theorem a : T := by\n{candidate}\ntheorem b : T := x");
            let outline = unsorry_syntax::Outline::of(&text);
            prop_assert_eq!(outline.declarations.len(), 2);
            prop_assert!(outline.holes.is_empty());
            prop_assert!(outline.tokens.iter().all(|token| token.terminated));
        }
    }
}

fn candidates() -> impl Strategy<Value = String> {
    let parts = "sorry simp by « » \" { } s! x! throwError /- -/ -- ( ) . ' ` `` # @[ ] r#\" \"# \\ open in ⁻¹'";
    let parts: Vec<_> = parts.split(' ').chain([" ", "\n"]).collect();
    proptest::collection::vec(proptest::sample::select(parts), 0..10)
        .prop_map(|parts| parts.concat())
}
