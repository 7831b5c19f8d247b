//! The checker: a second Lean server, started at the first need and released when idle. One task
//! owns it; everyone else sends it texts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::sync::{mpsc, oneshot};
use url::Url;

use crate::command::LeanCommand;
use crate::contain::Limits;
use crate::lean::diagnostic::Diagnostic;
use crate::lean::elaboration::{Elaboration, Unknown};
use crate::lean::server::Server;
use crate::lean::shadow::Shadow;
use unsorry_syntax::Position;

use super::queue::{Next, Queue, Searcher};

/// How long a fresh worker may take to load a file's imports and elaborate what stands before the
/// first hole that is asked about.
const OPEN_LIMIT: Duration = Duration::from_secs(600);

/// Time-outs in a row after which the worker is replaced: it no longer hears that a text is stale.
const STUCK: u32 = 2;

/// Why the checker can't say anything of a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Lean gave no full report of this text.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// There is no Lean to ask.
    #[error("{0}")]
    NoLean(String),
}

struct Request {
    searcher: Arc<Searcher>,
    uri: String,
    text: String,
    questions: Vec<Position>,
    limit: Duration,
    interim: Option<mpsc::UnboundedSender<Vec<Diagnostic>>>,
}

type Reply = oneshot::Sender<Result<Elaboration, CheckError>>;

/// Sends texts to Lean. Clones share one Lean; when the last is gone, so is Lean.
#[derive(Debug, Clone)]
pub struct Checker {
    requests: mpsc::UnboundedSender<(Request, Reply)>,
    searcher: Arc<Searcher>,
    cwd: Arc<Path>,
    /// Counts changes of what files import.
    imports: Arc<AtomicU64>,
}

impl Checker {
    /// A checker whose Lean is started by `command` in `cwd` when it is first needed, and ended after
    /// it was `idle` for so long, contained within `limits`. Needs a tokio runtime.
    pub fn new(command: LeanCommand, cwd: PathBuf, idle: Duration, limits: Limits) -> Checker {
        let (requests, receiver) = mpsc::unbounded_channel();
        let folder = Arc::from(cwd.as_path());
        let imports = Arc::<AtomicU64>::default();
        tokio::spawn(run(
            Slot {
                command,
                cwd,
                limits,
                imports: imports.clone(),
                loaded: 0,
                running: None,
                timeouts: 0,
            },
            idle,
            receiver,
        ));
        Checker {
            requests,
            searcher: Arc::new(Searcher::urgent()),
            cwd: folder,
            imports,
        }
    }

    /// What files import may have changed: the next text is elaborated with imports loaded anew.
    pub fn reload_imports(&self) {
        self.imports.fetch_add(1, Ordering::Relaxed);
    }

    /// The same checker for one search: Lean stays with it while it has texts to check. Whoever has the checker
    /// itself goes before all searches.
    pub fn for_one_search(&self) -> Checker {
        Checker {
            searcher: Arc::default(),
            ..self.clone()
        }
    }

    /// A checker that asks `lean` in the place of a Lean.
    #[cfg(test)]
    pub fn scripted(mut lean: impl FnMut(&str) -> Elaboration + Send + 'static) -> Checker {
        Checker::scripted_with(move |text| Ok(lean(text)))
    }

    /// The same with a `lean` that may fail.
    #[cfg(test)]
    pub fn scripted_with(
        mut lean: impl FnMut(&str) -> Result<Elaboration, CheckError> + Send + 'static,
    ) -> Checker {
        let (requests, mut receiver) = mpsc::unbounded_channel::<(Request, Reply)>();
        tokio::spawn(async move {
            while let Some((request, reply)) = receiver.recv().await {
                let _ = reply.send(lean(&request.text));
            }
        });
        Checker {
            requests,
            searcher: Arc::new(Searcher::urgent()),
            cwd: Path::new("/").into(),
            imports: Arc::default(),
        }
    }

    /// Elaborates `text` as a document beside the one at `uri`, with the goals at `questions`. Takes
    /// at most `limit` where the file's imports are loaded already. Dropping the future cancels it.
    ///
    /// # Errors
    /// When there is no full report of this text: never take that for a verdict.
    pub async fn elaborate(
        &self,
        uri: &str,
        text: String,
        questions: Vec<Position>,
        limit: Duration,
    ) -> Result<Elaboration, CheckError> {
        self.ask(uri, text, questions, limit, None).await
    }

