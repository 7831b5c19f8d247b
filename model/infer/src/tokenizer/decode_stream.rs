//! Decoding tokens to text, as they come.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The bytes that each token stands for.
#[derive(Debug)]
pub struct TokenBytes {
    bytes: Vec<Box<[u8]>>,
    vocab: usize,
}

impl TokenBytes {
    /// Tabulates the `vocabulary` for a model of `rows` rows. Tokens that are `silent` stand for no bytes.
    ///
    /// # Errors
    /// When the decoder is of an unknown type, or there are more tokens than rows.
    pub fn new(
        decoder: &Value,
        rows: usize,
        vocabulary: HashMap<String, u32>,
        added: &BTreeMap<String, u32>,
        silent: impl Fn(u32) -> bool,
    ) -> Result<TokenBytes> {
        let to_bytes = if has(decoder, "ByteLevel") {
            byte_level
        } else if has(decoder, "ByteFallback") {
            byte_fallback
        } else {
            bail!(
                "its decoder is of an unknown kind: only ByteLevel and ByteFallback are known here"
            );
        };
        let alphabet = alphabet();
        let mut bytes = vec![Box::default(); rows];
        let mut vocab = 0;
        for (token, id) in vocabulary {
            let entry = bytes
                .get_mut(id as usize)
                .context("it has more tokens than the model")?;
            vocab = vocab.max(id as usize + 1);
            if silent(id) {
                continue;
            }
            *entry = if added.contains_key(&token) {
                token.into_bytes().into()
            } else {
                to_bytes(&token, &alphabet).into()
            };
        }
        Ok(TokenBytes { bytes, vocab })
    }

    /// Returns the number of tokens.
    pub fn vocab(&self) -> usize {
        self.vocab
    }
}

/// Returns whether a decoder is of a type or has a part that is.
fn has(decoder: &Value, kind: &str) -> bool {
    let parts = decoder["decoders"].as_array();
    decoder["type"] == kind || parts.is_some_and(|parts| parts.iter().any(|part| has(part, kind)))
}

/// Returns the bytes of GPT-2's letters: bytes that print are their own letters, the others are letters
/// from U+0100 on (<https://github.com/openai/gpt-2/blob/master/src/encoder.py>).
fn alphabet() -> HashMap<char, u8> {
    let mut next = 0x100;
    let letters = (0..=255u8).map(|byte| match byte {
        b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => (char::from(byte), byte),
        _ => {
            let letter = char::from_u32(next).unwrap_or(char::REPLACEMENT_CHARACTER);
            next += 1;
            (letter, byte)
        }
    });
    letters.collect()
}

/// Returns the bytes of a token in GPT-2's letters.
fn byte_level(token: &str, alphabet: &HashMap<char, u8>) -> Vec<u8> {
    let bytes: Option<Vec<u8>> = token.chars().map(|c| alphabet.get(&c).copied()).collect();
    bytes.unwrap_or_else(|| token.as_bytes().to_vec())
}

/// Returns the bytes of a SentencePiece token: `▁` is a space, and `<0x0A>` a byte.
fn byte_fallback(token: &str, _: &HashMap<char, u8>) -> Vec<u8> {
    let byte = token
        .strip_prefix("<0x")
        .and_then(|rest| u8::from_str_radix(rest.strip_suffix('>')?, 16).ok());
    match byte {
        Some(byte) => vec![byte],
        None => token.replace('▁', " ").into_bytes(),
    }
}

/// Decodes a sequence token by token. A clone continues from the same state.
#[derive(Debug, Clone)]
pub struct DecodeStream {
    tokens: Arc<TokenBytes>,
    /// The bytes of a character that is not complete.
    pending: Vec<u8>,
}

impl DecodeStream {
    pub(super) fn new(tokens: Arc<TokenBytes>) -> Self {
        let pending = Vec::new();
        DecodeStream { tokens, pending }
    }

    /// Adds a token, and returns the text that is complete with it. The bytes of an incomplete character
    /// are held back; bytes that can't become one are U+FFFD. Special tokens, and rows of the model
    /// without a token, have no text.
    ///
    /// # Errors
    /// When the model has no such row.
    pub fn push(&mut self, token: u32) -> Result<String> {
        let bytes = self.tokens.bytes.get(token as usize);
        let bytes = bytes.with_context(|| format!("the model has no token {token}"))?;
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = self.pending.as_slice();
        loop {
            match str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    rest = after;
                    let Some(length) = error.error_len() else {
                        break;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[length..];
                }
            }
        }
        self.pending = rest.to_vec();
        Ok(text)
    }

    /// Returns the rest when no token follows: U+FFFD for an incomplete character.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.pending).into_owned()
    }
}
