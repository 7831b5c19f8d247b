//! Having Lean compile a text, in a container of its own: a process that knows nothing of another, and from
//! which nothing is believed but that what it leaves behind is to be looked at.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::Child;
use tokio::sync::OnceCell;
use tokio::time::timeout;
use unsorry_olean::{Module, ReadError, Terms};

use crate::command::LeanCommand;
use crate::contain::{self, Container, ContainerConfig, Scratch};
use crate::lean::elaboration::Unknown;

/// The most that is read of Lean's output.
const MAX_PRINTED_BYTES: u64 = 1 << 20;

/// The most that is read of a compiled file, all its parts together.
const MAX_COMPILED_BYTES: u64 = 256 << 20;

/// A script that says a word, and the word.
const PROBE: &str = "def main : IO Unit := IO.println \"here\"\n";
const PROBED: &str = "here";

/// The longest that it may take.
const PROBE_LIMIT: Duration = Duration::from_secs(60);

/// The parts of a compiled module, in the order in which they point into one another; a file that is none has
/// the first only.
const PARTS: [&str; 3] = ["olean", "olean.server", "olean.private"];

/// Runs Lean's compiler as the checker runs its server.
#[derive(Debug)]
pub struct Compiler {
    /// The command that starts the server.
    pub command: LeanCommand,
    /// The folder that it runs in, which decides what project a file belongs to.
    pub cwd: PathBuf,
    /// The container's limits.
    pub limits: ContainerConfig,
    /// Whether of a script only what is public is run.
    runs_public: OnceCell<bool>,
}

/// Lean's options, by name.
pub type LeanOptions = Vec<(String, Value)>;

/// A text that stands for a file.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The file's path.
    pub path: &'a Path,
    /// The options that it is compiled with.
    pub options: &'a LeanOptions,
    /// The text.
    pub text: &'a str,
}

/// What Lean made of a text.
#[derive(Debug)]
pub enum Compiled {
    /// The compiled file.
    Parts(Parts),
    /// Errors, and no file.
    Errors(Vec<CompileError>),
}

/// The parts of a compiled file, as bytes that anybody may have written.
#[derive(Debug)]
pub struct Parts(Vec<Vec<u8>>);

impl Parts {
    /// The parts of what was compiled to the file at `olean`; none where there is none.
    ///
    /// # Errors
    /// When it can't be read: why.
    pub fn of(olean: &Path) -> Result<Option<Parts>, String> {
        let mut parts = Vec::new();
        let mut left = MAX_COMPILED_BYTES;
        for extension in PARTS {
            let part = read_plain(&olean.with_extension(extension), left)
                .map_err(|error| format!("what Lean compiled can't be read: {error}"))?;
            let Some(part) = part else { break };
            left -= part.len() as u64;
            parts.push(part);
        }
        Ok((!parts.is_empty()).then_some(Parts(parts)))
    }

    /// The bytes of all of them.
    pub fn size(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// Reads the module that they hold.
    ///
    /// # Errors
    /// When they hold none.
    pub fn read(&self, terms: &mut Terms) -> Result<Module, ReadError> {
        let parts: Vec<&[u8]> = self.0.iter().map(Vec::as_slice).collect();
        unsorry_olean::read(&parts, terms)
    }
}

/// An error that the compiler reports.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CompileError {
    /// The line, from 0.
    pub line: usize,
    /// Lean's words.
    pub message: String,
}

/// A line of `lean --json`.
#[derive(Debug, Deserialize)]
struct Message {
    severity: String,
    pos: Place,
    data: String,
}

#[derive(Debug, Deserialize)]
struct Place {
    line: usize,
}

impl Compiler {
    /// The compiler of the server that `command` starts, in `cwd`, contained within `limits`.
    pub fn new(command: LeanCommand, cwd: PathBuf, limits: ContainerConfig) -> Compiler {
        Compiler {
            command,
            cwd,
            limits,
            runs_public: OnceCell::new(),
        }
    }

    /// The command that runs Lean itself, and no server.
    ///
    /// # Errors
    /// When it can't be told what that is.
    pub fn lean(&self) -> Result<LeanCommand, String> {
        let lean = self.command.compiler();
        lean.ok_or_else(|| format!("which Lean `{}` starts can't be told", self.command))
    }

