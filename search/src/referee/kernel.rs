//! Lean's kernel in a process that never elaborates a candidate, kept warm: it is given declarations by us,
//! as text, and says whether it takes them and which axioms an imported constant rests on (`kernel.lean`).

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rand::Rng as _;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::timeout;

use super::names::{joined, number};
use crate::command::LeanCommand;
use crate::contain::{self, Container, ContainerConfig, Scratch};

/// The script that the process runs.
const SCRIPT: &str = include_str!("kernel.lean");

/// The line by which the script says that it listens.
const READY: &str = "ready\n";

/// The longest that Lean may take to read the script.
const START_LIMIT: Duration = Duration::from_secs(120);

/// The most of an answer.
const MAX_ANSWER_BYTES: u64 = 4 << 20;

/// Lean's kernel, asked through a process.
#[derive(Debug)]
pub struct Kernel {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    _container: Option<Container>,
    _scratch: Scratch,
}

/// A module that is imported, as the script reads it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportLine {
    /// The parts of its name.
    pub module: Value,
    /// Whether it is `import all`.
    pub import_all: bool,
    /// Whether whoever imports this file gets it, too.
    pub is_exported: bool,
    /// Whether it is `meta import`.
    pub is_meta: bool,
}

/// The kernel's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KernelAnswer {
    /// The declaration that it does not take, as parts of its name, and why.
    pub refused: Option<(String, String)>,
    /// Each imported constant that was asked about, by its name's parts, with each axiom that it rests on.
    pub axioms: Vec<(Vec<String>, Vec<String>)>,
}

impl Kernel {
    /// Starts the process with the compiler of the server that `command` starts, in `cwd`.
    ///
    /// # Errors
    /// When it can't be started, or this Lean does not understand the script: why.
    pub async fn start(
        command: &LeanCommand,
        cwd: &Path,
        limits: &ContainerConfig,
    ) -> Result<Kernel, String> {
        let Some(mut lean) = command.compiler() else {
            return Err(format!("which Lean `{command}` starts can't be told"));
        };
        let mut why = String::new();
        // Where every file is a module, only what is public is run.
        for visibility in ["", "public "] {
            let scratch = Scratch::new()
                .map_err(|error| format!("no file can be written for it: {error}"))?;
            let script = scratch.path().join("kernel.lean");
            let text = SCRIPT.replace("\ndef main", &format!("\n{visibility}def main"));
            let written = tokio::fs::write(&script, text).await;
            written.map_err(|error| format!("no file can be written for it: {error}"))?;
            let arguments = lean.args.len();
            lean.args.extend(["--run".into(), script.into_os_string()]);
            let started = Kernel::run(&lean, cwd, limits, scratch).await;
            lean.args.truncate(arguments);
            match started? {
                Ok(kernel) => return Ok(kernel),
                Err(said) => why = said,
            }
        }
        Err(format!(
            "this Lean does not understand how its kernel is asked: {why}"
        ))
    }

