//! Reading a configuration's file, which a project may have put anything in the place of.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::permission::Origin;

/// The most bytes of a file.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the file at `path`. A project's is a file in its own folder: an error may quote it, and a link
/// might lead to anything of the user's.
///
/// # Errors
/// When it is no such file, or can't be read.
pub(super) fn read(path: &Path, origin: Origin) -> Result<String> {
    let failed = || format!("can't read {}", path.display());
    let real = match origin {
        Origin::User => path.to_owned(),
        Origin::Project | Origin::Editor => inside(path)?,
    };
    let file = open(&real, origin).with_context(failed)?;
    let is_file = file.metadata().with_context(failed)?.is_file();
    // The user may well name a pipe.
    ensure!(
        is_file || origin == Origin::User,
        "{} is no file",
        path.display()
    );
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .with_context(failed)?;
    ensure!(
        bytes.len() as u64 <= MAX_BYTES,
        "{} is longer than the {} KB that a configuration may have",
        path.display(),
        MAX_BYTES >> 10
    );
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{} is not UTF-8", path.display()))
}

/// Returns where the file at `path` really is.
fn inside(path: &Path) -> Result<PathBuf> {
    let failed = || format!("can't read {}", path.display());
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let folder = folder.canonicalize().with_context(failed)?;
    let real = path.canonicalize().with_context(failed)?;
    if !real.starts_with(&folder) {
        bail!(
            "{} is a link that leads out of its folder: put the file itself there",
            path.display()
        );
    }
    Ok(real)
}

/// Opens a file for reading; where it is not the user's, without waiting for anybody at a pipe's other end.
fn open(path: &Path, origin: Origin) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    if origin != Origin::User {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    #[cfg(not(unix))]
    let _ = origin;
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a project's `.unsorry.toml` that `make` has made.
    fn check(make: impl FnOnce(&Path), expected: Result<&str, &str>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("project/.unsorry.toml");
        std::fs::create_dir(folder.path().join("project")).expect("a folder");
        std::fs::write(folder.path().join("secret"), "token = \"hunter2\"").expect("written");
        make(&path);
        match (read(&path, Origin::Project), expected) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected),
            (Err(error), Err(part)) => {
                let error = format!("{error:#}");
                assert!(
                    error.contains(part) && !error.contains("hunter2"),
                    "{error}"
                );
            }
            (text, _) => panic!("{text:?}"),
        }
    }

    #[test]
    fn only_a_short_file_of_the_project_is_read() {
        check(
            |path| std::fs::write(path, "[search]").expect("written"),
            Ok("[search]"),
        );
        let long = "#".repeat(1 << 21);
        check(
            |path| std::fs::write(path, long).expect("written"),
            Err("longer than the 1024 KB"),
        );
        check(
            |path| std::fs::create_dir(path).expect("made"),
            Err("is no file"),
        );
        check(
            |path| std::fs::write(path, [0xff]).expect("written"),
            Err("not UTF-8"),
        );
    }

    #[cfg(unix)]
    #[test]
    fn nothing_waits_and_no_link_leads_out() {
        use std::os::unix::fs::symlink;
        let rights = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let fifo = |path: &Path| {
            rustix::fs::mkfifoat(rustix::fs::CWD, path, rights).expect("a FIFO");
        };
        check(fifo, Err("is no file"));
        check(
            |path| symlink("../secret", path).expect("linked"),
            Err("leads out of its folder"),
        );
        check(
            |path| symlink("/dev/zero", path).expect("linked"),
            Err("leads out of its folder"),
        );
        check(
            |path| {
                std::fs::write(path.with_file_name("own.toml"), "[check]").expect("written");
                symlink("own.toml", path).expect("linked");
            },
            Ok("[check]"),
        );
    }
}
