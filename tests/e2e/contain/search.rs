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

/// Whatever is started beside the user's own Lean, contained or not, knows what it needs and no more.
#[test]
fn no_child_has_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("A.lean");
    std::fs::write(&file, "theorem t : 1 = 1 := by\n  sorry\n").expect("written");
    let (known, lean) = (folder.path().join("known"), folder.path().join("lean"));
    let script = format!("#!/bin/sh\nenv >> '{}'\necho Lean\n", known.display());
    std::fs::write(&lean, script).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&lean, mode).expect("set");
    let config = folder.path().join("config.toml");
    let path = std::env::var("PATH").unwrap_or_default();
    for contained in [true, false] {
        let text = format!("[check]\ncontained = {contained}\n");
        std::fs::write(&config, text).expect("written");
        for command in [vec!["prove", "A.lean"], vec!["doctor"]] {
            let output = Command::new(program())
                .args(&command)
                .current_dir(folder.path())
                .env("PATH", format!("{}:{path}", folder.path().display()))
                .env("UNSORRY_CONFIG", &config)
                .env("XDG_STATE_HOME", folder.path().join("state"))
                .env("XDG_DATA_HOME", folder.path().join("data"))
                .env("OPENAI_API_KEY", "sk-123")
                .env("LAKE_CACHE_KEY", "sk-123")
                .output()
                .expect("it starts");
            assert_ne!(output.status.code(), Some(0));
        }
    }
    let known = std::fs::read_to_string(known).expect("it was started");
    assert!(
        known.contains("PATH=") && !known.contains("sk-123"),
        "{known}"
    );
}
