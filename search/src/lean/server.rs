//! A Lean server of our own: started, asked, reaped.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;
use tokio::sync::mpsc::{
    Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel,
};
use tokio::time::Instant;

use super::elaboration::Unknown;
use super::process;
use crate::command::LeanCommand;
use crate::contain::{self, Container, ContainerConfig};
use unsorry_wire::frame::{Framer, Message};

/// The longest that a server may take to answer `initialize`. It loads no library for that.
const START_LIMIT: Duration = Duration::from_secs(120);

/// The longest that a process may take to end that says no more.
const EXIT_LIMIT: Duration = Duration::from_secs(10);

/// The most messages of Lean, and answers to it, that wait for whoever takes them.
const MAX_WAITING: usize = 16;

/// A longer message is none of Lean's.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

/// A running Lean server. Dropping it kills it with all its workers.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// The container that ends the child; without one, we do.
    container: Option<Container>,
    to_lean: UnboundedSender<Bytes>,
    from_lean: Receiver<Bytes>,
    next_id: u64,
}

impl Server {
    /// Starts Lean for checking in `cwd`. A Lean that refuses the checker's options is started
    /// without them.
    ///
    /// # Errors
    /// When the program is not there or does not answer as a language server.
    pub async fn start(
        command: &LeanCommand,
        cwd: &Path,
        limits: &ContainerConfig,
    ) -> Result<Server> {
        match Self::start_exactly(&command.for_checker(), cwd, limits).await {
            Ok(server) => Ok(server),
            Err(error) if error.downcast_ref::<std::io::Error>().is_some() => Err(error),
            Err(first) => {
                tracing::info!(
                    error = format!("{first:#}"),
                    "the checker's options were refused"
                );
                Self::start_exactly(command, cwd, limits).await
            }
        }
    }

    /// Starts `command` as it is.
    ///
    /// # Errors
    /// When the program is not there or does not answer as a language server.
    pub async fn start_exactly(
        command: &LeanCommand,
        cwd: &Path,
        limits: &ContainerConfig,
    ) -> Result<Server> {
        let (mut builder, container) = contain::command(command, cwd, limits, None)?;
        builder.stdin(Stdio::piped()).stdout(Stdio::piped());
        #[cfg(unix)]
        builder.process_group(0);
        let mut child = builder
            .spawn()
            .with_context(|| format!("can't start `{command}`: is Lean installed and on PATH?"))?;
        if let Some(container) = &container {
            container.hold(&child)?;
        }
        if let Some(pid) = child.id() {
            process::lower_priority(pid);
        }
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = child.stdout.take().context("no stdout")?;
        let (to_lean, writes) = unbounded_channel();
        let (answers, answered) = channel(MAX_WAITING);
        let (reads, from_lean) = channel(MAX_WAITING);
        tokio::spawn(write(stdin, writes, answered));
        tokio::spawn(read(stdout, reads, answers));
        let mut server = Server {
            child,
            container,
            to_lean,
            from_lean,
            next_id: 0,
        };
        let params = json!({
            "processId": std::process::id(),
            "rootUri": null,
            "clientInfo": {"name": "unsorry", "version": env!("CARGO_PKG_VERSION")},
            // Without it, Lean does not say which theorems it has accomplished.
            "capabilities": {"lean": {"silentDiagnosticSupport": true}},
        });
        let id = server.request("initialize", params);
        let refused = || format!("`{command}` does not answer as a Lean server");
        let answer = match server.answer(&id, START_LIMIT).await {
            Ok(answer) => answer,
            Err(_) if server.was_exhausted().await => bail!(Unknown::Exhausted),
            Err(error) => match server.container.as_ref().and_then(Container::reason) {
                // As where there is no container, an error of starting it.
                Some(reason) => {
                    let failed = || format!("`{command}` can't be started in its container");
                    return Err(std::io::Error::other(reason)).with_context(failed);
                }
                None => return Err(error.context(refused())),
            },
        };
        if !answer["capabilities"].is_object() {
            bail!(refused());
        }
        server.notify("initialized", json!({}));
        Ok(server)
    }

