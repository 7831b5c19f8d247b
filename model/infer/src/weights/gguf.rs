//! The header of a GGUF file: its metadata and where its tensors lie.
//!
//! The format is described at <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Candle has
//! a reader for it too, which names no tensor in its errors, takes 32 bytes for each byte of an array,
//! and divides by the file's own `general.alignment`.

pub(super) mod config;
mod metadata;
mod tensor_type;

use std::collections::HashMap;
use std::io::Read;

use anyhow::{Context, Result, bail, ensure};

use super::entry::{self, TensorEntry};
use metadata::{ARRAY, TEXT, scalar, size};
pub use metadata::{Array, Metadata, Value};
pub use tensor_type::type_name;

/// The longest header that is read: the largest vocabularies take some 20 MB.
const MAX_HEADER_BYTES: u64 = 256 << 20;

/// Reads a header of a file of `length` bytes.
///
/// # Errors
/// When the header is broken, incomplete or of an unknown version, or a tensor is beyond the end of the
/// file or of a type that can't be used here.
pub(super) fn read(file: impl Read, length: u64) -> Result<(Metadata, Vec<TensorEntry>)> {
    let mut reader = Reader {
        file,
        position: 0,
        end: length.min(MAX_HEADER_BYTES),
        length,
    };
    ensure!(
        reader.bytes(4)? == b"GGUF",
        "it does not begin with the word GGUF"
    );
    let version = reader.u32()?;
    ensure!(
        !(1..=9).contains(&version.swap_bytes()),
        "it is a big-endian GGUF file: get one for little-endian machines"
    );
    ensure!(
        matches!(version, 2 | 3),
        "it is GGUF version {version}, and only versions 2 and 3 are known: get a newer file"
    );
    let tensor_count = reader.u64()?;
    let value_count = reader.u64()?;
    let mut metadata = HashMap::new();
    for _ in 0..value_count {
        let key = reader.string().context("a metadata key")?;
        let kind = reader.u32()?;
        let value = reader
            .value(kind)
            .with_context(|| format!("the metadata value `{key}`"))?;
        if metadata.insert(key.clone(), value).is_some() {
            bail!("the metadata has `{key}` twice");
        }
    }
    let metadata = Metadata(metadata);
    let mut entries = Vec::new();
    for number in 0..tensor_count {
        let entry = reader
            .tensor()
            .with_context(|| format!("tensor {} of {tensor_count}", number + 1))?;
        entries.push(entry);
    }
    let alignment = metadata.unsigned("general.alignment")?.unwrap_or(32);
    ensure!(
        alignment.is_power_of_two() && alignment <= 1 << 20,
        "its `general.alignment` is {alignment}, which is no usable power of two"
    );
    place(
        &mut entries,
        reader.position.next_multiple_of(alignment),
        alignment,
        length,
    )?;
    Ok((metadata, entries))
}

/// Turns offsets from `data`, the padded end of the header, into offsets in the file, and checks them.
fn place(entries: &mut [TensorEntry], data: u64, alignment: u64, length: u64) -> Result<()> {
    for entry in entries.iter_mut() {
        let TensorEntry {
            name,
            offset,
            bytes,
            ..
        } = entry;
        ensure!(
            offset.is_multiple_of(alignment),
            "tensor `{name}` begins at byte {offset}, no multiple of {alignment}"
        );
        let begin = data.checked_add(*offset);
        let end = begin.and_then(|begin| begin.checked_add(*bytes));
        let (Some(begin), Some(end)) = (begin, end) else {
            bail!("tensor `{name}` lies beyond any file's end");
        };
        ensure!(
            end <= length,
            "tensor `{name}` ends at byte {end}, but the file has only {length}: it was not \
             downloaded to its end, get it again"
        );
        *offset = begin;
    }
    entry::sort(entries)
}

/// Reads values from a header.
struct Reader<R> {
    file: R,
    /// Bytes read so far.
    position: u64,
    /// The byte that no header goes beyond.
    end: u64,
    /// The length of the file in bytes.
    length: u64,
}

impl<R: Read> Reader<R> {
    fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        let end = self.position.saturating_add(count);
        if end > self.end {
            ensure!(
                end > self.length,
                "its header is longer than {MAX_HEADER_BYTES} bytes, which no usable file has"
            );
            bail!(
                "the file ends inside its header: {count} bytes are wanted at byte {}, of {} in \
                 all. It was not downloaded to its end, or is broken: get it again",
                self.position,
                self.length
            );
        }
        let mut bytes = vec![0; usize::try_from(count)?];
        self.file.read_exact(&mut bytes)?;
        self.position = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let end = self.position + N as u64;
        ensure!(
            end <= self.end,
            "the file ends inside its header: get it again"
        );
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.position = end;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn string(&mut self) -> Result<String> {
        let length = self.u64()?;
        String::from_utf8(self.bytes(length)?).context("a text in the header is not UTF-8")
    }

    fn value(&mut self, kind: u32) -> Result<Value> {
        Ok(match kind {
            TEXT => Value::String(self.string()?),
            ARRAY => Value::Array(self.array_value()?),
            _ => {
                let size = size(kind)?;
                scalar(kind, &self.bytes(size)?)?
            }
        })
    }

    fn array_value(&mut self) -> Result<Array> {
        let kind = self.u32()?;
        let len = self.u64()?;
        let bytes = if kind == TEXT {
            let mut bytes = Vec::new();
            for _ in 0..len {
                let length = self.u64()?;
                bytes.extend(length.to_le_bytes());
                bytes.extend(self.bytes(length)?);
            }
            bytes
        } else {
            self.bytes(size(kind)?.saturating_mul(len))?
        };
        Ok(Array { kind, bytes })
    }

    fn tensor(&mut self) -> Result<TensorEntry> {
        let name = self.string()?;
        let dimensions = self.u32()?;
        ensure!(
            (1..=4).contains(&dimensions),
            "tensor `{name}` has {dimensions} dimensions"
        );
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            shape.push(usize::try_from(self.u64()?)?);
        }
        shape.reverse();
        let number = self.u32()?;
        let dtype = tensor_type::by_number(&name, number)?;
        let offset = self.u64()?;
        let bytes = tensor_type::stored_bytes(&name, dtype, &shape)?;
        Ok(TensorEntry {
            name,
            dtype,
            shape,
            offset,
            bytes,
        })
    }
}
