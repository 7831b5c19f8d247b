//! `unsorry serve`: the proxy on stdio.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::unbounded_channel;

use crate::assistant::{self, Setup};
use crate::config::Config;
use crate::lean::command::LeanCommand;
use crate::lean::process::kill_group;
use crate::proof::checker::Checker;
use crate::proof::search::{Limits, Search};
use crate::proxy::merges::Merges;
use crate::proxy::{self, Injector, Output, Shared};

/// How long Lean may take to end once the editor is gone.
const LEAN_GRACE: Duration = Duration::from_secs(5);

/// How many candidates are checked together.
pub const BATCH: usize = 16;

/// Why the relay ended.
enum End {
    Editor,
    Lean,
    Signal(i32),
}

/// Relays between the editor on stdio and `given`, or the Lean that fits the working directory.
///
/// # Errors
/// When Lean can't be started.
pub fn serve(given: &[OsString], config: Option<&Path>) -> Result<ExitCode> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let command = LeanCommand::resolve(given, &cwd);
    let (config, complaint) = match Config::load(config, &cwd) {
        Ok(config) => (config, None),
        Err(error) => (
            Config::default(),
            Some(format!("unsorry works with its defaults: {error:#}")),
        ),
    };
    let mut lean = start(&command, &cwd)?;
    tracing::info!(lean = %command, "started");
    let (input, output) = stdio().context("stdin and stdout are not usable")?;
    let to_lean = Arc::new(Output::new(lean.stdin.take().context("Lean has no stdin")?));
    let from_lean = lean.stdout.take().context("Lean has no stdout")?;
    let to_editor = Arc::new(Output::new(output));
    let (events, heard) = unbounded_channel();
    let shared = Shared {
        session: format!("unsorry:{}:", std::process::id()).into(),
        merges: Arc::new(Merges::default()),
        events,
        to_editor: Injector::new(to_editor.clone())?,
    };
    let (ended, end) = mpsc::channel();
    let runtime = Runtime::new().context("can't start threads")?;
    spawn_assistant(
        &runtime,
        &shared,
        Injector::new(to_lean.clone())?,
        command,
        config,
        complaint,
        cwd,
        heard,
    );
    spawn_signals(&runtime, ended.clone());
    spawn("editor to lean", {
        let (to_lean, shared, ended) = (to_lean.clone(), shared.clone(), ended.clone());
        move || {
            let outcome = proxy::editor_to_lean(input, &to_lean, &shared);
            tracing::info!(?outcome, "the editor's side ended");
            // Lean's death is seen on its own side, where its last words are.
            if outcome.is_ok() {
                let _ = ended.send(End::Editor);
            }
        }
    })?;
    spawn("lean to editor", move || {
        let outcome = proxy::lean_to_editor(from_lean, &to_editor, &shared);
        tracing::info!(?outcome, "Lean's side ended");
        let _ = ended.send(End::Lean);
    })?;
    let end = end.recv().unwrap_or(End::Lean);
    // The checker goes before anything else can fail.
    runtime.shutdown_timeout(Duration::from_millis(100));
    to_lean.close();
    let status = match end {
        End::Editor | End::Lean => wait(&mut lean, LEAN_GRACE),
        End::Signal(_) => None,
    };
    kill_group(lean.id());
    let status = match status {
        Some(status) => Some(status),
        None => lean.wait().ok(),
    };
    Ok(match end {
        End::Signal(signal) => {
            ExitCode::from(128u8.saturating_add(u8::try_from(signal).unwrap_or(0)))
        }
        _ => exit_code(status),
    })
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

#[allow(clippy::too_many_arguments)]
fn spawn_assistant(
    runtime: &Runtime,
    shared: &Shared,
    to_lean: Injector,
    command: LeanCommand,
    config: Config,
    complaint: Option<String>,
    cwd: std::path::PathBuf,
    heard: tokio::sync::mpsc::UnboundedReceiver<proxy::Event>,
) {
    let _entered = runtime.enter();
    let checker = Checker::new(command, cwd, config.idle);
    let setup = Setup {
        session: shared.session.clone(),
        search: search(checker, config),
        merges: shared.merges.clone(),
        to_editor: shared.to_editor.clone(),
        to_lean,
        complaint,
    };
    runtime.spawn(assistant::run(setup, heard));
}

/// A search with all the provers that the configuration has.
pub fn search(checker: Checker, config: Config) -> Search {
    Search {
        checker,
        limits: Limits {
            budget: config.budget,
            check: config.timeout,
            batch: BATCH,
        },
        provers: vec![Arc::new(unsorry_model::Tactics::new(config.tactics))],
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .context("can't start a thread")?;
    Ok(())
}

#[cfg(unix)]
fn spawn_signals(runtime: &Runtime, ended: mpsc::Sender<End>) {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ] {
        let ended = ended.clone();
        runtime.spawn(async move {
            if let Ok(mut signals) = signal(kind) {
                signals.recv().await;
                let _ = ended.send(End::Signal(kind.as_raw_value()));
            }
        });
    }
}

#[cfg(not(unix))]
fn spawn_signals(runtime: &Runtime, ended: mpsc::Sender<End>) {
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            let _ = ended.send(End::Signal(2));
        }
    });
}

fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            _ => return None,
        }
    }
}

/// Lean's exit code as ours; a signal as shells tell it.
fn exit_code(status: Option<ExitStatus>) -> ExitCode {
    let Some(status) = status else {
        return ExitCode::FAILURE;
    };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return ExitCode::from(128u8.saturating_add(u8::try_from(signal).unwrap_or(0)));
    }
    ExitCode::from(u8::try_from(status.code().unwrap_or(1) & 0xff).unwrap_or(1))
}
