//! `unsorry verify`, with a real Lean.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use unsorry_search::command::LeanCommand;
use unsorry_search::contain::ContainerConfig;
use unsorry_search::referee::{Referee, Standing, Verdict, Verified};
use unsorry_tests::editor::program;

use crate::prove::run;

const LIMIT: Duration = Duration::from_secs(600);

fn referee(folder: &Path) -> Referee {
    let limits = ContainerConfig {
        supervisor: program(),
        ..ContainerConfig::default()
    };
    let command = LeanCommand::resolve(&[], folder);
    Referee::new(command, folder.to_owned(), LIMIT, limits)
}

async fn verify(referee: &Referee, before: &str, after: &str) -> Verified {
    let path = Path::new("/nowhere/A.lean");
    let verified = referee.verify(path, (before, after), LIMIT).await;
    verified.expect("a word")
}

/// What is said of each declaration, in the order of their names; of what is as it was, nothing.
fn told(verified: Verified) -> BTreeMap<String, String> {
    let verdicts = match verified {
        Verified::Declarations {
            verdicts, kernel, ..
        } => {
            assert!(kernel.starts_with("Lean 4."), "{kernel}");
            verdicts
        }
        other => panic!("{other:?}"),
    };
    let tell = |verdict: Verdict| {
        let said = match verdict.standing {
            Standing::Unchanged => return None,
            Standing::Changed(why) => why,
            Standing::Refused(why) => format!("refused: {why}"),
            Standing::Open(others) => format!("open {others:?}"),
            Standing::Axioms(axioms) => format!("axioms {axioms:?}"),
            Standing::Proved => format!("proved {:?}", verdict.axioms),
            other => format!("{other:?}").to_lowercase(),
        };
        Some((verdict.name, said))
    };
    verdicts.into_iter().filter_map(tell).collect()
}