    /// Whether this Lean runs of a script only what is public, as it does where every file is a module.
    pub async fn runs_what_is_public(&self) -> bool {
        let ask = async || {
            let (Ok(mut command), Ok(scratch)) = (self.lean(), Scratch::new()) else {
                return false;
            };
            let probe = scratch.path().join("probe.lean");
            if tokio::fs::write(&probe, PROBE).await.is_err() {
                return false;
            }
            command.args.extend(["--run".into(), probe.into()]);
            let said = self.run(&command, &scratch, PROBE_LIMIT).await;
            said.is_ok_and(|said| said.lines().all(|line| line != PROBED))
        };
        *self.runs_public.get_or_init(ask).await
    }

    /// The options that a Lake project has for the file at `path`; none for a file of none. What Lake
    /// does not tell is left out: then a proof that needs it is not confirmed.
    pub async fn options(&self, path: &Path, limit: Duration) -> LeanOptions {
        let Some(command) = self.command.setup(path) else {
            return Vec::new();
        };
        let scratch = match Scratch::new() {
            Ok(scratch) => scratch,
            Err(_) => return Vec::new(),
        };
        match self.run(&command, &scratch, limit).await {
            Ok(said) => said.lines().find_map(options).unwrap_or_default(),
            Err(why) => {
                tracing::debug!(why, "Lake does not tell a file's options");
                Vec::new()
            }
        }
    }

    /// Compiles a text in a process of its own. Its module has the name of the file that it stands for.
    ///
    /// # Errors
    /// When Lean can't be run, or takes longer than `limit`, or more than it may: why.
    pub async fn compile(&self, source: Source<'_>, limit: Duration) -> Result<Compiled, String> {
        let Source {
            path,
            options,
            text,
        } = source;
        let mut command = self.lean()?;
        // Removed here, or by the supervisor where nobody waits for its end.
        let folder = Scratch::new().map_err(no_folder)?;
        let source = folder.path().join(module_path(&self.cwd, path));
        if let Some(parent) = source.parent() {
            tokio::fs::create_dir_all(parent).await.map_err(no_folder)?;
        }
        tokio::fs::write(&source, text).await.map_err(no_folder)?;
        let olean = folder.path().join("compiled.olean");
        command.args.extend(options.iter().filter_map(argument));
        command.args.extend([
            "--json".into(),
            "-R".into(),
            folder.path().as_os_str().to_owned(),
            "-o".into(),
            olean.clone().into_os_string(),
            source.into(),
        ]);
        let said = self.run(&command, &folder, limit).await?;
        if let Some(parts) = Parts::of(&olean)? {
            return Ok(Compiled::Parts(parts));
        }
        let errors: Vec<CompileError> = said.lines().filter_map(error).collect();
        match errors.is_empty() {
            true => Err(format!(
                "Lean does not compile the file: {}",
                first_line(&said)
            )),
            false => Ok(Compiled::Errors(errors)),
        }
    }

    /// Starts `command`, whose output is read, in a container of its own. It may write to `scratch` only.
    ///
    /// # Errors
    /// When it can't be started: why.
    pub fn spawn(
        &self,
        command: &LeanCommand,
        scratch: &Scratch,
        stdin: Stdio,
    ) -> Result<(Child, Option<Container>), String> {
        let prepared = contain::command(command, &self.cwd, &self.limits, Some(scratch));
        let (mut builder, container) = prepared.map_err(|error| cant_be_run(command, &error))?;
        builder
            .stdin(stdin)
            .stdout(Stdio::piped())
            .kill_on_drop(container.is_none());
        let child = builder.spawn();
        let child = child.map_err(|error| cant_be_run(command, &error))?;
        if let Some(container) = &container {
            let held = container.hold(&child);
            held.map_err(|error| cant_be_run(command, &error))?;
        }
        Ok((child, container))
    }

    /// What `command` prints. It may write to `scratch` only.
    async fn run(
        &self,
        command: &LeanCommand,
        scratch: &Scratch,
        limit: Duration,
    ) -> Result<String, String> {
        // The container is there as long as anything is read.
        let (mut child, _container) = self.spawn(command, scratch, Stdio::null())?;
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
            std::io::Result::Ok((status, String::from_utf8_lossy(&said).into_owned()))
        };
        match timeout(limit, work).await {
            Ok(Ok((status, _))) if status.code() == Some(contain::TOO_MUCH.into()) => {
                Err(Unknown::Exhausted.to_string())
            }
            Ok(Ok((_, said))) => Ok(said),
            Ok(Err(error)) => Err(cant_be_run(command, &error)),
            Err(_) => Err(format!("Lean took longer than {} s", limit.as_secs())),
        }
    }
}

