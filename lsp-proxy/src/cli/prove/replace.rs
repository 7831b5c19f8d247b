//! A file's new text in the place of its old one: in one step, with nothing of the file's lost.
//!
//! The new text is written to a file without a name. That gets a hidden name beside the old one for the
//! moment in which the two are exchanged; only when what came out is what had been read is it removed.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::{AtFlags, CWD, OFlags, RenameFlags, XattrFlags};
use rustix::io::Errno;

/// The part of a hidden name behind the file's own; the number of our process follows.
const SUFFIX: &str = ".unsorry-";

/// Puts `new` in the place of `old`, which the file at `path` has to read. Its owner, mode and further
/// attributes stay.
///
/// # Errors
/// When the file is no longer `old`, has other names, or something of it can't be kept: then it is as it
/// was.
pub fn replace(path: &Path, old: &str, new: &str) -> Result<()> {
    let file = Place::new(path)?;
    file.remove_left_behind(&[old.as_bytes(), new.as_bytes()]);
    let before = file
        .open()
        .with_context(|| format!("can't write {}", path.display()))?;
    let metadata = before
        .metadata()
        .with_context(|| format!("can't read {}", path.display()))?;
    check_replaceable(path, &metadata)?;
    ensure!(is(&before, old.as_bytes()), changed(path));
    let unwritten = || format!("can't write beside {}", path.display());
    let mut after = file.new_file().with_context(unwritten)?;
    after
        .file
        .write_all(new.as_bytes())
        .with_context(unwritten)?;
    keep_attributes(&before, &metadata, &after.file)
        .with_context(|| format!("can't keep what {} has besides its text", path.display()))?;
    after.file.sync_all().with_context(unwritten)?;
    let hidden = after.named().with_context(unwritten)?;
    exchange(&file, hidden, &before, &metadata, old)
}

/// The file's place: its folder and its name there.
struct Place<'a> {
    path: &'a Path,
    folder: &'a Path,
    name: &'a OsStr,
}

impl<'a> Place<'a> {
    fn new(path: &'a Path) -> Result<Place<'a>> {
        let name = path.file_name().context("the file has no name")?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        Ok(Place {
            path,
            folder: folder.unwrap_or(Path::new(".")),
            name,
        })
    }

    /// Opens the file itself, and nothing that a link put in its place leads to.
    fn open(&self) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut options = File::options();
        options.read(true).write(true);
        options
            .custom_flags(flags.bits().cast_signed())
            .open(self.path)
    }

    fn hidden_prefix(&self) -> OsString {
        let mut prefix = OsString::from(".");
        prefix.push(self.name);
        prefix.push(SUFFIX);
        prefix
    }

    /// Makes a file in the folder, without a name where the file system has such.
    fn new_file(&self) -> io::Result<NewFile> {
        let mut name = self.hidden_prefix();
        name.push(std::process::id().to_string());
        let name = self.folder.join(name);
        #[cfg(target_os = "linux")]
        {
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            if let Ok(file) = rustix::fs::open(self.folder, flags, mode) {
                return Ok(NewFile {
                    file: file.into(),
                    name,
                    hidden: None,
                });
            }
        }
        let mut options = File::options();
        options.read(true).write(true).create_new(true).mode(0o600);
        Ok(NewFile {
            file: options.open(&name)?,
            hidden: Some(Hidden(name.clone())),
            name,
        })
    }

    /// Removes hidden files that a process of ours has left here when it was killed, as long as they hold
    /// nothing but `known` texts: anything else may be an edit.
    fn remove_left_behind(&self, known: &[&[u8]]) {
        let prefix = self.hidden_prefix();
        for entry in self.folder.read_dir().into_iter().flatten().flatten() {
            let name = entry.file_name();
            let number = name
                .as_encoded_bytes()
                .strip_prefix(prefix.as_encoded_bytes());
            let number = number.and_then(|number| std::str::from_utf8(number).ok()?.parse().ok());
            let process = number.and_then(rustix::process::Pid::from_raw);
            let Some(process) = process else { continue };
            let is_gone = rustix::process::test_kill_process(process) == Err(Errno::SRCH)
                || process == rustix::process::getpid();
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_gone && is_file {
                let text = std::fs::read(entry.path()).unwrap_or_default();
                if text.is_empty() || known.contains(&text.as_slice()) {
                    let _ = std::fs::remove_file(entry.path());
                }
            }
        }
    }
}

/// A hidden name; what has it is removed with this.
struct Hidden(PathBuf);

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The file with the new text.
struct NewFile {
    file: File,
    /// The name that it is to have for a moment.
    name: PathBuf,
    /// Its name, if it has it already.
    hidden: Option<Hidden>,
}