/// A piece of a file before and after, and what is to be said of declarations in it.
struct Piece {
    before: String,
    after: String,
    said: Vec<(String, &'static str)>,
}

fn piece(before: &str, after: &str, said: &[(&str, &'static str)]) -> Piece {
    let said = said.iter().map(|(name, said)| ((*name).to_owned(), *said));
    Piece {
        before: before.to_owned(),
        after: after.to_owned(),
        said: said.collect(),
    }
}

/// Checks what is said of the pieces, as one file; of new declarations more may be said.
async fn check(pieces: &[Piece]) {
    let folder = tempfile::tempdir().expect("a folder");
    let referee = referee(folder.path());
    let join = |part: fn(&Piece) -> &String| {
        let parts: Vec<&str> = pieces.iter().map(|piece| part(piece).as_str()).collect();
        parts.join("\n") + "\n"
    };
    let (before, after) = (join(|piece| &piece.before), join(|piece| &piece.after));
    let expected: BTreeMap<&str, &str> = pieces
        .iter()
        .flat_map(|piece| &piece.said)
        .map(|(name, said)| (name.as_str(), *said))
        .collect();
    let told = told(verify(&referee, &before, &after).await);
    for (name, said) in &expected {
        let found = told.get(*name).map_or("nothing", String::as_str);
        assert!(found.starts_with(said), "{name}: {found}, not {said}");
    }
    for (name, said) in &told {
        let is_expected = said == "new" || expected.contains_key(name.as_str());
        assert!(is_expected, "{name}: {said}");
    }
}

#[tokio::test]
async fn what_is_filled_is_well() {
    check(&[
        piece(
            "theorem easy (n : Nat) : n + 0 = n := by sorry",
            "private theorem helper (n : Nat) : n + 0 = n := Nat.add_zero n\n\
             theorem matcher (n : Nat) : (match n with | 0 => 1 | k+1 => k) = (match n with | 0 => 1 | k+1 => k) := rfl\n\
             theorem easy (n : Nat) : n + 0 = n := helper n",
            &[("helper", "new"), ("matcher", "new"), ("easy", "proved []")],
        ),
        piece(
            "theorem uses (n : Nat) : n + 0 + 0 = n := (easy _).trans (easy n)",
            "theorem uses (n : Nat) : n + 0 + 0 = n := (easy _).trans (easy n)",
            &[("uses", "proved")],
        ),
        // Lean has the matcher of the helper used here.
        piece(
            "def f (n : Nat) : Nat := match n with | 0 => 1 | k+1 => k\n\
             theorem m (n : Nat) : (match n with | 0 => 1 | k+1 => k) = f n := by sorry",
            "def f (n : Nat) : Nat := match n with | 0 => 1 | k+1 => k\n\
             theorem m (n : Nat) : (match n with | 0 => 1 | k+1 => k) = f n := by cases n <;> rfl",
            &[("m", "proved []")],
        ),
        piece(
            "def small : Fin 3 := ⟨1, by sorry⟩\ndef data : Nat → Nat := fun n => sorry",
            "def small : Fin 3 := ⟨1, by omega⟩\ndef data : Nat → Nat\n  | 0 => 1\n  | n + 1 => data n",
            &[("small", "proved"), ("data", "filled")],
        ),
        piece(
            "def half (n : Nat) : Nat := if h : n = 0 then 0 else half (n / 2) + 1\n\
             termination_by n\ndecreasing_by sorry",
            "def half (n : Nat) : Nat := if h : n = 0 then 0 else half (n / 2) + 1\n\
             termination_by n\ndecreasing_by omega",
            &[("half", "proved")],
        ),
        piece(
            "example (p q : Prop) : (p ∧ q) = (q ∧ p) := by sorry\nexample : 1 = 1 := rfl",
            "example (p q : Prop) : (p ∧ q) = (q ∧ p) := propext And.comm\nexample : 1 = 1 := by decide",
            &[("example 1", "proved [\"propext\"]")],
        ),
        // Of what Lean makes by itself nothing is said: it needs other equations, and compiles another function.
        piece(
            "def rec (n : Nat) : Nat := match n with | 0 => sorry | k + 1 => rec k\n\
             @[simp] def plain (n : Nat) : Nat := match n with | 0 => 1 | k + 1 => plain k\n\
             theorem unused : plain 1 = 1 := by first | (unfold plain; done) | sorry\n\
             macro \"hygienic\" : command => `(def hidden : Nat := 1)\nhygienic",
            "def rec (n : Nat) : Nat := match n with | 0 => 1 | k + 1 => rec k\n\
             @[simp] def plain (n : Nat) : Nat := match n with | 0 => 1 | k + 1 => plain k\n\
             theorem unused : plain 1 = 1 := rfl\n\
             macro \"hygienic\" : command => `(def hidden : Nat := 1)\nhygienic",
            &[("rec", "filled"), ("unused", "proved")],
        ),
        piece(
            "theorem done : 2 + 2 = 4 := rfl\ninductive T | a | b (t : T)\ntheorem broken : 1 + 1 = 2 := nope",
            "theorem done : 2 + 2 = 4 := by decide\ninductive T | a | b (t : T)\n/-- Mended. -/\ntheorem broken : 1 + 1 = 2 := rfl",
            &[("done", "reproved"), ("broken", "proved")],
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_has_changed_is_told() {
    check(&[
        piece(
            "theorem weak (n : Nat) : n < n + 1 := by sorry",
            "theorem weak (n : Nat) : n ≤ n + 1 := by omega",
            &[("weak", "its statement is another")],
        ),
        piece(
            "def two : Nat := 2",
            "def two : Nat := 3",
            &[("two", "its value is another")],
        ),
        piece(
            "theorem open_ : 1 = 1 := by sorry\ntheorem leans : 1 = 1 := open_",
            "set_option warn.sorry false in\ntheorem open_ : 1 = 1 := by first | sorry | rfl\ntheorem leans : 1 = 1 := open_",
            &[("open_", "open []"), ("leans", "open [\"open_\"]")],
        ),
        piece(
            "theorem onto : 1 = 2 := by sorry",
            "axiom cheat : 1 = 2\ntheorem onto : 1 = 2 := cheat",
            &[("cheat", "newaxiom"), ("onto", "axioms [\"cheat\"]")],
        ),
        piece(
            "axiom known : 1 = 3\ntheorem borrows : 1 = 3 := by sorry\ntheorem has : 1 = 3 := known",
            "axiom known : 1 = 3\ntheorem borrows : 1 = 3 := known\ntheorem has : 1 = 3 := known.trans rfl",
            &[("borrows", "axioms [\"known\"]"), ("has", "reproved")],
        ),
        piece(
            "instance five : Inhabited Nat := ⟨5⟩\ntheorem gone : True := trivial\nexample : True := trivial",
            "instance five : Inhabited Nat := ⟨6⟩",
            &[("five", "its value"), ("gone", "gone"), ("example 1", "gone")],
        ),
        piece(
            "theorem kind : True := by sorry\ndef kind' : Nat := 1\ntheorem stated : 1 = 4 := by sorry",
            "def kind : True := trivial\nopaque kind' : Nat := 1\naxiom stated : 1 = 4",
            &[
                ("kind", "it is a definition now, not a theorem"),
                ("kind'", "it is an opaque constant now, not a definition"),
                ("stated", "it is an axiom now, not a theorem"),
            ],
        ),
        piece(
            "inductive Tree | leaf | node (a b : Tree)\nstructure P where\n  n : Nat\nclass C (α : Type) where\n  c : α",
            "inductive Tree | leaf | node (a b c : Tree)\nstructure P where\n  n : Nat\n  m : Nat\nclass C (α : Type) where\n  c : α → α",
            &[("Tree", "what belongs to it"), ("P", "what belongs to it"), ("C", "what belongs to it")],
        ),
        piece(
            "theorem univ.{u} (α : Sort u) : α = α := by sorry\ntheorem univ' (α : Type) : α = α := by sorry",
            "theorem univ.{v} (α : Sort v) : α = α := rfl\ntheorem univ' (α : Prop) : α = α := rfl",
            &[("univ", "its universe"), ("univ'", "its statement")],
        ),
        piece(
            "theorem binder (n : Nat) : n = n := by sorry\ntheorem binder' [Inhabited Nat] : 1 = 1 := by sorry",
            "theorem binder {n : Nat} : n = n := rfl\ntheorem binder' (_ : Inhabited Nat) : 1 = 1 := rfl",
            &[("binder", "its statement"), ("binder'", "its statement")],
        ),
        piece(
            "def pick (n : Nat) : Nat := match n with | 0 => 1 | _ => 2\ntheorem stmt : (sorry : Nat) = 2 := by sorry",
            "def pick (n : Nat) : Nat := match n with | 1 => 1 | _ => 2\ntheorem stmt : 2 = 2 := rfl",
            &[("pick", "its value"), ("stmt", "its statement")],
        ),
    ])
    .await;
}

/// Whatever the name of what is open or gone, and whoever gave it.
#[tokio::test]
async fn names_hide_nothing() {
    let open = |text: &str, said: &[(&str, &'static str)]| piece(text, text, said);
    check(&[
        open("theorem «_p.q» : 1 = 2 := by sorry", &[("«_p.q»", "open []")]),
        open(
            "namespace proof_1\nexample : 1 = 2 := by sorry\ninstance : Nonempty Empty := by sorry\nend proof_1",
            &[("example 1", "open"), ("proof_1.instNonemptyEmpty_a", "open")],
        ),
        piece(
            "def t : Nat := 1\nnamespace t._x\ninstance : Nonempty (Fin 0) := by sorry\nend t._x\n\
             theorem «_r.s» : 1 = 2 := by sorry",
            "def t : Nat := 1",
            &[("t._x.instNonemptyFinOfNatNat_a", "gone"), ("«_r.s»", "gone")],
        ),
        open(
            "macro \"made\" : command => `(theorem $(Lean.mkIdent `_h) : 1 = 2 := by sorry)\nmade\n\
             macro \"proof_of\" n:ident : command => `(theorem $n : 1 = 2 := by sorry)\nproof_of t._proof_9",
            &[("_h", "open"), ("t._proof_9", "open")],
        ),
        piece(
            "macro \"postulate \" n:ident \" : \" t:term : command => `(axiom $n : $t)\n\
             inductive Day | mon | tue\npostulate Day.eq_1 : Day.mon = Day.mon",
            "macro \"postulate \" n:ident \" : \" t:term : command => `(axiom $n : $t)\n\
             inductive Day | mon | tue\npostulate Day.eq_1 : Day.mon = Day.tue",
            &[("Day", "what belongs to it")],
        ),
        piece(
            "theorem bad : (1 : Nat) = \"x\" := by sorry\nopen Nowhere\n#eval nope",
            "theorem bad : 1 = 1 := rfl",
            &[("bad", "unknown")],
        ),
    ])
    .await;
}

/// All of these would prove what is false.
#[tokio::test]
async fn who_cheats_is_found_out() {
    let goal = |name: &str| format!("theorem {name} (n : Nat) : n < two → n = 0 := by sorry");
    let states = "(n : Nat) : n < two → n = 0 :=";
    let mut pieces = vec![piece("def two : Nat := 2", "def two : Nat := 2", &[])];
    // The statement's text is the same, and says something else.
    for (name, trick) in [
        ("notation_", "local notation \"two\" => 0"),
        ("macro_", "local macro_rules | `($_ < $_) => `(False)"),
        (
            "instance_",
            "local instance (priority := high) : LT Nat := ⟨fun _ _ => False⟩",
        ),
        (
            "variable_",
            "variable (impossible : False)\ninclude impossible",
        ),
    ] {
        let proof = "by first | (intro h; exact (show False from h).elim) | simp_all";
        let before = format!("section\n{}\nend", goal(name));
        let after = format!("section\n{trick}\ntheorem {name} {states} {proof}\nend");
        pieces.push(piece(
            &before,
            &after,
            &[(name, "its statement is another")],
        ));
    }
    for (after, said) in [
        (
            "namespace Inner\ndef two : Nat := 0\ntheorem _root_.shadowed S by simp [two]\nend Inner",
            &[("shadowed", "its statement")][..],
        ),
        (
            "namespace Other\ntheorem named (n : Nat) : n < 0 → n = 0 := by simp\nend Other",
            &[("named", "gone"), ("Other.named", "new")],
        ),
        (
            "set_option autoImplicit true in\n\
             theorem auto (n : Nat) (h : α) (_ : Not α) : n < two → n = 0 := by contradiction",
            &[("auto", "its statement")],
        ),
        (
            "theorem optional_ (n : Nat) (_ : n = 0 := by trivial) : n < two → n = 0 := fun _ => by assumption",
            &[("optional_", "its statement")],
        ),
        (
            "macro \"hidden\" : command => `(command| axiom $(Lean.mkIdent `by_macro_) : False)\nhidden\n\
             theorem by_macro S by_macro_.elim",
            &[("by_macro", "axioms"), ("by_macro_", "newaxiom")],
        ),
        (
            "private axiom hidden_ : False\ntheorem by_private S hidden_.elim",
            &[("by_private", "axioms"), ("hidden_", "newaxiom")],
        ),
        (
            "def lie : Bool := true\n@[implemented_by lie] def truth : Bool := false\n\
             theorem native S (show False from Bool.noConfusion (show truth = true by native_decide)).elim",
            &[("native", "refused")],
        ),
        (
            "theorem named_sorry S sorryAx _ true",
            &[("named_sorry", "open")],
        ),
    ] {
        let after = after.replace(" S ", &format!(" {states} "));
        pieces.push(piece(&goal(said[0].0), &after, said));
    }
    check(&pieces).await;
}

#[test]
fn exit_codes_json_and_revisions() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("A.lean");
    let write = |text: &str| std::fs::write(&path, text).expect("written");
    let code = |output: &Output| output.status.code();
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@t"])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{output:?}");
    };
    let before = "theorem t : 1 = 1 := by\n  sorry\ntheorem u : 2 = 2 := rfl\n";
    write(before);
    git(&["init", "-q"]);
    git(&["add", "A.lean"]);
    git(&["commit", "-qm", "before"]);
    write("theorem t : 1 = 1 := by\n  rfl\ntheorem u : 2 = 2 := rfl\n");
    let output = run(folder.path(), "verify", &["--git", "HEAD", "A.lean"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(code(&output), Some(0), "{output:?}");
    assert!(
        said.starts_with("  ✓ proved `t` · no axioms\nA.lean verified: 1 proved, 1 as they were"),
        "{said}"
    );

    let output = run(
        folder.path(),
        "verify",
        &["--json", "--git", "HEAD", "A.lean"],
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["verified"], true);
    assert_eq!(
        (&report["before"], &report["after"]),
        (&json!("HEAD:A.lean"), &json!("A.lean"))
    );
    let declarations = json!([
        {"name": "t", "kind": "theorem", "status": "proved", "axioms": [], "on_filled": []},
        {"name": "u", "kind": "theorem", "status": "unchanged", "axioms": [], "on_filled": []},
    ]);
    assert_eq!(report["declarations"], declarations);

    std::fs::write(folder.path().join("B.lean"), before).expect("written");
    write("\ntheorem t : 1 = 1 := by\n  nope\n");
    let output = run(folder.path(), "verify", &["B.lean", "A.lean"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(code(&output), Some(1), "{output:?}");
    assert!(said.starts_with("  ✗ A.lean:3: "), "{said}");

    let broken = "theorem t : 1 = 1 := nope\ntheorem s : (1 : Nat) = \"x\" := by sorry\n";
    std::fs::write(folder.path().join("C.lean"), broken).expect("written");
    write("theorem t : 1 = 1 := rfl\n");
    let output = run(folder.path(), "verify", &["--json", "C.lean", "A.lean"]);
    assert_eq!(code(&output), Some(1), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["left_out"], json!([1, 2]));
    let statuses = [0, 1].map(|at| report["declarations"][at]["status"].clone());
    assert_eq!(statuses, [json!("proved"), json!("unknown")]);

    write(&format!("import Init.Prelude\n{before}"));
    let output = run(folder.path(), "verify", &["B.lean", "A.lean"]);
    assert_eq!(code(&output), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("import"), "{said}");

    for arguments in [
        &["A.lean"][..],
        &["A.lean", "D.lean"],
        &["--git", "nothing", "A.lean"],
        &["--git", "--output=x", "A.lean"],
        &["--git", "HEAD", "B.lean"],
    ] {
        let output = run(folder.path(), "verify", arguments);
        assert_eq!(code(&output), Some(2), "{arguments:?} {output:?}");
    }
}
