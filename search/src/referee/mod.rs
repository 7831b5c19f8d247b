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
mod verify;

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

pub use compiler::CompileError;
pub use verify::{Standing, Verdict, Verified};

/// The files that are kept as they were compiled.
const MAX_FILES: usize = 4;

/// Says what is a proof. It keeps files as they were compiled, and a kernel warm.
#[derive(Debug)]
pub struct Referee {
    compiler: Compiler,
    files: Mutex<Vec<Arc<Before>>>,
    kernel: Arc<Mutex<KernelSlot>>,
}

/// The kernel, while it is used now and then.
#[derive(Debug, Default)]
struct KernelSlot {
    kernel: Option<Kernel>,
    /// Counts its uses.
    uses: u64,
    idle: Duration,
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
        Referee {
            compiler: Compiler {
                command,
                cwd,
                limits,
            },
            files: Mutex::default(),
            kernel: Arc::new(Mutex::new(KernelSlot {
                idle,
                ..KernelSlot::default()
            })),
        }
    }

    /// Has the file compiled as it stands, and a kernel started, so that a claim need not wait for that.
    pub async fn prepare(&self, file: FileAsItStands<'_>, limit: Duration) {
        let kernel = async {
            let mut slot = self.kernel.lock().await;
            self.start(&mut slot).await.is_ok()
        };
        // Whoever claims something is told what is wrong.
        let _ = tokio::join!(self.before(file, limit), kernel);
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
        match together {
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
        }
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
        entry.compiled(&self.compiler, limit).await?;
        Ok(entry)
    }

    /// Sees to it that there is a kernel.
    async fn start(&self, slot: &mut KernelSlot) -> Result<(), String> {
        slot.uses += 1;
        if !slot.kernel.as_mut().is_some_and(Kernel::is_alive) {
            let Compiler {
                command,
                cwd,
                limits,
            } = &self.compiler;
            slot.kernel = Some(Kernel::start(command, cwd, limits).await?);
        }
        let (uses, idle) = (slot.uses, slot.idle);
        let shared = Arc::downgrade(&self.kernel);
        tokio::spawn(async move {
            tokio::time::sleep(idle).await;
            if let Some(shared) = shared.upgrade() {
                let mut slot = shared.lock().await;
                if slot.uses == uses {
                    slot.kernel = None;
                }
            }
        });
        Ok(())
    }

    /// Takes the kernel to ask it. Whoever has its answer puts it back: one that owes an answer ends.
    async fn taken(&self, slot: &mut KernelSlot) -> Result<Kernel, String> {
        self.start(slot).await?;
        let kernel = slot.kernel.take();
        kernel.ok_or_else(|| "there is no kernel".to_owned())
    }
}
