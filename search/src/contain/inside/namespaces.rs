//! A space of our own: no network, processes that end with the first of them, and a folder in memory of so
//! many bytes, where users may have these. What can't be had here, the other restrictions make up for.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::thread::UnshareFlags;

use super::super::limits::MAX_ENTRIES;

/// The most bytes of a folder in memory.
const MAX_FOLDER_BYTES: u64 = 1 << 30;

/// Takes a network of our own, which is none, and gives our children a space of processes; returns whether
/// that was possible.
pub(super) fn separate() -> bool {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    let all = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC;
    // SAFETY: there is one thread, and files stay shared.
    #[allow(unsafe_code)]
    let separate = unsafe { rustix::thread::unshare_unsafe(all) };
    if separate.is_err() {
        return false;
    }
    // Its files stay its own.
    let own = |id: u32| format!("{id} {id} 1");
    let _ = std::fs::write("/proc/self/setgroups", "deny");
    let _ = std::fs::write("/proc/self/uid_map", own(user.as_raw()));
    let _ = std::fs::write("/proc/self/gid_map", own(group.as_raw()));
    true
}

/// A folder in memory in the place of one on disk. The kernel counts what is in it, be it removed, mapped or
/// only reserved.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// What is behind it.
    outside: File,
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.outside.as_fd()
    }
}

impl Folder {
    /// Puts one of at most so many `bytes` in the place of `path`, with the files that are there.
    ///
    /// # Errors
    /// When there can't be one: the folder is as it was, then.
    pub(super) fn mount(path: &Path, bytes: u64) -> io::Result<Folder> {
        let outside = File::open(path)?;
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", private)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        let bytes = bytes.min(MAX_FOLDER_BYTES);
        let options = format!("size={bytes},nr_inodes={MAX_ENTRIES},mode=700");
        let options = CString::new(options).map_err(io::Error::other)?;
        mount("unsorry", path, "tmpfs", flags, &*options)?;
        let folder = Folder {
            path: path.to_owned(),
            outside,
        };
        copy(&folder.behind(), path)?;
        Ok(folder)
    }

    /// The files in it, and not in folders in it, take the place of those that were there. Nobody may be at
    /// work in it any more.
    ///
    /// # Errors
    /// When they can't be written.
    pub(super) fn keep(&self) -> io::Result<()> {
        copy(&self.path, &self.behind())
    }

    fn behind(&self) -> PathBuf {
        format!("/proc/self/fd/{}", self.outside.as_raw_fd()).into()
    }
}

/// Copies what is a file and no link.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in from.read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            let mut file = File::open(entry.path())?;
            let mut copied = File::create(to.join(entry.file_name()))?;
            io::copy(&mut file, &mut copied)?;
        }
    }
    Ok(())
}
