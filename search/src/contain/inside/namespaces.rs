//! A space of our own: no network, processes that end with the first of them, and a folder in memory of so
//! many bytes, where users may have these. What can't be had here, the other restrictions make up for.

use std::ffi::CString;
use std::io;
use std::path::Path;

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

/// Puts a folder in memory, of at most so many `bytes`, in the place of `path`, which is empty. The kernel
/// counts what is in it, be it removed, mapped or only reserved.
///
/// # Errors
/// When there can't be one: the folder is as it was, then.
pub(super) fn mount_in_memory(path: &Path, bytes: u64) -> io::Result<()> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    let bytes = bytes.min(MAX_FOLDER_BYTES);
    let options = format!("size={bytes},nr_inodes={MAX_ENTRIES},mode=700");
    let options = CString::new(options).map_err(io::Error::other)?;
    mount("unsorry", path, "tmpfs", flags, &*options)?;
    Ok(())
}
