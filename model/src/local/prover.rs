//! The local prover as a [`Prover`]: a thread of its own loads the model at the first need, writes
//! answers for one goal after another, and lets the model go when nobody has asked for long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::Settings;
use super::answers::answers;
use super::engine::Engine;
use unsorry_prover::{Ask, Proposal, Prover};

/// The prover. Clones share one model.
#[derive(Debug, Clone)]
pub struct Local {
    settings: Arc<Settings>,
    jobs: Arc<Mutex<Option<Sender<Job>>>>,
}

/// What is asked, and where the candidates go: nobody wants them any more once that is closed.
struct Job {
    ask: Ask,
    proposals: UnboundedSender<Proposal>,
}

impl Local {
    /// A prover that does nothing until it is asked.
    pub fn new(settings: Settings) -> Local {
        Local {
            settings: Arc::new(settings),
            jobs: Arc::default(),
        }
    }

    /// Hands `job` to the thread, which is started if there is none.
    fn send(&self, job: Job) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = match &*jobs {
            Some(sender) => match sender.send(job) {
                Ok(()) => return,
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let (sender, receiver) = mpsc::channel();
        let settings = self.settings.clone();
        let failed = unsent.proposals.clone();
        let started = std::thread::Builder::new()
            .name("local prover".into())
            .spawn(move || run(&settings, &receiver));
        match started {
            Ok(_) => {
                let _ = sender.send(unsent);
                *jobs = Some(sender);
            }
            Err(error) => {
                let why = format!("no thread for the local prover: {error}");
                let _ = failed.unbounded_send(Proposal::Failed(why));
            }
        }
    }
}

impl Prover for Local {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        let (proposals, receiver) = unbounded();
        self.send(Job {
            ask: ask.clone(),
            proposals,
        });
        receiver.boxed()
    }
}

/// The thread. It ends when all clones of its prover are gone.
fn run(settings: &Settings, jobs: &mpsc::Receiver<Job>) {
    let _threads = match computing(settings.threads) {
        Ok(threads) => threads,
        Err(error) => {
            for job in jobs {
                let why = format!("no threads for the local prover: {error}");
                let _ = job.proposals.unbounded_send(Proposal::Failed(why));
            }
            return;
        }
    };
    let mut engine: Option<Engine> = None;
    loop {
        let next = match engine {
            Some(_) => jobs.recv_timeout(settings.idle),
            None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let job = match next {
            Ok(job) => job,
            Err(RecvTimeoutError::Timeout) => {
                engine = None;
                tracing::info!("the model is unloaded: nobody has asked for it");
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if job.proposals.is_closed() {
            continue;
        }
        // Whatever a model's file or a driver brings about, it ends with this job.
        let done = catch_unwind(AssertUnwindSafe(|| work(settings, &mut engine, &job)));
        let why = match done {
            Ok(Ok(None)) => continue,
            Ok(Ok(Some(refusal))) => {
                let _ = job.proposals.unbounded_send(Proposal::Failed(refusal));
                continue;
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(panic) => {
                let said = panic.downcast_ref::<String>().cloned();
                let said = said.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                let model = settings.model.display();
                format!("{model}: {}", said.unwrap_or_else(|| "a panic".into()))
            }
        };
        // What failed once is not used again: the next job loads it anew.
        engine = None;
        if !job.proposals.is_closed() {
            tracing::warn!(why, "the local prover failed");
            let _ = job.proposals.unbounded_send(Proposal::Failed(why));
        }
    }
}

/// Makes this thread one of `threads` that compute together; one a core by default. They give way to
/// the editor and to Lean.
///
/// # Errors
/// When threads can't be started.
pub(super) fn computing(
    threads: Option<usize>,
) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    // Threads inherit it.
    give_way();
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .use_current_thread()
        .thread_name(|at| format!("local prover {at}"))
        .build()
}

/// Lowers this thread's priority. Elsewhere than on Linux that would be the whole process's.
fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}

/// Proposes candidates for a job, or refuses it: why, and what to do.
///
/// # Errors
/// When the model can't be loaded, or fails.
fn work(settings: &Settings, engine: &mut Option<Engine>, job: &Job) -> Result<Option<String>> {
    let say = |proposal| job.proposals.unbounded_send(proposal).is_ok();
    let loaded = match engine {
        Some(engine) => engine,
        None => {
            let model = settings.model.file_name().unwrap_or_default();
            let model = model.to_string_lossy().into_owned();
            let loaded = Engine::load(settings, &mut |share| {
                // Whoever asks next will need it, so it is loaded even if this job has ended.
                say(Proposal::Progress(format!(
                    "loading {model}, {:.0} %",
                    share * 100.
                )));
            })?;
            engine.insert(loaded)
        }
    };
    say(Proposal::Progress("writing proofs".into()));
    answers(
        loaded,
        settings,
        &job.ask,
        &mut |proposal| say(proposal),
        &|| job.proposals.is_closed(),
    )
}

#[cfg(test)]
mod tests;
