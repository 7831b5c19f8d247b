//! The referee: whoever says that a proof is one has never run it.
//!
//! The file is compiled twice, as it stands and with the proofs in it (`compiler`), each hole under a mark of
//! its own (`marked`). What was compiled is read here, and compared (`compare`): from the constants, never from
//! what a Lean prints. Those that are new go to Lean's kernel (`kernel`), in a process that elaborates nothing,
//! as declarations that are written here. Nothing of what a candidate's process has written is ever loaded.

mod alike;
mod before;
mod claim;
mod compare;
mod compiled;
mod compiler;
mod contrary;
mod kernel;
mod marked;
mod names;
mod pass;
mod place;
mod script;
mod slot;
mod subst;
mod verify;
mod warm;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::command::LeanCommand;
use crate::contain::ContainerConfig;
use before::Before;
use claim::Failure;
pub use claim::{Claim, Claimed, FileAsItStands, NoWord, Word};
use compiler::Compiler;
use kernel::Kernel;
use slot::Slot;
use warm::Warm;

pub use compiler::CompileError;
pub use verify::{Standing, Verdict, Verified};

/// A file that takes longer is not compiled again before it is known to what end.
const SOON: Duration = Duration::from_secs(5);

/// The files that are kept as they were compiled.
const MAX_FILES: usize = 4;

/// Says what is a proof. It keeps files as they were compiled, and a kernel warm.
#[derive(Debug)]
pub struct Referee {
    compiler: Arc<Compiler>,
    warm: Arc<Warm>,
    files: Mutex<Vec<Arc<Before>>>,
    kernel: Slot<Kernel>,
}

impl Referee {
    /// A referee with the compiler of the server that `command` starts, in `cwd`, contained within `limits`.
    /// What it keeps running ends after it was `idle` for so long.
    pub fn new(
        command: LeanCommand,
        cwd: PathBuf,
        idle: Duration,
        limits: ContainerConfig,
    ) -> Referee {
        let compiler = Arc::new(Compiler::new(command, cwd, limits));
        Referee {
            warm: Arc::new(Warm::new(compiler.clone(), idle)),
            compiler,
            files: Mutex::default(),
            kernel: Slot::new(idle),
        }
    }

    /// Has the file compiled as it stands, and a kernel started, so that a claim need not wait for that.
    pub async fn prepare(&self, file: FileAsItStands<'_>, limit: Duration) {
        let kernel = async {
            let mut slot = self.kernel.lock().await;
            self.start(&mut slot).await.is_ok()
        };
        // Whoever claims something is told what is wrong.
        let (before, _) = tokio::join!(self.before(file, limit), kernel);
        if let Ok(before) = before
            && let Some((_, source)) = before.known()
        {
            self.warm.prepare(Some(source), limit).await;
        }
    }

    /// Judges claims for holes of one file, all of them in one pass. Where they don't hold together, one after the
    /// other is added to those that do: a word is for claims that were judged together. Behind an error in the file's
    /// syntax there is no referee.
    pub async fn judge(
        &self,
        file: FileAsItStands<'_>,
        claims: &[Claim],
        limit: Duration,
    ) -> Vec<Result<Word, NoWord>> {
        let before = match self.ready(file, limit).await {
            Ok(before) => before,
            Err(no) => return vec![Err(no); claims.len()],
        };
        let reached = claims
            .iter()
            .filter(|claim| before.beyond(claim.hole).is_none());
        let reached: Vec<Claim> = reached.cloned().collect();
        let words = match reached.as_slice() {
            [] => Vec::new(),
            reached => self.together(&before, reached, limit).await,
        };
        let mut words = words.into_iter();
        let word = |claim: &Claim| match before.beyond(claim.hole) {
            Some(why) => Some(Err(NoWord::NoReferee(why.to_owned()))),
            None => words.next(),
        };
        let words = claims.iter().filter_map(word).collect();
        self.warm_up_again(before, claims, limit);
        words
    }

