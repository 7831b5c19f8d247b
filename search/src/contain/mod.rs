//! Lean for checking elaborates what a stranger has written, and elaborating can run code. So it runs in
//! a container: no network, nothing to write to but a folder of its own, so much memory and so many
//! processes, and with us it ends, however we end.
//!
//! On Linux a *supervisor* (`unsorry contained`) is between us and Lean. It starts `unsorry
//! contained-inside`, which gives up its rights, starts Lean so, and opens for it what is data. On macOS it is
//! `sandbox-exec`; on Windows a job bounds what is taken, and nothing is closed.

#[cfg(target_os = "linux")]
mod group;
#[cfg(target_os = "linux")]
pub mod inside;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(any(target_os = "macos", test))]
mod macos;
#[cfg(target_os = "linux")]
mod mappings;
#[cfg(target_os = "linux")]
pub mod probe;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod removal;
#[cfg(target_os = "linux")]
mod scratch;
#[cfg(target_os = "linux")]
pub mod supervisor;
mod version;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
pub use scratch::Scratch;
pub use version::version;

pub mod variables;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::command::LeanCommand;

/// The supervisor's exit code where the command took too much of something.
pub const TOO_MUCH: u8 = 86;

/// The exit code that tells how a process ended, as shells do: 128 and the signal where it was one.
#[cfg(target_os = "linux")]
fn exit_code(status: std::process::ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().map(|signal| 128 + signal);
    let code = status.code().or(signal).unwrap_or(1);
    u8::try_from(code & 0xff).unwrap_or(1)
}

/// The configuration of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerConfig {
    /// Whether there is one.
    pub contained: bool,
    /// Whether this system's closes files and the network.
    pub closes: bool,
    /// The most memory of its own that Lean may take with all its workers, in bytes.
    pub memory: u64,
    /// The program that supervises, which is this one.
    pub supervisor: PathBuf,
}

impl Default for ContainerConfig {
    /// The default bounds: half of the machine's memory, and 4 GiB at the least, as Mathlib takes 1 to 2 of
    /// its own.
    fn default() -> ContainerConfig {
        let system = sysinfo::System::new_with_specifics(
            sysinfo::RefreshKind::nothing()
                .with_memory(sysinfo::MemoryRefreshKind::nothing().with_ram()),
        );
        ContainerConfig {
            contained: true,
            closes: cfg!(any(target_os = "linux", target_os = "macos")),
            memory: (system.total_memory() / 2).max(4 << 30),
            // That is this very program, even where its file has been replaced meanwhile.
            supervisor: "/proc/self/exe".into(),
        }
    }
}

impl ContainerConfig {
    /// Whether what a model has written may be elaborated: in a container, or by the user's own word.
    pub fn holds_strangers(&self) -> bool {
        self.closes || !self.contained
    }
}

/// A folder for what is contained to write to, which is removed when this is dropped.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub struct Scratch(tempfile::TempDir);

