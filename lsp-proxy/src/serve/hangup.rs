//! The editor that hangs up.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};

use super::session::{GRACE, SessionEvent, spawn};

/// Notices that the editor is gone where the relay can't: it waits for a Lean that takes nothing, and does
/// not come to the end of what the editor has said.
///
/// # Errors
/// When there can be no more threads or files.
pub fn watch(
    input: &File,
    moved: &Arc<AtomicU64>,
    session: &mpsc::Sender<SessionEvent>,
) -> Result<()> {
    let input = input.try_clone().context("stdin is not usable")?;
    let moved = moved.clone();
    // That the editor has closed its end is told by itself, whatever is still to be read.
    #[cfg(target_os = "linux")]
    let asked = PollFlags::RDHUP;
    #[cfg(not(target_os = "linux"))]
    let asked = PollFlags::empty();
    spawn("hangup", session, move || {
        loop {
            let mut polled = [PollFd::new(&input, asked)];
            match poll(&mut polled, None) {
                Ok(_) => break,
                Err(error) if error == rustix::io::Errno::INTR => {}
                Err(error) => {
                    tracing::warn!(%error, "the editor's end can't be watched");
                    loop {
                        thread::park();
                    }
                }
            }
        }
        loop {
            let before = moved.load(Ordering::Relaxed);
            thread::sleep(GRACE);
            if moved.load(Ordering::Relaxed) == before {
                return SessionEvent::EditorLeft;
            }
        }
    })
}
