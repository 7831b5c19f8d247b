//! The one folder that what is contained can write to. It may come to hold anything: a million files,
//! folders without end or that nobody may read.
//!
//! Whoever uses it, its supervisor and who reads there what came out, holds a shared lock of it. The last one
//! removes it, so that nothing lives in it any more; where all were killed, the next supervisor that starts.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, ResolveFlags, flock, openat2, statat,
};
use rustix::io::Errno;

use super::limits::{MAX_DEPTH, MAX_ENTRIES};
use super::removal::{names_in, remove_all};

/// The beginning of its name. Whatever is called so and is ours may be removed.
const PREFIX: &str = "unsorry-contained-";

/// The most times that a folder is made anew that is gone before it is locked.
const MAX_TRIES: usize = 16;

/// The longest that its removal may take. What is left then is removed by the next supervisor.
const REMOVAL_LIMIT: Duration = Duration::from_secs(10);

/// A folder that is removed when the last one who uses it drops this.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// The folder itself, locked as long as we use it.
    folder: File,
    /// Whether we have made it, and remove it where folders can't be locked.
    is_made: bool,
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
            let path = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(&temporary)
                .with_context(failed)?
                .keep();
            // Whoever sweeps may have been quicker than we.
            if let Ok(folder) = used(&path) {
                return Ok(Scratch {
                    path,
                    folder,
                    is_made: true,
                });
            }
        }
        anyhow::bail!("{}", failed())
    }

    /// A folder that whoever started us has made.
    ///
    /// # Errors
    /// When it is gone, or none of ours.
    pub fn given(path: PathBuf) -> Result<Scratch> {
        anyhow::ensure!(
            is_called_ours(&path),
            "the temporary folder {} is not called {PREFIX}…",
            path.display()
        );
        let failed = || format!("can't use the temporary folder {}", path.display());
        let folder = used(&path).with_context(failed)?;
        Ok(Scratch {
            path,
            folder,
            is_made: false,
        })
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
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
        let path = self.path.strip_prefix("/").ok()?;
        let path = Path::new("/proc").join(format!("{inside}/root")).join(path);
        let device = |path: &Path| Some(path.symlink_metadata().ok()?.dev());
        if device(&path)? == device(&self.path)? {
            return None;
        }
        let of = rustix::fs::statvfs(&path).ok()?;
        Some((of.f_blocks - of.f_bfree) * of.f_frsize)
    }

    /// The size of all that is in the folder itself. Whoever writes there may put anything in the place of
    /// anything: no link is followed.
    fn size_on_disk(&self) -> Option<u64> {
        let (mut size, mut entries) = (0, 0);
        let mut folders = vec![(PathBuf::from("."), 0)];
        while let Some((path, depth)) = folders.pop() {
            let reads = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let below = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            let folder = match openat2(&self.folder, &path, reads, Mode::empty(), below) {
                Ok(folder) => folder,
                Err(error) if has_gone(error) => continue,
                Err(_) => return None,
            };
            for name in names_in(&folder).ok()? {
                let name = name.ok()?;
                entries += 1;
                if entries > MAX_ENTRIES {
                    return None;
                }
                let data = match statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(data) => data,
                    Err(error) if has_gone(error) => continue,
                    Err(_) => return None,
                };
                if FileType::from_raw_mode(data.st_mode) != FileType::Directory {
                    // What is reserved may be more than what is written, and what is written less.
                    size += data.st_size.max(data.st_blocks * 512).unsigned_abs();
                } else if depth < MAX_DEPTH {
                    let name = OsStr::from_bytes(name.as_bytes());
                    folders.push((path.join(name), depth + 1));
                } else {
                    return None;
                }
            }
        }
        Some(size)
    }
}

/// Whether something is no longer what it was just now: then it has no size.
fn has_gone(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let is_last = match alone(&self.folder) {
            Ok(()) => true,
            // With this attempt our own lock is gone: one of the two who try at once is the last.
            Err(Errno::WOULDBLOCK) => false,
            Err(_) => self.is_made,
        };
        if is_last && let Err(error) = remove(&self.path, &self.folder, REMOVAL_LIMIT) {
            tracing::warn!(folder = %self.path.display(), %error, "can't be removed");
        }
    }
}

