//! The tokens that end a sequence, wherever a model names them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::weights::{ModelMetadata, Weights, read_small};

/// The end tokens of DeepSeek's models, which not all of their files name.
pub(super) const KNOWN: [&str; 2] = ["<｜end▁of▁sentence｜>", "<|EOT|>"];

/// Returns the path of a file beside `path`, if there is one.
pub(super) fn sibling(path: &Path, name: &str) -> Option<PathBuf> {
    let path = path.with_file_name(name);
    path.is_file().then_some(path)
}

/// A token as a file names it.
pub(super) enum TokenName {
    /// The token's text.
    Text(String),
    /// The token's id.
    Id(u32),
}

/// Returns the end tokens that the weights and the files beside them name.
///
/// # Errors
/// When one of the files can't be read.
pub(super) fn named(tokenizer_config: Option<&Path>, weights: &Weights) -> Result<Vec<TokenName>> {
    let mut names = Vec::new();
    let json = |path: &Path| -> Result<Value> {
        let text = read_small(path)?;
        serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
    };
    if let Some(path) = tokenizer_config {
        let config = json(path)?;
        let text = |key: &str| {
            let token = &config[key];
            let text = token.as_str().or_else(|| token["content"].as_str())?;
            Some(TokenName::Text(text.to_owned()))
        };
        names.extend(text("eos_token"));
    }
    let ids = |value: &Value| -> Vec<TokenName> {
        let one_or_many = value.as_array().cloned().unwrap_or(vec![value.clone()]);
        let ids = one_or_many.iter().filter_map(Value::as_u64);
        let ids = ids.filter_map(|id| u32::try_from(id).ok());
        ids.map(TokenName::Id).collect()
    };
    match weights.metadata() {
        ModelMetadata::ConfigJson(config) => {
            names.extend(ids(&config["eos_token_id"]));
            let path = weights.folder().join("generation_config.json");
            if path.is_file() {
                names.extend(ids(&json(&path)?["eos_token_id"]));
            }
        }
        ModelMetadata::Gguf(metadata) => {
            let id = |name: &str| -> Result<Option<TokenName>> {
                let id = metadata.unsigned(&format!("tokenizer.ggml.{name}_token_id"))?;
                Ok(id.and_then(|id| u32::try_from(id).ok()).map(TokenName::Id))
            };
            for name in ["eos", "eot", "eom"] {
                names.extend(id(name)?);
            }
        }
    }
    Ok(names)
}
