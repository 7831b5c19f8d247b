//! A proof once more, by Lean's kernel alone: Lean compiles the file up to the declaration, with the hole
//! and without it, each in a process of its own, and a third one, which has seen no candidate, hands what
//! was compiled to the kernel and compares the two (`replay.lean`). So a candidate that found a way to run
//! code, and to answer in Lean's place, is found out.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use crate::command::LeanCommand;
use crate::contain::{self, ContainerConfig, Scratch};
use crate::lean::elaboration::Unknown;

/// The script that the third process runs.
const SCRIPT: &str = include_str!("replay.lean");

/// The line that the script prints once it has checked what was there before: up to then nothing of a
/// candidate is read.
const BEGUN: &str = "replaying\n";

/// The line that the script prints in the end.
const REPLAYED: &str = "replayed";

/// The words with which the script begins to say that it can't tell.
const UNKNOWN: &str = "unknown: ";

/// A file's name where it is compiled, with which names that are private to it begin.
const SOURCE: &str = "Unsorry.lean";

/// The most that is read of Lean's output.
const MAX_PRINTED_BYTES: u64 = 64 << 10;

/// Runs Lean's compiler as the checker runs its server.
#[derive(Debug)]
pub struct Replayer {
    command: LeanCommand,
    cwd: PathBuf,
    limits: ContainerConfig,
}

/// A file that Lean has compiled, as long as this is held.
#[derive(Debug)]
pub struct Compiled {
    folder: Scratch,
}

/// The reason why a proof was not replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReplayed {
    /// The kernel refuses the proof, or it is of something else than was to be proved.
    #[error("it can't be replayed in Lean's kernel: {0}")]
    Refused(String),
    /// The replay could not be done.
    #[error("{0}")]
    Impossible(String),
}

impl NotReplayed {
    /// Returns the failure as a candidate's own doing.
    pub fn refused(self) -> NotReplayed {
        NotReplayed::Refused(self.to_string())
    }
}

impl Replayer {
    /// A replayer with the compiler of the server that `command` starts, in `cwd`, contained within `limits`.
    pub fn new(command: LeanCommand, cwd: PathBuf, limits: ContainerConfig) -> Replayer {
        Replayer {
            command,
            cwd,
            limits,
        }
    }

    /// Has Lean compile `text`, under its default options: those of a Lake project are the server's alone.
    ///
    /// # Errors
    /// When Lean finds an error in it, or can't be run, or takes longer than `limit`.
    pub async fn compile(&self, text: &str, limit: Duration) -> Result<Compiled, NotReplayed> {
        let compiled = Compiled {
            folder: Scratch::new().map_err(no_folder)?,
        };
        let source = compiled.path().join(SOURCE);
        let written = tokio::fs::write(&source, text).await;
        written.map_err(no_folder)?;
        let root = compiled.path().as_os_str().to_owned();
        let olean = compiled.olean().into_os_string();
        let arguments = ["-R".into(), root, "-o".into(), olean, source.into()];
        let (is_well, said) = self.run(arguments, &compiled.folder, limit).await?;
        match is_well && compiled.olean().is_file() {
            true => Ok(compiled),
            false => Err(NotReplayed::Impossible(format!(
                "Lean does not compile the file up to there: {}",
                first_error(&said)
            ))),
        }
    }

    /// Whether the kernel takes what `after` has beyond its imports, which are those of `before`;
    /// `declaration` says there what it says in `before`, as does all else; and it rests on no axiom but the
    /// standard ones and those on which it rested before, `sorry` not among them.
    ///
    /// # Errors
    /// When that is not so, or can't be known.
    pub async fn replay(
        &self,
        before: &Compiled,
        after: &Compiled,
        declaration: &str,
        limit: Duration,
    ) -> Result<(), NotReplayed> {
        let scratch = Scratch::new().map_err(no_folder)?;
        let script = scratch.path().join("replay.lean");
        let mut why = String::new();
        // Where every file is a module, only what is public is run.
        for visibility in ["", "public "] {
            let text = SCRIPT.replace("\ndef main", &format!("\n{visibility}def main"));
            let written = tokio::fs::write(&script, text).await;
            written.map_err(no_folder)?;
            let paths = [
                script.clone(),
                before.olean(),
                after.olean(),
                scratch.path().to_owned(),
            ];
            let mut arguments = vec!["--run".into()];
            arguments.extend(paths.map(PathBuf::into_os_string));
            arguments.push(declaration.into());
            // Lean can be run: it has compiled both. What takes too long or too much now is the candidate's.
            let ran = self.run(arguments, &scratch, limit).await;
            let (is_well, said) = ran.map_err(NotReplayed::refused)?;
            let begun = said.strip_prefix(BEGUN);
            let told = begun.unwrap_or(&said).trim().lines().next_back();
            return match (begun, told) {
                (Some(_), Some(REPLAYED)) if is_well => Ok(()),
                (Some(_), None) => Err(NotReplayed::Refused("Lean stopped at it".into())),
                (_, Some(told)) if told.starts_with(UNKNOWN) => {
                    let why = told.trim_start_matches(UNKNOWN);
                    Err(NotReplayed::Impossible(why.to_owned()))
                }
                (Some(_), Some(told)) => Err(NotReplayed::Refused(told.to_owned())),
                (None, _) => {
                    why = first_error(&said).to_owned();
                    continue;
                }
            };
        }
        Err(NotReplayed::Impossible(format!(
            "this Lean does not understand how to replay it: {why}"
        )))
    }

