//! A prover whose every word is a test's.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use unsorry_prover::{Ask, Candidate, Engine, Proposal, Prover};

/// The proposals for the target of a goal.
type Script = dyn Fn(&str) -> Vec<Proposal> + Send + Sync;

/// Proposes what its script says for a goal, and then, where it is held, what it is told to.
pub struct Scripted {
    script: Box<Script>,
    held: Option<Held>,
}

/// Tells a prover what to propose to all that have asked it. Clones are one.
#[derive(Clone, Default)]
pub struct Held(Arc<Mutex<Vec<UnboundedSender<Proposal>>>>);

/// A candidate of the scripted prover.
pub fn candidate(text: &str) -> Proposal {
    Proposal::Candidate(Candidate::new(text, Engine::Tactics))
}

impl Scripted {
    /// A prover that proposes what `script` gives for the target of a goal, and nothing more.
    pub fn new(script: impl Fn(&str) -> Vec<Proposal> + Send + Sync + 'static) -> Scripted {
        Scripted {
            script: Box::new(script),
            held: None,
        }
    }

    /// A prover that proposes what Lean takes, but for goals that are `hard`.
    pub fn of_easy_goals() -> Scripted {
        Scripted::new(|target| match target.contains("hard") {
            true => vec![candidate("wrong")],
            false => vec![candidate("wrong"), candidate("right")],
        })
    }

    /// A prover that proposes nothing before it is told to.
    pub fn held() -> (Scripted, Held) {
        let held = Held::default();
        let prover = Scripted {
            script: Box::new(|_| Vec::new()),
            held: Some(held.clone()),
        };
        (prover, held)
    }
}

impl Held {
    /// Returns the number of those who have asked and are still listening.
    pub fn listeners(&self) -> usize {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|sender| !sender.is_closed());
        open.len()
    }

    /// Proposes something to all that have asked.
    pub fn propose(&self, proposal: &Proposal) {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for sender in open.iter() {
            let _ = sender.send(proposal.clone());
        }
    }
}

impl Prover for Scripted {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        if ask.attempt.is_some() {
            return stream::empty().boxed();
        }
        let script = stream::iter((self.script)(&ask.goal.target));
        let Some(held) = &self.held else {
            return script.boxed();
        };
        let (sender, mut receiver) = unbounded_channel();
        let mut open = held.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.push(sender);
        script
            .chain(stream::poll_fn(move |context| receiver.poll_recv(context)))
            .boxed()
    }
}
