//! What every handler works with.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tower_lsp_server::Client;

use super::lean::Lean;
use super::settings::Settings;
use super::state::State;

/// How many searches go on at once; others wait for their turn. All share one Lean, which stays with one of
/// them as long as that has work for it. Two, because one may wait long for a model.
pub const MAX_SEARCHES: usize = 2;

/// The parts of the assistant that its handlers and jobs share. Clones share them.
#[derive(Clone)]
pub struct Assistant {
    /// The editor, to ask and to tell.
    pub client: Client,
    /// Documents, jobs and findings.
    pub state: State,
    /// The user's Lean, to ask about goals.
    pub lean: Lean,
    /// What is configured.
    pub settings: Settings,
    /// The prefix of the ids and tokens that are ours.
    pub session: Arc<str>,
    /// A permit for each search that may go on.
    pub turns: Arc<Semaphore>,
}

impl Assistant {
    /// An assistant that knows of no document yet.
    pub fn new(client: Client, lean: Lean, settings: Settings, session: Arc<str>) -> Assistant {
        Assistant {
            client,
            state: State::default(),
            lean,
            settings,
            session,
            turns: Arc::new(Semaphore::new(MAX_SEARCHES)),
        }
    }
}
