//! `unsorry doctor`, and what a first run says.

use std::path::Path;
use std::process::Command;

use unsorry_tests::editor::program;

/// Runs the program in a home of its own and returns its exit code and its stdout.
fn run(home: &Path, path: Option<&Path>, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(program());
    command
        .args(words)
        .current_dir(home)
        .env("HOME", home)
        .envs(["CONFIG", "DATA", "STATE", "CACHE"].map(|kind| {
            let folder = home.join(kind.to_lowercase());
            (format!("XDG_{kind}_HOME"), folder)
        }))
        .env_remove("UNSORRY_CONFIG")
        .env_remove("UNSORRY_MODEL");
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let output = command.output().expect("it starts");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let stdout = String::from_utf8(output.stdout).expect("text");
    (output.status.code(), stdout)
}

#[test]
fn with_lean_all_is_well() {
    let home = tempfile::tempdir().expect("a folder");
    let (code, stdout) = run(home.path(), None, &["doctor"]);
    let says = |part: &str| assert!(stdout.contains(part), "{part}: {stdout}");
    says("✓ `lean --server`: Lean (version");
    says("✓ its server answers: a proof was found and checked in");
    #[cfg(target_os = "linux")]
    says(
        "✓ candidates are checked in a container: no network, no terminal, no file to write to but its own",
    );
    says("no shim; `unsorry shim` makes one");
    says("tactics, by default");
    assert_eq!(code, Some(0), "{stdout}");
    let shim = run(home.path(), None, &["shim"]).1;
    let (_, stdout) = run(home.path(), None, &["doctor"]);
    assert!(
        stdout.contains(&format!("there is a shim in {shim}")),
        "{stdout}"
    );
    let (_, stdout) = run(home.path(), None, &[]);
    assert!(
        stdout.contains("Lean is here") && stdout.contains("unsorry prove FILE"),
        "{stdout}"
    );
}

#[test]
fn without_lean_it_says_what_to_do() {
    let home = tempfile::tempdir().expect("a folder");
    let (code, stdout) = run(home.path(), Some(home.path()), &["doctor"]);
    assert_eq!(code, Some(1), "{stdout}");
    let line = "✗ `lean --server`: it can't be started";
    assert!(
        stdout.contains(line) && stdout.contains("https://lean-lang.org/install"),
        "{stdout}"
    );
    let (code, stdout) = run(home.path(), Some(home.path()), &[]);
    assert!(
        code == Some(0) && stdout.contains("There is no Lean on PATH"),
        "{stdout}"
    );
    std::fs::create_dir_all(home.path().join("config/unsorry")).expect("made");
    std::fs::write(home.path().join("config/unsorry/config.toml"), "[serch]").expect("written");
    let (_, stdout) = run(home.path(), Some(home.path()), &[]);
    assert!(stdout.contains("serch"), "{stdout}");
}

#[test]
fn manual_and_completions() {
    let home = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let (_, stdout) = run(home.path(), None, &["completions", shell]);
        assert!(
            stdout.contains("prove") && stdout.contains("unsorry"),
            "{shell}"
        );
    }
    assert!(run(home.path(), None, &["man"]).1.contains(".TH unsorry 1"));
    run(home.path(), None, &["man", "pages"]);
    assert!(home.path().join("pages/unsorry-prove.1").is_file());
}
