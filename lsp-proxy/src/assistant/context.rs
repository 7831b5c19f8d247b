//! The context that every handler works with.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tower_lsp_server::Client;

use super::goals::Goals;
use super::lean::Lean;
use super::settings::Settings;
use super::state::Shared;

/// The most searches that go on at once; others wait for their turn. All share one Lean, which stays with one of
/// them as long as that has work for it. Two, because one may wait long for a model.
pub const MAX_SEARCHES: usize = 2;

/// The parts of the assistant that its handlers and jobs share. Clones share them.
#[derive(Clone)]
pub struct Assistant {
    /// The editor, to ask and to tell.
    pub client: Client,
    /// Documents, jobs and findings.
    pub state: Shared,
    /// The goals of holes, from the user's Lean.
    pub goals: Goals,
    /// The configuration.
    pub settings: Settings,
    /// The prefix of the ids and tokens that are ours.
    pub session: Arc<str>,
    /// A permit for each search that may go on.
    pub turns: Arc<Semaphore>,
}

impl Assistant {
    /// An assistant that knows of no document yet.
    pub fn new(client: Client, lean: Lean, settings: Settings, session: Arc<str>) -> Assistant {
        let state = Shared::default();
        Assistant {
            client,
            goals: Goals::new(lean, state.clone()),
            state,
            settings,
            session,
            turns: Arc::new(Semaphore::new(MAX_SEARCHES)),
        }
    }
}
