//! `cargo xtask test`: everything that must hold before a change is accepted. `.ci/run` calls it.

use std::process::Command;

use anyhow::Result;

use crate::arrows;
use crate::editors;
use crate::lean::{self, LeanInstall, Origin};
use crate::workspace::{self, step};

/// Checks the format, the lints, the build and the tests, and stops at the first that fails.
/// Editors are left out where `without_editors` are asked for.
pub(crate) fn run(arguments: &[String], without_editors: bool) -> Result<()> {
    let install = lean::find_or_install()?;
    println!("The tests use {install}.");

    let cargo = workspace::cargo;
    step(
        "the format (cargo fmt)",
        &mut cargo(&["fmt", "--all", "--check"]),
    )?;
    arrows::run()?;
    step(
        "the lints (cargo clippy)",
        &mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    step(
        "the build (cargo test --no-run)",
        &mut cargo(&workspace::BUILD),
    )?;
    lean_from_npm(&install)?;
    let mut tests = cargo(&["test", "--workspace"]);
    step(
        "the tests (cargo test)",
        tests.args(arguments).env("PATH", install.path()?),
    )?;

    if without_editors {
        println!("\nAll passed but the editors, which were left out, with {install}.");
        return Ok(());
    }
    editors::run(&[])?;
    println!("\nAll passed, with {install}.");
    Ok(())
}

/// The tests of our own stand-in, when it is what the other tests stand on.
fn lean_from_npm(install: &LeanInstall) -> Result<()> {
    if install.origin != Origin::Npm {
        println!("\nNot run: the tests of the Lean from npm, which is not the one used.");
        return Ok(());
    }
    let mut node = Command::new("node");
    node.args(["--test", "tests/lean/server.test.cjs"])
        .current_dir(workspace::root());
    step("the Lean from npm (node --test)", &mut node)
}
