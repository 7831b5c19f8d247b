//! The referee, with a real Lean; and with one that compiles something else than it is given, as one could that
//! runs a stranger's code.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use unsorry_search::command::LeanCommand;
use unsorry_search::contain::ContainerConfig;
use unsorry_search::referee::{Claim, Claimed, FileAsItStands, NoWord, Referee, Word};
use unsorry_syntax::{HoleKind, Outline, splice};
use unsorry_tests::editor::{Editor, program};

use crate::prove::prove;

const LIMIT: Duration = Duration::from_secs(300);

const FILE: &str = "\
import Init.Prelude
namespace N
def two := 2
axiom known : two = 2
inductive Tree | leaf | node (a b : Tree)
theorem earlier : two = 2 := rfl
theorem gap : two = 3 := sorry
def goal.n := 2
axiom goal.ax : 1 = 1
private theorem goal (a b : Nat) (h : b ≤ a) : a - b + b = a ∧ two = 2 := by
  sorry
";

/// A referee whose Lean first edits each text with `exact forged` in it, as `forgery.sed` in the folder says; it
/// compiles each text by a process of its own.
fn forging_referee(folder: &Path) -> Referee {
    let script = folder.join("lean");
    let edits = folder.join("forgery.sed");
    std::fs::write(&edits, "").expect("written");
    let text = format!(
        "#!/bin/sh\nfor last; do :; done\n\
         if grep -q 'compiler, kept warm' \"$last\"; then exit 1; fi\n\
         if grep -q 'exact forged' \"$last\" 2>/dev/null; then sed -i -f {} \"$last\";\n\
         secret=$(sed -n 's/^def \\([a-z]*\\)_aaa\\..*/\\1/p' \"$last\"); sed -i \"s/SECRET/$secret/\" \"$last\"; fi\n\
         exec {} \"$@\"\n",
        edits.display(),
        LeanCommand::resolve(&[], folder).compiler().expect("Lean")
    );
    std::fs::write(&script, text).expect("written");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&script, mode).expect("executable");
    let command = LeanCommand {
        program: script.into(),
        args: vec!["--server".into()],
    };
    referee_of(command, folder)
}

fn referee(folder: &Path) -> Referee {
    referee_of(LeanCommand::resolve(&[], folder), folder)
}

fn referee_of(command: LeanCommand, folder: &Path) -> Referee {
    let limits = ContainerConfig {
        supervisor: program(),
        ..ContainerConfig::default()
    };
    Referee::new(command, folder.to_owned(), LIMIT, limits)
}

/// The claim that `proof` proves the last hole of `text`.
fn claim(text: &str, proof: &str) -> Claim {
    let hole = Outline::of(text).holes.len() - 1;
    proof_of(text, hole, proof)
}

fn proof_of(text: &str, hole: usize, proof: &str) -> Claim {
    let outline = Outline::of(text);
    let change = splice(text, &outline.holes[hole], HoleKind::Tactic, proof);
    Claim {
        hole,
        is: Claimed::Proof(change),
    }
}

async fn judge(referee: &Referee, text: &str, claim: Claim) -> Result<Word, String> {
    let file = FileAsItStands {
        uri: "file:///nowhere/A.lean",
        text,
    };
    let words = referee.judge(file, &[claim], LIMIT).await;
    words
        .into_iter()
        .next()
        .expect("a word")
        .map_err(|no| match no {
            NoWord::Refused(why) => why,
            NoWord::NoReferee(why) | NoWord::Unknown(why) => panic!("{why}"),
        })
}

