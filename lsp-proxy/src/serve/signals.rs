//! The signals that end a session.

#[cfg(unix)]
use std::io;
use std::sync::mpsc;
#[cfg(not(unix))]
use std::thread;

use anyhow::{Context, Result};

use super::session::{SessionEvent, spawn};

/// Listens for signals on a thread of its own, so that they are heard whatever the assistant does.
///
/// # Errors
/// When there can be no more threads or files.
#[cfg(unix)]
pub fn listen(session: &mpsc::Sender<SessionEvent>) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    // What listens opens a few files, and panics where there are none left.
    let room = [(); 4].map(|()| std::os::unix::net::UnixStream::pair());
    for pair in room {
        pair.context("can't listen for signals")?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("can't listen for signals")?;
    let _entered = runtime.enter();
    let heard = |kind: SignalKind| {
        let mut signals = signal(kind)?;
        io::Result::Ok(async move {
            signals.recv().await;
            kind.as_raw_value()
        })
    };
    let terminate = heard(SignalKind::terminate())?;
    let interrupt = heard(SignalKind::interrupt())?;
    let hangup = heard(SignalKind::hangup())?;
    drop(_entered);
    spawn("signals", session, move || {
        SessionEvent::Signal(runtime.block_on(async {
            tokio::select! {
                signal = terminate => signal,
                signal = interrupt => signal,
                signal = hangup => signal,
            }
        }))
    })
}

/// Listens for the user's interrupt.
///
/// # Errors
/// When there can be no more threads.
#[cfg(not(unix))]
pub fn listen(session: &mpsc::Sender<SessionEvent>) -> Result<()> {
    const INTERRUPT: i32 = 2;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't listen for signals")?;
    spawn("signals", session, move || {
        match runtime.block_on(tokio::signal::ctrl_c()) {
            Ok(()) => SessionEvent::Signal(INTERRUPT),
            Err(_) => loop {
                thread::park();
            },
        }
    })
}
