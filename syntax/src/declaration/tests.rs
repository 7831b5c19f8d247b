//! Tests of the declarations found in a text.

use super::*;
use crate::lex;
use expect_test::{Expect, expect};

/// A line a declaration: kind and name, its extent (the middle cut out), and its block's where that is
/// another.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let cut = |range: &Range<usize>| {
        let chars: Vec<char> = text[range.clone()].chars().collect();
        let cut = match chars.len() {
            0..=48 => chars.iter().collect(),
            n => chars[..22]
                .iter()
                .chain(&['…'])
                .chain(&chars[n - 24..])
                .collect::<String>(),
        };
        cut.replace('\n', "↵")
    };
    let mut shown = String::new();
    for found in declarations(text, &lex(text)) {
        let name = found.name.as_ref().map_or("-", |name| &text[name.clone()]);
        let keyword = &text[found.keyword.clone()];
        shown.push_str(&format!("{:?} {keyword} {name}", found.kind));
        shown.push_str(&format!(" ⟦{}⟧", cut(&found.extent)));
        if found.block != found.extent {
            shown.push_str(&format!(" in ⟦{}⟧", cut(&found.block)));
        }
        shown.push('\n');
    }
    expected.assert_eq(&shown);
}

#[test]
fn every_kind() {
    check(
        "theorem a : T := x\nlemma b : T := x\nexample : T := x\ndef c := x\nabbrev d := x\n\
             instance : Foo T := x\ninstance e : Foo T where\n  f := x\ninstance (priority := low) g.h : T := x\n\
             structure S where\n  x : Nat := 3\nclass C (α : Type) where\n  x : α\ninductive I | a | b\n\
             class inductive K | a\naxiom m : T\nopaque n : T\ninitialize o : IO.Ref Nat ← IO.mkRef 0\n\
             initialize\n  foo\nirreducible_def p := x\ntheorem q.{u} : T.{u} := x\ntheorem «r s» : T := x",
        expect![[r#"
            Theorem theorem a ⟦theorem a : T := x⟧
            Theorem lemma b ⟦lemma b : T := x⟧
            Example example - ⟦example : T := x⟧
            Def def c ⟦def c := x⟧
            Def abbrev d ⟦abbrev d := x⟧
            Instance instance - ⟦instance : Foo T := x⟧
            Instance instance e ⟦instance e : Foo T where↵  f := x⟧
            Instance instance g.h ⟦instance (priority := low) g.h : T := x⟧
            Structure structure S ⟦structure S where↵  x : Nat := 3⟧
            Structure class C ⟦class C (α : Type) where↵  x : α⟧
            Inductive inductive I ⟦inductive I | a | b⟧
            Structure class K ⟦class inductive K | a⟧
            Other axiom m ⟦axiom m : T⟧
            Other opaque n ⟦opaque n : T⟧
            Other initialize o ⟦initialize o : IO.Ref Nat ← IO.mkRef 0⟧
            Other initialize - ⟦initialize↵  foo⟧
            Def irreducible_def p ⟦irreducible_def p := x⟧
            Theorem theorem q ⟦theorem q.{u} : T.{u} := x⟧
            Theorem theorem «r s» ⟦theorem «r s» : T := x⟧
        "#]],
    );
}

#[test]
fn prefixes_belong_to_their_declaration() {
    check(
        "/-- doc -/\n@[simp, foo [a, b]]\nprivate theorem a : T := x\n\n\
             set_option maxHeartbeats 0 in\nopen Foo Bar (baz) in\n/-- doc -/ @[simp] protected lemma b : T := x -- c\n\n\
             open scoped Foo in example : T := x\nvariable (x : T) in\nomit [Foo T] in\ntheorem c : T := x\n\
             /-- info: x -/\n#guard_msgs in\ntheorem d : T := x\n@[simp] unsafe def e := x\nattribute [simp] foo in\ntheorem f : T := x\n\
             open Foo in\nunknown_command\nlocal instance : T := x\nnoncomputable section\ntheorem g : T := x",
        expect![[r#"
                Theorem theorem a ⟦/-- doc -/↵@[simp, foo…ivate theorem a : T := x⟧
                Theorem lemma b ⟦set_option maxHeartbea…otected lemma b : T := x⟧
                Example example - ⟦open scoped Foo in example : T := x⟧
                Theorem theorem c ⟦variable (x : T) in↵om…T] in↵theorem c : T := x⟧
                Theorem theorem d ⟦/-- info: x -/↵#guard_msgs in↵theorem d : T := x⟧
                Def def e ⟦@[simp] unsafe def e := x⟧
                Theorem theorem f ⟦attribute [simp] foo in↵theorem f : T := x⟧
                Instance instance - ⟦local instance : T := x⟧
                Theorem theorem g ⟦theorem g : T := x⟧
            "#]],
    );
}

#[test]
fn tactics_and_terms_may_use_the_words_of_commands() {
    check(
        "theorem a : T := by\n  open Foo in\n  set_option x true in\n  exact foo\n\ntheorem b : T := open Foo in by\n  simp\n\
             def c := (fun instance' => x).end\n  deriving Repr, BEq\nderiving instance Foo for T\n\
             theorem d : T := by\n  exact x.instance.def\ntheorem e : T :=\n  foo .end `theorem ``def\n\
             macro \"foo\" : command => `(theorem x : T := y)\nelab \"bar\" : command => do\n  elabCommand (← `(def x := y\n    instance : T := x))\n\
             def f := #[1].size + #s\ntheorem g : T := by\n  intro lemma\n  exact lemma",
        expect![[r#"
                Theorem theorem a ⟦theorem a : T := by↵  …on x true in↵  exact foo⟧
                Theorem theorem b ⟦theorem b : T := open Foo in by↵  simp⟧
                Def def c ⟦def c := (fun instance…end↵  deriving Repr, BEq⟧
                Theorem theorem d ⟦theorem d : T := by↵  exact x.instance.def⟧
                Theorem theorem e ⟦theorem e : T :=↵  foo .end `theorem ``def⟧
                Def def f ⟦def f := #[1].size + #s⟧
                Theorem theorem g ⟦theorem g : T := by↵  intro lemma↵  exact lemma⟧
            "#]],
    );
}

#[test]
fn what_ends_a_declaration() {
    check(
        "theorem a : T := x\n-- comment\n/- comment -/\n/-! section -/\ntheorem b : T := x\n\n/-- doc -/\nadd_decl_doc b\n\
             theorem c : T := x\n#eval sorry\ntheorem d : T := x\n\nunknown_command foo\n\ntheorem e : T :=\nfoo where\n  foo := x\ntermination_by x\ndecreasing_by sorry\n\n\
             theorem e' : T := by\nsimp\n\nlinarith\n\nnamespace N\n  theorem f : T := x\n  theorem g : T := x\nend N\ntheorem h : T := x theorem i : T := x\n#exit\ntheorem j : T := x",
        expect![[r#"
                Theorem theorem a ⟦theorem a : T := x⟧
                Theorem theorem b ⟦theorem b : T := x⟧
                Theorem theorem c ⟦theorem c : T := x⟧
                Theorem theorem d ⟦theorem d : T := x⟧
                Theorem theorem e ⟦theorem e : T :=↵foo w…by x↵decreasing_by sorry⟧
                Theorem theorem e' ⟦theorem e' : T := by↵simp↵↵linarith⟧
                Theorem theorem f ⟦theorem f : T := x⟧
                Theorem theorem g ⟦theorem g : T := x⟧
                Theorem theorem h ⟦theorem h : T := x⟧
                Theorem theorem i ⟦theorem i : T := x⟧
            "#]],
    );
}

#[test]
fn a_mutual_block_is_one_unit() {
    check(
        "mutual\n  theorem a : T := x\n  def b := x\nend\nset_option x true in\nmutual\ntheorem c : T := x\nend\nsection\ntheorem d : T := x\nend\n\
             namespace N\nmutual\nmutual\ntheorem e : T := x\nend N\ntheorem f : T := x\nmutual\ndef g := x",
        expect![[r#"
                Theorem theorem a ⟦theorem a : T := x⟧ in ⟦mutual↵  theorem a : T := x↵  def b := x↵end⟧
                Def def b ⟦def b := x⟧ in ⟦mutual↵  theorem a : T := x↵  def b := x↵end⟧
                Theorem theorem c ⟦theorem c : T := x⟧ in ⟦set_option x true in↵m…l↵theorem c : T := x↵end⟧
                Theorem theorem d ⟦theorem d : T := x⟧
                Theorem theorem e ⟦theorem e : T := x⟧ in ⟦mutual↵theorem e : T := x⟧
                Theorem theorem f ⟦theorem f : T := x⟧
                Def def g ⟦def g := x⟧ in ⟦mutual↵def g := x⟧
            "#]],
    );
}

#[test]
fn a_text_being_typed() {
    check(
        "theorem",
        expect![[r#"
            Theorem theorem - ⟦theorem⟧
        "#]],
    );
    check(
        "theorem : T := x\ntheorem a (h : T := x\ntheorem b : T := (x\n  def c := x\ninstance where\n@[simp\ntheorem d : T := x",
        expect![[r#"
                Theorem theorem - ⟦theorem : T := x⟧
                Theorem theorem a ⟦theorem a (h : T := x⟧
                Theorem theorem b ⟦theorem b : T := (x↵  def c := x⟧
                Instance instance - ⟦instance where↵@[simp⟧
                Theorem theorem d ⟦theorem d : T := x⟧
            "#]],
    );
    check(
        "open\ntheorem a : T := x\nopen Foo in\n",
        expect![[r#"
                Theorem theorem a ⟦theorem a : T := x⟧
            "#]],
    );
    check("set_option", expect![]);
}