    /// The same without questions; what Lean says of the text on the way goes to `interim`. That is
    /// no evidence, but a hint where to look: whoever has seen enough drops the future.
    ///
    /// # Errors
    /// As for [`Checker::elaborate`].
    pub async fn elaborate_watched(
        &self,
        uri: &str,
        text: String,
        limit: Duration,
        interim: mpsc::UnboundedSender<Vec<Diagnostic>>,
    ) -> Result<Elaboration, CheckError> {
        self.ask(uri, text, Vec::new(), limit, Some(interim)).await
    }

    async fn ask(
        &self,
        uri: &str,
        text: String,
        questions: Vec<Position>,
        limit: Duration,
        interim: Option<mpsc::UnboundedSender<Vec<Diagnostic>>>,
    ) -> Result<Elaboration, CheckError> {
        let (reply, answer) = oneshot::channel();
        let request = Request {
            searcher: self.searcher.clone(),
            uri: shadow_uri(uri, &self.cwd),
            text,
            questions,
            limit,
            interim,
        };
        let gone = || CheckError::NoLean("the checker has stopped".into());
        self.requests.send((request, reply)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// A name beside the user's file, so that Lake gives it the same options, or in `cwd` for a text that
/// is not a file yet; no such file exists.
fn shadow_uri(uri: &str, cwd: &Path) -> String {
    let in_cwd = || {
        let folder = Url::from_file_path(cwd).ok()?;
        Some(format!("{}/", folder.as_str().trim_end_matches('/')))
    };
    let folder = match uri.rfind('/') {
        Some(slash) if uri.starts_with("file:") => uri[..=slash].to_owned(),
        _ => in_cwd().unwrap_or_else(|| "file:///".to_owned()),
    };
    format!("{folder}_unsorry{}.lean", std::process::id())
}

struct Slot {
    command: LeanCommand,
    cwd: PathBuf,
    limits: Limits,
    imports: Arc<AtomicU64>,
    /// What `imports` was when the worker loaded them.
    loaded: u64,
    running: Option<(Server, Shadow)>,
    timeouts: u32,
}

async fn run(
    mut slot: Slot,
    idle: Duration,
    mut requests: mpsc::UnboundedReceiver<(Request, Reply)>,
) {
    let mut queue = Queue::new();
    let push = |queue: &mut Queue<_>, request: (Request, Reply)| {
        queue.push(request.0.searcher.clone(), Instant::now(), request);
    };
    loop {
        while let Ok(request) = requests.try_recv() {
            push(&mut queue, request);
        }
        queue.retain(|(_, reply): &(Request, Reply)| !reply.is_closed());
        let ((request, mut reply), comes_back) = match queue.next(Instant::now()) {
            Next::Take(request, comes_back) => (request, comes_back),
            Next::Wait(until) => {
                if let Ok(Some(request)) =
                    tokio::time::timeout_at(until.into(), requests.recv()).await
                {
                    push(&mut queue, request);
                }
                continue;
            }
            Next::Nothing => {
                let request = match tokio::time::timeout(idle, requests.recv()).await {
                    Ok(request) => request,
                    Err(_) => {
                        slot.running = None;
                        requests.recv().await
                    }
                };
                let Some(request) = request else { return };
                push(&mut queue, request);
                continue;
            }
        };
        tokio::select! {
            outcome = slot.elaborate(&request, comes_back) => {
                let _ = reply.send(outcome);
            }
            // Nobody waits any more. The next text makes Lean drop this one.
            () = reply.closed() => {}
        }
        queue.done(Instant::now());
    }
}

impl Slot {
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
        let limit = if shadow.is_open() {
            limit
        } else {
            limit.saturating_add(OPEN_LIMIT)
        };
        let Request {
            text,
            questions,
            interim,
            ..
        } = request;
        let outcome = shadow
            .elaborate(server, text, questions, limit, interim.as_ref())
            .await;
        let outcome = match outcome {
            Err(Unknown::Died) if !server.is_alive() && server.was_exhausted().await => {
                Err(Unknown::Exhausted)
            }
            outcome => outcome,
        };
        match &outcome {
            Err(Unknown::TimedOut(_)) => self.timeouts += 1,
            Err(Unknown::Died) => self.timeouts = STUCK,
            _ => self.timeouts = 0,
        }
        if self.timeouts >= STUCK {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shadows_stand_beside_the_file() {
        let pid = std::process::id();
        assert_eq!(
            shadow_uri("file:///a%20b/C.lean", Path::new("/x y")),
            format!("file:///a%20b/_unsorry{pid}.lean")
        );
        assert_eq!(
            shadow_uri("untitled:Untitled-1", Path::new("/x y")),
            format!("file:///x%20y/_unsorry{pid}.lean")
        );
    }
}
