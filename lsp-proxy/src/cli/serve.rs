//! `unsorry serve`: the proxy on stdio.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::FutureExt;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::assistant::{self, Settings, Setup};
use crate::config::{Config, Engine};
use crate::consent;
use crate::proxy::merges::Merges;
use crate::proxy::{self, Injector, Output, Shared};
use unsorry_search::command::LeanCommand;
use unsorry_search::lean::process::kill_group;

/// How long Lean may take to end once the editor is gone and nothing moves between them any more.
const GRACE: Duration = Duration::from_secs(5);

/// However much there is to say, no longer than this.
const LONGEST: Duration = Duration::from_secs(60);

/// As [`GRACE`] for what a killed Lean has said before.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What the threads tell the main one.
enum Told {
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

/// What `unsorry serve` takes.
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Which provers to ask, in this order: `tactics`, `local`, `remote` [default: as configured]
    #[arg(long = "engine", value_name = "NAME", value_delimiter = ',')]
    engines: Vec<Engine>,
    /// How to start Lean's server [default: `lake serve --` in a Lake project, else `lean --server`]
    #[arg(last = true, value_name = "COMMAND")]
    lean: Vec<OsString>,
}

impl Arguments {
    /// In front of this Lean, the engines as configured.
    pub fn before(lean: Vec<OsString>) -> Arguments {
        Arguments {
            lean,
            ..Arguments::default()
        }
    }
}

/// Relays between the editor on stdio and the Lean that was given, or that fits the working
/// directory.
///
/// # Errors
/// When Lean can't be started, or a person at a terminal would have to be the editor.
pub fn serve(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    if io::stdin().is_terminal() {
        bail!(
            "`serve` is for an editor to start, which then speaks to it on stdin and stdout; \
             https://github.com/unsorry/unsorry/blob/main/docs/editors.md says how. In a terminal there are `unsorry prove FILE` and `unsorry doctor`."
        );
    }
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let command = LeanCommand::resolve(&arguments.lean, &cwd);
    let (tell, told) = mpsc::channel();
    spawn_signals(tell.clone())?;
    let mut lean = start(&command, &cwd)?;
    // Editors show whatever comes on stderr from here on.
    std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
    let pid = lean.id();
    tracing::info!(lean = %command, pid, "started");
    let (input, output) = stdio().context("stdin and stdout are not usable")?;
    let to_lean = lean.stdin.take().context("Lean has no stdin")?;
    let from_lean = lean.stdout.take().context("Lean has no stdout")?;
    #[cfg(target_os = "linux")]
    {
        widen(&input);
        widen(&output);
        widen(&to_lean);
        widen(&from_lean);
    }
    #[cfg(target_os = "linux")]
    let tap = proxy::tap::Tap::new(&from_lean, &output).ok();
    #[cfg(not(target_os = "linux"))]
    let tap = None;
    let to_lean = Arc::new(Output::new(to_lean));
    let to_editor = Arc::new(Output::new(output));
    let (events, heard) = unbounded_channel();
    let shared = Shared {
        session: format!("unsorry:{}:", std::process::id()).into(),
        merges: Arc::new(Merges::default()),
        events,
        to_editor: Injector::new(to_editor.clone())?,
        moved: Arc::default(),
    };
    let moved = shared.moved.clone();
    #[cfg(unix)]
    spawn_hangup(&input, &moved, &tell)?;
    let setup = Injector::new(to_lean.clone()).and_then(|to_lean| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        Ok((to_lean, runtime))
    });
    let assistant = match setup {
        Ok((to_lean, runtime)) => {
            let _entered = runtime.enter();
            let setup = assistant(&shared, to_lean, command, cwd, config, &arguments.engines);
            runtime.spawn(run_assistant(setup, heard, tell.clone()));
            drop(_entered);
            Some(runtime)
        }
        Err(error) => {
            tracing::error!(%error, "there is only Lean");
            None
        }
    };
    spawn("editor to lean", &tell, {
        let (to_lean, shared) = (to_lean.clone(), shared.clone());
        move || {
            let outcome = proxy::editor_to_lean(&input, &to_lean, &shared);
            tracing::info!(?outcome, "the editor's side ended");
            if outcome.is_err() {
                // A Lean that takes nothing may still have much to say; the editor leaves when it likes.
                let _ = io::copy(&mut &input, &mut io::sink());
            }
            Told::EditorLeft
        }
    })?;
    spawn("lean to editor", &tell, move || {
        let outcome = proxy::lean_to_editor(from_lean, tap, &to_editor, &shared);
        tracing::info!(?outcome, "Lean's side ended");
        Told::LeanSilent
    })?;
    spawn("lean", &tell, move || Told::LeanEnded(lean.wait().ok()))?;
    Ok(Session::default().end(&told, assistant, to_lean, &moved, pid))
}

