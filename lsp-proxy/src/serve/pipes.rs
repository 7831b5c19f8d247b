//! The pipes to the editor and to Lean.
#![allow(clippy::disallowed_methods)] // Here it is the protocol's.

use std::fs::File;
use std::io;

#[cfg(target_os = "linux")]
use unsorry_wire::frame::BUFFER;

/// Opens our stdin and stdout without a buffer of std's between.
///
/// # Errors
/// When one of them is closed, or there can be no more files.
#[cfg(unix)]
pub fn stdio() -> io::Result<(File, File)> {
    use std::os::fd::AsFd;
    let own = |fd: std::os::fd::BorrowedFd<'_>| fd.try_clone_to_owned().map(File::from);
    Ok((own(io::stdin().as_fd())?, own(io::stdout().as_fd())?))
}

/// Opens our stdin and stdout without a buffer of std's between.
///
/// # Errors
/// When one of them is closed, or there can be no more files.
#[cfg(windows)]
pub fn stdio() -> io::Result<(File, File)> {
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
pub fn widen(pipe: impl std::os::fd::AsFd) {
    if rustix::pipe::fcntl_getpipe_size(&pipe).is_ok_and(|size| size < BUFFER) {
        let _ = rustix::pipe::fcntl_setpipe_size(&pipe, BUFFER);
    }
}
