//! Replays, with a real Lean's kernel.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use unsorry_search::command::LeanCommand;
use unsorry_search::contain::ContainerConfig;
use unsorry_search::replay::{NotReplayed, Replayer};
use unsorry_tests::editor::{Editor, program};

use crate::prove::prove;

const LIMIT: Duration = Duration::from_secs(300);

const BEFORE: &str = "\
namespace N
def two := 2
axiom known : two = 2
inductive Tree | leaf | node (a b : Tree)
theorem earlier : two = 2 := rfl
def goal.n := 2
axiom goal.ax : 1 = 1
private theorem goal (a b : Nat) (h : b ≤ a) : a - b + b = a ∧ two = 2 := by
  sorry
";

fn replayer(folder: &Path) -> Replayer {
    let limits = ContainerConfig {
        supervisor: program(),
        ..ContainerConfig::default()
    };
    let command = LeanCommand::resolve(&[], folder);
    Replayer::new(command, folder.to_owned(), limits)
}

/// Compiled files may be anything: whoever runs code while Lean elaborates can write them.
#[tokio::test]
async fn what_was_forged_is_found_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let replayer = replayer(folder.path());
    let before = replayer.compile(BEFORE, LIMIT).await.expect("compiled");
    let check = async |after: &str, expected: Result<(), &str>| {
        let after = &after;
        let compiled = replayer.compile(after, LIMIT).await.expect("compiled");
        let replayed = replayer.replay(&before, &compiled, "N.goal", LIMIT).await;
        let said = replayed.map_err(|error| match error {
            NotReplayed::Refused(why) => why,
            impossible => panic!("{impossible}"),
        });
        assert_eq!(said, expected.map_err(str::to_owned), "{after}");
    };
    let honest = BEFORE.replace("sorry", "exact ⟨by omega, rfl⟩");
    check(&honest, Ok(())).await;
    check(BEFORE, Err("it depends on sorryAx")).await;
    let other = |from: &str, to: &str| {
        assert!(honest.contains(from), "{from}");
        honest.replacen(from, to, 1)
    };
    let cheat = "\nprivate axiom cheat {p : Prop} : p\nprivate theorem goal";
    let cheat = other("\nprivate theorem goal", cheat).replace("by omega", "cheat");
    check(&cheat, Err("it depends on N.cheat")).await;
    check(&other("rfl⟩", "known⟩"), Err("it depends on N.known")).await;
    let something_else = Err("its declaration says something else");
    check(&other("two = 2 := by", "two = two := by"), something_else).await;
    let (upto, _) = honest
        .split_once("private theorem goal")
        .expect("a theorem");
    let axiom =
        format!("{upto}private axiom goal (a b : Nat) (h : b ≤ a) : a - b + b = a ∧ two = 2\n");
    check(&axiom, something_else).await;
    for (from, to, why) in [
        ("def two := 2", "def two := 1 + 1", "it changes N.two"),
        (
            "theorem earlier : two = 2",
            "theorem earlier : 2 = two",
            "it changes N.earlier",
        ),
        ("goal.n := 2", "goal.n := 3", "it changes N.goal.n"),
        ("goal.ax : 1 = 1", "goal.ax : False", "it changes N.goal.ax"),
        (
            "namespace N",
            "import Init.Prelude\nnamespace N",
            "it imports something else",
        ),
    ] {
        check(&other(from, to), Err(why)).await;
    }
    let gone = other("private theorem goal", "private theorem other");
    check(&gone, something_else).await;
}

/// Whether only a proof has changed in it can't always be told of data.
#[tokio::test]
async fn data_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let replayer = replayer(folder.path());
    let compile = async |text: &str| replayer.compile(text, LIMIT).await.expect("compiled");
    let before = compile("def goal : Fin 3 := ⟨1, by sorry⟩\n").await;
    let same = compile("def goal : Fin 3 := ⟨1, by decide⟩\n").await;
    assert_eq!(replayer.replay(&before, &same, "goal", LIMIT).await, Ok(()));
    let other = compile("def goal : Fin 3 := ⟨2, by decide⟩\n").await;
    let replayed = replayer.replay(&before, &other, "goal", LIMIT).await;
    let why = "whether only a proof has changed in its value";
    assert_eq!(replayed, Err(NotReplayed::Impossible(why.into())));
}

#[test]
fn proofs_are_replayed_on_demand() {
    let folder = tempfile::tempdir().expect("a folder");
    let holes = [
        "theorem a (n : Nat) (h : 0 < n) : n ≠ 0 := by\n  sorry",
        "namespace «a b»\nprivate theorem b.c.{u} (α : Type u) (x : α) : x = x := sorry\nend «a b»",
        "example (a b : Nat) (h : b ≤ a) : a - b + b = a := by\n  sorry",
        "inductive T | a | b (t : T)\ntheorem d (t : T) (h : t ≠ .a) : ∃ u, t = .b u := by\n  cases t with\n  | a => exact absurd rfl h\n  | b u => sorry",
        "structure P where\n  n : Nat\n  small : n < 3\n\ndef p : P := ⟨2, sorry⟩",
        "instance : Nonempty (Fin 3) := by\n  sorry",
    ];
    let text = holes.join("\n\n") + "\n";
    std::fs::write(folder.path().join("A.lean"), text).expect("written");
    let arguments = [
        "--replay", "--budget", "5min", "--json", "--engine", "tactics", "A.lean",
    ];
    let output = prove(folder.path(), &arguments);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = report["holes"].as_array().expect("holes");
    assert_eq!(all.len(), holes.len(), "{report}");
    for hole in all {
        let message = hole["message"].as_str().expect("words");
        assert!(message.contains("Lean-checked, kernel-replayed;"), "{hole}");
    }
}

#[test]
fn an_editor_asks_for_replays() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join(".unsorry.toml");
    std::fs::write(
        config,
        "[search]\nbudget = '5min'\n[check]\nreplay = true\n",
    )
    .expect("written");
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
    assert!(hover.contains("Lean-checked, kernel-replayed;"), "{hover}");
    assert_eq!(editor.quit(), Some(0));
}
