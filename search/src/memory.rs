//! Proofs of earlier searches, found again by their goal. What is recalled is a [`Candidate`] and no
//! more: `verify::confirm` makes a proof of it, or does not, so that a wrong one costs a check and nothing
//! else. Whatever fails here is a line in the log.

mod key;
mod store;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, SystemTime};

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use unsorry_prover::{Candidate, Context, Engine};

pub use key::{Key, KeyParts};
pub use store::{Bounds, FILE, Figures, Kept, Store, StoreError, remove_aside, set_aside};

use crate::check::baseline::Baseline;
use crate::command::LeanCommand;
use crate::contain::{self, ContainerConfig};
use crate::verify::VerifiedProof;

/// The longest that other processes' writing is waited for.
const BUSY_TIMEOUT: Duration = Duration::from_millis(250);

/// The longest that a search waits for the file, whatever the trouble. Until that is over, the others do
/// without it.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// The longest that Lean may take to say its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// The most proofs of a goal that are tried.
const MAX_RECALLED: usize = 4;

/// The most that is kept of the text before a declaration.
const MAX_CONTEXT_BYTES: usize = 8 << 10;

/// The proofs of earlier searches, for those with one Lean. Clones share it.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    bounds: Bounds,
    command: LeanCommand,
    cwd: PathBuf,
    limits: ContainerConfig,
    /// Lean's version, as it says it; none when it can't.
    lean: OnceCell<Option<String>>,
    store: Mutex<Option<Store>>,
    /// Whether it is of no use in this session.
    off: AtomicBool,
    /// Whether the last question was given up before its answer came.
    slow: AtomicBool,
}

impl Memory {
    /// The memory in `folder`, for searches that check with `command` in `cwd`, contained within `limits`.
    /// Nothing is opened yet.
    pub fn new(
        folder: PathBuf,
        command: LeanCommand,
        cwd: PathBuf,
        limits: ContainerConfig,
    ) -> Memory {
        Memory(Arc::new(Inner {
            folder,
            bounds: Bounds::default(),
            command,
            cwd,
            limits,
            lean: OnceCell::new(),
            store: Mutex::new(None),
            off: AtomicBool::new(false),
            slow: AtomicBool::new(false),
        }))
    }

    /// Candidates for the goal of `baseline`, of those `engines` that found them: the last used first.
    pub async fn recall(&self, baseline: &Baseline, engines: &[Engine]) -> Vec<Candidate> {
        let Some((key, _)) = self.key(baseline).await else {
            return Vec::new();
        };
        let found = self.with_store(move |store| store.recall(&key)).await;
        let asked = |(text, name): (String, String)| {
            let found: Engine = name.parse().ok()?;
            // Whatever mode it was asked in, it is the same model.
            let asked = engines.iter().any(|one| one.is_like(found));
            asked.then(|| Candidate::new(text, found))
        };
        let found = found.unwrap_or_default().into_iter().filter_map(asked);
        found.take(MAX_RECALLED).collect()
    }

    /// Keeps those of `proofs` that stand on their own.
    pub async fn keep(&self, baseline: &Baseline, proofs: &[Arc<VerifiedProof>]) {
        let proofs = proofs.iter().filter(|proof| proof.depends_on().is_empty());
        let proofs: Vec<Arc<VerifiedProof>> = proofs.cloned().collect();
        if proofs.is_empty() {
            return;
        }
        let Some((key, lean)) = self.key(baseline).await else {
            return;
        };
        let now = SystemTime::now();
        let (context, hole) = around(&baseline.goal.context);
        let rows: Vec<Kept> = proofs
            .iter()
            .map(|proof| Kept {
                proof: proof.proof().to_owned(),
                goal: baseline.rendered.clone(),
                context: context.clone(),
                hole,
                kind: key::kind_name(baseline.goal.kind).to_owned(),
                engine: proof.engine().name().to_owned(),
                level: proof.level().name().to_owned(),
                lean: lean.clone(),
                imports: baseline.goal.imports.join(" "),
                found: now,
                used: now,
                hits: 0,
            })
            .collect();
        self.with_store(move |store| store.keep(&key, &rows)).await;
    }

    /// The key of a goal, and Lean's version.
    async fn key(&self, baseline: &Baseline) -> Option<(Key, String)> {
        let inner = &self.0;
        if inner.off.load(Ordering::Relaxed) {
            return None;
        }
        let lean = inner.lean.get_or_init(|| inner.version()).await.as_ref()?;
        let cwd = inner.cwd.clone();
        let manifest = spawn_blocking(move || manifest(&cwd)).await.ok()?;
        let parts = KeyParts {
            goals: &baseline.rendered,
            kind: baseline.goal.kind,
            imports: &baseline.goal.imports,
            lean,
            manifest: manifest.as_deref(),
        };
        Some((parts.key(), lean.clone()))
    }

