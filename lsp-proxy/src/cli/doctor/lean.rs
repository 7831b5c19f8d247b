//! The Lean of the working directory: that it is there, and that it checks a proof.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;
#[cfg(target_os = "linux")]
use unsorry_infer::memory::format_bytes;

#[cfg(not(target_os = "linux"))]
use super::line::plain;
use super::line::{Line, bad, good, warning};
use crate::cli::prove::{LEAN_TIMEOUT, file_uri};
use crate::config::{Cache, Config};
use crate::engines;
use crate::shim::LEAN_INSTALL;
use unsorry_search::command::LeanCommand;
use unsorry_search::contain;
use unsorry_search::search::wording::{complaints, summary};
use unsorry_search::target::Target;
use unsorry_syntax::Outline;

/// The time that a proof of something easy may take: the referee starts for it as well, and the machine may be busy.
const TRIAL_BUDGET: Duration = Duration::from_secs(180);

/// The text that is proved.
const TRIAL: &str = "theorem unsorry_doctor (p q : Prop) (h : p ∧ q) : q ∧ p := by\n  sorry\n";

/// Says whether there is a Lean in `cwd`, and whether a proof goes through all that it must.
pub(super) async fn lean(cwd: &Path, config: &Config) -> Vec<Line> {
    let command = LeanCommand::resolve(&[], cwd);
    let program = command.program.to_string_lossy();
    let version = contain::version(&command, cwd, &config.container, LEAN_TIMEOUT);
    let mut lines = match version.await {
        Ok(version) => {
            let bugs = known_bugs(&version);
            let version = good(format!("`{command}`: {version}"));
            std::iter::once(version).chain(bugs).collect::<Vec<_>>()
        }
        Err(why) => {
            return vec![bad(format!(
                "`{command}`: {why:#}\ntry `{program} --version` in this folder; {LEAN_INSTALL} says how to get Lean"
            ))];
        }
    };
    let start = Instant::now();
    let trial = tokio::time::timeout(LEAN_TIMEOUT, proof(command.clone(), cwd, config));
    let trial = match trial.await {
        Ok(Ok(standing)) => good(format!(
            "its server answers: a proof was found and checked in {:.1} s ({standing})",
            start.elapsed().as_secs_f64()
        )),
        Ok(Err(error)) => bad(format!(
            "its server proves nothing here: {error:#}\nsee what `{command}` says in your editor without unsorry, and the log"
        )),
        Err(_) => bad(format!(
            "its server does not answer within {} s: does your editor work without unsorry?",
            LEAN_TIMEOUT.as_secs()
        )),
    };
    lines.extend([trial, container(cwd, &config.container).await]);
    lines
}

/// Warns of bugs of a kernel by which `False` can be proved: lean4's release notes of 4.32.1, 4.32.2 and 4.34.0.
fn known_bugs(version: &str) -> Option<Line> {
    const MENDED: [u32; 3] = [4, 34, 0];
    let (_, rest) = version.rsplit_once("version ")?;
    let number = rest.split([',', ')', '-', ' ']).next()?;
    let parts = number.split('.').map(|part| part.parse::<u32>().ok());
    let parts = parts.collect::<Option<Vec<u32>>>()?;
    (parts.as_slice() < MENDED.as_slice()).then(|| {
        warning(
            "before 4.34.0 Lean's kernel has known bugs (lean4#14484, lean4#14576 and three more): a proof made to use them would pass",
        )
    })
}

/// Says what holds the Lean that checks candidates.
#[cfg(target_os = "linux")]
async fn container(cwd: &Path, limits: &contain::ContainerConfig) -> Line {
    if !limits.contained {
        return warning("candidates are checked without a container: `check.contained` is false");
    }
    match contain::survey(cwd, limits).await {
        Ok(survey) if survey.open.is_empty() => good(format!(
            "candidates are checked in a container: no network, no terminal, no file to write to but its own, {} of memory, counted by {}",
            format_bytes(limits.memory),
            match survey.is_counted {
                true => "the kernel",
                false =>
                    "us four times a second, as this system gives us no control group or no folder in memory",
            }
        )),
        Ok(survey) => warning(format!(
            "candidates are checked in a container that this system does not close: {}",
            survey.open.join(", ")
        )),
        Err(error) => bad(format!(
            "the container for checking candidates: {error:#}\n`contained = false` under `[check]` does without"
        )),
    }
}

/// Says what holds the Lean that checks candidates.
#[cfg(not(target_os = "linux"))]
async fn container(_: &Path, limits: &contain::ContainerConfig) -> Line {
    match (limits.contained, limits.closes) {
        (true, true) => plain(
            "candidates are checked in sandbox-exec: no network, no file to write to but its own",
        ),
        (true, false) => warning(
            "on this system only memory and processes are bounded: what models write is not checked; `contained = false` under `[check]` in your own config has it checked all the same",
        ),
        (false, _) => {
            warning("candidates are checked without a container: `check.contained` is false")
        }
    }
}

/// Proves something easy as an editor would have it, and says how far it was checked.
async fn proof(command: LeanCommand, cwd: &Path, config: &Config) -> Result<String> {
    let config = Config {
        cache: Cache {
            enabled: false,
            ..config.cache.clone()
        },
        polish: Duration::ZERO,
        budget: config.budget.max(TRIAL_BUDGET),
        ..config.clone()
    };
    let tactics = vec![engines::tactics(&config)];
    let search = engines::search(command, cwd.to_owned(), &config, tactics);
    let target = Target {
        uri: file_uri(&cwd.join("unsorry_doctor.lean"))?.into(),
        text: TRIAL.into(),
        outline: Arc::new(Outline::of(TRIAL)),
        hole: 0,
    };
    // Nobody watches it.
    let (steps, _) = unbounded_channel();
    let stop = CancellationToken::new();
    let outcome = search.prove(&target, Vec::new(), steps, &stop).await?;
    let proof = outcome
        .proofs
        .first()
        .with_context(|| summary(&outcome) + &complaints(&outcome.failures))?;
    Ok(proof.standing())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_with_known_bugs() {
        let check = |version: &str, has_bugs: bool| {
            assert_eq!(known_bugs(version).is_some(), has_bugs, "{version}");
        };
        check(
            "Lean (version 4.28.0-pre, wasm32-unknown-emscripten, commit 38f3c0c, Release)",
            true,
        );
        check("Lean (version 4.33.1, x86_64, Release)", true);
        check("Lake version 5.0.0-src+2fcce72 (Lean version 4.32.2)", true);
        check("Lean (version 4.34.0, x86_64, Release)", false);
        check(
            "Lake version 5.0.0-src+2fcce72 (Lean version 4.35.0-rc1)",
            false,
        );
        check("something else", false);
    }
}