/// How far the end has come.
#[derive(Default)]
struct Session {
    assistant_failed: bool,
    /// Someone has left: the other goes too.
    over: bool,
    silent: bool,
    ended: bool,
    status: Option<ExitStatus>,
    signal: Option<i32>,
}

impl Session {
    /// Waits until one side leaves, and ends the other. Gives Lean's exit code.
    fn end(
        mut self,
        told: &mpsc::Receiver<Told>,
        mut assistant: Option<Runtime>,
        to_lean: Arc<Output<ChildStdin>>,
        moved: &AtomicU64,
        lean: u32,
    ) -> ExitCode {
        while !self.over {
            match told.recv() {
                Ok(told) => self.note(told),
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
        let deadline = Instant::now() + LONGEST;
        loop {
            let done =
                |session: &Session| session.signal.is_some() || session.silent && session.ended;
            let before = moved.load(Ordering::Relaxed);
            let left = deadline.saturating_duration_since(Instant::now());
            self.wait(told, GRACE.min(left), done);
            let moves = moved.load(Ordering::Relaxed) != before;
            if done(&self) || !moves || Instant::now() >= deadline {
                break;
            }
        }
        kill_group(lean);
        self.wait(told, LAST_WORDS, |session| session.silent && session.ended);
        match self.signal {
            Some(signal) => signal_code(signal),
            None => exit_code(self.status),
        }
    }

    fn wait(
        &mut self,
        told: &mpsc::Receiver<Told>,
        limit: Duration,
        done: impl Fn(&Session) -> bool,
    ) {
        let deadline = Instant::now() + limit;
        while !done(self) {
            match told.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(told) => self.note(told),
                Err(_) => return,
            }
        }
    }

    fn note(&mut self, told: Told) {
        match told {
            Told::EditorLeft | Told::RelayFailed => {}
            Told::LeanSilent => self.silent = true,
            Told::LeanEnded(status) => (self.ended, self.status) = (true, status),
            Told::Signal(signal) => self.signal = Some(signal),
            Told::AssistantFailed => {
                self.assistant_failed = true;
                return;
            }
        }
        self.over = true;
    }
}

fn start(command: &LeanCommand, cwd: &Path) -> Result<Child> {
    let mut builder = Command::new(&command.program);
    // Lean's words on stderr go where they would go without us.
    builder
        .args(&command.args)
        .current_dir(cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut builder, 0);
    builder.spawn().with_context(|| {
        format!(
            "can't start `{command}`: is Lean installed, and on the PATH that your editor sees?"
        )
    })
}

/// Our stdin and stdout without a buffer of std's between.
#[cfg(unix)]
fn stdio() -> io::Result<(File, File)> {
    use std::os::fd::AsFd;
    let own = |fd: std::os::fd::BorrowedFd<'_>| fd.try_clone_to_owned().map(File::from);
    Ok((own(io::stdin().as_fd())?, own(io::stdout().as_fd())?))
}

/// Our stdin and stdout without a buffer of std's between.
#[cfg(windows)]
fn stdio() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle;
    let own = |handle: std::os::windows::io::BorrowedHandle<'_>| {
        handle.try_clone_to_owned().map(File::from)
    };
    Ok((
        own(io::stdin().as_handle())?,
        own(io::stdout().as_handle())?,
    ))
}

