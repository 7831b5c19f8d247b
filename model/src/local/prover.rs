//! The local prover as a [`Prover`].

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::Settings;
use crate::{Goal, Proposal, Prover};

/// The prover. To be replaced: it has no engine yet, and says so when it is asked.
#[derive(Debug, Clone)]
pub struct Local {
    settings: Settings,
}

impl Local {
    /// A prover that does nothing until it is asked.
    pub fn new(settings: Settings) -> Local {
        Local { settings }
    }
}

impl Prover for Local {
    fn propose(&self, _: &Goal) -> BoxStream<'static, Proposal> {
        let model = self.settings.model.display();
        let why = format!("{model} can't be run: this program has no engine for models yet");
        stream::iter([Proposal::Failed(why)]).boxed()
    }
}