impl NewFile {
    /// Gives it its hidden name.
    fn named(self) -> io::Result<Hidden> {
        if let Some(hidden) = self.hidden {
            return Ok(hidden);
        }
        let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        rustix::fs::linkat(CWD, own, CWD, &self.name, AtFlags::SYMLINK_FOLLOW)?;
        Ok(Hidden(self.name))
    }
}

/// Exchanges the file and the one with the `hidden` name, unless the file is not what it was.
fn exchange(
    file: &Place<'_>,
    hidden: Hidden,
    before: &File,
    metadata: &Metadata,
    old: &str,
) -> Result<()> {
    let failed = || format!("can't write {}", file.path.display());
    let swap = || rustix::fs::renameat_with(CWD, &hidden.0, CWD, file.path, RenameFlags::EXCHANGE);
    let is_old = |path: &Path| is_still(path, metadata) && is(before, old.as_bytes());
    match swap() {
        Ok(()) => {}
        // Not every file system can do it.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            ensure!(is_old(file.path), changed(file.path));
            return std::fs::rename(&hidden.0, file.path).with_context(failed);
        }
        Err(error) => return Err(error).with_context(failed),
    }
    if is_old(&hidden.0) {
        let _ = File::open(file.folder).and_then(|folder| folder.sync_all());
        return Ok(());
    }
    // Somebody has saved an edit in the very moment: it goes back.
    let swapped = swap();
    if let Err(error) = swapped {
        let edit = std::mem::ManuallyDrop::new(hidden);
        bail!(
            "{} was changed while it was written, and the change is now in {}: {error}",
            file.path.display(),
            edit.0.display()
        );
    }
    bail!(changed(file.path))
}

fn changed(path: &Path) -> String {
    format!(
        "{} has changed while its holes were being proved; it is left as it is",
        path.display()
    )
}

/// Whether the file at `path` is the one that was looked at before.
fn is_still(path: &Path, before: &Metadata) -> bool {
    let now = path.symlink_metadata();
    now.is_ok_and(|now| (now.dev(), now.ino()) == (before.dev(), before.ino()))
}

/// Whether a file reads so.
fn is(mut file: &File, text: &[u8]) -> bool {
    use std::io::Seek as _;
    let mut now = Vec::new();
    let most = text.len() as u64 + 1;
    let read = file
        .rewind()
        .and_then(|()| file.take(most).read_to_end(&mut now));
    read.is_ok() && now == text
}

/// Checks that another file can stand for this one.
fn check_replaceable(path: &Path, metadata: &Metadata) -> Result<()> {
    let path = path.display();
    ensure!(metadata.is_file(), "{path} is no file any more");
    ensure!(
        !metadata.permissions().readonly(),
        "{path} is read-only; it is left as it is"
    );
    ensure!(
        metadata.nlink() == 1,
        "{path} has {} names (hard links), which would no longer be one file: it is left as it is; copy it, or remove the others",
        metadata.nlink()
    );
    Ok(())
}

/// Gives `after` the owner, the mode and the extended attributes of `before`.
fn keep_attributes(before: &File, metadata: &Metadata, after: &File) -> Result<()> {
    let now = after.metadata()?;
    if (now.uid(), now.gid()) != (metadata.uid(), metadata.gid()) {
        let owner = rustix::fs::Uid::from_raw(metadata.uid());
        let group = rustix::fs::Gid::from_raw(metadata.gid());
        rustix::fs::fchown(after, Some(owner), Some(group)).with_context(|| {
            format!(
                "its owner and group, {} and {}",
                metadata.uid(),
                metadata.gid()
            )
        })?;
    }
    after
        .set_permissions(metadata.permissions())
        .context("its mode")?;
    for name in attributes(before).context("its extended attributes")? {
        let value = attribute(before, &name)?;
        // What the system gives to every file it gives to this one.
        if attribute(after, &name).ok() == Some(value.clone()) {
            continue;
        }
        rustix::fs::fsetxattr(after, &*name, &value, XattrFlags::empty())
            .with_context(|| format!("its attribute {}", name.to_string_lossy()))?;
    }
    Ok(())
}

/// The names of a file's extended attributes.
fn attributes(file: &File) -> Result<Vec<OsString>, Errno> {
    use std::os::unix::ffi::OsStringExt as _;
    let mut names = vec![0; 64 << 10];
    let length = match rustix::fs::flistxattr(file, names.as_mut_slice()) {
        Err(Errno::NOTSUP) => 0,
        length => length?,
    };
    let names = names[..length].split(|byte| *byte == 0);
    let names = names.filter(|name| !name.is_empty());
    Ok(names
        .map(|name| OsString::from_vec(name.to_vec()))
        .collect())
}

