//! Text to tokens and back.

mod decoder;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;

pub use decoder::Decoder;

use super::weights::{Said, Weights, read_small};
use decoder::Table;

/// What DeepSeek's provers end with. Not all of their files say so.
const ENDS: [&str; 2] = ["<｜end▁of▁sentence｜>", "<|EOT|>"];

/// A model's tokenizer.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// Added tokens by their text.
    added: BTreeMap<String, u32>,
    /// Those that no text may become.
    markers: BTreeSet<u32>,
    ends: BTreeSet<u32>,
    table: Arc<Table>,
    kind: String,
}

impl Tokenizer {
    /// Opens the tokenizer of `weights`: `tokenizer_json` if it is given; else `NAME.tokenizer.json` or
    /// `tokenizer.json` beside the model's file; else what a GGUF file says itself.
    ///
    /// # Errors
    /// When there is none that is exactly the model's: the message says what to put where.
    pub fn open(weights: &Weights, tokenizer_json: Option<&Path>) -> Result<Self> {
        let path = match tokenizer_json {
            Some(path) => Some(path.to_owned()),
            None => beside(weights),
        };
        let (json, kind) = match &path {
            Some(path) => {
                let json: Value = serde_json::from_str(&read_small(path)?)
                    .with_context(|| format!("{} is no JSON", path.display()))?;
                (json, path.display().to_string())
            }
            None => {
                let json = match weights.said() {
                    Said::Gguf(metadata) => vocabulary::from_gguf(metadata),
                    Said::Json(_) => Err(anyhow!("safetensors come without one")),
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
        let tokenizer = Self::build(json, weights, path.as_deref(), kind.clone());
        tokenizer.with_context(|| format!("can't use the tokenizer, {kind}"))
    }

    fn build(
        mut json: Value,
        weights: &Weights,
        path: Option<&Path>,
        kind: String,
    ) -> Result<Self> {
        let added = mark(&mut json)?;
        let decoder = json["decoder"].clone();
        let mut inner: tokenizers::Tokenizer = serde_json::from_value(json)?;
        inner.with_padding(None);
        inner
            .with_truncation(None)
            .map_err(|error| anyhow!("{error}"))?;
        // They are then text like any other.
        inner.set_encode_special_tokens(true);
        for (text, (id, _)) in &added {
            ensure!(
                inner.token_to_id(text) == Some(*id),
                "its added token `{text}` can't have the number {id}"
            );
        }
        let markers: BTreeSet<u32> = added
            .values()
            .filter(|(_, marker)| *marker)
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
        if let (Some(_), Said::Gguf(metadata)) = (path, weights.said()) {
            vocabulary::check_same(metadata, |id| inner.id_to_token(id))?;
        }
        let config = path.and_then(|path| sibling(path, "tokenizer_config.json"));
        let said = said_ends(config.as_deref(), weights)?;
        let number = |token: &Named| match token {
            Named::Text(text) => inner.token_to_id(text),
            Named::Number(id) => Some(*id).filter(|&id| (id as usize) < vocab),
        };
        let mut ends: BTreeSet<u32> = said.iter().filter_map(number).collect();
        ends.extend(ENDS.iter().filter_map(|end| added.get(*end)));
        ensure!(
            !ends.is_empty(),
            "neither it nor the model says which token ends an answer (`eos_token`)"
        );
        let table = Table::new(&decoder, rows, vocabulary, &added, |id| {
            markers.contains(&id)
        })?;
        Ok(Self {
            inner,
            added,
            markers,
            ends,
            table: Arc::new(table),
            kind,
        })
    }

    /// The tokens of a text. None of them is a marker, even where the text spells one.
    ///
    /// # Errors
    /// When the tokenizer fails on it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|error| anyhow!("the tokenizer fails: {error}"))?;
        let ids = encoding.get_ids().to_vec();
        if let Some(id) = ids.iter().find(|id| self.markers.contains(id)) {
            bail!("the tokenizer makes the marker {id} of plain text");
        }
        Ok(ids)
    }

    /// The number of an added token, such as `<｜User｜>`.
    pub fn marker(&self, text: &str) -> Option<u32> {
        self.added.get(text).copied()
    }

    /// Whether a token ends an answer.
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// Makes text of tokens, as they come.
    pub fn decoder(&self) -> Decoder {
        Decoder::new(self.table.clone())
    }

    /// How many tokens there are. The model may have more rows.
    pub fn vocab(&self) -> usize {
        self.table.vocab()
    }

    /// Where it is from, for people to read.
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

/// A tokenizer's file beside the model's.
fn beside(weights: &Weights) -> Option<PathBuf> {
    let stem = weights.path().file_stem()?.to_str()?;
    let names = [format!("{stem}.tokenizer.json"), "tokenizer.json".into()];
    let paths = names.iter().map(|name| weights.folder().join(name));
    paths.into_iter().find(|path| path.is_file())
}

/// Reads a file beside `path`, if it is there.
fn sibling(path: &Path, name: &str) -> Option<PathBuf> {
    let path = path.with_file_name(name);
    path.is_file().then_some(path)
}

/// Marks as special all added tokens that a text must not become, and gives them all: their numbers,
/// and whether they are marked.
///
/// DeepSeek's `<｜User｜>` is not special in its own file, and would be found in a text. But its letters
/// such as `ö` are added tokens too, and have to be.
fn mark(json: &mut Value) -> Result<BTreeMap<String, (u32, bool)>> {
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
        let marker = token["special"].as_bool().unwrap_or(false)
            || bracketed('<', '>')
            || bracketed('[', ']');
        token["special"] = marker.into();
        added.insert(text, (u32::try_from(id)?, marker));
    }
    Ok(added)
}

/// A token as a configuration names it.
enum Named {
    Text(String),
    Number(u32),
}

/// What the weights and the files beside them say of tokens that end an answer.
fn said_ends(tokenizer_config: Option<&Path>, weights: &Weights) -> Result<Vec<Named>> {
    let mut ends = Vec::new();
    let json = |path: &Path| -> Result<Value> {
        let text = read_small(path)?;
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
    };
    if let Some(path) = tokenizer_config {
        let config = json(path)?;
        let text = |key: &str| {
            let token = &config[key];
            let text = token.as_str().or_else(|| token["content"].as_str())?;
            Some(Named::Text(text.to_owned()))
        };
        ends.extend(text("eos_token"));
    }
    let numbers = |value: &Value| -> Vec<Named> {
        let one_or_many = value.as_array().cloned().unwrap_or(vec![value.clone()]);
        let numbers = one_or_many.iter().filter_map(Value::as_u64);
        let numbers = numbers.filter_map(|id| u32::try_from(id).ok());
        numbers.map(Named::Number).collect()
    };
    match weights.said() {
        Said::Json(config) => {
            ends.extend(numbers(&config["eos_token_id"]));
            let path = weights.folder().join("generation_config.json");
            if path.is_file() {
                ends.extend(numbers(&json(&path)?["eos_token_id"]));
            }
        }
        Said::Gguf(metadata) => {
            let id = |name: &str| -> Result<Option<Named>> {
                let id = metadata.unsigned(&format!("tokenizer.ggml.{name}_token_id"))?;
                Ok(id.and_then(|id| u32::try_from(id).ok()).map(Named::Number))
            };
            for name in ["eos", "eot", "eom"] {
                ends.extend(id(name)?);
            }
        }
    }
    Ok(ends)
}
