//! The header of a GGUF file: its metadata and where its tensors lie.
//!
//! The format is described at <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Candle has
//! a reader for it too, which names no tensor in its errors, takes 32 bytes for each byte of an array,
//! and divides by the file's own `general.alignment`.

use std::collections::HashMap;
use std::io::Read;

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::GgmlDType;

/// A file that wants a longer header than this is taken for a broken one. The largest vocabularies
/// take some 20 MB.
const MAX_HEADER: u64 = 256 << 20;

/// What a file says of itself.
#[derive(Debug, Default)]
pub struct Metadata(HashMap<String, Value>);

/// A value of the metadata.
#[derive(Debug)]
pub enum Value {
    /// `u8` to `u64`.
    Unsigned(u64),
    /// `i8` to `i64`.
    Signed(i64),
    /// `f32` or `f64`.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// Text.
    String(String),
    /// Many values of one kind.
    Array(Array),
}

/// An array as it is in the file: decoded when asked for.
#[derive(Debug)]
pub struct Array {
    kind: u32,
    bytes: Vec<u8>,
}

/// A tensor as the header lists it.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// How its numbers are stored.
    pub dtype: GgmlDType,
    /// Outermost dimension first.
    pub shape: Vec<usize>,
    /// Where it begins in the file.
    pub offset: u64,
    /// How long it is there.
    pub bytes: u64,
}

