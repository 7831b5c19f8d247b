//! What a search says of its container, and leaves.

use std::process::{Command, Stdio};
use std::time::Duration;

use unsorry_tests::editor::program;

use super::nothing_is_left;

#[test]
fn a_search_says_why_it_has_no_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("A.lean");
    std::fs::write(&file, "theorem t : 1 = 1 := by\n  sorry\n").expect("written");
    for command in [vec!["prove", "--no-cache", "A.lean"], vec!["doctor"]] {
        let output = Command::new(program())
            .args(&command)
            .current_dir(folder.path())
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .env("TMPDIR", folder.path().join("nowhere"))
            .output()
            .expect("it starts");
        let told =
            String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("can't make a temporary folder in "), "{told}");
        assert_ne!(output.status.code(), Some(0), "{told}");
    }
}

/// We are killed at any moment, with Lean at work: nothing of it stays.
#[test]
fn nothing_is_left_of_a_killed_search() {
    let text = "theorem t (a b c n : Nat) (h : a ^ (n + 3) + b ^ (n + 3) = c ^ (n + 3)) : a * b * c = 0 := by\n  sorry\n";
    let mut wait = 30;
    for _ in 0..8 {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("A.lean");
        std::fs::write(&file, text).expect("written");
        let mut prove = Command::new(program())
            .args(["prove", "--no-cache"])
            .arg(&file)
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .env("XDG_CONFIG_HOME", folder.path())
            .env("TMPDIR", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(wait));
        wait *= 2;
        prove.kill().expect("killed");
        prove.wait().expect("it is gone");
        nothing_is_left(folder.path());
    }
}

#[test]
fn a_search_says_what_its_lean_took_too_much_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("A.lean");
    std::fs::write(&file, "theorem t : 1 = 1 := by\n  sorry\n").expect("written");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[check]\nmemory = '60MB'\n").expect("written");
    let prove = Command::new(program())
        .args(["prove", "--no-cache"])
        .arg(&file)
        .env("UNSORRY_CONFIG", &config)
        .env("XDG_STATE_HOME", folder.path().join("state"))
        .output()
        .expect("it starts");
    let told = String::from_utf8_lossy(&prove.stderr) + String::from_utf8_lossy(&prove.stdout);
    assert!(told.contains("`check.memory`"), "{told}");
    assert_ne!(prove.status.code(), Some(0), "{told}");
}
