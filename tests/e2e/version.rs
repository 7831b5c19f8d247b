//! A project whose files decide which `lake` runs: it runs in the container or not at all.
#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use unsorry_tests::editor::program;

/// Stands for a toolchain of the project's choice. It says where it came from, where it can.
const LAKE: &str = "#!/bin/sh\necho ran >> \"$PWD/ran\"\necho Lake version 5.0.0\n";

/// Runs a command in `folder`, where a PATH says that programs are, too.
fn run(folder: &Path, words: &[&str]) {
    let path = std::env::var("PATH").expect("a PATH");
    let output = Command::new(program())
        .args(words)
        .current_dir(folder)
        .env("PATH", format!(".:{path}"))
        .envs(["CONFIG", "DATA", "STATE", "CACHE"].map(|kind| {
            let folder = folder.join("home").join(kind.to_lowercase());
            (format!("XDG_{kind}_HOME"), folder)
        }))
        .output()
        .expect("it starts");
    assert_ne!(output.status.code(), Some(0), "this Lean proves nothing");
    let ran = std::fs::read_to_string(folder.join("ran")).unwrap_or_default();
    assert_eq!(ran, "", "{words:?}");
}

#[test]
fn a_projects_lake_says_its_version_in_the_container() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("lakefile.toml"), "name = \"x\"\n").expect("written");
    std::fs::write(folder.join("A.lean"), "theorem t : True := by\n  sorry\n").expect("written");
    let lake = folder.join("lake");
    std::fs::write(&lake, LAKE).expect("written");
    std::fs::set_permissions(&lake, std::fs::Permissions::from_mode(0o755)).expect("set");
    run(folder, &["prove", "A.lean", "--budget", "1s"]);
    run(folder, &["doctor"]);
    run(folder, &["eval", ".", "--engine", "tactics"]);
}