    /// Does `work` away from the threads that others need. Returns none where it fails.
    async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Option<T> {
        let inner = self.0.clone();
        if inner.off.load(Ordering::Relaxed) || inner.is_stuck() {
            return None;
        }
        let work = spawn_blocking(move || inner.with_store(work));
        match timeout(STORE_TIMEOUT, work).await {
            Ok(done) => done.ok().flatten(),
            Err(_) => {
                tracing::warn!("the file of proofs does not answer in time");
                self.0.slow.store(true, Ordering::Relaxed);
                None
            }
        }
    }
}

impl Inner {
    /// Asks Lean for its version.
    async fn version(&self) -> Option<String> {
        let version = contain::version(&self.command, &self.cwd, &self.limits, VERSION_TIMEOUT);
        match version.await {
            Ok(version) => Some(version),
            Err(why) => {
                self.give_up(&format!("{why:#}"));
                None
            }
        }
    }

    /// Whether someone whom nobody waits for any more is still at it.
    fn is_stuck(&self) -> bool {
        let stuck = self.slow.load(Ordering::Relaxed)
            && matches!(self.store.try_lock(), Err(TryLockError::WouldBlock));
        self.slow.fetch_and(stuck, Ordering::Relaxed);
        stuck
    }

    fn give_up(&self, why: &str) {
        if !self.off.swap(true, Ordering::Relaxed) {
            tracing::warn!(why, "no proof is remembered in this session");
        }
    }

    fn with_store<T>(
        &self,
        mut work: impl FnMut(&mut Store) -> Result<T, StoreError>,
    ) -> Option<T> {
        let mut slot = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        match self.attempt(&mut slot, &mut work) {
            Ok(done) => return Some(done),
            Err(problem @ StoreError::Broken(..)) => {
                *slot = None;
                tracing::warn!(%problem, "moved aside: a new one is begun");
                if let Err(error) = store::set_aside(&self.folder) {
                    self.give_up(&format!("it can't be moved aside: {error}"));
                    return None;
                }
            }
            Err(problem) => return self.failed(slot.is_some(), &problem),
        }
        let again = self.attempt(&mut slot, &mut work);
        again
            .or_else(|problem| self.failed(slot.is_some(), &problem).ok_or(()))
            .ok()
    }

    fn attempt<T>(
        &self,
        slot: &mut Option<Store>,
        work: &mut impl FnMut(&mut Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let store = match slot {
            Some(store) => store,
            None => slot.insert(Store::open(&self.folder, self.bounds, BUSY_TIMEOUT)?),
        };
        work(store)
    }

    /// Logs a failure. What can't be opened is not tried again in this session.
    fn failed<T>(&self, opened: bool, problem: &StoreError) -> Option<T> {
        match problem {
            StoreError::Busy(_) => tracing::info!(%problem, "a proof is not remembered"),
            _ if opened => tracing::warn!(%problem, "a proof is not remembered"),
            _ => self.give_up(&problem.to_string()),
        }
        None
    }
}

/// The most bytes of a `lake-manifest.json`; Mathlib's has 2 KB.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;

/// The text of the `lake-manifest.json` of the project that `folder` is in; none where that is no file, as
/// for a pipe one would wait.
fn manifest(folder: &Path) -> Option<Vec<u8>> {
    let root = folder
        .ancestors()
        .find(|dir| LeanCommand::is_project(dir))?;
    let path = root.join("lake-manifest.json");
    let file = path.metadata().ok().filter(|file| file.is_file())?;
    if file.len() > MAX_MANIFEST_BYTES {
        return None;
    }
    std::fs::read(path).ok()
}

/// The end of what stands before a declaration, the declaration, and where in that the hole is, in
/// characters.
fn around(context: &Context) -> (String, i64) {
    let (before, declaration) = context.before.split_at(context.declaration);
    let cut = before.len().saturating_sub(MAX_CONTEXT_BYTES);
    let cut = (cut..=before.len()).find(|at| before.is_char_boundary(*at));
    let end = &before[cut.unwrap_or(0)..];
    // Whole lines, where it is cut.
    let end = match (end.len() < before.len(), end.find('\n')) {
        (true, Some(newline)) => &end[newline + 1..],
        _ => end,
    };
    let upto = format!("{end}{declaration}");
    let hole = upto.chars().count();
    let hole = i64::try_from(hole).unwrap_or(i64::MAX);
    (format!("{upto}sorry{}", context.after), hole)
}

#[cfg(test)]
mod tests;
