//! `unsorry prove`, from a terminal.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use unsorry_tests::editor::program;

const MIXED: &str = "theorem easy (a b : Nat) : a + b = b + a := by\r\n  sorry\r\n\r\n\
    theorem 𝕋 (p : Prop) (h𝕡 : p) : p ∧ True := ⟨sorry, by sorry⟩\r\n\r\n\
    theorem false_ (a : Nat) : a < a := by\r\n  sorry\r\n\r\ndef data : Nat := sorry\r\n";

/// Runs `unsorry prove` in `folder`, whose `unsorry/config.toml` is the user's, and whose `cache` has
/// their proofs.
pub fn prove(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, "prove", arguments)
}

/// Runs a command of unsorry's in `folder`, as [`prove`] does.
pub fn run(folder: &Path, command: &str, arguments: &[&str]) -> Output {
    Command::new(program())
        .arg(command)
        .args(arguments)
        .current_dir(folder)
        .env("XDG_STATE_HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("UNSORRY_CACHE", folder.join("cache"))
        .env_remove("UNSORRY_MODEL")
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Runs `prove` on a file that reads `source`; gives the exit code, stdout, stderr and the file after.
fn check(source: &str, arguments: &[&str]) -> (Option<i32>, String, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("A.lean");
    std::fs::write(&path, source).expect("written");
    let output = prove(folder.path(), &[&["A.lean"], arguments].concat());
    let after = std::fs::read_to_string(&path).expect("read");
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
        after,
    )
}

#[test]
fn json_and_write() {
    let (code, stdout, stderr, after) = check(MIXED, &["--json", "--write"]);
    assert_eq!((code, stderr.as_str()), (Some(1), ""), "{stdout}");
    assert_eq!(stdout.lines().count(), 1);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(report["file"], "A.lean");
    assert!(
        report["lean"].as_str().expect("a version").contains("Lean"),
        "{report}"
    );
    let holes = report["holes"].as_array().expect("holes");
    let seen: Vec<Value> = holes
        .iter()
        .map(|hole| {
            json!([
                hole["line"],
                hole["character"],
                hole["kind"],
                hole["status"]
            ])
        })
        .collect();
    let expected = json!([
        [1, 2, "tactic", "proved"],
        [3, 47, "term", "proved"],
        [3, 57, "tactic", "proved"],
        [6, 2, "tactic", "false"],
        [8, 18, null, "unproved"],
    ]);
    assert_eq!(Value::from(seen), expected);
    for hole in &holes[..3] {
        assert_eq!(hole["engine"], "tactics");
        assert_eq!(hole["level"], "kernel-replayed", "{hole}");
        assert!(!hole["proof"].as_str().expect("a proof").contains("sorry"));
        assert!(hole["goal"].as_str().expect("a goal").contains('⊢'));
        assert!(
            hole["candidates"].as_u64() > Some(0) && hole["seconds"].as_f64() > Some(0.0),
            "{hole}"
        );
    }
    assert_eq!(holes[3]["proof"], Value::Null);
    assert!(
        holes[3]["message"]
            .as_str()
            .expect("words")
            .contains("this sorry is false, for a = 0")
    );
    assert!(
        holes[4]["message"]
            .as_str()
            .expect("words")
            .contains("data of type `Nat`")
    );
    // Only what was verified is written, in the file's own line ends.
    assert_eq!(after.matches("sorry").count(), 2);
    assert!(
        !after.replace("\r\n", "").contains(['\r', '\n']),
        "{after:?}"
    );
    assert!(after.ends_with(
        "theorem false_ (a : Nat) : a < a := by\r\n  sorry\r\n\r\ndef data : Nat := sorry\r\n"
    ));
}

#[test]
fn plain_lines_and_one_hole() {
    let (code, stdout, stderr, after) = check(MIXED, &["--hole", "4:48"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(
        stdout.starts_with("A.lean:4:48\n    p : Prop\n    h𝕡 : p\n    ⊢ p\n  ✓ "),
        "{stdout}"
    );
    assert!(
        stdout.contains("Lean-checked") && stdout.contains("1 of 1 proved"),
        "{stdout}"
    );
    assert!(!stdout.contains('\x1b'), "no colours in a pipe");
    assert_eq!(after, MIXED, "nothing is written unasked");
}

#[test]
fn no_budget_only_lists() {
    let (code, stdout, _, after) = check(MIXED, &["--json", "--write", "--budget", "0s"]);
    assert_eq!(code, Some(1));
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    let holes = report["holes"].as_array().expect("holes");
    assert_eq!(holes.len(), 5);
    assert!(
        holes.iter().all(|hole| hole["status"] == "unproved"),
        "{report}"
    );
    assert!(
        holes[0]["goal"]
            .as_str()
            .expect("a goal")
            .ends_with("⊢ a + b = b + a")
    );
    assert_eq!(after, MIXED);
}

/// Proofs that are none: each depends on something unproved that no word `sorry` gives away, or is
/// silent for a wrong reason.
const TRAPS: &str = "theorem admitted : 1 = 2 := by admit

theorem x : 1 = 2 := by sorry

instance void : Nonempty Empty := sorry

theorem y : Nonempty Empty := by sorry

theorem outer : True ∧ True := ⟨trivial, trivial⟩
where helper : 3 = 4 := sorry

theorem z : 3 = 4 := by sorry

theorem broken (p : Prop) : p := by
  have k : p := by decide
  have h : p := by sorry
  exact h

theorem failed : 5 = 6 := by
  omega

theorem leaning_on_an_error : 5 = 6 := by sorry

def product (a b : Nat) : Nat := a + b
@[implemented_by product] def sum (a b : Nat) : Nat := a * b
theorem compiled : sum 3 4 = 7 := by sorry

set_option warn.sorry false
macro \"cheat\" : tactic => `(tactic| sorry)
theorem w : 1 = 3 := by sorry
";

#[test]
fn traps() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("A.lean"), TRAPS).expect("written");
    let tactics = [
        "cheat",
        "exact outer.helper",
        "decide +«native»",
        "decide",
        "exact failed",
    ];
    let rows: String = tactics
        .iter()
        .map(|t| format!("[[tactics]]\ntactic = '{t}'\n"))
        .collect();
    std::fs::write(folder.path().join(".unsorry.toml"), rows).expect("written");
    let output = prove(
        folder.path(),
        &["A.lean", "--json", "--write", "--budget", "10s"],
    );
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let holes = report["holes"].as_array().expect("holes");
    // The last is in no declaration: a macro has it.
    assert_eq!(holes.len(), 11, "{report}");
    for hole in holes {
        assert_ne!(hole["status"], "proved", "{hole}");
        assert_eq!(hole["proof"], Value::Null, "{hole}");
    }
    let after = std::fs::read_to_string(folder.path().join("A.lean")).expect("read");
    assert_eq!(after, TRAPS);
}

#[test]
fn what_can_not_run_says_why() {
    let fails = |source: &str, arguments: &[&str], part: &str| {
        let (code, stdout, stderr, after) = check(source, arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(
            stderr.starts_with("unsorry: ") || stderr.starts_with("error: "),
            "{stderr}"
        );
        assert!(stderr.contains(part), "{stderr}");
        assert_eq!(after, source);
    };
    fails(MIXED, &["B.lean"], "B.lean");
    fails(MIXED, &["--lean", "no-such-lean --server"], "no-such-lean");
    fails(
        MIXED,
        &["--lean", "cat"],
        "`cat` does not answer as a Lean server",
    );
    fails(
        MIXED,
        &["--hole", "1:1"],
        "it has 2:3, 4:48, 4:58, 7:3, 9:19",
    );
    fails(MIXED, &["--hole", "here"], "line and column");
    fails(MIXED, &["--budget", "soon"], "duration");
    fails(MIXED, &["--engine", "magic"], "no engine `magic`");
    fails(MIXED, &["--engine", "remote"], "`[[remote]]`");
    fails(MIXED, &["--engine", "tactics,local"], "unsorry model pull");
    fails(MIXED, &["--engine", "local"], "unsorry/config.toml");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("A.lean"), [0xff, 0xfe]).expect("written");
    let output = prove(folder.path(), &["A.lean"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("not UTF-8"));
    std::fs::write(folder.path().join("A.lean"), "").expect("written");
    std::fs::write(
        folder.path().join(".unsorry.toml"),
        "[serch]\nbudget = '1s'\n",
    )
    .expect("written");
    let output = prove(folder.path(), &["A.lean"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains(".unsorry.toml") && stderr.contains("serch"),
        "{stderr}"
    );
    // A cloned repository has no say in what is loaded, or in who is asked.
    for (keys, named) in [
        ("[local]\nmodel = 'theirs.gguf'\n", "`local.model`"),
        ("[[remote]]\nurl = 'http://theirs.example/v1'\n", "`remote`"),
    ] {
        std::fs::write(folder.path().join(".unsorry.toml"), keys).expect("written");
        let output = prove(folder.path(), &["A.lean"]);
        assert_eq!(output.status.code(), Some(2));
        let stderr = text(&output.stderr);
        assert!(
            stderr.contains(".unsorry.toml") && stderr.contains(named),
            "{stderr}"
        );
    }
}

#[test]
fn an_engine_that_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = "theorem easy : 1 + 1 = 2 := by sorry\n\n\
         theorem drinker (p : Nat → Prop) : ∃ x, p x → ∀ y, p y := by sorry\n";
    std::fs::write(folder.path().join("A.lean"), source).expect("written");
    let users = folder.path().join("unsorry");
    std::fs::create_dir(&users).expect("a folder");
    std::fs::write(
        users.join("config.toml"),
        "[local]\nmodel = 'weights/none.gguf'\n",
    )
    .expect("written");
    let output = prove(folder.path(), &["A.lean"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("none.gguf") && stderr.contains("unsorry model pull"),
        "{stderr}"
    );
    std::fs::create_dir(users.join("weights")).expect("a folder");
    std::fs::write(users.join("weights/none.gguf"), "GGUF").expect("written");
    let model = users.join("weights/none.gguf").display().to_string();
    let holes = |arguments: &[&str]| {
        let arguments = [&["A.lean", "--json"], arguments].concat();
        let output = prove(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        report["holes"].as_array().expect("holes").clone()
    };
    let check = |hole: &Value, status: &str, parts: &[&str]| {
        assert_eq!(hole["status"], status, "{hole}");
        let message = hole["message"].as_str().expect("words");
        assert!(parts.iter().all(|part| message.contains(part)), "{hole}");
    };
    // With a model configured it is asked for what the tactics leave.
    let with_both = holes(&[]);
    check(&with_both[0], "proved", &["Lean-checked"]);
    assert_eq!(with_both[0]["engine"], "tactics");
    check(
        &with_both[1],
        "unproved",
        &["no proof found", "local-fast failed", &model],
    );
    for hole in holes(&["--engine", "local"]) {
        check(&hole, "error", &["local failed", &model]);
    }
}

#[test]
fn where_lean_is_gone_what_was_proved_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let deadly = "theorem a : 1 + 1 = 2 := by sorry\n\n#eval (IO.Process.exit 3 : IO Unit)\n\n\
         theorem b : 2 + 2 = 4 := by sorry\n";
    std::fs::write(folder.path().join("A.lean"), deadly).expect("written");
    let good = "theorem c : 1 + 2 = 3 := by sorry\n";
    std::fs::write(folder.path().join("B.lean"), good).expect("written");
    let output = prove(folder.path(), &["A.lean", "B.lean", "--json", "--write"]);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "{stdout}{stderr}");
    let files: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let told = |file: &Value| {
        let holes = file["holes"].as_array().expect("holes");
        let statuses: Vec<&str> = holes
            .iter()
            .filter_map(|hole| hole["status"].as_str())
            .collect();
        (
            statuses.join(" "),
            file["error"].as_str().map(str::to_owned),
        )
    };
    let error = "Lean can't be asked; `lean FILE` may say more: Lean's process for checking ended";
    let expected = [
        ("proved".to_owned(), Some(error.to_owned())),
        ("proved".to_owned(), None),
    ];
    assert_eq!(files.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(stderr, format!("unsorry: {error}\n"));
    // What Lean can't be asked about whole is not written.
    let read = |name| std::fs::read_to_string(folder.path().join(name)).expect("read");
    assert_eq!(read("A.lean"), deadly);
    assert!(!read("B.lean").contains("sorry"));
}

#[test]
fn an_import_that_can_not_be_loaded_is_named() {
    let (code, stdout, _, _) = check("import No.Such\n\ntheorem t : 1 = 1 := sorry\n", &[]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("No"), "{stdout}");
}

/// Returns the statuses and messages of the holes of `source`.
fn fares(source: &str) -> Vec<(String, String)> {
    let (_, stdout, stderr, _) = check(source, &["--json", "--budget", "30s"]);
    let report: Value = serde_json::from_str(&stdout).expect(&stderr);
    let holes = report["holes"].as_array().expect("holes").iter();
    let of = |hole: &Value, key: &str| hole[key].as_str().unwrap_or_default().to_owned();
    holes
        .map(|hole| (of(hole, "status"), of(hole, "message")))
        .collect()
}

/// Candidates are tried on goals of their own, whatever stands around the hole.
#[test]
fn holes_wherever_they_stand() {
    const PLACES: &str = r"theorem a1 (a b : Nat) (h : a < b) : a + 1 ≤ b := sorry
theorem a2 (a b : Nat) (h : a < b) : a + 1 ≤ b := by
  first
    | sorry
    | skip
theorem a3 (a b : Nat) (h : a < b ∧ b < 9) : a + 1 ≤ b ∧ b ≤ 8 := by
  constructor
  all_goals sorry
theorem a4 (a b : Nat) (h : a < b ∧ b < 9) : a + 1 ≤ b ∧ b ≤ 8 := by
  constructor <;> sorry
theorem a5 : ∀ n : Nat, n + 0 = 0 + n
  | 0 => rfl
  | n + 1 => by sorry
instance a6 : Nonempty Nat := by sorry
def a7 (n : Nat) : { m : Nat // m > n } := ⟨n + 1, by sorry⟩
mutual
theorem a8 : ∀ n : Nat, 0 ≤ n
  | 0 => by sorry
  | n + 1 => Nat.le_succ_of_le (a9 n)
theorem a9 : ∀ n : Nat, 0 ≤ n
  | 0 => Nat.le_refl 0
  | n + 1 => Nat.le_succ_of_le (a8 n)
end
theorem b1 (a b : Nat) (h : a = b ∨ a = b + 0) : a = b := by
  rcases h with h | h
  case inl => sorry
  case inr =>
    sorry
theorem b2 (xs : List Nat) : (xs ++ []).length = xs.length ∧ ∀ {x : Nat}, x ≤ x := ⟨sorry, sorry⟩
theorem b3 (f : Nat → Nat) (h : ∀ x, f x = x) : f (f 2) = 2 := by
  have : f 2 = 2 := sorry
  calc f (f 2) = f 2 := by sorry
    _ = 2 := sorry
def fib (n : Nat) : Nat := if h : n < 2 then n else fib (n - 1) + fib (n - 2)
termination_by n
decreasing_by
  · sorry
  · sorry
theorem b4 (p q : Prop) (hp : p) (hq : q) : p ∧ q := And.intro (sorry) <| by sorry
example (xs : List Nat) : xs[0]? = xs.head? := by sorry
theorem b5 (a b : Nat) (h : a < b) : a + 1 ≤ b := by
  have : b = b := by admit
  admit
";
    for (at, (status, message)) in fares(PLACES).into_iter().enumerate() {
        assert_eq!(status, "proved", "the hole {at}: {message}");
    }
}

/// What stands before a declaration may end in many ways, with which a text of ours must not go on.
#[test]
fn holes_behind_whatever_ends() {
    let ends = include_str!("../fixtures/Ends.lean");
    let fares = fares(ends);
    assert_eq!(fares.len(), 13);
    for (at, (status, message)) in fares.into_iter().enumerate() {
        assert_eq!(status, "proved", "the hole {at}: {message}");
    }
}

/// Who edits a file breaks its syntax all the time: what is before that has a referee.
#[test]
fn an_error_in_the_syntax_takes_the_referee_from_what_is_behind_it() {
    let goal = "(n : Nat) : n + 0 = n := by\n  sorry\n\n";
    for broken in [
        "theorem broken : :=\n\n",
        "theorem broken :\n\n",
        "def broken := (1,\n\n",
    ] {
        let source = format!("theorem a {goal}{broken}theorem b {goal}");
        let (_, stdout, stderr, _) = check(&source, &["--json", "--budget", "30s"]);
        let report: Value = serde_json::from_str(&stdout).expect(&stderr);
        let first = &report["holes"][0];
        assert_eq!(first["level"], "kernel-replayed", "{broken:?}: {first:#}");
        let second = &report["holes"][1];
        assert_ne!(second["level"], "kernel-replayed", "{broken:?}: {second:#}");
    }
}

/// What Lean warns of is told, though it is no hole, or none that is written in the declaration.
#[test]
fn a_sorry_that_is_no_hole_is_told() {
    let source = "macro \"todo\" : tactic => `(tactic| sorry)\n\n\
        theorem a (n m : Nat) (h : n ≤ m) : n < m + 1 := by\n  have : n ≤ m := by todo\n  sorry\n\n\
        #eval (⟨3, by sorry⟩ : Fin 5)\n";
    let (code, stdout, stderr, _) = check(source, &["--json", "--budget", "30s"]);
    assert_eq!(code, Some(1), "{stderr}");
    let report: Value = serde_json::from_str(&stdout).expect(&stderr);
    let [hole, of_macro, of_eval] = &report["holes"].as_array().expect("holes")[..] else {
        panic!("{report:#}");
    };
    let closest = hole["closest"]["error"].as_str().unwrap_or_default();
    assert!(
        closest.starts_with("its declaration still leaves a sorry"),
        "{hole:#}"
    );
    for (stray, line) in [(of_macro, 0), (of_eval, 6)] {
        assert_eq!(stray["line"], line, "{report:#}");
        let message = stray["message"].as_str().unwrap_or_default();
        assert!(
            message.starts_with("this sorry stands in no declaration"),
            "{stray:#}"
        );
    }
}

/// Lean is silent about what mentions a broken definition, and where it is told to be.
#[test]
fn silence_beside_another_hole_is_no_proof() {
    let broken = "def f (n : Nat) : Nat.undefinedthing n := by exact 3\n\n\
        theorem t (h : f 1 = f 2) : (1 = 2) ∧ (3 = 4) := ⟨by sorry, by sorry⟩\n";
    let guarded = "#guard_msgs (drop error) in\n\
        theorem t : (1 = 2) ∧ (3 = 4) := ⟨by sorry, by sorry⟩\n\n\
        theorem u (h : 1 = 2) : (1 = 2) ∧ (3 = 4) := ⟨by sorry, by sorry⟩\n";
    let proved = |source| {
        let fares = fares(source).into_iter();
        fares
            .map(|(status, _)| status == "proved")
            .collect::<Vec<_>>()
    };
    assert_eq!(proved(broken), [false, false]);
    // By contradiction the last one can be done, both its holes.
    assert_eq!(proved(guarded), [false, false, true, true]);
}

/// The text that Lean prints need not read back as what it was printed from.
#[test]
fn a_goal_is_not_called_false_for_its_looks() {
    let rational = "#guard_msgs (drop all) in\n\
        theorem t : (2 : Rat) / 3 * 3 = 2 := by\n  sorry\n";
    let rational_seen =
        "theorem t : (2 : Rat) / 3 * 3 = 2 ∧ True := by\n  constructor\n  · sorry\n  · trivial\n";
    let open = "theorem t : ∃ i : Inhabited Nat, @default Nat i = 5 := by\n\
        \x20 apply Exists.intro\n  case h => sorry\n  all_goals exact ⟨5⟩\n";
    let left_out = "variable (n : Nat) (h : Undefined n)\ninclude h\n\
        theorem t : n = 2 := by\n  sorry\n";
    let forgiving = "theorem t : (2 : Rat) / 3 * 3 = 2 := by\n  first | sorry | grind\n";
    for source in [rational, rational_seen, open, left_out, forgiving] {
        for (status, message) in fares(source) {
            assert_ne!(status, "false", "{source}: {message}");
        }
    }
    let in_truth = "theorem t (n : Nat) : ∃ m, m < n := by\n  refine ⟨n - 1, ?_⟩\n  sorry\n";
    let fared = fares(in_truth);
    assert_eq!(fared[0].0, "false", "{fared:?}");
    assert!(fared[0].1.contains("for n = 0"), "{fared:?}");
}