/// Makes room in a pipe for as much as is read at once: the processes at its ends take turns less
/// often. What is no pipe, or may not grow, stays as it is.
#[cfg(target_os = "linux")]
fn widen(pipe: impl std::os::fd::AsFd) {
    use unsorry_wire::frame::BUFFER;
    if rustix::pipe::fcntl_getpipe_size(&pipe).is_ok_and(|size| size < BUFFER) {
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, BUFFER);
    }
}

/// What the assistant works with. Needs a tokio runtime.
fn assistant(
    shared: &Shared,
    to_lean: Injector,
    command: LeanCommand,
    cwd: PathBuf,
    config: Option<&Path>,
    named: &[Engine],
) -> Setup {
    let config = Config::as_far_as_possible(config, &cwd);
    Setup {
        session: shared.session.clone(),
        settings: Settings::new(config, named, consent::file::path(), command, cwd),
        merges: shared.merges.clone(),
        to_editor: shared.to_editor.clone(),
        to_lean,
    }
}

async fn run_assistant(
    setup: Setup,
    mut heard: UnboundedReceiver<proxy::Event>,
    tell: mpsc::Sender<Told>,
) {
    let session = setup.session.clone();
    let merges = setup.merges.clone();
    let to_editor = setup.to_editor.clone();
    let run = AssertUnwindSafe(assistant::run(setup, &mut heard)).catch_unwind();
    if run.await.is_err() {
        proxy::abandon(&session, &merges, &to_editor, &mut heard);
        let _ = tell.send(Told::AssistantFailed);
    }
}

/// Starts a thread that ends with telling something.
fn spawn(
    name: &str,
    tell: &mpsc::Sender<Told>,
    work: impl FnOnce() -> Told + Send + 'static,
) -> Result<()> {
    let tell = tell.clone();
    thread::Builder::new()
        .name(name.into())
        .spawn(move || {
            let told = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Told::RelayFailed);
            let _ = tell.send(told);
        })
        .context("can't start a thread")?;
    Ok(())
}

/// Notices that the editor is gone where the relay can't: it waits for a Lean that takes nothing, and does
/// not come to the end of what the editor has said.
#[cfg(unix)]
fn spawn_hangup(input: &File, moved: &Arc<AtomicU64>, tell: &mpsc::Sender<Told>) -> Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let input = input.try_clone().context("stdin is not usable")?;
    let moved = moved.clone();
    // That the editor has closed its end is told by itself, whatever is still to be read.
    #[cfg(target_os = "linux")]
    let asked = PollFlags::RDHUP;
    #[cfg(not(target_os = "linux"))]
    let asked = PollFlags::empty();
    spawn("hangup", tell, move || {
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
                return Told::EditorLeft;
            }
        }
    })
}

/// Listens for signals on a thread of its own, so that they are heard whatever the assistant does.
#[cfg(unix)]
fn spawn_signals(tell: mpsc::Sender<Told>) -> Result<()> {
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
    let listen = |kind: SignalKind| {
        let mut signals = signal(kind)?;
        io::Result::Ok(async move {
            signals.recv().await;
            kind.as_raw_value()
        })
    };
    let terminate = listen(SignalKind::terminate())?;
    let interrupt = listen(SignalKind::interrupt())?;
    let hangup = listen(SignalKind::hangup())?;
    drop(_entered);
    spawn("signals", &tell, move || {
        Told::Signal(runtime.block_on(async {
            tokio::select! {
                signal = terminate => signal,
                signal = interrupt => signal,
                signal = hangup => signal,
            }
        }))
    })
}

/// Listens for the user's interrupt.
#[cfg(not(unix))]
fn spawn_signals(tell: mpsc::Sender<Told>) -> Result<()> {
    const INTERRUPT: i32 = 2;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can't listen for signals")?;
    spawn("signals", &tell, move || {
        match runtime.block_on(tokio::signal::ctrl_c()) {
            Ok(()) => Told::Signal(INTERRUPT),
            Err(_) => loop {
                thread::park();
            },
        }
    })
}

/// Lean's exit code as ours; a signal as shells tell it.
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