/// Compiled files may be anything: whoever runs code while Lean elaborates can write them.
#[tokio::test]
async fn what_was_forged_is_found_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let referee = forging_referee(folder.path());
    let check = async |forgery: &str, expected: Result<&[&str], &str>| {
        let forged = format!("s/exact forged/exact ⟨by omega, rfl⟩/\n{forgery}");
        std::fs::write(folder.path().join("forgery.sed"), forged).expect("written");
        let word = judge(&referee, FILE, claim(FILE, "exact forged")).await;
        let said = word.as_ref().map(|word| word.unproved().to_vec());
        let expected = match expected {
            Ok(unproved) => Ok(unproved.iter().map(|name| (*name).to_owned()).collect()),
            Err(why) => Err(why.to_owned()),
        };
        assert_eq!(said.map_err(String::clone), expected, "{forgery}");
    };
    check("", Ok(&[])).await;
    check("s/⟨by omega, rfl⟩/sorry/", Err("it leaves a sorry")).await;
    check(
        "s/by omega/by first | sorry | omega/",
        Err("it leaves a sorry"),
    )
    .await;
    let cheat =
        "s/^private theorem goal/private axiom cheat {p : Prop} : p\\n&/; s/by omega/cheat/";
    check(cheat, Err("it declares `N.cheat`")).await;
    check("s/, rfl⟩/, known⟩/", Err("it depends on N.known")).await;
    check("s/, rfl⟩/, gap ▸ gap ▸ rfl⟩/", Ok(&["N.gap"])).await;
    let statement = Err("it changes the type of its declaration");
    check("s/∧ two = 2 := by/∧ two = two := by/", statement).await;
    check(
        "/^private theorem goal/,$d",
        Err("its declaration is not there any more"),
    )
    .await;
    let axiom = "s/^private theorem\\( goal.*\\) := by/private axiom\\1/; s/exact ⟨.*//";
    check(axiom, statement).await;
    for (forgery, why) in [
        (
            "s/def two := 2/def two := 1 + 1/",
            "it changes the value of `N.two`, and not only a proof in it",
        ),
        (
            "s/theorem earlier : two = 2/theorem earlier : 2 = two/",
            "it changes `N.earlier`",
        ),
        (
            "s/goal.n := 2/goal.n := 3/",
            "it changes the value of `N.goal.n`, and not only a proof in it",
        ),
        (
            "s/goal.ax : 1 = 1/goal.ax : False/",
            "it changes `N.goal.ax`",
        ),
        (
            "s/import Init.Prelude/import Init/",
            "it imports something else",
        ),
        (
            "s/^theorem gap : two = 3 := .*/theorem gap : two = 3 := known/",
            "Lean does not compile the file: line 7: Type mismatch",
        ),
        (
            "s/inductive Tree | leaf/inductive Tree | leaf | other/",
            "it changes `N.Tree",
        ),
        (
            "s/^private theorem goal/theorem foreign : True := trivial\\n&/",
            "it declares `N.foreign`",
        ),
    ] {
        let word = judge_forged(&referee, folder.path(), forgery).await;
        let said = word.expect_err(forgery);
        assert!(said.starts_with(why), "{forgery}: {said}");
    }
}

async fn judge_forged(referee: &Referee, folder: &Path, forgery: &str) -> Result<Word, String> {
    let forged = format!("s/exact forged/exact ⟨by omega, rfl⟩/\n{forgery}");
    std::fs::write(folder.join("forgery.sed"), forged).expect("written");
    judge(referee, FILE, claim(FILE, "exact forged")).await
}

/// Whoever runs code there knows the marks, and may leave out or rename what Lean could have made itself.
#[tokio::test]
async fn no_name_excuses_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let referee = forging_referee(folder.path());
    let check = async |text: &str, claims: &[Claim], forgery: &str, expected: &[&str]| {
        std::fs::write(folder.path().join("forgery.sed"), forgery).expect("written");
        let uri = "file:///nowhere/A.lean";
        let words = referee
            .judge(FileAsItStands { uri, text }, claims, LIMIT)
            .await;
        let said = words.into_iter().map(|word| match word {
            Ok(word) => format!("{:?}", word.unproved()),
            Err(no) => no.to_string(),
        });
        assert_eq!(said.collect::<Vec<_>>(), expected, "{text}{forgery}");
    };
    let two = "theorem t : False ∧ True := by\n  constructor\n  · sorry\n  · sorry\n";
    let both = [
        proof_of(two, 0, "exact forged"),
        proof_of(two, 1, "trivial"),
    ];
    let apart = "its declaration has other holes, and the proof can't be told apart from them: prove them together, or them first";
    check(
        two,
        &both[..1],
        "s/exact forged/exact SECRET_aab sorry/",
        &[apart],
    )
    .await;
    check(
        two,
        &both,
        "s/exact forged/exact SECRET_aab sorry/",
        &[apart, "[]"],
    )
    .await;
    for (text, forgery, why) in [
        (
            "theorem _t : False := by\n  sorry\n",
            "s/_t : False/_q : True/; s/exact forged/trivial/",
            "its declaration is not there any more",
        ),
        (
            "structure Foo where\n  n : Nat\ntheorem Foo.proof_1 : 1 = 2 := by\n  sorry\n",
            "s/proof_1 : 1 = 2/proof_1 : True/; s/exact forged/trivial/",
            "it changes the type of its declaration",
        ),
    ] {
        check(text, &[claim(text, "exact forged")], forgery, &[why]).await;
    }
}

