//! The assistant on its runtime.

use std::io;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::mpsc;

use futures_util::FutureExt;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use unsorry_search::command::LeanCommand;

use super::session::SessionEvent;
use crate::assistant::{self, Configured, Settings, Setup};
use crate::config::{Config, Engine};
use crate::consent;
use crate::proxy::{self, Event, Injector, Shared};

/// The beginnings of a session.
pub struct Startup {
    /// The configuration file that the command line names.
    pub config: Option<PathBuf>,
    /// The engines that the command line names.
    pub engines: Vec<Engine>,
    /// The command of the user's Lean.
    pub command: LeanCommand,
    /// The working directory.
    pub cwd: PathBuf,
}

/// The number of threads that the assistant has.
pub const WORKERS: usize = 2;

/// Returns the runtime that the assistant is to run on.
///
/// # Errors
/// When there can be no more threads or files.
pub fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
}

/// Runs the assistant until there is nothing more to hear of. A panic is the end of the assistant alone.
pub fn run(
    startup: Startup,
    shared: &Shared,
    to_lean: Injector,
    mut heard: UnboundedReceiver<Event>,
    session: mpsc::Sender<SessionEvent>,
) -> impl Future<Output = ()> + Send + use<> {
    let (name, merges) = (shared.session.clone(), shared.merges.clone());
    let to_editor = shared.to_editor.clone();
    async move {
        let run = async {
            let setup = Setup {
                session: name.clone(),
                settings: settings(startup),
                merges: merges.clone(),
                to_editor: to_editor.clone(),
                to_lean,
            };
            assistant::run(setup, &mut heard).await;
        };
        if AssertUnwindSafe(run).catch_unwind().await.is_err() {
            proxy::abandon(&name, &merges, &to_editor, &mut heard);
            let _ = session.send(SessionEvent::AssistantFailed);
        }
    }
}

fn settings(startup: Startup) -> Settings {
    let Startup {
        config,
        engines,
        command,
        cwd,
    } = startup;
    Settings::start(move || {
        let files = Config::as_far_as_possible(config.as_deref(), &cwd);
        Configured::new(files, &engines, consent::file::path(), command, cwd)
    })
}
