//! Tokenization: text to tokens and back.

mod decode_stream;
mod eos;
mod gguf_vocabulary;
mod pre_tokenizer;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;

pub use decode_stream::DecodeStream;

use crate::weights::{ModelMetadata, Weights, read_small};
use decode_stream::TokenBytes;
use eos::TokenName;

/// A model's tokenizer.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The ids of the added tokens, by their text.
    added: BTreeMap<String, u32>,
    /// The added tokens that no text may become.
    special: BTreeSet<u32>,
    /// The tokens that end a sequence.
    eos: BTreeSet<u32>,
    bytes: Arc<TokenBytes>,
    source: String,
}

impl Tokenizer {
    /// Opens the tokenizer of `weights`: `tokenizer_json` if it is given; else `NAME.tokenizer.json` or
    /// `tokenizer.json` beside the model's file; else the vocabulary of a GGUF file.
    ///
    /// # Errors
    /// When there is none, or it is not the model's: the message says what to put where.
    pub fn open(weights: &Weights, tokenizer_json: Option<&Path>) -> Result<Self> {
        let path = match tokenizer_json {
            Some(path) => Some(path.to_owned()),
            None => beside(weights),
        };
        let (json, source) = match &path {
            Some(path) => {
                let json: Value = serde_json::from_str(&read_small(path)?)
                    .with_context(|| format!("{} is no JSON", path.display()))?;
                (json, path.display().to_string())
            }
            None => {
                let json = match weights.metadata() {
                    ModelMetadata::Gguf(metadata) => gguf_vocabulary::from_gguf(metadata),
                    ModelMetadata::ConfigJson(_) => Err(anyhow!("safetensors come without one")),
                };
                let json = json.with_context(|| {
                    format!(
                        "there is no tokenizer: put the model's tokenizer.json into {}",
                        weights.folder().display()
                    )
                })?;
                (json, "the file's own vocabulary".to_owned())
            }
        };
        let tokenizer = Self::build(json, weights, path.as_deref(), source.clone());
        tokenizer.with_context(|| format!("can't use the tokenizer, {source}"))
    }

    fn build(
        mut json: Value,
        weights: &Weights,
        path: Option<&Path>,
        source: String,
    ) -> Result<Self> {
        let added = mark_special(&mut json)?;
        let decoder = json["decoder"].clone();
        let mut inner: tokenizers::Tokenizer = serde_json::from_value(json)?;
        inner.with_padding(None);
        inner
            .with_truncation(None)
            .map_err(|error| anyhow!("{error}"))?;
        // A text that spells a special token stays text.
        inner.set_encode_special_tokens(true);
        for (text, (id, _)) in &added {
            ensure!(
                inner.token_to_id(text) == Some(*id),
                "its added token `{text}` can't have the number {id}"
            );
        }
        let special: BTreeSet<u32> = added
            .values()
            .filter(|(_, special)| *special)
            .map(|(id, _)| *id)
            .collect();
        let added: BTreeMap<String, u32> = added
            .into_iter()
            .map(|(text, (id, _))| (text, id))
            .collect();
        let rows = weights.config().vocab;
        let vocabulary = inner.get_vocab(true);
        let vocab = vocabulary
            .values()
            .max()
            .map_or(0, |&last| last as usize + 1);
        ensure!(
            vocab <= rows,
            "it has {vocab} tokens, and the model only {rows}: it is another model's"
        );
        if let (Some(_), ModelMetadata::Gguf(metadata)) = (path, weights.metadata()) {
            gguf_vocabulary::check_same(metadata, |id| inner.id_to_token(id))?;
        }
        let config = path.and_then(|path| eos::sibling(path, "tokenizer_config.json"));
        let names = eos::named(config.as_deref(), weights)?;
        let id = |token: &TokenName| match token {
            TokenName::Text(text) => inner.token_to_id(text),
            TokenName::Id(id) => Some(*id).filter(|&id| (id as usize) < vocab),
        };
        let mut eos: BTreeSet<u32> = names.iter().filter_map(id).collect();
        eos.extend(eos::KNOWN.iter().filter_map(|end| added.get(*end)));
        ensure!(
            !eos.is_empty(),
            "neither it nor the model says which token ends a sequence (`eos_token`)"
        );
        let bytes = TokenBytes::new(&decoder, rows, vocabulary, &added, |id| {
            special.contains(&id)
        })?;
        Ok(Self {
            inner,
            added,
            special,
            eos,
            bytes: Arc::new(bytes),
            source,
        })
    }

    /// Returns the tokens of `text`. None of them is a special token, even where the text spells one.
    ///
    /// # Errors
    /// When the tokenizer fails on it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|error| anyhow!("the tokenizer fails: {error}"))?;
        let ids = encoding.get_ids().to_vec();
        if let Some(id) = ids.iter().find(|id| self.special.contains(id)) {
            bail!("the tokenizer makes the special token {id} of plain text");
        }
        Ok(ids)
    }

    /// Returns the id of an added token, such as `<｜User｜>`.
    pub fn added_token(&self, text: &str) -> Option<u32> {
        self.added.get(text).copied()
    }

    /// Returns whether a token ends a sequence.
    pub fn is_eos(&self, id: u32) -> bool {
        self.eos.contains(&id)
    }

    /// Returns a stream that decodes tokens as they come.
    pub fn decode_stream(&self) -> DecodeStream {
        DecodeStream::new(self.bytes.clone())
    }

    /// Returns the number of tokens; the model's embedding may have more rows.
    pub fn vocab(&self) -> usize {
        self.bytes.vocab()
    }

    /// Returns where the tokenizer is from, for people to read.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Returns the tokenizer's file beside the model's.
fn beside(weights: &Weights) -> Option<PathBuf> {
    let stem = weights.path().file_stem()?.to_str()?;
    let names = [format!("{stem}.tokenizer.json"), "tokenizer.json".into()];
    let paths = names.iter().map(|name| weights.folder().join(name));
    paths.into_iter().find(|path| path.is_file())
}

/// Marks as special the added tokens that no text may become. Returns the ids of all added tokens by
/// their text, and whether they are special.
///
/// DeepSeek's `<｜User｜>` is not special in its own file, and would be found in a text. But its letters
/// such as `ö` are added tokens too, and must be found.
fn mark_special(json: &mut Value) -> Result<BTreeMap<String, (u32, bool)>> {
    let mut added = BTreeMap::new();
    let Some(tokens) = json.get_mut("added_tokens").and_then(Value::as_array_mut) else {
        return Ok(added);
    };
    for token in tokens {
        let read = || Some((token["content"].as_str()?.to_owned(), token["id"].as_u64()?));
        let (text, id) = read().context("an added token has no number or text")?;
        let bracketed = |open: char, close: char| {
            text.chars().count() > 2 && text.starts_with(open) && text.ends_with(close)
        };
        let special = token["special"].as_bool().unwrap_or(false)
            || bracketed('<', '>')
            || bracketed('[', ']');
        token["special"] = special.into();
        added.insert(text, (u32::try_from(id)?, special));
    }
    Ok(added)
}
