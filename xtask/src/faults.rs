//! `cargo xtask faults`: the storms of `tests/faults` at length.

use anyhow::{Result, ensure};

use crate::lean;
use crate::workspace;

/// The classes, as the tests are named.
const CLASSES: [&str; 5] = ["relay", "assistant", "model", "filled", "soak"];

/// The arguments of `cargo xtask faults`.
#[derive(clap::Args)]
pub(crate) struct Faults {
    /// `relay`, `assistant`, `model`, `filled`, `soak`; all but the last without any
    classes: Vec<String>,
    /// The first run's; each has the next one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of sessions of each class
    #[arg(long)]
    runs: Option<u64>,
    /// Minutes for each class [default: 10, if there is no number of runs]
    #[arg(long)]
    minutes: Option<u64>,
    /// The file for the measurements of a soak [default: in `target`]
    #[arg(long)]
    csv: Option<std::path::PathBuf>,
}

/// Runs one class after the other. The first that fails ends it.
pub(crate) fn run(faults: &Faults) -> Result<()> {
    for class in &faults.classes {
        ensure!(
            CLASSES.contains(&class.as_str()),
            "there is no `{class}`, but {}",
            CLASSES.join(", ")
        );
    }
    let install = lean::find_or_install()?;
    workspace::step(
        "the build (cargo build)",
        &mut workspace::cargo(&["build", "--package", "unsorry"]),
    )?;
    let chosen = CLASSES
        .iter()
        .filter(|class| match faults.classes.is_empty() {
            true => **class != "soak",
            false => faults.classes.iter().any(|name| name == *class),
        });
    for class in chosen {
        let mut test =
            workspace::cargo(&["test", "--package", "unsorry-tests", "--test", "faults"]);
        test.args(["--", "--exact", "--nocapture", "--include-ignored"])
            .arg(format!("{class}::{class}"))
            .env("PATH", install.path()?)
            .env("UNSORRY_FAULTS_SEED", faults.seed.to_string());
        if let Some(runs) = faults.runs {
            test.env("UNSORRY_FAULTS_RUNS", runs.to_string());
        }
        let default = faults.runs.is_none().then_some(10);
        if let Some(minutes) = faults.minutes.or(default) {
            test.env("UNSORRY_FAULTS_MINUTES", minutes.to_string());
        }
        if let Some(csv) = &faults.csv {
            test.env("UNSORRY_FAULTS_CSV", std::path::absolute(csv)?);
        }
        workspace::step(&format!("the storm `{class}`"), &mut test)?;
    }
    Ok(())
}
