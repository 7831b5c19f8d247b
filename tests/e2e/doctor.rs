//! `unsorry doctor`, and what a first run says.

use std::path::Path;
use std::process::Command;

use unsorry_tests::editor::program;

/// Runs the program in a home of its own and gives its exit code and what it says on stdout.
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
    let told = String::from_utf8(output.stdout).expect("text");
    (output.status.code(), told)
}

#[test]
fn with_lean_all_is_well() {
    let home = tempfile::tempdir().expect("a folder");
    let (code, told) = run(home.path(), None, &["doctor"]);
    let says = |part: &str| assert!(told.contains(part), "{part}: {told}");
    says("✓ `lean --server`: Lean (version");
    says("✓ its server answers: a proof was found and checked in");
    #[cfg(target_os = "linux")]
    says("✓ candidates are checked in a container: no network, no file to write to but its own");
    says("no shim; `unsorry shim` makes one");
    says("tactics, by default");
    assert_eq!(code, Some(0), "{told}");
    let shim = run(home.path(), None, &["shim"]).1;
    let (_, told) = run(home.path(), None, &["doctor"]);
    assert!(
        told.contains(&format!("there is a shim in {shim}")),
        "{told}"
    );
    let (_, told) = run(home.path(), None, &[]);
    assert!(
        told.contains("Lean is here") && told.contains("unsorry prove FILE"),
        "{told}"
    );
}

#[test]
fn without_lean_it_says_what_to_do() {
    let home = tempfile::tempdir().expect("a folder");
    let (code, told) = run(home.path(), Some(home.path()), &["doctor"]);
    assert_eq!(code, Some(1), "{told}");
    let line = "✗ `lean --server`: it can't be started";
    assert!(
        told.contains(line) && told.contains("https://lean-lang.org/install"),
        "{told}"
    );
    let (code, told) = run(home.path(), Some(home.path()), &[]);
    assert!(
        code == Some(0) && told.contains("There is no Lean on PATH"),
        "{told}"
    );
    std::fs::create_dir_all(home.path().join("config/unsorry")).expect("made");
    std::fs::write(home.path().join("config/unsorry/config.toml"), "[serch]").expect("written");
    let (_, told) = run(home.path(), Some(home.path()), &[]);
    assert!(told.contains("serch"), "{told}");
}

#[test]
fn manual_and_completions() {
    let home = tempfile::tempdir().expect("a folder");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let (_, told) = run(home.path(), None, &["completions", shell]);
        assert!(
            told.contains("prove") && told.contains("unsorry"),
            "{shell}"
        );
    }
    assert!(run(home.path(), None, &["man"]).1.contains(".TH unsorry 1"));
    run(home.path(), None, &["man", "pages"]);
    assert!(home.path().join("pages/unsorry-prove.1").is_file());
}
