//! `unsorry.status`: how we stand, for what an editor shows of it.

use serde::Serialize;
use serde_json::Value;
use tokio::time::{Duration, timeout};

use super::context::Assistant;
use super::state::jobs::{Last, Running};
use crate::config::{self, Engine};

/// The time without news after which a question that waits for some is answered.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest that a status waits for settings that are being read.
const SETTLES_WITHIN: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Status {
    /// The count of changes to anything else here.
    revision: u64,
    version: &'static str,
    pid: u32,
    /// The engines that the next job asks, in this order.
    engines: Vec<Engine>,
    /// The engines that it could ask.
    available: Vec<Engine>,
    /// The documents that are open here: an editor may have several servers.
    documents: Vec<String>,
    jobs: Vec<Running>,
    /// The last job that has ended.
    last: Option<Last>,
    /// A mistake in the configuration.
    complaint: Option<String>,
    log: Option<String>,
    config: Option<String>,
}

/// Returns how we stand. After a `since`, the answer comes when the revision is another one.
pub async fn status(assistant: &Assistant, since: Option<u64>) -> Value {
    if let Some(since) = since {
        let mut revision = assistant.state.revision();
        let news = revision.wait_for(|revision| *revision != since);
        let _ = timeout(PATIENCE, news).await;
    }
    let settings = timeout(SETTLES_WITHIN, assistant.settings.settled()).await;
    let settings = settings.ok().or_else(|| assistant.settings.now());
    let settings = settings.as_deref();
    let (revision, jobs, last, documents) = assistant.state.with(|state| {
        let (jobs, last) = (state.jobs.running(), state.jobs.last());
        (state.revision(), jobs, last, state.documents.uris())
    });
    let shown = |path: std::path::PathBuf| path.display().to_string();
    let status = Status {
        revision,
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id(),
        engines: settings.map_or_else(Vec::new, |settings| settings.engines.clone()),
        available: settings.map_or_else(Vec::new, |settings| settings.available.clone()),
        documents,
        jobs,
        last,
        complaint: match settings {
            Some(settings) => settings.complaint.clone(),
            None => Some("unsorry is still reading its configuration".to_owned()),
        },
        log: config::log_file().map(shown),
        config: settings
            .and_then(|settings| settings.users_file.clone())
            .map(shown),
    };
    serde_json::to_value(status).unwrap_or_default()
}