/// The value of an extended attribute.
fn attribute(file: &File, name: &OsStr) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0; 64 << 10];
    let length = rustix::fs::fgetxattr(file, name, value.as_mut_slice())?;
    value.truncate(length);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// A folder with `A.lean`, which reads `text`.
    fn folder(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("A.lean");
        std::fs::write(&path, text).expect("written");
        (folder, path)
    }

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).expect("read")
    }

    fn names(folder: &Path) -> Vec<OsString> {
        let entries = folder.read_dir().expect("a folder").flatten();
        let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    }

    fn refused(path: &Path, part: &str) {
        let before = std::fs::read(path);
        let error = replace(path, "old\r\n", "proved").expect_err("refused");
        let error = format!("{error:#}");
        assert!(error.contains(part), "{error}");
        assert_eq!(std::fs::read(path).ok(), before.ok());
        let folder = path.parent().expect("a folder");
        let is_hidden = |name: &OsString| name.to_string_lossy().contains(SUFFIX);
        assert!(!names(folder).iter().any(is_hidden), "{:?}", names(folder));
    }

    #[test]
    fn a_file_that_changed_is_left_alone() {
        let (folder, path) = folder("new\r\n");
        refused(&path, "has changed");
        replace(&path, "new\r\n", "proved\r\n").expect("written");
        assert_eq!(read(&path), "proved\r\n");
        assert_eq!(names(folder.path()), ["A.lean"]);
    }

    #[test]
    fn what_a_file_has_besides_its_text_stays() {
        let (_folder, path) = folder("old");
        let mode = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(&path, mode).expect("set");
        let file = File::options().write(true).open(&path).expect("opened");
        let has_attributes =
            rustix::fs::fsetxattr(&file, "user.note", b"mine", XattrFlags::empty()).is_ok();
        let other = rustix::fs::Uid::from_raw(12345);
        let is_others = rustix::fs::fchown(&file, Some(other), None).is_ok();
        replace(&path, "old", "proved").expect("written");
        assert_eq!(read(&path), "proved");
        let file = File::open(&path).expect("opened");
        let metadata = file.metadata().expect("metadata");
        assert_eq!(metadata.mode() & 0o7777, 0o640);
        assert!(!is_others || metadata.uid() == 12345);
        let note = attribute(&file, OsStr::new("user.note")).ok();
        assert_eq!(note.is_some(), has_attributes);
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let (folder, path) = folder("old\r\n");
        let twin = folder.path().join("B.lean");
        std::fs::hard_link(&path, &twin).expect("linked");
        refused(&path, "2 names (hard links)");
        std::fs::remove_file(&twin).expect("removed");
        symlink(&path, &twin).expect("linked");
        refused(&twin, "can't write");
        let mode = std::fs::Permissions::from_mode(0o444);
        std::fs::set_permissions(&path, mode).expect("set");
        // Who may write anything is told by its mode.
        let (mode, error) = (
            path.metadata().expect("there").mode(),
            replace(&path, "old\r\n", ""),
        );
        assert!(mode & 0o222 == 0 && error.is_err());
        assert_eq!(read(&path), "old\r\n");
        rustix::fs::mkfifoat(
            CWD,
            folder.path().join("F.lean"),
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        )
        .expect("a FIFO");
        let error = replace(&folder.path().join("F.lean"), "", "x").expect_err("refused");
        assert!(format!("{error:#}").contains("no file"), "{error:#}");
    }

    #[test]
    fn an_edit_of_the_last_moment_is_kept() {
        let (folder, path) = folder("old");
        let place = Place::new(&path).expect("a place");
        let check = |edit: &dyn Fn()| {
            std::fs::write(&path, "old").expect("written");
            let before = place.open().expect("opened");
            let metadata = before.metadata().expect("metadata");
            let mut after = place.new_file().expect("a file");
            after.file.write_all(b"proved").expect("written");
            let hidden = after.named().expect("a name");
            edit();
            let done = exchange(&place, hidden, &before, &metadata, "old");
            assert!(done.is_err());
            assert_eq!(read(&path), "edited");
            assert_eq!(names(folder.path()), ["A.lean"]);
        };
        check(&|| std::fs::write(&path, "edited").expect("written"));
        check(&|| {
            let new = folder.path().join("new");
            std::fs::write(&new, "edited").expect("written");
            std::fs::rename(&new, &path).expect("renamed");
        });
    }

    #[test]
    fn what_a_killed_process_left_goes_unless_it_may_be_an_edit() {
        let (folder, path) = folder("old");
        // Numbers of processes end below this.
        let left = |number: u32| folder.path().join(format!(".A.lean{SUFFIX}{number}"));
        std::fs::write(left(2_000_000_000), "proved").expect("written");
        std::fs::write(left(2_000_000_001), "an edit").expect("written");
        std::fs::write(left(1), "proved").expect("written");
        replace(&path, "old", "proved").expect("written");
        assert!(!left(2_000_000_000).exists());
        assert!(left(2_000_000_001).exists() && left(1).exists());
        assert_eq!(read(&path), "proved");
    }
}
