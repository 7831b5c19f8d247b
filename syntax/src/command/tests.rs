//! Tests of the commands found in a text.

use super::*;
use crate::lex;
use expect_test::{Expect, expect};

/// A line a command: its kind, its name, its text.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let tokens = lex(text);
    let mut shown = String::new();
    for command in commands(text, &tokens) {
        let name = command.name(text, &tokens);
        let own = &text[command.extent(&tokens)];
        shown += &format!("{:?} {name:?} {own:?}\n", command.kind);
    }
    expected.assert_eq(&shown);
}

#[test]
fn what_belongs_to_a_declaration() {
    check(
        "/-- doc -/\n@[simp, foo (a := [1])] private theorem t : ∀ x, (x := by\n  open Foo in\n  simp)\n\
         @[ext] structure S where\n  /-- field -/\n  x : Nat\n  deriving Repr\n\
         deriving instance Foo for Bar\nclass inductive C\nopen A in set_option b true in\n/-- d -/\n\
         lemma l : p where\n\nopen A in theorem m : «theorem» := foo.end\n#eval 1\nlocal notation \"x\" => x\n\
         attribute [instance] foo\ngrind_pattern l => x\nunseal f in\ntheorem n : p\nexample : p := sorry",
        expect![[r##"
            Declaration(Theorem) "t" "/-- doc -/\n@[simp, foo (a := [1])] private theorem t : ∀ x, (x := by\n  open Foo in\n  simp)"
            Declaration(Structure) "S" "@[ext] structure S where\n  /-- field -/\n  x : Nat\n  deriving Repr"
            Other "" "deriving instance Foo for Bar"
            Declaration(Structure) "C" "class inductive C"
            Declaration(Theorem) "l" "open A in set_option b true in\n/-- d -/\nlemma l : p where"
            Declaration(Theorem) "m" "open A in theorem m : «theorem» := foo.end"
            Other "" "#eval 1"
            Notation "" "local notation \"x\" => x"
            Directive "" "attribute [instance] foo"
            Other "" "grind_pattern l => x"
            Declaration(Theorem) "n" "unseal f in\ntheorem n : p"
            Declaration(Example) "" "example : p := sorry"
        "##]],
    );
    check(
        "theorem foo (a\ntheorem bar : [\n@[simp]\nlemma",
        expect![[r#"
            Declaration(Theorem) "foo" "theorem foo (a"
            Declaration(Theorem) "bar" "theorem bar : ["
            Declaration(Theorem) "" "@[simp]\nlemma"
        "#]],
    );
}

#[test]
fn an_attribute_ends_at_its_own_bracket() {
    check(
        "@[foo (a := [1])] theorem t : T := x\n@[a [b [c]], d] def u := 1\nattribute [a [b]] u",
        expect![[r#"
            Declaration(Theorem) "t" "@[foo (a := [1])] theorem t : T := x"
            Declaration(Def) "u" "@[a [b [c]], d] def u := 1"
            Directive "" "attribute [a [b]] u"
        "#]],
    );
}

#[test]
fn nothing_within_a_comment_a_string_or_a_name_is_a_command() {
    check(
        "/- /- theorem -/ def -/ theorem a : «def x» := \"\ntheorem\"\ndef b := r#\"\"\ntheorem \"#\n\
         def c := s!\"{d\n}theorem\"\ndef e := '\\'' -- theorem\ndef f := 'd'\ntheorem α₁ : ℕ := 𝒜",
        expect![[r##"
            Declaration(Theorem) "a" "theorem a : «def x» := \"\ntheorem\""
            Declaration(Def) "b" "def b := r#\"\"\ntheorem \"#"
            Declaration(Def) "c" "def c := s!\"{d\n}theorem\""
            Declaration(Def) "e" "def e := '\\''"
            Declaration(Def) "f" "def f := 'd'"
            Declaration(Theorem) "α₁" "theorem α₁ : ℕ := 𝒜"
        "##]],
    );
}

#[test]
fn documentation_may_stand_on_its_declarations_line() {
    check(
        "/-- d -/ lemma a : T := x\n/- c -/ lemma b : T := x\n/-- d\n e -/ @[simp] lemma c : T := x",
        expect![[r#"
            Declaration(Theorem) "a" "/-- d -/ lemma a : T := x"
            Declaration(Theorem) "b" "lemma b : T := x"
            Declaration(Theorem) "c" "/-- d\n e -/ @[simp] lemma c : T := x"
        "#]],
    );
}

#[test]
fn prefixes_and_hash_commands() {
    check(
        "open A B in\nopen scoped C in\nvariable (x) in\n#guard_msgs in\ntheorem a : T := x\n#check x\n#foo\n  #eval 1\n\
         def b := #s\nalias c := b\nprotected alias d := b\ntheorem e (module : T) : T := by\n  prelude\nend",
        expect![[r##"
            Declaration(Theorem) "a" "open A B in\nopen scoped C in\nvariable (x) in\n#guard_msgs in\ntheorem a : T := x"
            Other "" "#check x"
            Other "" "#foo"
            Other "" "#eval 1"
            Declaration(Def) "b" "def b := #s"
            Alias "c" "alias c := b"
            Alias "d" "protected alias d := b"
            Declaration(Theorem) "e" "theorem e (module : T) : T := by\n  prelude"
            End "" "end"
        "##]],
    );
}