/// Removes what was left behind by those who were killed, as far as there is time.
pub fn sweep(time: Duration) {
    let until = Instant::now() + time;
    let temporary = std::env::temp_dir();
    for entry in temporary.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        if !is_called_ours(&path) {
            continue;
        }
        let Ok(folder) = open(&path) else { continue };
        let own = rustix::process::getuid().as_raw();
        let is_ours = folder.metadata().is_ok_and(|data| data.uid() == own);
        if is_ours && alone(&folder).is_ok() {
            let left = until.saturating_duration_since(Instant::now());
            match remove(&path, &folder, left) {
                Ok(()) => tracing::info!(folder = %path.display(), "was left behind"),
                Err(error) => {
                    tracing::info!(folder = %path.display(), %error, "can't be removed");
                }
            }
        }
    }
}

fn is_called_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with(PREFIX)
}

/// A folder itself, not what a link in its place leads to.
fn open(path: &Path) -> io::Result<File> {
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Opens a folder and locks it, along with others who use it.
///
/// # Errors
/// When somebody removes it just now, or has done so. Where folders can't be locked, nobody does.
fn used(path: &Path) -> io::Result<File> {
    let folder = open(path)?;
    match flock(&folder, FlockOperation::NonBlockingLockShared) {
        Err(error) if error == Errno::WOULDBLOCK => return Err(error.into()),
        _ => {}
    }
    match same(folder.metadata(), path.symlink_metadata()) {
        true => Ok(folder),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Locks a folder that nobody else uses.
fn alone(folder: &File) -> rustix::io::Result<()> {
    flock(folder, FlockOperation::NonBlockingLockExclusive)
}

fn same(one: io::Result<Metadata>, other: io::Result<Metadata>) -> bool {
    let id = |data: Metadata| (data.dev(), data.ino());
    matches!((one.map(id), other.map(id)), (Ok(one), Ok(other)) if one == other)
}

/// Removes a folder with all that is in it.
fn remove(path: &Path, folder: &File, time: Duration) -> io::Result<()> {
    remove_all(folder, Instant::now() + time)?;
    std::fs::remove_dir(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_removes_it() {
        for made_goes_first in [true, false] {
            let made = Scratch::new().expect("a folder");
            let path = made.path().to_owned();
            std::fs::write(path.join("mine"), "").expect("written");
            let given = Scratch::given(path.clone()).expect("it is there");
            let (first, last) = match made_goes_first {
                true => (made, given),
                false => (given, made),
            };
            // Whoever sweeps finds it in use.
            assert!(alone(&open(&path).expect("it is there")).is_err());
            drop(first);
            assert!(path.join("mine").exists(), "{made_goes_first}");
            drop(last);
            assert!(!path.exists(), "{made_goes_first}");
            assert!(Scratch::given(path).is_err());
        }
    }

    #[test]
    fn only_folders_of_ours_are_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Scratch::given(folder.path().to_owned()).is_err());
        let called = folder.path().join(format!("{PREFIX}x"));
        std::os::unix::fs::symlink(folder.path(), &called).expect("a link");
        assert!(Scratch::given(called).is_err());
    }

    #[test]
    fn sizes() {
        let scratch = Scratch::new().expect("a folder");
        let (folder, inner) = (scratch.path(), scratch.path().join("a/b"));
        std::fs::create_dir_all(&inner).expect("folders");
        std::fs::write(inner.join("mine"), [1; 5000]).expect("written");
        std::os::unix::fs::symlink("/usr", folder.join("link")).expect("a link");
        let size = scratch.size_on_disk().expect("it can be counted");
        assert!((5000..20000).contains(&size), "{size}");
        let deep: PathBuf = std::iter::repeat_n("d", MAX_DEPTH + 1).collect();
        std::fs::create_dir_all(folder.join(deep)).expect("folders");
        assert_eq!(scratch.size_on_disk(), None);
    }
}
