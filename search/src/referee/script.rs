//! A script of ours that a Lean runs, and that answers lines with lines: started once, kept warm.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::timeout;

use super::claim::Failure;
use super::compiler::{Compiler, cant_be_run};
use crate::contain::{Container, Scratch};

/// The line by which a script says that it listens.
const READY: &str = "ready\n";

/// The longest that Lean may take to read a script.
const START_LIMIT: Duration = Duration::from_secs(120);

/// The most of an answer.
const MAX_ANSWER_BYTES: u64 = 4 << 20;

/// A running script. Its process ends with it.
#[derive(Debug)]
pub struct Script {
    /// What its process is to the user.
    what: &'static str,
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// Goes first: its supervisor ends all that is in it, and then removes the folder.
    _container: Option<Container>,
    scratch: Scratch,
}

impl Script {
    /// Has the Lean of `compiler` run `source`, in a container of its own; messages call it `what`.
    ///
    /// # Errors
    /// When it can't be started, or this Lean does not understand the script: why.
    pub async fn start(
        compiler: &Compiler,
        what: &'static str,
        source: &str,
    ) -> Result<Script, Failure> {
        let source = match compiler.runs_what_is_public().await {
            true => source.replace("\ndef main", "\npublic def main"),
            false => source.to_owned(),
        };
        let run = Script::run(compiler, what, &source).await;
        run.map_err(Failure::Now)?.map_err(|why| match why {
            Some(why) => Failure::Always(format!(
                "this Lean does not understand how {what} is asked: {why}"
            )),
            None => Failure::Now(format!("{what} ended without a word")),
        })
    }

    async fn run(
        compiler: &Compiler,
        what: &'static str,
        source: &str,
    ) -> Result<Result<Script, Option<String>>, String> {
        let mut lean = compiler.lean()?;
        let failed = |error: &dyn std::fmt::Display| cant_be_run(&lean, error);
        let scratch = Scratch::new().map_err(|error| failed(&error))?;
        let path = scratch.path().join("script.lean");
        let written = tokio::fs::write(&path, source).await;
        written.map_err(|error| failed(&error))?;
        lean.args.extend(["--run".into(), path.into_os_string()]);
        let failed = |error: &dyn std::fmt::Display| cant_be_run(&lean, error);
        let (mut child, container) = compiler.spawn(&lean, &scratch, Stdio::piped())?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(&"it has no pipes"));
        };
        let mut stdout = BufReader::new(stdout);
        let mut said = String::new();
        let heard = timeout(START_LIMIT, async {
            loop {
                let from = said.len();
                let line = (&mut stdout).take(MAX_ANSWER_BYTES);
                if { line }.read_line(&mut said).await? == 0 {
                    return std::io::Result::Ok(false);
                }
                if &said[from..] == READY {
                    return Ok(true);
                }
            }
        });
        match heard.await {
            Ok(Ok(true)) => Ok(Ok(Script {
                what,
                child,
                stdin,
                stdout,
                _container: container,
                scratch,
            })),
            Ok(Ok(false)) => {
                let error = said.lines().find(|line| line.contains("error"));
                Ok(Err(error.or(said.lines().next()).map(str::to_owned)))
            }
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(format!(
                "Lean took longer than {} s to start",
                START_LIMIT.as_secs()
            )),
        }
    }

    /// The folder that it may write to.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Whether its process is there.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The line that it answers `lines` with.
    ///
    /// # Errors
    /// When there is none within `limit`: then the process is of no use any more, nor when nobody waits for its
    /// answer any longer, which would be taken for the next.
    pub async fn ask(&mut self, lines: &[&[u8]], limit: Duration) -> Result<Vec<u8>, String> {
        let what = self.what;
        let mut said = Vec::new();
        let asked = timeout(limit, async {
            let stdin = &mut self.stdin;
            let stdout = &mut self.stdout;
            let write = async {
                for line in lines {
                    stdin.write_all(line).await?;
                }
                stdin.flush().await
            };
            let mut bounded = stdout.take(MAX_ANSWER_BYTES);
            let read = bounded.read_until(b'\n', &mut said);
            let (written, read) = tokio::join!(write, read);
            written.and(read)
        });
        match asked.await {
            Ok(Ok(_)) if said.ends_with(b"\n") => Ok(said),
            Ok(Ok(_)) => Err(match self.child.try_wait() {
                Ok(Some(status)) => format!("{what} stopped at it: {status}"),
                _ => format!("{what} stopped at it"),
            }),
            Ok(Err(error)) => Err(format!("{what} can't be asked: {error}")),
            Err(_) => Err(format!("{what} took longer than {} s", limit.as_secs())),
        }
    }
}