    /// Sends a notification.
    pub fn notify(&self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request; its answer comes through [`Server::next`].
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.next_id += 1;
        let id = Value::from(self.next_id);
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    fn send(&self, body: &Value) {
        // A dead server is noticed where its answer is missed.
        let _ = self
            .to_lean
            .send(Message::new(body.to_string().as_bytes()).bytes);
    }

    /// The next message from Lean; none when it is gone.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let body = self.from_lean.recv().await?;
            if let Ok(message) = serde_json::from_slice(&body) {
                return Some(message);
            }
        }
    }

    async fn answer(&mut self, id: &Value, limit: Duration) -> Result<Value> {
        let deadline = Instant::now() + limit;
        loop {
            let Ok(message) = tokio::time::timeout_at(deadline, self.next()).await else {
                bail!("no answer within {} s", limit.as_secs());
            };
            let message = message.context("it ended")?;
            if message.get("id") == Some(id) && message.get("method").is_none() {
                return match message.get("error") {
                    Some(error) => bail!("{error}"),
                    None => Ok(message["result"].clone()),
                };
            }
        }
    }

    /// Whether the process, which says no more, was ended for what it took.
    pub async fn was_exhausted(&mut self) -> bool {
        let status = tokio::time::timeout(EXIT_LIMIT, self.child.wait()).await;
        let code = status.ok().and_then(|status| status.ok()?.code());
        self.container.is_some() && code == Some(i32::from(contain::TOO_MUCH))
    }

    /// Whether the process is still there.
    pub fn is_alive(&mut self) -> bool {
        !self.from_lean.is_closed() && matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What is contained ends with its container.
        if self.container.is_none()
            && let Some(pid) = self.child.id()
        {
            process::kill_group(pid);
        }
    }
}

/// Writes what we say, and what `read` answers, until both have ended.
async fn write(
    mut stdin: tokio::process::ChildStdin,
    mut messages: UnboundedReceiver<Bytes>,
    mut answers: Receiver<Bytes>,
) {
    loop {
        let bytes = tokio::select! {
            Some(bytes) = messages.recv() => bytes,
            Some(bytes) = answers.recv() => bytes,
            else => return,
        };
        if stdin.write_all(&bytes).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

/// Passes on Lean's messages, but for its requests, which all ask for nothing that we have: they are
/// answered here. Where nobody takes the ones or the others Lean waits, whatever it has to say: what
/// speaks may no longer be Lean.
async fn read(mut stdout: impl AsyncRead + Unpin, messages: Sender<Bytes>, answers: Sender<Bytes>) {
    #[derive(serde::Deserialize)]
    struct Outline {
        id: Option<Value>,
        method: Option<serde::de::IgnoredAny>,
    }
    let mut framer = Framer::default();
    while let Ok(n @ 1..) = stdout.read(framer.room()).await {
        framer.filled(n);
        while let Some(frame) = framer.next_frame() {
            let body = framer.body(frame);
            let Ok(outline) = serde_json::from_slice::<Outline>(body) else {
                continue;
            };
            let taken = if let (Some(id), Some(_)) = (outline.id, outline.method) {
                let answer = json!({"jsonrpc": "2.0", "id": id, "result": null});
                let answer = Message::new(answer.to_string().as_bytes()).bytes;
                answers.send(answer).await
            } else {
                messages.send(Bytes::copy_from_slice(body)).await
            };
            if taken.is_err() {
                return;
            }
        }
        // What makes no sense as messages is no Lean.
        if framer.overflow(|_| false).is_some() || framer.rest().len() > MAX_MESSAGE_BYTES {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says the same over and over to `read`; whether all of it was taken, though nobody asked for it.
    async fn takes(said: &str, times: usize) -> bool {
        let (mut lean, stdout) = tokio::io::duplex(64 << 10);
        let (messages, _kept) = channel(MAX_WAITING);
        let (answers, _kept_too) = channel(MAX_WAITING);
        tokio::spawn(read(stdout, messages, answers));
        let message = Message::new(said.as_bytes()).bytes;
        let flood = async {
            for _ in 0..times {
                lean.write_all(&message).await?;
            }
            std::io::Result::Ok(())
        };
        // The clock goes on when nothing else does.
        let flood = tokio::time::timeout(Duration::from_secs(1), flood).await;
        matches!(flood, Ok(Ok(())))
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_not_kept() {
        let long = "x".repeat(1 << 10);
        let told = json!({"jsonrpc": "2.0", "method": "x", "params": long}).to_string();
        let asked = json!({"jsonrpc": "2.0", "id": 1, "method": "x", "params": long}).to_string();
        for said in [told, asked] {
            assert!(takes(&said, MAX_WAITING).await);
            assert!(!takes(&said, 10_000).await);
        }
        let largest =
            json!({"jsonrpc": "2.0", "method": "x".repeat(MAX_MESSAGE_BYTES / 2)}).to_string();
        assert!(takes(&largest, 1).await);
        let larger =
            json!({"jsonrpc": "2.0", "method": "x".repeat(2 * MAX_MESSAGE_BYTES)}).to_string();
        assert!(!takes(&larger, 2).await);
    }
}
