//! Reading files: small ones whole, tensors from their place.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Reads a text file of a model, such as its `config.json`.
pub(crate) fn read_small(path: &Path) -> Result<String> {
    const MAX_BYTES: u64 = 64 << 20;
    let named = || format!("can't read {}", path.display());
    let file = File::open(path).with_context(named)?;
    let mut text = String::new();
    let read = file
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .with_context(named)?;
    ensure!(
        read as u64 <= MAX_BYTES,
        "{} has more than {MAX_BYTES} bytes, which no such file has",
        path.display()
    );
    Ok(text)
}

/// Fills `bytes` from `offset` of `file`.
#[cfg(unix)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

/// Fills `bytes` from `offset` of `file`.
#[cfg(windows)]
pub(super) fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        offset += read as u64;
    }
    Ok(())
}
