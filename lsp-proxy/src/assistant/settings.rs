//! The settings that are configured, and may be configured anew by the editor while we run:
//! `initializationOptions.unsorry`, `workspace/didChangeConfiguration`, `unsorry.settings`.
//!
//! Whatever reads files or makes provers is done in order, beside the runtime. Whoever needs what comes of it waits
//! for that; nobody else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::task::spawn_blocking;

use super::configured::{Configured, Current};

/// The settings. Clones share them.
#[derive(Clone)]
pub struct Settings {
    changes: UnboundedSender<Change>,
    /// The number of changes asked for, the first settings among them.
    asked: Arc<AtomicU64>,
    settled: watch::Receiver<Settled>,
}

/// The settings that an editor sends.
struct Change {
    editors: Value,
    /// The channel for the outcome. Without it, a mistake is a complaint.
    reply: Option<oneshot::Sender<Result<()>>>,
}

/// The changes that are applied, and their outcome.
#[derive(Clone, Default)]
struct Settled {
    changes: u64,
    current: Option<Arc<Current>>,
}

impl Settings {
    /// The settings that `make` makes, which may take its time. Needs a tokio runtime.
    pub fn start(make: impl FnOnce() -> Configured + Send + 'static) -> Settings {
        let (changes, asked) = unbounded_channel();
        let (settle, settled) = watch::channel(Settled::default());
        tokio::spawn(apply(make, asked, settle));
        Settings {
            changes,
            asked: Arc::new(AtomicU64::new(1)),
            settled,
        }
    }

    /// Takes the editor's settings, in place of those that it sent before: the next job goes by them. They are
    /// asked for now, and waited for by whoever awaits what is returned.
    ///
    /// # Errors
    /// When they make no sense, or are not for an editor to set: all stays as it was.
    pub fn set(&self, editors: Value) -> impl Future<Output = Result<()>> + use<> {
        let (reply, replied) = oneshot::channel();
        self.ask(editors, Some(reply));
        async move {
            let set = replied.await;
            set.unwrap_or_else(|_| Err(anyhow!("unsorry's log says what went wrong")))
        }
    }

    /// Takes the settings that the editor begins with; a mistake in them is told later.
    pub fn begin_with(&self, editors: Value) {
        self.ask(editors, None);
    }

    fn ask(&self, editors: Value, reply: Option<oneshot::Sender<Result<()>>>) {
        if self.changes.send(Change { editors, reply }).is_ok() {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all that was set before is applied, and returns what then holds.
    pub async fn settled(&self) -> Arc<Current> {
        let asked = self.asked.load(Ordering::Relaxed);
        let mut settled = self.settled.clone();
        // Where nobody is left to apply anything, what there is holds.
        let _ = settled.wait_for(|settled| settled.changes >= asked).await;
        match self.now() {
            Some(current) => current,
            // They can't be made: the log has the panic.
            None => std::future::pending().await,
        }
    }

    /// Returns what holds now, if anything does yet.
    pub fn now(&self) -> Option<Arc<Current>> {
        self.settled.borrow().current.clone()
    }
}

/// Makes the first settings, and applies each change in its turn, until nobody is left to want any.
async fn apply(
    make: impl FnOnce() -> Configured + Send + 'static,
    mut asked: UnboundedReceiver<Change>,
    settle: watch::Sender<Settled>,
) {
    let made = spawn_blocking(move || {
        let configured = make();
        (configured.current(), configured)
    });
    let Ok((current, mut configured)) = made.await else {
        return;
    };
    let settled = |current: Current| {
        settle.send_modify(|settled| {
            settled.changes += 1;
            settled.current = Some(Arc::new(current));
        });
    };
    settled(current);
    while let Some(Change { editors, reply }) = asked.recv().await {
        let applied = spawn_blocking(move || {
            let set = match reply {
                Some(reply) => Some((configured.set(&editors), reply)),
                None => {
                    configured.begin_with(&editors);
                    None
                }
            };
            (configured.current(), configured, set)
        });
        let Ok((current, back, set)) = applied.await else {
            return;
        };
        configured = back;
        settled(current);
        if let Some((set, reply)) = set {
            let _ = reply.send(set);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use serde_json::json;
    use unsorry_search::command::LeanCommand;

    use super::*;
    use crate::config::Config;

    /// Settings that are made once the test says so.
    fn held() -> (Settings, mpsc::Sender<()>) {
        let (go, wait) = mpsc::channel();
        let settings = Settings::start(move || {
            let _ = wait.recv();
            let command = LeanCommand::resolve(&[], "/".as_ref());
            Configured::new((Config::default(), None), &[], None, command, "/".into())
        });
        (settings, go)
    }

    fn budget(current: &Current) -> u64 {
        current.search.limits.budget.as_secs()
    }

    #[tokio::test]
    async fn who_needs_the_settings_waits_for_all_that_was_set_before() {
        let (settings, go) = held();
        assert!(settings.now().is_none());
        let mut first = Box::pin(settings.settled());
        assert!(futures_util::poll!(&mut first).is_pending());
        settings.begin_with(json!({"search": {"budget": "3s"}}));
        let set = settings.set(json!({"search": {"budget": "5s"}}));
        let wrong = settings.set(json!({"serch": {}}));
        let last = settings.settled();
        go.send(()).expect("it waits");
        first.await;
        assert_eq!(budget(&*last.await), 5);
        set.await.expect("valid");
        wrong.await.expect_err("a mistake");
        assert_eq!(settings.now().map(|now| budget(&now)), Some(5));
    }

    #[tokio::test]
    async fn what_can_not_be_made_is_waited_for_in_vain_and_refuses_changes() {
        let settings = Settings::start(|| panic!("as the test wants it"));
        settings
            .set(Value::Null)
            .await
            .expect_err("nobody applies it");
        let mut settled = Box::pin(settings.settled());
        assert!(futures_util::poll!(&mut settled).is_pending());
    }
}