/// Reads a header. `length` is that of the whole file.
pub fn read(file: impl Read, length: u64) -> Result<(Metadata, Vec<Listed>)> {
    let mut reader = Reader {
        file,
        position: 0,
        end: length.min(MAX_HEADER),
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
    let mut listed = Vec::new();
    for number in 0..tensor_count {
        let tensor = reader
            .tensor()
            .with_context(|| format!("tensor {} of {tensor_count}", number + 1))?;
        listed.push(tensor);
    }
    let alignment = metadata.unsigned("general.alignment")?.unwrap_or(32);
    ensure!(
        alignment.is_power_of_two() && alignment <= 1 << 20,
        "its `general.alignment` is {alignment}, which is no usable power of two"
    );
    place(
        &mut listed,
        reader.position.next_multiple_of(alignment),
        alignment,
        length,
    )?;
    Ok((metadata, listed))
}

/// Turns offsets from `data`, the end of the header, into offsets in the file, and checks them.
fn place(listed: &mut [Listed], data: u64, alignment: u64, length: u64) -> Result<()> {
    for tensor in listed.iter_mut() {
        let Listed {
            name,
            offset,
            bytes,
            ..
        } = tensor;
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
    listed.sort_by_key(|tensor| tensor.offset);
    for pair in listed.windows(2) {
        ensure!(
            pair[0].offset + pair[0].bytes <= pair[1].offset,
            "tensors `{}` and `{}` overlap",
            pair[0].name,
            pair[1].name
        );
    }
    Ok(())
}

/// ggml's numbers of tensor types (`enum ggml_type` in ggml.h) and their names, and what Candle has
/// for those that hold weights. `Q8_1` and `Q8_K` are for intermediate results.
const TYPES: [(u32, &str, Option<GgmlDType>); 33] = [
    (0, "F32", Some(GgmlDType::F32)),
    (1, "F16", Some(GgmlDType::F16)),
    (2, "Q4_0", Some(GgmlDType::Q4_0)),
    (3, "Q4_1", Some(GgmlDType::Q4_1)),
    (6, "Q5_0", Some(GgmlDType::Q5_0)),
    (7, "Q5_1", Some(GgmlDType::Q5_1)),
    (8, "Q8_0", Some(GgmlDType::Q8_0)),
    (9, "Q8_1", None),
    (10, "Q2_K", Some(GgmlDType::Q2K)),
    (11, "Q3_K", Some(GgmlDType::Q3K)),
    (12, "Q4_K", Some(GgmlDType::Q4K)),
    (13, "Q5_K", Some(GgmlDType::Q5K)),
    (14, "Q6_K", Some(GgmlDType::Q6K)),
    (15, "Q8_K", None),
    (16, "IQ2_XXS", None),
    (17, "IQ2_XS", None),
    (18, "IQ3_XXS", None),
    (19, "IQ1_S", None),
    (20, "IQ4_NL", None),
    (21, "IQ3_S", None),
    (22, "IQ2_S", None),
    (23, "IQ4_XS", None),
    (24, "I8", None),
    (25, "I16", None),
    (26, "I32", None),
    (27, "I64", None),
    (28, "F64", None),
    (29, "IQ1_M", None),
    (30, "BF16", Some(GgmlDType::BF16)),
    (34, "TQ1_0", None),
    (35, "TQ2_0", None),
    (39, "MXFP4", None),
    (40, "NVFP4", None),
];

/// A tensor type's name in ggml.
pub fn type_name(dtype: GgmlDType) -> &'static str {
    let known = TYPES.iter().find(|(_, _, known)| *known == Some(dtype));
    known.map_or("unknown", |(_, name, _)| name)
}

struct Reader<R> {
    file: R,
    position: u64,
    end: u64,
    length: u64,
}

impl<R: Read> Reader<R> {
    fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        let end = self.position.saturating_add(count);
        if end > self.end {
            ensure!(
                end > self.length,
                "its header is longer than {MAX_HEADER} bytes, which no usable file has"
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
            8 => Value::String(self.string()?),
            9 => Value::Array(self.values()?),
            _ => {
                let size = size(kind)?;
                scalar(kind, &self.bytes(size)?)?
            }
        })
    }

    fn values(&mut self) -> Result<Array> {
        let kind = self.u32()?;
        let len = self.u64()?;
        let bytes = if kind == 8 {
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

    fn tensor(&mut self) -> Result<Listed> {
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
        let Some(dtype) = TYPES
            .iter()
            .find(|(known, ..)| *known == number)
            .and_then(|(_, _, dtype)| *dtype)
        else {
            let known = TYPES.iter().find(|(known, ..)| *known == number);
            let kind = known.map_or(format!("number {number}"), |(_, name, _)| name.to_string());
            bail!(
                "tensor `{name}` is of type {kind}, which can't be computed with here: get a file \
                 of another quantisation, such as Q4_K_M or Q8_0"
            );
        };
        let offset = self.u64()?;
        let bytes = stored_bytes(&name, dtype, &shape)?;
        Ok(Listed {
            name,
            dtype,
            shape,
            offset,
            bytes,
        })
    }
}

/// How many bytes a tensor takes. Its rows are stored in whole blocks.
fn stored_bytes(name: &str, dtype: GgmlDType, shape: &[usize]) -> Result<u64> {
    let elements = shape
        .iter()
        .try_fold(1u64, |all, &size| all.checked_mul(size as u64))
        .filter(|&elements| elements > 0);
    let row = shape.last().copied().unwrap_or(0);
    let block = dtype.block_size();
    let Some(elements) = elements else {
        bail!("tensor `{name}` has the impossible shape {shape:?}");
    };
    ensure!(
        row.is_multiple_of(block),
        "tensor `{name}` has rows of {row} numbers, no multiple of the {block} of a {} block",
        type_name(dtype)
    );
    (elements / block as u64)
        .checked_mul(dtype.type_size() as u64)
        .with_context(|| format!("tensor `{name}` has the impossible shape {shape:?}"))
}

/// Bytes of a value that is neither text nor array.
fn size(kind: u32) -> Result<u64> {
    Ok(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        9 => bail!("an array of arrays, which no model file has"),
        _ => bail!("a value of the unknown kind {kind}"),
    })
}

/// `bytes` has the [`size`] of `kind`.
fn scalar(kind: u32, bytes: &[u8]) -> Result<Value> {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let unsigned = u64::from_le_bytes(wide);
    let spare = 64 - 8 * bytes.len();
    let signed = ((unsigned << spare) as i64) >> spare;
    Ok(match kind {
        0 | 2 | 4 | 10 => Value::Unsigned(unsigned),
        1 | 3 | 5 | 11 => Value::Signed(signed),
        6 => Value::Float(f64::from(f32::from_bits(unsigned as u32))),
        12 => Value::Float(f64::from_bits(unsigned)),
        _ => Value::Bool(match unsigned {
            0 => false,
            1 => true,
            other => bail!("a truth value of {other}"),
        }),
    })
}

impl Metadata {
    /// A value.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// A whole number that is not negative.
    pub fn unsigned(&self, key: &str) -> Result<Option<u64>> {
        self.typed(key, "whole number", |value| match value {
            Value::Unsigned(value) => Some(*value),
            Value::Signed(value) => u64::try_from(*value).ok(),
            _ => None,
        })
    }

    /// A number.
    pub fn float(&self, key: &str) -> Result<Option<f64>> {
        self.typed(key, "number", |value| match value {
            Value::Float(value) => Some(*value),
            Value::Unsigned(value) => Some(*value as f64),
            Value::Signed(value) => Some(*value as f64),
            _ => None,
        })
    }

    /// Text.
    pub fn string(&self, key: &str) -> Result<Option<&str>> {
        self.typed(key, "text", |value| match value {
            Value::String(value) => Some(value.as_str()),
            _ => None,
        })
    }

    /// An array.
    pub fn array(&self, key: &str) -> Result<Option<&Array>> {
        self.typed(key, "array", |value| match value {
            Value::Array(value) => Some(value),
            _ => None,
        })
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        wanted: &str,
        take: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match take(value) {
            Some(value) => Ok(Some(value)),
            None => bail!("its metadata value `{key}` should be a {wanted}"),
        }
    }
}

impl Array {
    /// Its values, if it has texts.
    pub fn strings(&self) -> Result<Vec<String>> {
        ensure!(self.kind == 8, "it has no texts");
        let mut strings = Vec::new();
        let mut rest = self.bytes.as_slice();
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = usize::try_from(u64::from_le_bytes(*length))?;
            let (text, after) = after.split_at_checked(length).context("it is cut off")?;
            strings.push(
                str::from_utf8(text)
                    .context("it has a text that is not UTF-8")?
                    .to_owned(),
            );
            rest = after;
        }
        Ok(strings)
    }

    /// Its values, if it has whole numbers.
    pub fn integers(&self) -> Result<Vec<i64>> {
        ensure!(self.kind != 8, "it has no numbers");
        let size = usize::try_from(size(self.kind)?)?;
        let values = self.bytes.chunks_exact(size);
        values
            .map(|bytes| match scalar(self.kind, bytes)? {
                Value::Unsigned(value) => Ok(i64::try_from(value)?),
                Value::Signed(value) => Ok(value),
                _ => bail!("it has no whole numbers"),
            })
            .collect()
    }
}
