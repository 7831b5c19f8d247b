//! Tests of the scopes of a text.

use super::*;
use crate::{commands, lex};
use expect_test::{Expect, expect};

/// A line a command, indented by its scopes: its kind, its namespace, its name, its text.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let tokens = lex(text);
    let commands = commands(text, &tokens);
    let scopes = Scopes::of(text, &tokens, &commands);
    let mut shown = String::new();
    for (at, command) in commands.iter().enumerate() {
        shown += &"  ".repeat(scopes.around(at).count());
        let name = command.name(text, &tokens);
        let own = &text[command.extent(&tokens)];
        let namespace = scopes.namespace(at);
        shown += &format!("{namespace}| {:?} {name:?} {own:?}\n", command.kind);
    }
    shown += &format!("{}|\n", scopes.last_namespace());
    expected.assert_eq(&shown);
}

#[test]
fn scopes_and_what_stands_in_them() {
    check(
        "module\nprelude\npublic import A.B\nimport all C\n/-! theorem -/\nnamespace A.B\nsection\n\
         open Foo (bar)\nvariable {α : Type}\n  [Add α]\nnoncomputable section X\ndef f := 1\n\
         end X\nend\nnamespace C\nend A.B.C\nmutual\ndef a := 1\nend\nend\nend Foo\n",
        expect![[r#"
            | Header "" "module"
            | Header "" "prelude"
            | Header "" "public import A.B"
            | Header "" "import all C"
            | Other "" "/-! theorem -/"
            | Scope "A.B" "namespace A.B"
              A.B| Scope "" "section"
                A.B| Directive "" "open Foo (bar)"
                A.B| Directive "" "variable {α : Type}\n  [Add α]"
                A.B| Scope "X" "noncomputable section X"
                  A.B| Declaration(Def) "f" "def f := 1"
                A.B| End "X" "end X"
              A.B| End "" "end"
              A.B| Scope "C" "namespace C"
            A.B.C| End "A.B.C" "end A.B.C"
            | Mutual "" "mutual"
              | Declaration(Def) "a" "def a := 1"
            | End "" "end"
            | End "" "end"
            | End "Foo" "end Foo"
            |
        "#]],
    );
}

#[test]
fn an_end_ends_as_many_parts_as_it_names() {
    check(
        "namespace A.B\ndef f := 1\nend B\ndef g := 1\nnamespace C\nsection S.T\ndef h := 1\n\
         end A.C.S.T\ndef i := 1\nnamespace «a.b».c\ndef j := 1\nend c\ndef k := 1",
        expect![[r#"
            | Scope "A.B" "namespace A.B"
              A.B| Declaration(Def) "f" "def f := 1"
              A.B| End "B" "end B"
              A| Declaration(Def) "g" "def g := 1"
              A| Scope "C" "namespace C"
                A.C| Scope "S.T" "section S.T"
                  A.C| Declaration(Def) "h" "def h := 1"
            A.C| End "A.C.S.T" "end A.C.S.T"
            | Declaration(Def) "i" "def i := 1"
            | Scope "«a.b».c" "namespace «a.b».c"
              «a.b».c| Declaration(Def) "j" "def j := 1"
              «a.b».c| End "c" "end c"
              «a.b»| Declaration(Def) "k" "def k := 1"
            «a.b»|
        "#]],
    );
}

#[test]
fn a_mutual_block_that_never_ends() {
    check(
        "namespace N\nmutual\ndef a := 1\nnamespace M\ndef b := 1\nend M\nmutual\ndef c := 1\nend N\ndef d := 1",
        expect![[r#"
            | Scope "N" "namespace N"
              N| Mutual "" "mutual"
                N| Declaration(Def) "a" "def a := 1"
              N| Scope "M" "namespace M"
                N.M| Declaration(Def) "b" "def b := 1"
              N.M| End "M" "end M"
              N| Mutual "" "mutual"
                N| Declaration(Def) "c" "def c := 1"
            N| End "N" "end N"
            | Declaration(Def) "d" "def d := 1"
            |
        "#]],
    );
}
