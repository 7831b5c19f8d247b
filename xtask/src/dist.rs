//! `cargo xtask dist`: what a release is made of, for the machine that it runs on.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::workspace;

/// The arguments of `cargo xtask dist`.
#[derive(Args)]
pub(crate) struct Dist {
    /// Features of the program, as `metal`
    #[arg(long, value_name = "NAMES")]
    features: Option<String>,
    /// Put behind the target in the archive's name, as `cuda`
    #[arg(long, value_name = "NAME")]
    suffix: Option<String>,
}

/// The files of the repository that go along.
const PAPERS: [&str; 3] = ["README.md", "CHANGELOG.md", "LICENSE"];

/// The shells that completions are made for, with the file that each looks for.
const SHELLS: [(&str, &str); 4] = [
    ("bash", "unsorry.bash"),
    ("zsh", "_unsorry"),
    ("fish", "unsorry.fish"),
    ("powershell", "unsorry.ps1"),
];

/// Builds the program for release and packs it with its manual and completions into
/// `target/dist/unsorry-VERSION-TARGET.tar.gz`, with its SHA-256 beside it.
pub(crate) fn run(arguments: &Dist) -> Result<()> {
    let features = arguments.features.as_deref().unwrap_or_default();
    let build = [
        "build",
        "--release",
        "--locked",
        "--package",
        "unsorry",
        "--features",
        features,
    ];
    let program = workspace::built(&build, "unsorry")?;
    let mut name = format!("unsorry-{}-{}", env!("CARGO_PKG_VERSION"), host()?);
    if let Some(part) = &arguments.suffix {
        name = format!("{name}-{part}");
    }
    let dist = workspace::root().join("target").join("dist");
    let folder = dist.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("completions"))?;
    fs::copy(&program, folder.join(format!("unsorry{EXE_SUFFIX}")))?;
    for paper in PAPERS {
        fs::copy(workspace::root().join(paper), folder.join(paper))
            .with_context(|| format!("can't copy {paper}"))?;
    }
    let ask = |words: &[&str]| said(Command::new(&program).args(words));
    for (shell, file) in SHELLS {
        let text = ask(&["completions", shell])?;
        fs::write(folder.join("completions").join(file), text)?;
    }
    said(Command::new(&program).arg("man").arg(folder.join("man")))?;

    let archive = format!("{name}.tar.gz");
    let mut tar = Command::new("tar");
    tar.args(["-czf", &archive, &name]).current_dir(&dist);
    workspace::step("the archive (tar)", &mut tar)?;
    let sum = format!("{}  {archive}\n", sha256(&dist.join(&archive))?);
    fs::write(dist.join(format!("{archive}.sha256")), &sum)?;
    println!("\n{}\n{sum}", dist.join(&archive).display());
    Ok(())
}

/// Returns this machine's target triple, such as `x86_64-unknown-linux-gnu`.
fn host() -> Result<String> {
    let told = String::from_utf8(said(Command::new("rustc").arg("-vV"))?)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say its host")?.to_owned())
}

fn said(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("could not start {}", command.get_program().display()))?;
    ensure!(output.status.success(), "{command:?}: {}", output.status);
    Ok(output.stdout)
}

fn sha256(file: &Path) -> Result<String> {
    let digest = Sha256::digest(fs::read(file)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}