/// That a command can't be run, and why.
pub fn cant_be_run(command: &LeanCommand, error: &dyn std::fmt::Display) -> String {
    format!("`{command}` can't be run: {error}")
}

/// The bytes of a plain file; none where there is none. Whoever wrote it is not believed: no link is followed,
/// no pipe waited for, and no more than `most` is read.
fn read_plain(path: &Path, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    use std::io::Read as _;
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(
            (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32,
        );
    }
    let file = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > most {
        return Err(std::io::Error::other(
            "it is no file of a size that can be read",
        ));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Reads the options in Lake's answer: an object, under one of two names, as Lake's versions have it.
fn options(line: &str) -> Option<LeanOptions> {
    let setup: Value = serde_json::from_str(line).ok()?;
    let all = setup.get("options").or(setup.get("setupOptions"))?;
    let all = all.as_object()?.iter();
    Some(
        all.map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

/// An option as an argument.
fn argument((name, value): &(String, Value)) -> Option<OsString> {
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => return None,
    };
    Some(format!("-D{name}={value}").into())
}

/// The path that the file at `path` has in the project in `cwd`: its module is called so. It leads out of no
/// folder.
pub fn module_path<'a>(cwd: &Path, path: &'a Path) -> &'a Path {
    let is_below = |path: &&Path| {
        path.components()
            .all(|part| matches!(part, Component::Normal(_)))
    };
    let relative = path.strip_prefix(cwd).ok().filter(is_below);
    let name = relative.or(path.file_name().map(Path::new));
    name.unwrap_or(Path::new("Main.lean"))
}

fn no_folder(error: impl std::fmt::Display) -> String {
    format!("no file can be written for it: {error}")
}

fn error(line: &str) -> Option<CompileError> {
    let message: Message = serde_json::from_str(line).ok()?;
    (message.severity == "error").then(|| CompileError {
        line: message.pos.line.saturating_sub(1),
        message: message.data,
    })
}

fn first_line(said: &str) -> &str {
    let line = said.lines().find(|line| !line.trim().is_empty());
    line.unwrap_or("it ended without a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_lake() {
        let check = |line: &str, expected: Option<&[&str]>| {
            let expected = expected.map(|all| all.iter().map(OsString::from).collect::<Vec<_>>());
            let found = options(line).map(|all| all.iter().filter_map(argument).collect());
            assert_eq!(found, expected, "{line}");
        };
        check(
            r#"{"name":"A","options":{"autoImplicit":false,"maxSynthPendingDepth":3,"weak.x":"y"}}"#,
            Some(&[
                "-DautoImplicit=false",
                "-DmaxSynthPendingDepth=3",
                "-Dweak.x=y",
            ]),
        );
        let older = r#"{"paths":{"oleanPath":[]},"setupOptions":{"pp.unicode.fun":true}}"#;
        check(older, Some(&["-Dpp.unicode.fun=true"]));
        check(r#"{"name":"A","options":{}}"#, Some(&[]));
        check("info: building", None);
    }

    #[test]
    fn paths_of_modules() {
        let check = |path: &str, expected: &str| {
            let found = module_path(Path::new("/a/b"), Path::new(path));
            assert_eq!(found, Path::new(expected), "{path}");
        };
        check("/a/b/C/D.lean", "C/D.lean");
        check("/a/b/../C/D.lean", "D.lean");
        check("/a/C/D.lean", "D.lean");
        check("/", "Main.lean");
    }

    #[test]
    fn errors() {
        let check = |line: &str, expected: Option<(usize, &str)>| {
            let found = error(line).map(|error| (error.line, error.message));
            let expected = expected.map(|(line, message)| (line, message.to_owned()));
            assert_eq!(found, expected, "{line}");
        };
        let json = |severity: &str| {
            format!(
                r#"{{"severity":"{severity}","pos":{{"line":3,"column":0}},"keepFullRange":false,"data":"no\nway","endPos":null,"caption":""}}"#
            )
        };
        check(&json("error"), Some((2, "no\nway")));
        check(&json("warning"), None);
        check("anything", None);
    }
}
