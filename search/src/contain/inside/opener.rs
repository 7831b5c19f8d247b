//! Opens files to read for what is contained, which can't: a path says nothing about what is there, and a
//! filter sees no paths. So each file is looked at first, and only one that is data is opened: no terminal,
//! no pipe that has a name, no device but those that say nothing. That is done in the same restrictions, so
//! nothing is opened that could not be read before.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    CWD, FileType, Mode, OFlags, ResolveFlags, fstat, fstatfs, major, minor, openat, openat2,
    readlinkat,
};
use rustix::io::{Errno, Result};

use super::notify::Listener;

/// The longest path, as the kernel has it.
const MAX_PATH: usize = 4096;

/// The unit in which memory is there or not.
const PAGE: usize = 4096;

/// Devices that can be read: `null`, `full`, `random`, `urandom`. What is mapped of `zero` would be memory
/// that is shared.
const DEVICES: [(u32, u32); 4] = [(1, 3), (1, 7), (1, 8), (1, 9)];

/// The file system of pipes that have no name: whoever can name one by a process's files has it already.
const PIPES: u64 = 0x5049_5045;

/// The file system by which the kernel tells of processes.
const PROCESSES: u64 = 0x9fa0;

/// The flags that a file is opened with as it was asked for.
const KEPT: OFlags = OFlags::NONBLOCK
    .union(OFlags::NOATIME)
    .union(OFlags::DIRECT);

/// Answers one call.
pub(super) fn serve(listener: &Listener) {
    let Some(call) = listener.next() else { return };
    let opened = open(&call);
    let given = opened.and_then(|(file, close_at_exec)| {
        let given = listener.give(call.id, &file, close_at_exec);
        given.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::MFILE))
    });
    if let Err(error) = given {
        listener.refuse(call.id, error.raw_os_error());
    }
}

/// Opens what a call asks for; also says whether it is to be closed when the caller becomes another program.
fn open(call: &libc::seccomp_notif) -> Result<(OwnedFd, bool)> {
    let args = call.data.args;
    let (folder, path, flags) = match libc::c_long::from(call.data.nr) == libc::SYS_openat {
        true => (args[0] as libc::c_int, args[1], args[2]),
        false => (libc::AT_FDCWD, args[0], args[1]),
    };
    let flags = OFlags::from_bits_retain(flags as u32);
    if flags.contains(OFlags::TRUNC) {
        return Err(Errno::ACCESS);
    }
    let path = PathBuf::from(OsString::from_vec(text(call.pid, path)?.into_bytes()));
    let looks = OFlags::PATH | OFlags::CLOEXEC | (flags & OFlags::NOFOLLOW);
    let seen = look(call.pid, folder, &path, looks)?;
    let seen = match told_of_us(&seen)? {
        None => seen,
        // Whoever follows a link to `self` means themselves.
        Some(rest) => {
            let theirs = Path::new("/proc").join(call.pid.to_string()).join(rest);
            let seen = plainly(CWD, &theirs, looks)?;
            match told_of_us(&seen)? {
                None => seen,
                Some(_) => return Err(Errno::ACCESS),
            }
        }
    };
    let data = fstat(&seen)?;
    let device = (major(data.st_rdev), minor(data.st_rdev));
    match FileType::from_raw_mode(data.st_mode) {
        FileType::RegularFile | FileType::Directory => {}
        FileType::CharacterDevice if DEVICES.contains(&device) => {}
        FileType::Fifo if fstatfs(&seen)?.f_type as u64 == PIPES => {}
        FileType::Symlink => return Err(Errno::LOOP),
        _ => return Err(Errno::ACCESS),
    }
    // That very file, wherever its name leads by now.
    let reads = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | (flags & KEPT);
    let file = openat(CWD, by_number(&seen), reads, Mode::empty())?;
    Ok((file, flags.contains(OFlags::CLOEXEC)))
}