#[cfg(not(target_os = "linux"))]
impl Scratch {
    /// A new one in the folder for temporary files.
    ///
    /// # Errors
    /// When there can't be one.
    pub fn new() -> Result<Scratch> {
        let folder = tempfile::Builder::new().prefix("unsorry-").tempdir();
        Ok(Scratch(folder.context("can't make a temporary folder")?))
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A container that is in use: dropping it ends all that is in it.
#[derive(Debug)]
pub struct Container {
    /// The supervisor ends everything when this is closed, be it by our death.
    #[cfg(target_os = "linux")]
    lifeline: std::os::unix::net::UnixStream,
    /// It ends everything when it is closed, be it by our death.
    #[cfg(windows)]
    job: windows::Job,
}

impl Container {
    /// Takes in what was started by the [`command`] that came with it.
    ///
    /// # Errors
    /// When it can't be held.
    pub fn hold(&self, child: &tokio::process::Child) -> Result<()> {
        #[cfg(windows)]
        if let Some(process) = child.raw_handle() {
            self.job
                .hold(process)
                .context("it can't be held in a job")?;
        }
        // Elsewhere it was held before it began.
        #[cfg(not(windows))]
        let _ = child;
        Ok(())
    }

    /// Returns the reason why what has ended could not be started at all.
    #[cfg(target_os = "linux")]
    pub fn reason(&self) -> Option<String> {
        use std::io::Read as _;
        let mut told = Vec::new();
        // Whoever has ended says no more.
        let _ = self.lifeline.set_nonblocking(true);
        let _ = (&self.lifeline).take(8192).read_to_end(&mut told);
        let told = String::from_utf8_lossy(&told);
        let told = told.trim_start_matches("unsorry: ").trim();
        (!told.is_empty()).then(|| told.to_owned())
    }

    /// Returns the reason why what has ended could not be started at all.
    #[cfg(not(target_os = "linux"))]
    pub fn reason(&self) -> Option<String> {
        None
    }
}

/// Returns what starts `command` in `cwd` within `limits`, with nothing on its stderr; and what to hold as
/// long as it is to run, where that is what ends it. It may write to `scratch`, or to a folder of its own.
///
/// # Errors
/// When the system has no open file left for it.
pub fn command(
    command: &LeanCommand,
    cwd: &Path,
    limits: &ContainerConfig,
    scratch: Option<&Scratch>,
) -> Result<(Command, Option<Container>)> {
    match limits.contained {
        true => contained(command, cwd, limits, scratch),
        false => Ok((plain(command, cwd), None)),
    }
}

#[cfg(target_os = "linux")]
fn contained(
    command: &LeanCommand,
    cwd: &Path,
    limits: &ContainerConfig,
    scratch: Option<&Scratch>,
) -> Result<(Command, Option<Container>)> {
    let pair = std::os::unix::net::UnixStream::pair();
    let (end, lifeline) = pair.context("can't make a pair of sockets")?;
    let mut builder = Command::new(&limits.supervisor);
    builder
        .arg0("unsorry")
        .args(["contained", "--memory", &limits.memory.to_string()]);
    if let Some(scratch) = scratch {
        builder.arg("--scratch").arg(scratch.path());
    }
    builder
        .arg("--")
        .arg(&command.program)
        .args(&command.args)
        .current_dir(cwd)
        .stderr(Stdio::from(std::os::fd::OwnedFd::from(end)));
    Ok((builder, Some(Container { lifeline })))
}

#[cfg(target_os = "macos")]
fn contained(
    command: &LeanCommand,
    cwd: &Path,
    _: &ContainerConfig,
    scratch: Option<&Scratch>,
) -> Result<(Command, Option<Container>)> {
    // The system compares paths without links.
    let scratch = scratch.map(|scratch| scratch.path().canonicalize());
    let scratch = scratch.transpose().context("no folder to write to")?;
    let readable = macos::needs(command, cwd, |name| std::env::var_os(name));
    let mut builder = Command::new("/usr/bin/sandbox-exec");
    builder
        .args(macos::arguments(&readable, scratch.as_deref()))
        .arg(&command.program)
        .args(&command.args)
        .env_clear()
        .envs(variables::harmless())
        .current_dir(cwd)
        .stderr(Stdio::null());
    if let Some(scratch) = scratch {
        builder.env("TMPDIR", scratch);
    }
    Ok((builder, None))
}

#[cfg(windows)]
fn contained(
    command: &LeanCommand,
    cwd: &Path,
    limits: &ContainerConfig,
    _: Option<&Scratch>,
) -> Result<(Command, Option<Container>)> {
    let job = windows::Job::new(limits.memory).context("can't make a job")?;
    Ok((plain(command, cwd), Some(Container { job })))
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn contained(
    command: &LeanCommand,
    cwd: &Path,
    _: &ContainerConfig,
    _: Option<&Scratch>,
) -> Result<(Command, Option<Container>)> {
    Ok((plain(command, cwd), None))
}

fn plain(command: &LeanCommand, cwd: &Path) -> Command {
    let mut builder = Command::new(&command.program);
    builder
        .args(&command.args)
        .env_clear()
        .envs(variables::harmless())
        .current_dir(cwd)
        .stderr(Stdio::null());
    builder
}

/// The words of the probe by which the kernel itself counts what a container takes.
#[cfg(target_os = "linux")]
const COUNTED_BY_KERNEL: &str = "counted by the kernel";

/// A container of this system, as it is found out from within.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// What it should close and does not.
    pub open: Vec<String>,
    /// Whether the kernel itself counts memory and temporary files, so that no limit is passed for a moment.
    pub is_counted: bool,
}

/// Looks at the container from within.
///
/// # Errors
/// Where there is no container.
#[cfg(target_os = "linux")]
pub async fn survey(cwd: &Path, limits: &ContainerConfig) -> Result<Survey> {
    let probe = LeanCommand {
        program: limits.supervisor.clone().into(),
        args: vec!["contained-probe".into()],
    };
    let (mut builder, container) = command(&probe, cwd, limits, None)?;
    // `output` would have a stderr of its own.
    let child = builder
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        let reason = container.and_then(|container| container.reason());
        let status = || output.status.to_string();
        anyhow::bail!("it can't be set up: {}", reason.unwrap_or_else(status));
    }
    let told = String::from_utf8_lossy(&output.stdout);
    let (counted, open) = told
        .lines()
        .partition::<Vec<_>, _>(|line| *line == COUNTED_BY_KERNEL);
    Ok(Survey {
        open: open.into_iter().map(str::to_owned).collect(),
        is_counted: !counted.is_empty(),
    })
}
