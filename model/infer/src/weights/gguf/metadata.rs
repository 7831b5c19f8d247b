//! The metadata of a GGUF file: typed values by their keys.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};

/// The number of the value type for text (`enum gguf_type` in gguf.h).
pub(super) const TEXT: u32 = 8;
/// The number of the value type for arrays.
pub(super) const ARRAY: u32 = 9;

/// The metadata of a file.
#[derive(Debug, Default)]
pub struct Metadata(pub(super) HashMap<String, Value>);

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
    /// Values of one type.
    Array(Array),
}

/// An array as it is stored: decoded when asked for.
#[derive(Debug)]
pub struct Array {
    /// The number of the element type.
    pub(super) kind: u32,
    /// The elements; before each text its length as a `u64`.
    pub(super) bytes: Vec<u8>,
}

/// Returns the bytes of a value that is neither text nor array.
pub(super) fn size(kind: u32) -> Result<u64> {
    Ok(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        ARRAY => bail!("an array of arrays, which no model file has"),
        _ => bail!("a value of the unknown kind {kind}"),
    })
}

/// Decodes a value of the type `kind` from `bytes`, of its [`size`].
pub(super) fn scalar(kind: u32, bytes: &[u8]) -> Result<Value> {
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
    /// Looks up a value.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Looks up a whole number that is not negative.
    ///
    /// # Errors
    /// When the value has another type; so too for the other types.
    pub fn unsigned(&self, key: &str) -> Result<Option<u64>> {
        self.typed(key, "whole number", |value| match value {
            Value::Unsigned(value) => Some(*value),
            Value::Signed(value) => u64::try_from(*value).ok(),
            _ => None,
        })
    }

    /// Looks up a number.
    pub fn float(&self, key: &str) -> Result<Option<f64>> {
        self.typed(key, "number", |value| match value {
            Value::Float(value) => Some(*value),
            Value::Unsigned(value) => Some(*value as f64),
            Value::Signed(value) => Some(*value as f64),
            _ => None,
        })
    }

    /// Looks up a text.
    pub fn string(&self, key: &str) -> Result<Option<&str>> {
        self.typed(key, "text", |value| match value {
            Value::String(value) => Some(value.as_str()),
            _ => None,
        })
    }

    /// Looks up an array.
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
    /// Decodes the elements of an array of texts.
    ///
    /// # Errors
    /// When they are of another type, or broken.
    pub fn strings(&self) -> Result<Vec<String>> {
        ensure!(self.kind == TEXT, "it has no texts");
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

    /// Decodes the elements of an array of whole numbers.
    ///
    /// # Errors
    /// When they are of another type, or too large.
    pub fn integers(&self) -> Result<Vec<i64>> {
        ensure!(self.kind != TEXT, "it has no numbers");
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
