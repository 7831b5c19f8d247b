//! `unsorry contained-probe`: finds out from within what a container does not close.
#![allow(clippy::print_stdout)] // The probe's words.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use super::{COUNTED_BY_KERNEL, group};

/// The type of a file system in memory.
const IN_MEMORY: u64 = 0x0102_1994;

/// Says, a line each, what is open to it that a container closes; and whether the kernel counts what it
/// takes.
pub fn run() -> ExitCode {
    let home = etcetera::home_dir().unwrap_or_else(|_| "/".into());
    let told = [
        (writes(&home), "files outside its folder can be written"),
        (changes(&home).is_ok(), "files' times can be changed"),
        (locks(&home), "others' files can be locked"),
        (reads_devices(), "terminals and other devices can be read"),
        (reads_pipes(), "pipes that have names can be read"),
        (
            rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::empty()).is_ok(),
            "files can be watched",
        ),
        (is_networked(), "the network can be reached"),
        (
            std::os::unix::net::UnixDatagram::pair().is_ok(),
            "other programs' sockets can be reached",
        ),
        (reaches_parent(), "other processes' memory can be read"),
    ];
    for (_, open) in told.iter().filter(|(is_open, _)| *is_open) {
        println!("{open}");
    }
    if is_counted() {
        println!("{COUNTED_BY_KERNEL}");
    }
    ExitCode::SUCCESS
}

fn writes(home: &Path) -> bool {
    let file = home.join(format!(".unsorry-probe-{}", std::process::id()));
    let written = std::fs::write(&file, "").is_ok();
    let _ = std::fs::remove_file(&file);
    written
}

/// Changes a folder's times, to what they are.
fn changes(home: &Path) -> std::io::Result<()> {
    let folder = File::open(home)?;
    let times = std::fs::FileTimes::new().set_modified(folder.metadata()?.modified()?);
    folder.set_times(times)
}

/// Whether locks are more than pretended: two then exclude each other.
fn locks(home: &Path) -> bool {
    let both = [File::open(home), File::open(home)];
    let locked = both
        .iter()
        .map(|file| file.as_ref().is_ok_and(|file| file.try_lock().is_ok()));
    locked.filter(|locked| *locked).count() == 1
}

fn reads_devices() -> bool {
    let terminals = ["/dev/ptmx", "/dev/pts/ptmx"];
    terminals.iter().any(|path| File::open(path).is_ok())
}

/// Whether files are opened by the kernel itself, which asks nobody what they are. Who opens them for us
/// refuses to cut one that is to be read.
fn reads_pipes() -> bool {
    let mut options = OpenOptions::new();
    let options = options.read(true).custom_flags(libc::O_TRUNC);
    options.open("/dev/null").is_ok()
}

fn is_networked() -> bool {
    let listens = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
    listens || std::net::UdpSocket::bind("127.0.0.1:0").is_ok()
}

fn reaches_parent() -> bool {
    let parent = rustix::process::getppid().map_or(0, |parent| parent.as_raw_nonzero().get());
    let memory = format!("/proc/{parent}/mem");
    parent != 0 && File::open(memory).is_ok()
}

/// Whether the kernel counts memory and temporary files, whatever way they are taken.
fn is_counted() -> bool {
    let in_memory = rustix::fs::statfs(std::env::temp_dir());
    let in_memory = in_memory.is_ok_and(|of| of.f_type as u64 == IN_MEMORY);
    in_memory && group::is_inside()
}