/// A goal is contradicted with all that stands around it, whatever was shown of that.
#[tokio::test]
async fn contraries() {
    let folder = tempfile::tempdir().expect("a folder");
    let referee = referee(folder.path());
    let text = "theorem a (h : 1 = 2) : False := by\n  sorry\n\n\
        theorem b (p q : Prop) (l : List Nat) (h : p ∧ q) : l = [] := by\n  obtain ⟨hp, hq⟩ := h\n  sorry\n\n\
        theorem c (n m : Nat) : n + m = m := by\n  induction n with\n  | zero => simp\n  | succ n ih => sorry\n";
    let check = async |hole: usize, theorem: &str, expected: Result<(), &str>| {
        let claim = Claim {
            hole,
            is: Claimed::Contrary {
                theorem: format!("theorem contrary : {theorem}\n"),
                name: "contrary".into(),
            },
        };
        let said = judge(&referee, text, claim).await;
        let said = said.as_ref().map(|_| ()).map_err(String::as_str);
        assert_eq!(said, expected, "{theorem}");
    };
    let other = Err("what was proved is not the contrary of this goal");
    check(0, "¬ False := id", other).await;
    let list = "¬ ∀ (p q : Prop) (l : List Nat) (_ : p) (_ : q), l = [] := fun h => by\n  simpa using h True True [1] trivial trivial";
    check(1, list, Ok(())).await;
    check(1, "¬ ∀ (p q : Prop) (l : List Nat) (_ : p ∧ q), l = [0] := fun h => by\n  simpa using h True True [1] ⟨trivial, trivial⟩", other).await;
    let step =
        "¬ ∀ (m n : Nat) (_ : n + m = m), n + 1 + m = m := fun h => by\n  simpa using h 0 0 rfl";
    check(2, step, Ok(())).await;
}

/// What is compiled is bytes to us, and none of them are loaded.
#[tokio::test]
async fn no_file_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let referee = forging_referee(folder.path());
    let lean = folder.path().join("lean");
    let text = std::fs::read_to_string(&lean).expect("read");
    let junk = "if grep -q 'exact junk' \"$last\" 2>/dev/null; then\n\
                for a; do if [ \"$b\" = -o ]; then head -c 9999 /dev/urandom > \"$a\"; exit 0; fi; b=$a; done\nfi\nexec";
    std::fs::write(&lean, text.replace("\nexec", &format!("\n{junk}"))).expect("written");
    let said = judge(&referee, FILE, claim(FILE, "exact junk")).await;
    let said = said.expect_err("junk");
    assert!(
        said.starts_with("what Lean compiled of it can't be read"),
        "{said}"
    );
    // Nothing is left of it.
    let honest = claim(FILE, "exact ⟨by omega, rfl⟩");
    let word = judge(&referee, FILE, honest).await.expect("a proof");
    assert!(word.unproved().is_empty());
    assert!(word.kernel().starts_with("Lean 4."), "{word:?}");
}