    /// Whether Lean's compiler, run with `arguments`, ends well, and what it prints. It may write to
    /// `scratch` only.
    async fn run(
        &self,
        arguments: impl IntoIterator<Item = std::ffi::OsString>,
        scratch: &Scratch,
        limit: Duration,
    ) -> Result<(bool, String), NotReplayed> {
        let Some(mut command) = self.command.compiler() else {
            let why = format!("which Lean `{}` starts can't be told", self.command);
            return Err(NotReplayed::Impossible(why));
        };
        command.args.extend(arguments);
        let prepared = contain::command(&command, &self.cwd, &self.limits, Some(scratch));
        let impossible = |error: &dyn std::fmt::Display| {
            NotReplayed::Impossible(format!("`{command}` can't be run: {error}"))
        };
        let (mut builder, container) = prepared.map_err(|error| impossible(&error))?;
        builder
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(container.is_none());
        let mut child = builder.spawn().map_err(|error| impossible(&error))?;
        if let Some(pid) = child.id() {
            crate::lean::process::lower_priority(pid);
        }
        let work = async {
            let mut said = Vec::new();
            if let Some(stdout) = child.stdout.take() {
                // Whatever is more has no reader.
                stdout
                    .take(MAX_PRINTED_BYTES)
                    .read_to_end(&mut said)
                    .await?;
            }
            let status = child.wait().await?;
            let said = String::from_utf8_lossy(&said).into_owned();
            std::io::Result::Ok((status, said))
        };
        match timeout(limit, work).await {
            Ok(Ok((status, _))) if status.code() == Some(contain::TOO_MUCH.into()) => {
                Err(NotReplayed::Impossible(Unknown::Exhausted.to_string()))
            }
            Ok(Ok((status, said))) => Ok((status.success(), said)),
            Ok(Err(error)) => Err(impossible(&error)),
            Err(_) => Err(NotReplayed::Impossible(format!(
                "Lean took longer than {} s",
                limit.as_secs()
            ))),
        }
    }
}

impl Compiled {
    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn olean(&self) -> PathBuf {
        self.path().join(SOURCE).with_extension("olean")
    }
}

fn no_folder(error: impl std::fmt::Display) -> NotReplayed {
    NotReplayed::Impossible(format!("no file can be written for it: {error}"))
}

/// The first error in what Lean's compiler prints: `/a/b.lean:2:8: error(lean.x): text`.
fn first_error(said: &str) -> &str {
    let errors = said.lines().filter_map(|line| {
        let (_, rest) = line.split_once(": error")?;
        Some(rest.split_once(": ").map_or(rest, |(_, text)| text))
    });
    let any = said.lines().find(|line| !line.trim().is_empty());
    errors
        .chain(any)
        .next()
        .unwrap_or("it ended without a word")
}

/// The name in what `#check` says of a declaration, without what makes it private: `X.foo` in
/// `@_private.M.0.X.foo.{u} : Nat`.
pub fn name_in(statement: &str) -> Option<&str> {
    let name = statement.strip_prefix('@').unwrap_or(statement);
    let mut quoted = false;
    let end = name.char_indices().find(|&(at, c)| {
        match c {
            '«' => quoted = true,
            '»' => quoted = false,
            _ => {}
        }
        !quoted && (c.is_whitespace() || name[at..].starts_with(".{"))
    });
    let name = &name[..end?.0];
    let private = name.strip_prefix("_private.");
    let name = private
        .and_then(|name| Some(name.split_once(".0.")?.1))
        .unwrap_or(name);
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |statement: &str, expected: Option<&str>| {
            assert_eq!(name_in(statement), expected, "{statement}");
        };
        check("foo : Nat", Some("foo"));
        check("@X.foo.{u_1, v} : ∀ (α : Type u_1), α", Some("X.foo"));
        check("@X.«a .{b».foo :\n  Nat", Some("X.«a .{b».foo"));
        check("_private.A.B.0.X.two : Nat", Some("X.two"));
        check("", None);
        check(" : Nat", None);
    }

    #[test]
    fn errors() {
        let check = |said: &str, expected: &str| assert_eq!(first_error(said), expected, "{said}");
        check(
            "/a b/U.lean:2:8: warning: x\n/a b/U.lean:3:0: error: Type mismatch: a\n b",
            "Type mismatch: a",
        );
        check(
            "U.lean:2:8: error(lean.unknownIdentifier): Unknown `x`",
            "Unknown `x`",
        );
        check("\nno such toolchain\n", "no such toolchain");
        check("", "it ended without a word");
    }
}