/// What is at a path for a thread, from one of its folders where that does not say.
fn look(thread: u32, folder: libc::c_int, path: &Path, looks: OFlags) -> Result<OwnedFd> {
    if !path.is_absolute() {
        let from = match folder {
            libc::AT_FDCWD => format!("/proc/{thread}/cwd"),
            _ => format!("/proc/{thread}/fd/{folder}"),
        };
        let from = openat(CWD, from, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        return plainly(from.map_err(|_| Errno::BADF)?, path, looks);
    }
    let path = of_thread(thread, path);
    let Some((link, rest)) = split_at_link(thread, &path) else {
        return plainly(CWD, &path, looks);
    };
    if rest == Path::new("") {
        return openat(CWD, link, looks, Mode::empty());
    }
    let from = openat(CWD, link, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    plainly(from, rest, looks)
}

/// What is at a path, which leads through no link to what a process has open, where it is or what it runs: to
/// us these are our own, whoever has made a link to `/proc/self`.
fn plainly(from: impl AsFd, path: &Path, looks: OFlags) -> Result<OwnedFd> {
    openat2(
        from,
        path,
        looks,
        Mode::empty(),
        ResolveFlags::NO_MAGICLINKS,
    )
}

/// Splits a path that begins with such a link of this thread's behind it.
fn split_at_link(thread: u32, path: &Path) -> Option<(PathBuf, &Path)> {
    let own = PathBuf::from(format!("/proc/{thread}"));
    let task = own.join(format!("task/{thread}"));
    let own = if path.starts_with(&task) { task } else { own };
    let mut rest = path.strip_prefix(&own).ok()?.components();
    let mut link = own;
    let first = rest.next()?;
    link.push(first);
    match first.as_os_str().as_bytes() {
        b"fd" => link.push(rest.next()?),
        b"cwd" | b"root" | b"exe" => {}
        _ => return None,
    }
    Some((link, rest.as_path()))
}

fn by_number(file: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// The path of a file among those by which the kernel tells of this process; none for any other file.
///
/// # Errors
/// When it is one of these, and nobody knows the path, as they are in a place of their own.
fn told_of_us(file: &OwnedFd) -> Result<Option<PathBuf>> {
    let place = readlinkat(CWD, by_number(file), Vec::new())?.into_bytes();
    let place = PathBuf::from(OsString::from_vec(place));
    let number = std::process::id().to_string();
    if !place.iter().any(|part| part == number.as_str())
        || fstatfs(file)?.f_type as u64 != PROCESSES
    {
        return Ok(None);
    }
    let us = Path::new("/proc").join(number);
    let rest = place.strip_prefix(us).map_err(|_| Errno::ACCESS)?;
    Ok(Some(rest.to_owned()))
}

/// The text in a thread's memory that ends with a 0.
fn text(thread: u32, at: u64) -> Result<CString> {
    let memory = File::open(format!("/proc/{thread}/mem"));
    let memory = memory.map_err(|_| Errno::ACCESS)?;
    let mut text = vec![0; MAX_PATH];
    let (mut end, mut at) = (0, at);
    while end < MAX_PATH {
        // The page behind may not be there.
        let room = PAGE - (at as usize % PAGE);
        let room = room.min(MAX_PATH - end);
        let read = memory.read_at(&mut text[end..end + room], at);
        let read = read.ok().filter(|read| *read > 0).ok_or(Errno::FAULT)?;
        if let Some(length) = text[end..end + read].iter().position(|byte| *byte == 0) {
            text.truncate(end + length);
            return CString::new(text).map_err(|_| Errno::FAULT);
        }
        end += read;
        at = at.wrapping_add(read as u64);
    }
    Err(Errno::NAMETOOLONG)
}

/// A path as it is for this thread: what is `self` there is not us.
fn of_thread(thread: u32, path: &Path) -> PathBuf {
    let own = format!("/proc/{thread}");
    let moved = [
        ("/proc/self", own.clone()),
        ("/proc/thread-self", format!("{own}/task/{thread}")),
        ("/dev/fd", format!("{own}/fd")),
        ("/dev/stdin", format!("{own}/fd/0")),
        ("/dev/stdout", format!("{own}/fd/1")),
        ("/dev/stderr", format!("{own}/fd/2")),
    ];
    for (from, to) in moved {
        if let Ok(rest) = path.strip_prefix(from) {
            let to = PathBuf::from(to);
            return match rest == Path::new("") {
                true => to,
                false => to.join(rest),
            };
        }
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_thread() {
        let check = |path: &str, expected: &str| {
            assert_eq!(of_thread(7, Path::new(path)), PathBuf::from(expected));
        };
        check("/proc/self/maps", "/proc/7/maps");
        check("/proc/self", "/proc/7");
        check("/proc/selfish", "/proc/selfish");
        check("/proc/thread-self/stat", "/proc/7/task/7/stat");
        check("/dev/fd/3", "/proc/7/fd/3");
        check("/dev/stdin", "/proc/7/fd/0");
        check("proc/self/maps", "proc/self/maps");
        check("", "");
    }

    #[test]
    fn links_of_a_thread() {
        let check = |path: &str, expected: Option<(&str, &str)>| {
            let found = split_at_link(7, Path::new(path));
            let expected = expected.map(|(link, rest)| (PathBuf::from(link), Path::new(rest)));
            assert_eq!(found, expected, "{path}");
        };
        check("/proc/7/fd/3", Some(("/proc/7/fd/3", "")));
        check("/proc/7/fd/3/a/b", Some(("/proc/7/fd/3", "a/b")));
        check("/proc/7/cwd/a", Some(("/proc/7/cwd", "a")));
        check("/proc/7/task/7/root/a", Some(("/proc/7/task/7/root", "a")));
        check("/proc/7/exe", Some(("/proc/7/exe", "")));
        check("/proc/7/fd", None);
        check("/proc/7/maps", None);
        check("/proc/7", None);
        check("/proc/8/fd/3", None);
        check("/proc/7/task/8/fd/3", None);
    }

    /// Whatever we have open is nobody's by a path.
    #[test]
    fn nothing_of_ours_is_reached() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = File::open(folder.path()).expect("it is there");
        let link = folder.path().join("link");
        let us = std::process::id();
        let number = own.as_raw_fd();
        for place in [
            format!("/proc/self/fd/{number}"),
            format!("/proc/{us}/fd/{number}"),
            format!("/proc/thread-self/fd/{number}"),
            format!("/dev/fd/{number}"),
            "/proc/self/cwd".to_owned(),
            "/proc/self/root".to_owned(),
            "/proc/self/exe".to_owned(),
        ] {
            std::os::unix::fs::symlink(&place, &link).expect("a link");
            // To a thread that is not there.
            let found = look(u32::MAX, libc::AT_FDCWD, &link, OFlags::PATH);
            assert_eq!(found.err(), Some(Errno::LOOP), "{place}");
            std::fs::remove_file(&link).expect("removed");
        }
        std::os::unix::fs::symlink("/proc/self/status", &link).expect("a link");
        let found = look(u32::MAX, libc::AT_FDCWD, &link, OFlags::PATH).expect("found");
        assert_eq!(told_of_us(&found), Ok(Some(PathBuf::from("status"))));
    }

    #[test]
    fn texts_in_memory() {
        let own = std::process::id();
        let check = |bytes: &[u8], expected: Result<&str>| {
            let found = text(own, bytes.as_ptr() as u64);
            let found = found.map(|text| text.into_string().expect("text"));
            assert_eq!(found, expected.map(str::to_owned));
        };
        check(b"a/b\0c", Ok("a/b"));
        check(b"\0", Ok(""));
        check(&[b'a'; MAX_PATH + 1], Err(Errno::NAMETOOLONG));
        assert_eq!(text(own, 8), Err(Errno::FAULT));
    }
}