    async fn run(
        lean: &LeanCommand,
        cwd: &Path,
        limits: &ContainerConfig,
        scratch: Scratch,
    ) -> Result<Result<Kernel, String>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("`{lean}` can't be run: {error}");
        let prepared = contain::command(lean, cwd, limits, Some(&scratch));
        let (mut builder, container) = prepared.map_err(|error| failed(&error))?;
        builder
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(container.is_none());
        let mut child = builder.spawn().map_err(|error| failed(&error))?;
        if let Some(container) = &container {
            container.hold(&child).map_err(|error| failed(&error))?;
        }
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(&"it has no pipes"));
        };
        let mut stdout = BufReader::new(stdout);
        let mut said = String::new();
        let heard = timeout(START_LIMIT, async {
            loop {
                let from = said.len();
                if (&mut stdout)
                    .take(MAX_ANSWER_BYTES)
                    .read_line(&mut said)
                    .await?
                    == 0
                {
                    return std::io::Result::Ok(false);
                }
                if &said[from..] == READY {
                    return Ok(true);
                }
            }
        });
        match heard.await {
            Ok(Ok(true)) => Ok(Ok(Kernel {
                child,
                stdin,
                stdout,
                _container: container,
                _scratch: scratch,
            })),
            Ok(Ok(false)) => {
                let error = said
                    .lines()
                    .find(|line| line.contains("error"))
                    .or(said.lines().next());
                Ok(Err(error.unwrap_or("it ended without a word").to_owned()))
            }
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(format!(
                "Lean took longer than {} s to start",
                START_LIMIT.as_secs()
            )),
        }
    }

    /// Whether its process is there.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Has the kernel take `declarations`, lines in the format of lean4export, on top of `imports`, and asks for
    /// the axioms of the constants that are `used`. A name is given by its parts, words and numbers.
    ///
    /// # Errors
    /// When there is no answer within `limit`: then the process is of no use any more, nor when nobody waits
    /// for its answer any longer, which would be taken for the next.
    pub async fn ask(
        &mut self,
        imports: &[ImportLine],
        declarations: &[u8],
        used: &[Value],
        limit: Duration,
    ) -> Result<KernelAnswer, String> {
        let ticket = format!("{:032x}", rand::rng().random::<u128>());
        let first = format!("{}\n", json!({"imports": imports}));
        let last = format!("{}\n", json!({"finish": {"ticket": ticket, "used": used}}));
        let mut said = Vec::new();
        let asked = timeout(limit, async {
            let stdin = &mut self.stdin;
            let stdout = &mut self.stdout;
            let write = async {
                stdin.write_all(first.as_bytes()).await?;
                stdin.write_all(declarations).await?;
                stdin.write_all(last.as_bytes()).await?;
                stdin.flush().await
            };
            let mut bounded = stdout.take(MAX_ANSWER_BYTES);
            let read = bounded.read_until(b'\n', &mut said);
            let (written, read) = tokio::join!(write, read);
            written.and(read)
        });
        match asked.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(format!("Lean's kernel can't be asked: {error}")),
            Err(_) => {
                return Err(format!(
                    "Lean's kernel took longer than {} s",
                    limit.as_secs()
                ));
            }
        }
        answer(&said, &ticket).ok_or_else(|| match self.child.try_wait() {
            Ok(Some(status)) => format!("Lean's kernel stopped at it: {status}"),
            _ if said.is_empty() => "Lean's kernel stopped at it".to_owned(),
            _ => format!(
                "Lean's kernel said `{}`",
                String::from_utf8_lossy(&said).trim()
            ),
        })
    }
}

/// Reads `["ticket", null | [name, why], [[name, axiom], …]]`.
fn answer(said: &[u8], ticket: &str) -> Option<KernelAnswer> {
    let said: Value = serde_json::from_slice(said).ok()?;
    let [given, refused, axioms] = said.as_array()?.as_slice() else {
        return None;
    };
    if given != ticket {
        return None;
    }
    let name = |value: &Value| -> Option<Vec<String>> {
        let parts = value.as_array()?.iter();
        parts
            .map(|part| match part {
                Value::String(part) => Some(part.clone()),
                Value::Number(part) => Some(number(part)),
                _ => None,
            })
            .collect()
    };
    let refused = match refused {
        Value::Null => None,
        refused => Some((joined(&name(&refused[0])?), refused[1].as_str()?.to_owned())),
    };
    let axioms = axioms
        .as_array()?
        .iter()
        .map(|pair| Some((name(&pair[0])?, name(&pair[1])?)));
    Some(KernelAnswer {
        refused,
        axioms: axioms.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let check = |said: &str, expected: Option<KernelAnswer>| {
            assert_eq!(answer(said.as_bytes(), "T"), expected, "{said}");
        };
        let name = |parts: &[&str]| {
            parts
                .iter()
                .map(|part| (*part).to_owned())
                .collect::<Vec<_>>()
        };
        check(r#"["T",null,[]]"#, Some(KernelAnswer::default()));
        check(r#"["U",null,[]]"#, None);
        check("", None);
        check(
            r#"["T",[["t",0],"no"],[]]"#,
            Some(KernelAnswer {
                refused: Some(("t.0".into(), "no".into())),
                axioms: Vec::new(),
            }),
        );
        check(
            r#"["T",null,[[["Nat","a"],["Quot","sound"]],[["b"],["Quot.sound"]]]]"#,
            Some(KernelAnswer {
                refused: None,
                axioms: vec![
                    (name(&["Nat", "a"]), name(&["Quot", "sound"])),
                    (name(&["b"]), name(&["Quot.sound"])),
                ],
            }),
        );
        check(r#"["T",null,[[["b"]]]]"#, None);
    }
}
