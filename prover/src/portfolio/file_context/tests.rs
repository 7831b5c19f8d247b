//! Tests of what is read above a hole.

use super::inductive::Argument;
use super::*;
use expect_test::{Expect, expect};

fn check(before: &str, expect: Expect) {
    let file = FileContext::read(before);
    let mut shown = String::new();
    for declaration in &file.declarations {
        shown += &format!("{:?} {}\n", declaration.kind, declaration.name);
    }
    shown += &format!("own: {:?}\n", file.own);
    expect.assert_eq(&shown);
}

#[test]
fn declarations_as_the_hole_can_name_them() {
    check(
        "import A\n/- def no := 0 -/\nnamespace A\n@[simp] private def f := 1 -- def no\n\
             section\nnamespace B\n  def Deep.g := \"def no\"\nend B\nend\ntheorem t : f = 1 := by\n  ",
        expect![[r#"
                Def f
                Def B.Deep.g
                own: None
            "#]],
    );
    check(
        "namespace A\ninstance : Add N := ⟨f⟩\nend A\ninductive N\n#eval 1\ntheorem t : ∀ n : N, p n\n  | .z => ",
        expect![[r#"
                Instance A.
                Inductive N
                own: Some("t")
            "#]],
    );
}

#[test]
fn attributes_and_scopes_end_where_lean_ends_them() {
    check(
        "namespace A.B\n@[foo (a := [1])] def f := 1\nend B\ndef g := 2 def h := 3\nnamespace B.C\n\
             instance (priority := low) i : T := 4\nend A.B.C\ndef j := \"\ndef no := 5\"\nnamespace A\nexample : T := by",
        expect![[r#"
                Def B.f
                Def g
                Def h
                Instance B.C.i
                Def j
                own: None
            "#]],
    );
}

#[test]
fn constructors_of_every_form() {
    let file = FileContext::read(
        "inductive T (α : Type) where\n  | leaf\n  | one (x : α) {y : α}\n  \
             | node : T α → (x y : α) → T α → T α\n  | many (ts : List (T α))\n  deriving Repr\n#eval 1\n",
    );
    let mut shown = String::new();
    for Constructor { name, arguments } in file.constructors("T").unwrap() {
        shown += &name;
        for Argument { name, recursive } in arguments {
            shown += &format!(
                " {}{}",
                name.unwrap_or("_".into()),
                if recursive { "*" } else { "" }
            );
        }
        shown += "\n";
    }
    expect![[r#"
            leaf
            one x
            node _* x y _*
            many ts*
        "#]]
    .assert_eq(&shown);
}

#[test]
fn lemmas_that_fit_and_are_proved() {
    let file = FileContext::read(
        "def size : T → Nat := f\ntheorem a (t : T) : size t = 0 := rfl\n\
             theorem b (t : T) : size t = 1 := sorry\ntheorem c : depth t = 0 := rfl\n\
             theorem d (t : T) : size t + 0 = 0 := rfl\ntheorem e : ",
    );
    assert_eq!(file.lemmas("size x + 0 = 1"), ["d", "a"]);
    assert_eq!(file.definitions("x.size = 1").1, ["size"]);
    let both = FileContext::read("def T.mirror := 1\ndef T.size := 2\n#eval 1\n");
    let direct = both.definitions("x.mirror.size = 1").0;
    assert_eq!(direct, ["T.mirror", "T.size"]);
}

#[test]
fn definitions_that_simp_unfolds_for_ever() {
    let check = |text: &str, expected: bool| {
        let file = FileContext::read(&format!("{text}\n#eval 1\n"));
        assert_eq!(file.declarations[0].loops(), expected, "{text}");
    };
    check(
        "def gcd (a b : Nat) : Nat := if b = 0 then a else gcd b (a % b)",
        true,
    );
    check(
        "def half : Nat → Nat\n  | n => if n < 2 then 0 else half (n - 2)",
        true,
    );
    check(
        "def sum : List Nat → Nat\n  | [] => 0\n  | x :: xs => x + sum xs",
        false,
    );
    check(
        "def ack : Nat → Nat → Nat\n  | 0, n => n + 1\n  | m + 1, n => ack m n",
        false,
    );
    check("def twice (n : Nat) : Nat := n + n", false);
}
