//! The local prover as a [`Prover`]: a thread of its own loads the model when it is first needed,
//! generates for one goal after another, and unloads the model when it has been idle for long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use unsorry_prover::{Ask, Proposal, Prover};

use super::LocalSettings;
use super::loaded_model::LoadedModel;
use super::propose::propose;
use super::threads::join_compute_threads;

/// The local prover. Clones share one model.
#[derive(Debug, Clone)]
pub struct Local {
    settings: Arc<LocalSettings>,
    queue: Arc<Mutex<Option<Sender<QueuedAsk>>>>,
}

/// An ask, and the channel for its proposals: once that is closed, nobody wants them any more.
struct QueuedAsk {
    ask: Ask,
    proposals: UnboundedSender<Proposal>,
}

/// The next ask; `Timeout` if the model has not been used for [`LocalSettings::idle`], `Disconnected` if
/// all clones of the prover are gone.
type Next = Result<QueuedAsk, RecvTimeoutError>;

impl Local {
    /// Makes a prover, which does nothing until it is asked.
    pub fn new(settings: LocalSettings) -> Local {
        Local {
            settings: Arc::new(settings),
            queue: Arc::default(),
        }
    }

    /// Hands an ask to the thread, which is started if there is none.
    fn send(&self, ask: QueuedAsk) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let unsent = match &*queue {
            Some(sender) => match sender.send(ask) {
                Ok(()) => return,
                Err(mpsc::SendError(ask)) => ask,
            },
            None => ask,
        };
        let (sender, receiver) = mpsc::channel();
        let settings = self.settings.clone();
        let proposals = unsent.proposals.clone();
        let started = std::thread::Builder::new()
            .name("local prover".into())
            .spawn(move || run(&settings, &receiver));
        match started {
            Ok(_) => {
                let _ = sender.send(unsent);
                *queue = Some(sender);
            }
            Err(error) => {
                let why = format!("no thread for the local prover: {error}");
                let _ = proposals.unbounded_send(Proposal::Failed(why));
            }
        }
    }
}

impl Prover for Local {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        let (proposals, receiver) = unbounded();
        self.send(QueuedAsk {
            ask: ask.clone(),
            proposals,
        });
        receiver.boxed()
    }
}

/// The thread. It ends when all clones of its prover are gone.
fn run(settings: &LocalSettings, queue: &mpsc::Receiver<QueuedAsk>) {
    let _threads = match join_compute_threads(settings.threads) {
        Ok(threads) => threads,
        Err(error) => {
            for asked in queue {
                let why = format!("no threads for the local prover: {error}");
                let _ = asked.proposals.unbounded_send(Proposal::Failed(why));
            }
            return;
        }
    };
    serve(settings, &mut |loaded| wait(settings, queue, loaded));
}

/// Waits for the next ask, and with a model that is `loaded` no longer than it may be idle.
fn wait(settings: &LocalSettings, queue: &mpsc::Receiver<QueuedAsk>, loaded: bool) -> Next {
    match loaded {
        true => queue.recv_timeout(settings.idle),
        false => Ok(queue.recv()?),
    }
}

/// Serves what `wait` returns, which is told whether a model is loaded.
fn serve(settings: &LocalSettings, wait: &mut dyn FnMut(bool) -> Next) {
    let mut model: Option<LoadedModel> = None;
    loop {
        let asked = match wait(model.is_some()) {
            Ok(asked) => asked,
            Err(RecvTimeoutError::Timeout) => {
                model = None;
                tracing::info!("the model is unloaded: it was not used");
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if asked.proposals.is_closed() {
            continue;
        }
        // Whatever a model's file or a driver brings about, it ends with this ask.
        let outcome = catch_unwind(AssertUnwindSafe(|| answer(settings, &mut model, &asked)));
        let why = match outcome {
            Ok(Ok(None)) => continue,
            Ok(Ok(Some(refusal))) => {
                let _ = asked.proposals.unbounded_send(Proposal::Failed(refusal));
                continue;
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(panic) => {
                let message = panic.downcast_ref::<String>().cloned();
                let message =
                    message.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                let model = settings.model.display();
                format!("{model}: {}", message.unwrap_or_else(|| "a panic".into()))
            }
        };
        // A model that failed is not used again: the next ask loads it anew.
        model = None;
        if !asked.proposals.is_closed() {
            tracing::warn!(why, "the local prover failed");
            let _ = asked.proposals.unbounded_send(Proposal::Failed(why));
        }
    }
}

/// Proposes candidates for an ask, with the model loaded first if it is not. Returns the reason if the
/// ask is refused, and what to do.
///
/// # Errors
/// When the model can't be loaded, or fails.
fn answer(
    settings: &LocalSettings,
    model: &mut Option<LoadedModel>,
    asked: &QueuedAsk,
) -> Result<Option<String>> {
    let send = |proposal| asked.proposals.unbounded_send(proposal).is_ok();
    let model = match model {
        Some(model) => model,
        None => {
            let name = settings.model.file_name().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            let loaded = LoadedModel::load(settings, &mut |share| {
                // Whoever asks next will need it, so that it is loaded even if this ask has ended.
                send(Proposal::Progress(format!(
                    "loading {name}, {:.0} %",
                    share * 100.
                )));
            })?;
            model.insert(loaded)
        }
    };
    send(Proposal::Progress("writing proofs".into()));
    propose(
        model,
        settings,
        &asked.ask,
        &mut |proposal| send(proposal),
        &|| asked.proposals.is_closed(),
    )
}

#[cfg(test)]
mod tests;
