//! `cargo xtask attacks`: hostile and honest candidates in odd files, at length.

use anyhow::Result;

use crate::lean;
use crate::workspace;

/// The arguments of `cargo xtask attacks`.
#[derive(clap::Args)]
pub(crate) struct Attacks {
    /// The number of pairs of a candidate and a file
    #[arg(long, default_value_t = 2000)]
    pairs: u64,
    /// Another one tries other pairs
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Has a real Lean and the referee judge them.
pub(crate) fn run(attacks: &Attacks) -> Result<()> {
    let install = lean::find_or_install()?;
    workspace::step(
        "the build (cargo build)",
        &mut workspace::cargo(&["build", "--package", "unsorry"]),
    )?;
    let mut test = workspace::cargo(&["test", "--package", "unsorry-tests", "--test", "e2e"]);
    test.args(["--", "--nocapture", "crossed::"])
        .env("PATH", install.path()?)
        .env("UNSORRY_ATTACKS_PAIRS", attacks.pairs.to_string())
        .env("UNSORRY_ATTACKS_SEED", attacks.seed.to_string());
    workspace::step("candidates in odd files", &mut test)
}
