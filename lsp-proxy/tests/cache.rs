//! `unsorry cache`, by running the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use unsorry_prover::HoleKind;
use unsorry_search::memory::{Bounds, FILE, Kept, KeyParts, Store};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns the folder in which proofs are kept by default.
    fn cache(&self) -> PathBuf {
        self.path().join("cache/unsorry")
    }

    /// Keeps this many proofs, found and used a day ago.
    fn keep(&self, many: usize) {
        let mut store =
            Store::open(&self.cache(), Bounds::default(), Duration::from_secs(9)).expect("a store");
        let yesterday = SystemTime::now() - Duration::from_secs(86_400);
        for n in 0..many {
            let goal = format!("⊢ {n} = {n}");
            let question = KeyParts {
                goals: &goal,
                kind: HoleKind::Tactic,
                imports: &[],
                lean: "Lean",
                manifest: None,
            };
            let kept = Kept {
                proof: "rfl".into(),
                context: format!("example : {n} = {n} := by sorry"),
                hole: 17,
                kind: "tactic".into(),
                engine: "local".into(),
                level: "axioms-clean".into(),
                lean: "Lean".into(),
                imports: String::new(),
                found: yesterday,
                used: yesterday,
                hits: 0,
                goal: goal.clone(),
            };
            store.keep(&question.key(), &[kept]).expect("kept");
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unsorry"));
        command.args(arguments).current_dir(self.path());
        for (name, folder) in [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            command.env(name, self.path().join(folder));
        }
        for name in ["UNSORRY_CACHE", "UNSORRY_MODEL", "UNSORRY_CONFIG"] {
            command.env_remove(name);
        }
        command
    }
}

/// Runs the program; stdout and stderr together have each of `parts`.
fn check(mut command: Command, code: i32, parts: &[&str]) -> String {
    let output = command.output().expect("the program");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).expect("UTF-8");
    assert_eq!(output.status.code(), Some(code), "{text}");
    for part in parts {
        assert!(text.contains(part), "no {part}: {text}");
    }
    text
}

#[test]
fn from_nothing_to_nothing() {
    let home = Home::new();
    let run = |arguments: &[&str], code, parts: &[&str]| {
        check(home.command(&[&["cache"], arguments].concat()), code, parts)
    };
    let place = home.cache().join(FILE).display().to_string();
    run(&[], 0, &[&place, "no proofs yet"]);
    home.keep(3);
    run(
        &[],
        0,
        &[
            &place,
            "3 proofs of 3 goals, used again 0 times",
            "local    3 proofs",
        ],
    );
    run(&["show", "--goals"], 0, &["⊢ 2 = 2  ✓ rfl"]);
    run(
        &["export"],
        0,
        &["3 proofs would be written", "--jsonl FILE"],
    );
    let rows = run(&["export", "--jsonl"], 0, &["\"proof\":\"rfl\""]);
    assert_eq!(rows.lines().count(), 3);
    run(
        &["export", "--jsonl", "rows"],
        0,
        &["3 proofs written to rows"],
    );
    run(
        &["export", "--jsonl", "rows"],
        2,
        &["there is already a rows"],
    );
    assert_eq!(
        std::fs::read_to_string(home.path().join("rows")).expect("a file"),
        rows
    );
    run(
        &["clear", "--older-than", "soon"],
        2,
        &["`soon` is no duration"],
    );
    run(&["clear", "--older-than", "30d"], 0, &["0 proofs removed"]);
    run(
        &["clear", "--older-than", "23h"],
        0,
        &["3 proofs removed", &place],
    );
    run(&[], 0, &["no proofs yet"]);
}

#[test]
fn where_it_is_and_whether() {
    let home = Home::new();
    home.keep(1);
    let mut command = home.command(&["cache"]);
    command.env("UNSORRY_CACHE", "off");
    check(command, 0, &["(switched off)", "1 proof of 1 goal"]);
    let mut command = home.command(&["cache"]);
    command.env("UNSORRY_CACHE", "elsewhere");
    check(command, 0, &["elsewhere", "no proofs yet"]);
    std::fs::write(
        home.path().join(".unsorry.toml"),
        "[cache]\nenabled = false\n",
    )
    .expect("written");
    check(home.command(&["cache"]), 0, &["(switched off)"]);
    std::fs::write(
        home.path().join(".unsorry.toml"),
        "[cache]\nfolder = '/x'\n",
    )
    .expect("written");
    check(home.command(&["cache"]), 2, &[".unsorry.toml", "folder"]);
}

#[test]
fn files_that_can_not_be_used() {
    let home = Home::new();
    home.keep(1);
    let file = home.cache().join(FILE);
    let mut bytes = std::fs::read(&file).expect("a file");
    // `user_version`, in the header of a database.
    bytes[60..64].copy_from_slice(&9u32.to_be_bytes());
    std::fs::write(&file, &bytes).expect("written");
    for arguments in [
        &["cache"][..],
        &["cache", "clear"],
        &["cache", "export", "--jsonl"],
    ] {
        check(home.command(arguments), 2, &["of a newer unsorry"]);
    }
    assert_eq!(std::fs::read(&file).expect("a file"), bytes);
    std::fs::write(&file, "no database").expect("written");
    check(
        home.command(&["cache"]),
        2,
        &["is damaged", "unsorry cache clear"],
    );
    check(
        home.command(&["cache", "clear"]),
        0,
        &["and a damaged file"],
    );
    check(home.command(&["cache"]), 0, &["no proofs yet"]);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough() {
    let home = Home::new();
    home.keep(2000);
    let mut command = home.command(&["cache", "export", "--jsonl"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}
