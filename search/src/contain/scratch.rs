//! The one folder that what is contained can write to. It may come to hold anything: a million files,
//! folders without end or that nobody may read. It goes with its supervisor, or, where that was killed,
//! when the next one starts.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::limits::MAX_ENTRIES;

/// The beginning of its name. Whatever is called so and is ours may be removed.
const PREFIX: &str = "unsorry-contained-";

/// The most times that a folder is made anew that is gone before it is locked.
const MAX_TRIES: usize = 16;

/// A folder that is removed when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    /// Locked as long as we live: that tells it from one that was left behind. None where somebody else
    /// sees to that.
    lock: Option<File>,
}

impl Scratch {
    /// Makes a new folder among the temporary files.
    ///
    /// # Errors
    /// When there can't be one.
    pub fn new() -> Result<Scratch> {
        let temporary = std::env::temp_dir();
        let failed = || format!("can't make a temporary folder in {}", temporary.display());
        for _ in 0..MAX_TRIES {
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(&temporary)
                .with_context(failed)?
                .keep();
            let Ok(lock) = open(&folder) else { continue };
            // Where folders can't be locked, nobody takes this one for left behind either.
            let is_taken = matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock));
            // Whoever sweeps may have been quicker than we.
            if !is_taken && same(lock.metadata(), folder.symlink_metadata()) {
                let lock = Some(lock);
                return Ok(Scratch { folder, lock });
            }
        }
        anyhow::bail!("{}", failed())
    }

    /// A folder that whoever started us has made, and removes.
    pub fn given(folder: PathBuf) -> Scratch {
        Scratch { folder, lock: None }
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The size of all that is in it, in bytes, as a process `inside` sees it; none where that is too much to
    /// be counted, or hidden. Also whether the kernel counts it, which misses nothing.
    pub fn size(&self, inside: u32) -> (Option<u64>, bool) {
        match self.size_in_memory(inside) {
            Some(size) => (Some(size), true),
            None => (self.size_on_disk(), false),
        }
    }

    /// The size of the folder in memory that takes its place for a process `inside`, if there is one.
    fn size_in_memory(&self, inside: u32) -> Option<u64> {
        let path = self.folder.strip_prefix("/").ok()?;
        let path = Path::new("/proc").join(format!("{inside}/root")).join(path);
        let device = |path: &Path| Some(path.symlink_metadata().ok()?.dev());
        if device(&path)? == device(&self.folder)? {
            return None;
        }
        let of = rustix::fs::statvfs(&path).ok()?;
        Some((of.f_blocks - of.f_bfree) * of.f_frsize)
    }

    fn size_on_disk(&self) -> Option<u64> {
        // What has gone meanwhile has no size.
        let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let (mut size, mut entries) = (0, 0);
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            let listed = match folder.read_dir() {
                Ok(listed) => listed,
                Err(error) if gone(&error) => continue,
                Err(_) => return None,
            };
            for entry in listed {
                entries += 1;
                if entries > MAX_ENTRIES {
                    return None;
                }
                let Ok(entry) = entry else { return None };
                // A link is not followed.
                match entry.metadata() {
                    Ok(data) if data.is_dir() => folders.push(entry.path()),
                    // What is reserved may be more than what is written, and what is written less.
                    Ok(data) => size += data.len().max(data.blocks() * 512),
                    Err(error) if gone(&error) => {}
                    Err(_) => return None,
                }
            }
        }
        Some(size)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Some(lock) = &self.lock else { return };
        if let Err(error) = remove(&self.folder, lock, None) {
            tracing::warn!(folder = %self.folder.display(), %error, "can't be removed");
        }
    }
}

/// Removes what supervisors have left behind that were killed, as far as there is time.
pub fn sweep(time: Duration) {
    let until = Instant::now() + time;
    let temporary = std::env::temp_dir();
    for entry in temporary.read_dir().into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let folder = entry.path();
        let Ok(lock) = open(&folder) else { continue };
        let own = rustix::process::getuid().as_raw();
        let is_ours = lock.metadata().is_ok_and(|data| data.uid() == own);
        // One that is in use is locked by its supervisor.
        if is_ours && lock.try_lock().is_ok() {
            match remove(&folder, &lock, Some(until)) {
                Ok(()) => tracing::info!(folder = %folder.display(), "was left behind"),
                Err(error) => {
                    tracing::info!(folder = %folder.display(), %error, "can't be removed");
                }
            }
        }
    }
}

