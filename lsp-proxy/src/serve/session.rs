//! The end of a session: whoever leaves first, the others go too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{ChildStdin, ExitCode, ExitStatus};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;
use unsorry_search::lean::process::kill_group;

use crate::proxy::Output;

/// The longest that Lean may take to end once the editor is gone and nothing moves between them any more.
pub const GRACE: Duration = Duration::from_secs(5);

/// The longest that Lean may take to end once the editor is gone, however much moves.
const MAX_GRACE: Duration = Duration::from_secs(60);

/// The longest that the last words of a killed Lean may take to arrive.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// An event that ends a session, or brings its end on.
pub enum SessionEvent {
    /// The editor says no more.
    EditorLeft,
    /// Lean says no more, or the editor does not hear it.
    LeanSilent,
    /// Lean's process has ended.
    LeanEnded(Option<ExitStatus>),
    /// We were sent this signal.
    Signal(i32),
    /// The assistant is of no use any more.
    AssistantFailed,
    /// A thread of the relay is of no use any more.
    RelayFailed,
}

/// The progress of the end.
#[derive(Default)]
pub struct Session {
    assistant_failed: bool,
    /// Whether someone has left: the other goes too.
    over: bool,
    silent: bool,
    ended: bool,
    status: Option<ExitStatus>,
    signal: Option<i32>,
}

impl Session {
    /// Waits until one side leaves, and ends the other. Returns Lean's exit code.
    pub fn end(
        mut self,
        events: &mpsc::Receiver<SessionEvent>,
        mut assistant: Option<Runtime>,
        to_lean: Arc<Output<ChildStdin>>,
        moved: &AtomicU64,
        lean: u32,
    ) -> ExitCode {
        while !self.over {
            match events.recv() {
                Ok(event) => self.note(event),
                Err(_) => self.over = true,
            }
            if self.assistant_failed
                && let Some(assistant) = assistant.take()
            {
                assistant.shutdown_background();
            }
        }
        // The checker goes before anything else can fail.
        if let Some(assistant) = assistant {
            assistant.shutdown_timeout(Duration::from_millis(100));
        }
        // That waits as long as Lean does not take what is being written to it.
        thread::spawn(move || to_lean.close());
        let deadline = Instant::now() + MAX_GRACE;
        loop {
            let done =
                |session: &Session| session.signal.is_some() || session.silent && session.ended;
            let before = moved.load(Ordering::Relaxed);
            let left = deadline.saturating_duration_since(Instant::now());
            self.wait(events, GRACE.min(left), done);
            let moves = moved.load(Ordering::Relaxed) != before;
            if done(&self) || !moves || Instant::now() >= deadline {
                break;
            }
        }
        kill_group(lean);
        self.wait(events, LAST_WORDS, |session| {
            session.silent && session.ended
        });
        match self.signal {
            Some(signal) => signal_code(signal),
            None => exit_code(self.status),
        }
    }

    fn wait(
        &mut self,
        events: &mpsc::Receiver<SessionEvent>,
        limit: Duration,
        done: impl Fn(&Session) -> bool,
    ) {
        let deadline = Instant::now() + limit;
        while !done(self) {
            match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) => self.note(event),
                Err(_) => return,
            }
        }
    }

    fn note(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::EditorLeft | SessionEvent::RelayFailed => {}
            SessionEvent::LeanSilent => self.silent = true,
            SessionEvent::LeanEnded(status) => (self.ended, self.status) = (true, status),
            SessionEvent::Signal(signal) => self.signal = Some(signal),
            SessionEvent::AssistantFailed => {
                self.assistant_failed = true;
                return;
            }
        }
        self.over = true;
    }
}

/// Starts a thread whose end is an event of the session.
///
/// # Errors
/// When there can be no more threads.
pub fn spawn(
    name: &str,
    session: &mpsc::Sender<SessionEvent>,
    work: impl FnOnce() -> SessionEvent + Send + 'static,
) -> Result<()> {
    let session = session.clone();
    thread::Builder::new()
        .name(name.into())
        .spawn(move || {
            let event = catch_unwind(AssertUnwindSafe(work)).unwrap_or(SessionEvent::RelayFailed);
            let _ = session.send(event);
        })
        .context("can't start a thread")?;
    Ok(())
}

/// Returns Lean's exit code as ours; a signal as shells tell it.
fn exit_code(status: Option<ExitStatus>) -> ExitCode {
    let Some(status) = status else {
        return ExitCode::FAILURE;
    };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return signal_code(signal);
    }
    ExitCode::from(u8::try_from(status.code().unwrap_or(1) & 0xff).unwrap_or(1))
}

fn signal_code(signal: i32) -> ExitCode {
    ExitCode::from(128u8.saturating_add(u8::try_from(signal).unwrap_or(0)))
}