#[tokio::test]
async fn data_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let referee = referee(folder.path());
    let check = async |text: &str, proof: &str, expected: Result<(), &str>| {
        let word = judge(&referee, text, claim(text, proof)).await;
        let said = word.as_ref().map(|_| ()).map_err(String::as_str);
        assert_eq!(said, expected, "{text}{proof}");
    };
    let value = Err("it changes the value of `goal`, and not only a proof in it");
    check("def goal : Fin 3 := ⟨1, by sorry⟩\n", "decide", Ok(())).await;
    let open = "def goal : {n : Nat // n = n} := by\n  refine ⟨?w, ?h⟩\n  case h => sorry\n  all_goals exact 5\n";
    check(open, "exact (rfl : 7 = 7)", value).await;
    check(open, "rfl", Ok(())).await;
    let data = "def goal : Nat := by\n  sorry\n";
    check(data, "exact 3", value).await;
    let stated = "theorem goal : (sorry : Nat) = 2 := by\n  sorry\n";
    check(stated, "sorry", Err("it leaves a sorry")).await;
    let first = Outline::of(stated).holes[0].clone();
    let in_statement = Claim {
        hole: 0,
        is: Claimed::Proof(splice(stated, &first, HoleKind::Term, "2")),
    };
    let said = judge(&referee, stated, in_statement).await;
    assert_eq!(
        said.map(|_| ()),
        Err("it changes the type of its declaration".into())
    );
}

/// A claim ends the compiler that has seen it: whoever compiles the next one makes the same of what stands beside.
#[tokio::test]
async fn a_hole_is_judged_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let referee = referee(folder.path());
    let text = "theorem easy (a b : Nat) : a + b = b + a := by\n  omega\n\ntheorem goal : 1 = 1 := by\n  sorry\n";
    for proof in ["rfl", "decide", "simp"] {
        let word = judge(&referee, text, claim(text, proof)).await;
        assert!(word.is_ok(), "{proof}: {word:?}");
    }
}

/// A file with all that can stand around a hole; what has passed in it is judged in one pass.
#[test]
fn all_holes_of_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let holes = [
        "theorem a (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  sorry",
        "namespace «a b»\nprivate theorem b.c.{u} (α : Type u) (x : α) : x = x := sorry\nend «a b»",
        "example (a b : Nat) (h : b ≤ a) : a - b + b = a := by\n  sorry",
        "example : 1 = 1 := nope\ninductive T | a | b (t : T)\ntheorem d (t : T) (h : t ≠ .a) : ∃ u, t = .b u := by\n  cases t with\n  | a => exact absurd rfl h\n  | b u => sorry",
        "structure P where\n  n : Nat\n  small : n < 3\n\ndef p : P := ⟨2, sorry⟩",
        "instance : Nonempty (Fin 3) := by\n  sorry",
        "def half (n : Nat) : Nat := if h : n = 0 then 0 else half (n / 2) + 1\ntermination_by n\ndecreasing_by sorry",
        "mutual\ntheorem even (n : Nat) : n + 0 = n := by sorry\ntheorem odd (n : Nat) : 0 + n = n := by simp\nend",
    ];
    let text = holes.join("\n\n") + "\n";
    std::fs::write(folder.path().join("A.lean"), text).expect("written");
    let arguments = [
        "--budget", "5min", "--json", "--engine", "tactics", "A.lean",
    ];
    let output = prove(folder.path(), &arguments);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = report["holes"].as_array().expect("holes");
    assert_eq!(all.len(), holes.len(), "{report}");
    for hole in all {
        let message = hole["message"].as_str().expect("words");
        assert!(
            message.starts_with("Lean-checked, kernel-replayed by Lean 4."),
            "{hole}"
        );
        assert!(message.contains(", axioms clean"), "{hole}");
        assert_eq!(hole["level"], "kernel-replayed", "{hole}");
    }
}

#[test]
fn an_editor_offers_what_is_confirmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join(".unsorry.toml");
    std::fs::write(config, "[search]\nbudget = '5min'\n").expect("written");
    let uri = format!("file://{}/A.lean", folder.path().display());
    let mut editor = Editor::start(folder.path());
    let text = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  sorry\n";
    editor.open(&uri, text);
    editor.prove(&uri, 0);
    assert_eq!(editor.problems(&uri), [""; 0]);
    // With the hole open again, it says how far its proof was checked.
    editor.set(&uri, text);
    let hole = editor.hole(&uri, 0);
    let hover = editor.hover(&uri, &hole);
    assert!(
        hover.contains("Lean-checked, kernel-replayed by Lean 4."),
        "{hover}"
    );
    assert_eq!(editor.quit(), Some(0));
}
