//! A session: Lean, the relay before it, and the assistant beside it.

mod assistant;
#[cfg(unix)]
mod hangup;
mod lean;
mod pipes;
mod session;
mod signals;
#[cfg(test)]
mod tests;

use std::io;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};

use anyhow::{Context, Result};
use tokio::sync::mpsc::unbounded_channel;

use crate::proxy::merges::Merges;
use crate::proxy::{self, Deadlines, Injector, Output, Shared};
pub use assistant::Startup;
use session::{Session, SessionEvent, spawn};

/// Relays between the editor on stdio and Lean, until one of them leaves. Returns Lean's exit code.
///
/// # Errors
/// When Lean can't be started, or there can be no more threads or files.
pub fn run(startup: Startup) -> Result<ExitCode> {
    let (session, session_events) = mpsc::channel();
    signals::listen(&session)?;
    let mut lean = lean::start(&startup.command, &startup.cwd)?;
    // Editors show whatever comes on stderr from here on.
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    let pid = lean.id();
    tracing::info!(lean = %startup.command, pid, "started");
    let (input, output) = pipes::stdio().context("stdin and stdout are not usable")?;
    let to_lean = lean.stdin.take().context("Lean has no stdin")?;
    let from_lean = lean.stdout.take().context("Lean has no stdout")?;
    #[cfg(target_os = "linux")]
    {
        pipes::widen(&input);
        pipes::widen(&output);
        pipes::widen(&to_lean);
        pipes::widen(&from_lean);
    }
    #[cfg(target_os = "linux")]
    let tap = proxy::tap::Tap::new(&from_lean, &output).ok();
    #[cfg(not(target_os = "linux"))]
    let tap = None;
    let to_lean = Arc::new(Output::new(to_lean));
    let to_editor = Arc::new(Output::new(output));
    let (events, heard) = unbounded_channel();
    let merges = Arc::new(Merges::default());
    let injector = Injector::new(to_editor.clone())?;
    let shared = Shared {
        session: format!("unsorry:{}:", std::process::id()).into(),
        deadlines: Deadlines::start(merges.clone(), events.clone(), injector.clone())?,
        merges,
        events,
        to_editor: injector,
        moved: Arc::default(),
    };
    let moved = shared.moved.clone();
    #[cfg(unix)]
    hangup::watch(&input, &moved, &session)?;
    let runtime = Injector::new(to_lean.clone()).and_then(|to_lean| {
        let runtime = assistant::runtime()?;
        runtime.spawn(assistant::run(
            startup,
            &shared,
            to_lean,
            heard,
            session.clone(),
        ));
        Ok(runtime)
    });
    let runtime = runtime
        .inspect_err(|error| tracing::error!(%error, "there is only Lean"))
        .ok();
    spawn("editor to lean", &session, {
        let (to_lean, shared) = (to_lean.clone(), shared.clone());
        move || {
            let outcome = proxy::editor_to_lean(&input, &to_lean, &shared);
            tracing::info!(?outcome, "the editor's side ended");
            if outcome.is_err() {
                // A Lean that takes nothing may still have much to say; the editor leaves when it likes.
                let _ = io::copy(&mut &input, &mut io::sink());
            }
            SessionEvent::EditorLeft
        }
    })?;
    spawn("lean to editor", &session, move || {
        let outcome = proxy::lean_to_editor(from_lean, tap, &to_editor, &shared);
        tracing::info!(?outcome, "Lean's side ended");
        SessionEvent::LeanSilent
    })?;
    spawn("lean", &session, move || {
        SessionEvent::LeanEnded(lean.wait().ok())
    })?;
    Ok(Session::default().end(&session_events, runtime, to_lean, &moved, pid))
}
