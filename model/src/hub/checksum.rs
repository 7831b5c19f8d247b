//! A file's name in Git, which the hub lists: who has it, has the file. For a large file that is the name
//! of the pointer to it: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use anyhow::{Context, Result, bail};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The bytes hashed between two looks at whether the checksum is still wanted.
const CHUNK_BYTES: usize = 1 << 20;

/// Computes the name that Git has for `file`, away from the runtime, and gives the file back. Dropping
/// the future ends it within a chunk.
///
/// # Errors
/// When the file can't be read.
pub(super) async fn git_name(
    file: File,
    is_large: bool,
    progress: &mut dyn FnMut(u64),
) -> Result<(File, String)> {
    let stop = CancellationToken::new();
    let _stops_with_us = stop.clone().drop_guard();
    let (say, mut said) = mpsc::unbounded_channel();
    let hashing = tokio::task::spawn_blocking(move || {
        let mut file = file;
        let mut on = |done| {
            let _ = say.send(done);
        };
        let name = hash(&mut file, is_large, &stop, &mut on);
        name.map(|name| (file, name))
    });
    while let Some(done) = said.recv().await {
        progress(done);
    }
    hashing.await.context("the checksum was not computed")?
}

/// Computes a file's name in Git; `progress` is told of the bytes that are done.
fn hash(
    file: &mut File,
    is_large: bool,
    stop: &CancellationToken,
    progress: &mut dyn FnMut(u64),
) -> Result<String> {
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    let mut whole = Sha256::new();
    let mut blob = git_blob(size);
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut done = 0;
    loop {
        if stop.is_cancelled() {
            bail!("stopped");
        }
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        match is_large {
            true => whole.update(&buffer[..read]),
            false => blob.update(&buffer[..read]),
        }
        done += read as u64;
        progress(done);
    }
    if is_large {
        let pointer = pointer(&hexadecimal(&whole.finalize()), done);
        blob = git_blob(pointer.len() as u64);
        blob.update(pointer);
    }
    Ok(hexadecimal(&blob.finalize()))
}

/// The text that Git has in place of a large file.
pub(super) fn pointer(sha256: &str, size: u64) -> String {
    format!("version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n")
}

/// Begins the hash of a file's contents with what Git puts before them.
pub(super) fn git_blob(size: u64) -> Sha1 {
    Sha1::new_with_prefix(format!("blob {size}\0"))
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: u64) -> File {
        let file = tempfile::tempfile().expect("a file");
        file.set_len(bytes).expect("its size");
        file
    }

    #[test]
    fn git_names_things_so() {
        // `git hash-object` of the text "hello\n".
        let mut hash = git_blob(6);
        hash.update("hello\n");
        assert_eq!(
            hexadecimal(&hash.finalize()),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
    }

    #[test]
    fn hashing_ends_with_the_chunk_in_which_it_is_stopped() {
        let stop = CancellationToken::new();
        let mut seen = Vec::new();
        let mut on = |done| {
            seen.push(done);
            stop.cancel();
        };
        let chunk = CHUNK_BYTES as u64;
        let error = hash(&mut file(5 * chunk), true, &stop, &mut on).expect_err("stopped");
        assert_eq!(error.to_string(), "stopped");
        assert_eq!(seen, [chunk]);
    }

    #[tokio::test]
    async fn a_name_is_computed_beside_the_runtime() {
        // `git hash-object` of three zero bytes.
        let mut seen = Vec::new();
        let (_, name) = git_name(file(3), false, &mut |done| seen.push(done))
            .await
            .expect("a name");
        assert_eq!(name, "4227ca4e8736af63036e7457e2db376ddf7e5795");
        assert_eq!(seen, [3]);
    }
}
