//! A command that prints a key, as credential helpers do.

use std::fmt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::remote::problem::shown;

/// The largest key that is read, in bytes.
pub(super) const MAX_KEY_BYTES: u64 = 1 << 14;

/// The longest that a command may take: it may ask somebody for a password.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// A program that prints a key on the first line of its stdout. It is started without a shell.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyCommand {
    /// The program; a mere name is looked up in `PATH`.
    pub program: PathBuf,
    /// The arguments, which are in no message: they may have a secret in them.
    pub arguments: Vec<String>,
    /// The folder that it runs in.
    pub folder: PathBuf,
}

impl fmt::Display for KeyCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.program.display())
    }
}

impl fmt::Debug for KeyCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCommand({self} …)")
    }
}

impl KeyCommand {
    /// Runs it, and returns the first line of its stdout.
    ///
    /// # Errors
    /// When it can't be started, fails, or takes longer than `deadline`. The message has its exit and
    /// the first line of its stderr, without what it printed on stdout.
    pub(super) async fn first_line(&self, deadline: Duration) -> Result<String> {
        let outcome = timeout(deadline, self.run()).await;
        let (status, out, err) = outcome.with_context(|| {
            let seconds = deadline.as_secs();
            format!("`api_key_command` ({self}) has not ended after {seconds} s")
        })??;
        ensure!(
            (out.len() as u64) < MAX_KEY_BYTES,
            "`api_key_command` ({self}) prints more than a key"
        );
        let key = first_line(&out);
        if !status.success() {
            let said = match (first_line(&err), key) {
                (said, "") => said.to_owned(),
                (said, key) => said.replace(key, "…"),
            };
            let said = match shown(&said) {
                said if said.is_empty() => String::new(),
                said => format!(": {said}"),
            };
            bail!("`api_key_command` ({self}) ended with {status}{said}");
        }
        Ok(key.to_owned())
    }

    async fn run(&self) -> Result<(ExitStatus, String, String)> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn();
        let child = child.with_context(|| format!("can't run `api_key_command` ({self})"))?;
        let mut running = Running(child);
        let (out, err) = (running.0.stdout.take(), running.0.stderr.take());
        let (out, err) = tokio::join!(read(out), read(err));
        let status = running.0.wait().await;
        let status = status.with_context(|| format!("can't wait for {self}"))?;
        Ok((status, out, err))
    }
}

/// A process; dropped before it has ended, it is killed with all of its group.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.0.id()
            && let Ok(id) = i32::try_from(id)
            && let Some(group) = rustix::process::Pid::from_raw(id)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn read(from: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What could not be read is shorter, and no key.
        let _ = from.take(MAX_KEY_BYTES).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::super::{Key, KeySource};
    use super::*;

    fn shell(script: &str, folder: &Path) -> KeyCommand {
        KeyCommand {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            folder: folder.to_owned(),
        }
    }

    async fn check(script: &str, expected: Result<&str, &str>) {
        let folder = tempfile::tempdir().expect("a folder");
        let command = shell(script, folder.path());
        let line = command.first_line(DEADLINE).await;
        let line = line.map_err(|error| format!("{error:#}"));
        assert_eq!(line.as_deref().map_err(|error| &**error), expected);
    }

    #[tokio::test]
    async fn the_first_line_is_the_key() {
        check("echo secret", Ok("secret")).await;
        check(
            "printf ' secret \\r\\nurl: x\\n'; echo warning >&2",
            Ok("secret"),
        )
        .await;
        check("read line; echo \"no input: $line\"", Ok("no input:")).await;
        check("true", Ok("")).await;
    }

    #[tokio::test]
    async fn a_failure_is_told_without_the_key() {
        check(
            "echo secret; echo 'secret is locked' >&2; echo more >&2; exit 3",
            Err("`api_key_command` (`sh`) ended with exit status: 3: … is locked"),
        )
        .await;
        check(
            "exit 1",
            Err("`api_key_command` (`sh`) ended with exit status: 1"),
        )
        .await;
        check(
            "yes",
            Err("`api_key_command` (`sh`) prints more than a key"),
        )
        .await;
        let missing = KeyCommand {
            program: "unsorry-no-such-program".into(),
            ..shell("", Path::new("/"))
        };
        let error = missing.first_line(DEADLINE).await.expect_err("no program");
        let error = format!("{error:#}");
        assert!(error.starts_with("can't run `api_key_command` (`unsorry-no-such-program`)"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_has_a_deadline() {
        check(
            "sleep 1000",
            Err("`api_key_command` (`sh`) has not ended after 30 s: deadline has elapsed"),
        )
        .await;
    }

    #[tokio::test]
    async fn a_key_is_asked_for_once_until_it_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let script = "echo x >> runs; wc -l < runs";
        let key = Key::new(KeySource::Command(shell(script, folder.path())));
        let header = || async { key.header().await.expect("a key").expect("one") };
        let (first, second) = tokio::join!(header(), header());
        assert_eq!([&first, &second], ["Bearer 1", "Bearer 1"]);
        assert!(key.refused(&first));
        let third = header().await;
        assert_eq!(third, "Bearer 2");
        // Who had the old one need not ask again for all.
        assert!(key.refused(&second));
        assert_eq!(header().await, "Bearer 2");
        let shown = format!("{third:?} {key:?} {}", key.source);
        assert!(
            !shown.contains("Bearer") && !shown.contains("runs"),
            "{shown}"
        );
    }
}
