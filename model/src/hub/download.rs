//! The download of one file: it goes on where it was cut off, and the file gets its name only when it is
//! what the hub has.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use futures_util::StreamExt;

use super::checksum::git_name;
use super::client::{HubFile, Metadata};
use super::failure::Failure;

/// The progress of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes that are here, of all.
    Loading(u64, u64),
    /// Bytes that were checked, of all.
    Checking(u64, u64),
}

/// A function that is called with a file's name and the progress of its download.
pub(super) type OnProgress<'a> = &'a mut dyn FnMut(&str, Progress);

/// Downloads a file to `path`.
///
/// # Errors
/// When it can't be had; the part that is here stays, and the next call goes on from there.
pub(super) async fn download(
    file: &HubFile<'_>,
    metadata: &Metadata,
    path: &Path,
    progress: OnProgress<'_>,
) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // A part belongs to one version of the file.
    let letters = metadata.oid.chars().filter(char::is_ascii_alphanumeric);
    let version: String = letters.take(12).collect();
    let part_path = path.with_file_name(format!("{name}.{version}.part"));
    let mut part = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&part_path)
        .with_context(|| format!("can't write {}", part_path.display()))?;
    // Not every file system has locks.
    if matches!(part.try_lock(), Err(TryLockError::WouldBlock)) {
        bail!("another unsorry is downloading {name}");
    }
    let size = metadata.size;
    let mut failures = 0;
    loop {
        let before = part.metadata()?.len();
        let mut on = |done| progress(&name, Progress::Loading(done, size));
        let Err(failure) = go_on(file, size, &mut part, &mut on).await else {
            break;
        };
        let done = part.metadata()?.len();
        failures = if done > before { 0 } else { failures + 1 };
        tracing::warn!("{name} was cut off: {:#}", failure.why);
        if !failure.again || !file.hub.pause(failures).await {
            return Err(failure.why.context(format!(
                "{done} of {size} bytes are here, and the next try goes on from there"
            )));
        }
    }
    let mut on = |done| progress(&name, Progress::Checking(done, size));
    let (part, found) = git_name(part, metadata.is_large, &mut on).await?;
    if found != metadata.oid {
        std::fs::remove_file(&part_path)
            .with_context(|| format!("can't remove {}", part_path.display()))?;
        bail!(
            "what came is not what the hub has (its checksum differs), and was removed: try again, \
             and if it stays so, ask who runs your network or proxy"
        );
    }
    part.sync_all()?;
    std::fs::rename(&part_path, path)
        .with_context(|| format!("can't give {} its name", path.display()))
}

/// Downloads what is missing.
async fn go_on(
    file: &HubFile<'_>,
    size: u64,
    part: &mut File,
    progress: &mut dyn FnMut(u64),
) -> Result<(), Failure> {
    let mut done = part.seek(SeekFrom::End(0)).map_err(Failure::of_disk)?;
    if done > size {
        done = begin_anew(part)?;
    }
    progress(done);
    if done == size {
        return Ok(());
    }
    let bytes = file.bytes(done, size).await?;
    // Some proxies ignore that only a part is asked for.
    if !bytes.partial {
        done = begin_anew(part)?;
    }
    let mut stream = bytes.response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Failure::of_request(file.target(), error))?;
        done += chunk.len() as u64;
        if done > size {
            let _ = part.set_len(0);
            let why = anyhow!("more bytes came than {} has", file.file);
            return Err(Failure { why, again: false });
        }
        part.write_all(&chunk).map_err(Failure::of_disk)?;
        progress(done);
    }
    match done < size {
        true => Err(Failure {
            why: anyhow!("the connection ended early"),
            again: true,
        }),
        false => Ok(()),
    }
}

fn begin_anew(part: &mut File) -> Result<u64, Failure> {
    part.set_len(0).map_err(Failure::of_disk)?;
    part.seek(SeekFrom::Start(0)).map_err(Failure::of_disk)
}
