//! A tensor as a file's header lists it.

use anyhow::{Result, ensure};
use candle_core::quantized::GgmlDType;

/// An entry of a file's list of tensors.
#[derive(Debug)]
pub(super) struct TensorEntry {
    /// The name in the file.
    pub(super) name: String,
    /// The type of the elements.
    pub(super) dtype: GgmlDType,
    /// The dimensions, outermost first.
    pub(super) shape: Vec<usize>,
    /// The first byte in the file.
    pub(super) offset: u64,
    /// The length in bytes.
    pub(super) bytes: u64,
}

/// Sorts entries by their offsets.
///
/// # Errors
/// When two of them overlap: the message names them.
pub(super) fn sort(entries: &mut [TensorEntry]) -> Result<()> {
    entries.sort_by_key(|entry| entry.offset);
    for pair in entries.windows(2) {
        ensure!(
            pair[0].offset + pair[0].bytes <= pair[1].offset,
            "tensors `{}` and `{}` overlap",
            pair[0].name,
            pair[1].name
        );
    }
    Ok(())
}
