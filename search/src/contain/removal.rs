//! Removing all that is in a folder, whatever it is and whoever still writes there: nothing is reached by a
//! path, only by the folder it is in, which is held open. So no link that was put in the place of a folder leads
//! out of it.

use std::ffi::{CStr, CString};
use std::io;
use std::ops::RangeFrom;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Instant;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, chmodat, openat, renameat, unlinkat};
use rustix::io::Errno;

/// Removes all that is in a folder, however deep and whatever its folders' modes are: the folders in a folder
/// are moved up to `top` before it is removed, so that no path and no stack grows.
///
/// # Errors
/// When something can't be removed, or not in time.
pub fn remove_all(top: impl AsFd, until: Instant) -> io::Result<()> {
    let top = top.as_fd();
    let in_time = || match Instant::now() > until {
        true => Err(io::Error::from(io::ErrorKind::TimedOut)),
        false => Ok(()),
    };
    let mut names = 0_u64..;
    loop {
        let mut is_empty = true;
        for name in names_in(top)? {
            let name = name?;
            is_empty = false;
            in_time()?;
            if remove(top, &name)? {
                continue;
            }
            let folder = readable(top, &name)?;
            for name in names_in(&folder)? {
                let name = name?;
                in_time()?;
                if !remove(&folder, &name)? {
                    // Whoever moves a folder writes to it.
                    readable(&folder, &name)?;
                    move_up(&folder, &name, top, &mut names)?;
                }
            }
            remove(top, &name)?;
        }
        if is_empty {
            return Ok(());
        }
    }
}

/// The names in a folder.
///
/// # Errors
/// When it can't be read.
pub fn names_in(folder: impl AsFd) -> io::Result<impl Iterator<Item = io::Result<CString>>> {
    let entries = Dir::read_from(folder)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_owned()));
    Ok(names.filter(|name| !matches!(name, Ok(name) if name == c"." || name == c"..")))
}

/// Removes what has this name in a folder; returns whether it is gone, as is all but a folder that is not empty.
fn remove(folder: impl AsFd, name: &CStr) -> io::Result<bool> {
    let folder = folder.as_fd();
    let removed = match unlinkat(folder, name, AtFlags::empty()) {
        Err(Errno::ISDIR) => unlinkat(folder, name, AtFlags::REMOVEDIR),
        removed => removed,
    };
    match removed {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Opens a folder in a folder, and no link, whose mode may have been for nobody to look into.
fn readable(folder: impl AsFd, name: &CStr) -> io::Result<OwnedFd> {
    let found = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let found = openat(folder, name, found, Mode::empty())?;
    // That very folder, wherever its name leads by now.
    let itself = format!("/proc/self/fd/{}", found.as_raw_fd());
    chmodat(CWD, itself, Mode::RWXU, AtFlags::empty())?;
    let reads = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(&found, c".", reads, Mode::empty())?)
}

/// Moves a folder in `from` to `top`, by the next name that is not taken there.
fn move_up(
    from: &OwnedFd,
    name: &CStr,
    top: impl AsFd,
    names: &mut RangeFrom<u64>,
) -> io::Result<()> {
    for free in names {
        match renameat(from, name, top.as_fd(), free.to_string()) {
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
            moved => return Ok(moved?),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{File, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use rustix::fs::{RenameFlags, renameat_with};

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

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
        let top = File::open(&scratch).expect("it is there");
        remove_all(&top, soon()).expect("removed");
        std::fs::remove_dir(&scratch).expect("it is empty");
        assert_eq!(std::fs::read_to_string(outside).expect("there"), "kept");
    }

    /// Whoever still writes there puts a link in the place of a folder, and back, while it is removed.
    #[test]
    fn nothing_outside_is_reached() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = folder.path().join("outside");
        std::fs::create_dir_all(outside.join("inner/more")).expect("folders");
        for name in ["mine", "inner/mine", "inner/more/mine"] {
            std::fs::write(outside.join(name), "kept").expect("written");
        }
        let mode = Permissions::from_mode(0o755);
        std::fs::set_permissions(&outside, mode).expect("a mode");
        let scratch = folder.path().join("scratch");
        for round in 0..20 {
            for number in 0..50 {
                let inner = scratch.join(format!("d{number}/inner"));
                std::fs::create_dir_all(&inner).expect("folders");
                std::fs::write(inner.join("mine"), "").expect("written");
                let link = folder.path().join(format!("{round}.{number}"));
                std::os::unix::fs::symlink(&outside, link).expect("a link");
            }
            let is_over = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        for number in 0..50 {
                            let link = folder.path().join(format!("{round}.{number}"));
                            let place = scratch.join(format!("d{number}"));
                            let _ = renameat_with(CWD, &link, CWD, &place, RenameFlags::EXCHANGE);
                        }
                    }
                });
                let top = File::open(&scratch).expect("it is there");
                // It may fail, and then leaves something.
                let _ = remove_all(&top, soon());
                is_over.store(true, Ordering::Relaxed);
            });
            let top = File::open(&scratch).expect("it is there");
            remove_all(&top, soon()).expect("nobody writes there any more");
        }
        for name in ["mine", "inner/mine", "inner/more/mine"] {
            assert!(outside.join(name).exists(), "{name}");
        }
        let mode = outside.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}
