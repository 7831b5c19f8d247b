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
mod kernel;
mod marked;
mod names;
mod pass;
mod script;
mod slot;
mod verify;
mod warm;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::command::LeanCommand;
use crate::contain::ContainerConfig;
use before::Before;
pub use claim::{CONTRARY, Claim, Claimed, FileAsItStands, NoWord, Word};
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
        let compiler = Arc::new(Compiler {
            command,
            cwd,
            limits,
        });
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

    /// Judges claims for holes of one file, all of them in one pass. Where they don't hold together, each is
    /// judged alone.
    pub async fn judge(
        &self,
        file: FileAsItStands<'_>,
        claims: &[Claim],
        limit: Duration,
    ) -> Vec<Result<Word, NoWord>> {
        let before = match self.before(file, limit).await {
            Ok(before) => before,
            Err(why) => return vec![Err(NoWord::NoReferee(why)); claims.len()],
        };
        // There is a kernel before anything of a stranger's is compiled: one that fails later is no excuse.
        {
            let mut slot = self.kernel.lock().await;
            if let Err(why) = self.start(&mut slot).await {
                return vec![Err(NoWord::NoReferee(why)); claims.len()];
            }
        }
        let together = self.pass(&before, claims, limit).await;
        let words = match together {
            Ok(words) => words,
            Err(why) if claims.len() == 1 => vec![Err(NoWord::Refused(why))],
            Err(why) => {
                tracing::debug!(why, "not together: each alone");
                let mut words = Vec::new();
                for claim in claims {
                    let alone = self.pass(&before, std::slice::from_ref(claim), limit).await;
                    words.push(match alone {
                        Ok(mut words) => words.pop().unwrap_or_else(|| {
                            Err(NoWord::Refused("nothing was said of it".into()))
                        }),
                        Err(why) => Err(NoWord::Refused(why)),
                    });
                }
                words
            }
        };
        self.warm_up_again(before, claims, limit);
        words
    }

    /// Starts another compiler for the next claim, beside all else; for the same file, if it has other holes and
    /// is soon compiled.
    fn warm_up_again(&self, before: Arc<Before>, claims: &[Claim], limit: Duration) {
        let has_more = claims.len() < before.marked.outline().holes.len();
        let warm = self.warm.clone();
        tokio::spawn(async move {
            let source = before.known().filter(|(took, _)| has_more && *took < SOON);
            warm.prepare(source.map(|(_, source)| source), limit).await;
        });
    }

    /// The file as it was compiled as it stands.
    async fn before(
        &self,
        file: FileAsItStands<'_>,
        limit: Duration,
    ) -> Result<Arc<Before>, String> {
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
    async fn start(&self, slot: &mut Option<Kernel>) -> Result<(), String> {
        if !slot.as_mut().is_some_and(Kernel::is_alive) {
            *slot = Some(Kernel::start(&self.compiler).await?);
        }
        Ok(())
    }

    /// Takes the kernel to ask it. Whoever has its answer puts it back: one that owes an answer ends.
    async fn taken(&self, slot: &mut Option<Kernel>) -> Result<Kernel, String> {
        self.start(slot).await?;
        slot.take().ok_or_else(|| "there is no kernel".to_owned())
    }
}
