//! The checker: whoever wants a text elaborated sends it here. Behind it one task (`schedule`) owns a second
//! Lean server (`slot`), which is started at the first need and released when idle.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use url::Url;

use crate::command::LeanCommand;
use crate::contain::ContainerConfig;
use crate::lean::elaboration::Elaboration;
use unsorry_syntax::Position;

use super::queue::Searcher;
pub use super::request::{CheckError, Watch};
use super::request::{Reply, Request};
use super::schedule::{self, Lean};
#[cfg(any(test, feature = "testing"))]
use super::script::Script;
use super::slot::Slot;

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
    pub fn new(
        command: LeanCommand,
        cwd: PathBuf,
        idle: Duration,
        limits: ContainerConfig,
    ) -> Checker {
        let folder = cwd.clone();
        let slot = Slot::new(command, cwd, limits);
        let imports = slot.imports();
        Checker {
            imports,
            ..Checker::with(slot, &folder, idle)
        }
    }

    /// A checker that asks `lean`, which may rest after it was `idle` for so long.
    pub(super) fn with(lean: impl Lean, cwd: &Path, idle: Duration) -> Checker {
        let (requests, receiver) = mpsc::unbounded_channel();
        tokio::spawn(schedule::run(lean, idle, receiver));
        Checker {
            requests,
            searcher: Arc::new(Searcher::urgent()),
            cwd: cwd.into(),
            imports: Arc::default(),
        }
    }

    /// Makes the next text be elaborated with imports loaded anew: the imported files may have changed.
    pub fn reload_imports(&self) {
        self.imports.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns this checker for one search: Lean stays with it while it has texts to check. The checker
    /// itself goes before all searches, and interrupts them.
    pub fn for_one_search(&self) -> Checker {
        Checker {
            searcher: Arc::default(),
            ..self.clone()
        }
    }

    /// A checker that asks `lean` in the place of a Lean.
    #[cfg(any(test, feature = "testing"))]
    pub fn scripted(mut lean: impl FnMut(&str) -> Elaboration + Send + 'static) -> Checker {
        Checker::scripted_with(move |text| Ok(lean(text)))
    }

    /// A checker that asks a `lean` that may fail.
    #[cfg(any(test, feature = "testing"))]
    pub fn scripted_with(
        mut lean: impl FnMut(&str) -> Result<Elaboration, CheckError> + Send + 'static,
    ) -> Checker {
        let lean = move |text: &str| std::future::ready(lean(text));
        Checker::with(Script(lean), Path::new("/"), Duration::MAX)
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

    /// Elaborates as [`Checker::elaborate`] does, without questions, while `watch` is told of what Lean says.
    /// Whoever has seen enough drops the future.
    ///
    /// # Errors
    /// As for [`Checker::elaborate`].
    pub async fn elaborate_watched(
        &self,
        uri: &str,
        text: String,
        limit: Duration,
        watch: Watch,
    ) -> Result<Elaboration, CheckError> {
        self.ask(uri, text, Vec::new(), limit, Some(watch)).await
    }

    async fn ask(
        &self,
        uri: &str,
        text: String,
        questions: Vec<Position>,
        limit: Duration,
        watch: Option<Watch>,
    ) -> Result<Elaboration, CheckError> {
        let (reply, answer) = oneshot::channel();
        let request = Request {
            searcher: self.searcher.clone(),
            uri: shadow_uri(uri, &self.cwd),
            text,
            questions,
            limit,
            watch,
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