/// A folder itself, not what a link in its place leads to.
fn open(folder: &Path) -> io::Result<File> {
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(folder)
}

fn same(one: io::Result<Metadata>, other: io::Result<Metadata>) -> bool {
    let id = |data: Metadata| (data.dev(), data.ino());
    matches!((one.map(id), other.map(id)), (Ok(one), Ok(other)) if one == other)
}

/// Removes a folder with all that is in it, however deep and whatever its folders' modes are: the folders
/// in a folder are moved up before it is removed, so that no path and no stack grows.
fn remove(folder: &Path, opened: &File, until: Option<Instant>) -> io::Result<()> {
    let is_late = || until.is_some_and(|until| Instant::now() > until);
    // This is the folder that was looked at, wherever its name leads by now.
    let top = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
    let mut names = 0_u64..;
    loop {
        let mut is_empty = true;
        for entry in top.read_dir()? {
            is_empty = false;
            let entry = entry?;
            if is_late() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            if !entry.file_type()?.is_dir() {
                std::fs::remove_file(entry.path())?;
                continue;
            }
            for inner in readable(&entry.path())?.read_dir()? {
                let inner = inner?;
                match inner.file_type()?.is_dir() {
                    true => move_up(readable(&inner.path())?, &top, &mut names)?,
                    false => std::fs::remove_file(inner.path())?,
                }
            }
            std::fs::remove_dir(entry.path())?;
        }
        if is_empty {
            return std::fs::remove_dir(folder);
        }
    }
}

/// Moves a folder to `top`, by the next name that is not taken there.
fn move_up(folder: &Path, top: &Path, names: &mut std::ops::RangeFrom<u64>) -> io::Result<()> {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory};
    for name in names {
        match std::fs::rename(folder, top.join(name.to_string())) {
            Err(error)
                if matches!(
                    error.kind(),
                    AlreadyExists | DirectoryNotEmpty | NotADirectory
                ) => {}
            moved => return moved,
        }
    }
    Ok(())
}

/// A folder whose mode was for nobody to look into.
fn readable(folder: &Path) -> io::Result<&Path> {
    std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_in_it_can_be_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = folder.path().join("outside");
        std::fs::write(&outside, "kept").expect("written");
        let scratch = folder.path().join("scratch");
        let closed = scratch.join("a/closed");
        std::fs::create_dir_all(closed.join("more/0")).expect("folders");
        for name in ["0", "1", "a/2", "a/closed/3", "a/closed/more/0/4"] {
            std::fs::write(scratch.join(name), "").expect("written");
        }
        std::os::unix::fs::symlink(folder.path(), closed.join("link")).expect("a link");
        std::os::unix::fs::symlink(&outside, scratch.join("link")).expect("a link");
        // Longer than a path can be.
        let mut deep = String::from("deep");
        for _ in 0..15 {
            std::fs::create_dir(scratch.join(&deep)).expect("a folder");
            deep = format!("{deep}/{}", "d".repeat(200));
        }
        std::fs::create_dir(scratch.join(&deep)).expect("a folder");
        for _ in 0..10 {
            let above = scratch.join("above");
            std::fs::create_dir(&above).expect("a folder");
            std::fs::rename(scratch.join("deep"), above.join("d".repeat(200))).expect("moved");
            std::fs::rename(&above, scratch.join("deep")).expect("moved");
        }
        std::fs::set_permissions(&closed, Permissions::from_mode(0o300)).expect("a mode");
        let lock = open(&scratch).expect("it is there");
        remove(&scratch, &lock, None).expect("removed");
        assert!(!scratch.exists());
        assert_eq!(std::fs::read_to_string(outside).expect("there"), "kept");
    }
}