    async fn together(
        &self,
        before: &Before,
        claims: &[Claim],
        limit: Duration,
    ) -> Vec<Result<Word, NoWord>> {
        match self.pass(before, claims, limit).await {
            Ok(words) => words.into_iter().map(Ok).collect(),
            Err(no) if claims.len() == 1 => vec![Err(no)],
            Err(no) => {
                tracing::debug!(%no, "not together: one after the other");
                self.one_after_the_other(before, claims, limit).await
            }
        }
    }

    /// The file as it stands, compiled, and a kernel: all that is needed before anything of a stranger's is
    /// compiled, so that what fails later is no excuse. What fails for no reason of the file's is tried twice.
    async fn ready(
        &self,
        file: FileAsItStands<'_>,
        limit: Duration,
    ) -> Result<Arc<Before>, NoWord> {
        self.compiler.lean().map_err(NoWord::NoReferee)?;
        let once = async || {
            let before = self.before(file, limit).await?;
            let mut slot = self.kernel.lock().await;
            self.start(&mut slot).await?;
            Ok(before)
        };
        let ready = match once().await {
            Err(Failure::Now(why)) => {
                tracing::debug!(why, "the referee could not be asked: once more");
                once().await
            }
            ready => ready,
        };
        // What ends so twice does so for this file, or with this Lean.
        ready.map_err(|failure| NoWord::NoReferee(failure.to_string()))
    }

    async fn one_after_the_other(
        &self,
        before: &Before,
        claims: &[Claim],
        limit: Duration,
    ) -> Vec<Result<Word, NoWord>> {
        let mut kept: Vec<usize> = Vec::new();
        let mut words: Vec<Result<Word, NoWord>> = Vec::new();
        for number in 0..claims.len() {
            let with: Vec<usize> = kept.iter().copied().chain([number]).collect();
            let together: Vec<Claim> = with.iter().map(|at| claims[*at].clone()).collect();
            match self.pass(before, &together, limit).await {
                Ok(judged) => {
                    words.push(Err(NoWord::Unknown(String::new())));
                    for (at, word) in with.iter().zip(judged) {
                        words[*at] = Ok(word);
                    }
                    kept = with;
                }
                Err(no) => words.push(Err(no)),
            }
        }
        words
    }

    /// Where the file has other holes, starts another compiler for the next claim, beside all else; one that knows
    /// the file already, if that is soon compiled.
    fn warm_up_again(&self, before: Arc<Before>, claims: &[Claim], limit: Duration) {
        if claims.len() >= before.marked.outline().holes.len() {
            return;
        }
        let warm = self.warm.clone();
        tokio::spawn(async move {
            let source = before.known().filter(|(took, _)| *took < SOON);
            warm.prepare(source.map(|(_, source)| source), limit).await;
        });
    }

    /// The file as it was compiled as it stands.
    async fn before(
        &self,
        file: FileAsItStands<'_>,
        limit: Duration,
    ) -> Result<Arc<Before>, Failure> {
        let entry = {
            let mut files = self.files.lock().await;
            let known = files.iter().find(|known| known.is_of(file)).cloned();
            known.unwrap_or_else(|| {
                files.truncate(MAX_FILES - 1);
                let new = Arc::new(Before::of(file));
                files.insert(0, new.clone());
                new
            })
        };
        entry.compiled(&self.compiler, &self.warm, limit).await?;
        Ok(entry)
    }

    /// Sees to it that there is a kernel.
    async fn start(&self, slot: &mut Option<Kernel>) -> Result<(), Failure> {
        if !slot.as_mut().is_some_and(Kernel::is_alive) {
            *slot = Some(Kernel::start(&self.compiler).await?);
        }
        Ok(())
    }

    /// Takes the kernel to ask it. Whoever has its answer puts it back: one that owes an answer ends.
    async fn taken(&self, slot: &mut Option<Kernel>) -> Result<Kernel, Failure> {
        self.start(slot).await?;
        slot.take()
            .ok_or_else(|| Failure::Now("there is no kernel".to_owned()))
    }
}
