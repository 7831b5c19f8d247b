//! The one Lean server for checking, with its one document.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::request::{CheckError, Request, Watch};
use super::schedule::Lean;
use crate::command::LeanCommand;
use crate::contain::ContainerConfig;
use crate::lean::elaboration::{Elaboration, Unknown};
use crate::lean::server::Server;
use crate::lean::shadow::Shadow;

/// The longest that a fresh worker may take to load a file's imports and elaborate what stands before the
/// first hole that is asked about.
const OPEN_LIMIT: Duration = Duration::from_secs(600);

/// The most texts that a worker does not come to an end with before it is replaced: it may still be busy with
/// them, as not all that Lean does hears that a text is stale.
const MAX_TIMEOUTS: u32 = 2;

/// A place for a Lean, started when it is first needed.
pub(super) struct Slot {
    command: LeanCommand,
    cwd: PathBuf,
    limits: ContainerConfig,
    imports: Arc<AtomicU64>,
    /// The value of `imports` when the worker loaded them.
    loaded: u64,
    running: Option<(Server, Shadow)>,
    timeouts: u32,
    /// The last text that a worker was done with, and its document.
    done: Option<(String, String)>,
}

impl Lean for Slot {
    /// Elaborates a text, for which Lean `comes_back` from another search's.
    async fn elaborate(
        &mut self,
        request: &Request,
        comes_back: bool,
    ) -> Result<Elaboration, CheckError> {
        let start = Instant::now();
        let way_back = match comes_back {
            true => request.searcher.way_back(),
            false => Duration::ZERO,
        };
        let limit = request.limit.saturating_add(way_back);
        let outcome = match self.once(request, limit).await {
            // A worker may have died of the text before this one.
            Err(CheckError::Unknown(Unknown::Died)) => self.once(request, limit).await,
            outcome => outcome,
        };
        let (bytes, took) = (request.text.len(), start.elapsed());
        tracing::debug!(
            bytes,
            ?took,
            comes_back,
            known = outcome.is_ok(),
            "elaborated"
        );
        if comes_back && outcome.is_ok() {
            request.searcher.came_back(took);
        }
        outcome
    }

    fn rest(&mut self) {
        self.running = None;
    }
}

impl Slot {
    /// A place for the Lean that `command` starts in `cwd`, contained within `limits`.
    pub fn new(command: LeanCommand, cwd: PathBuf, limits: ContainerConfig) -> Slot {
        Slot {
            command,
            cwd,
            limits,
            imports: Arc::default(),
            loaded: 0,
            running: None,
            timeouts: 0,
            done: None,
        }
    }

    /// Returns the counter of changes of what files import: one more, and the imports are loaded anew.
    pub fn imports(&self) -> Arc<AtomicU64> {
        self.imports.clone()
    }

    async fn once(
        &mut self,
        request: &Request,
        limit: Duration,
    ) -> Result<Elaboration, CheckError> {
        self.open(&request.uri)
            .await
            .map_err(|error| CheckError::NoLean(format!("{error:#}")))?;
        let Some((server, shadow)) = &mut self.running else {
            return Err(Unknown::Died.into());
        };
        let open_limit = limit.saturating_add(OPEN_LIMIT);
        let never = CancellationToken::new();
        // A new worker is first shown what another was done with: the long time that it has for imports is
        // not for a text that may hang.
        if let Some((uri, text)) = &self.done
            && !shadow.is_open()
            && uri == shadow.uri()
            && text != &request.text
        {
            shadow
                .elaborate(server, text, &[], open_limit, None, &never)
                .await?;
        }
        let limit = if shadow.is_open() { limit } else { open_limit };
        let Request {
            text,
            questions,
            watch,
            ..
        } = request;
        let (interim, give_up) = match watch {
            Some(Watch { interim, give_up }) => (Some(interim), give_up),
            None => (None, &never),
        };
        let outcome = shadow
            .elaborate(server, text, questions, limit, interim, give_up)
            .await;
        let outcome = match outcome {
            Err(Unknown::Died) if !server.is_alive() && server.was_exhausted().await => {
                Err(Unknown::Exhausted)
            }
            outcome => outcome,
        };
        match &outcome {
            Err(Unknown::TimedOut(_)) => self.timeouts += 1,
            Err(Unknown::Died) => self.timeouts = MAX_TIMEOUTS,
            Err(_) => {}
            Ok(_) => self.done = Some((shadow.uri().to_owned(), text.clone())),
        }
        if self.timeouts >= MAX_TIMEOUTS {
            self.timeouts = 0;
            shadow.close(server);
        }
        Ok(outcome?)
    }

    /// Sees to it that a server runs, with the shadow beside `uri` as its only document.
    async fn open(&mut self, uri: &str) -> Result<()> {
        if self
            .running
            .as_mut()
            .is_some_and(|(server, _)| !server.is_alive())
        {
            self.running = None;
        }
        let imports = self.imports.load(Ordering::Relaxed);
        let same = std::mem::replace(&mut self.loaded, imports) == imports;
        match &mut self.running {
            Some((_, shadow)) if shadow.uri() == uri && same => {}
            Some((server, shadow)) => {
                shadow.close(server);
                *shadow = Shadow::new(uri.to_owned());
            }
            None => {
                let server = Server::start(&self.command, &self.cwd, &self.limits).await?;
                self.running = Some((server, Shadow::new(uri.to_owned())));
            }
        }
        Ok(())
    }
}
