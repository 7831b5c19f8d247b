//! A tokenizer from the vocabulary in a GGUF file.
//!
//! The file has the tokens and merges, and in `tokenizer.ggml.pre` llama.cpp's name of the pre-tokenizer.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};

use super::pre_tokenizer::{PreTokenizer, byte_level};
use crate::weights::gguf::Metadata;

/// Types of tokens: `llama_token_type` in llama.cpp's `llama.h`.
const NORMAL: i64 = 1;
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;

/// Returns the equivalent `tokenizer.json`.
///
/// # Errors
/// When the file has no vocabulary, or one of an unknown type: the message names it.
pub fn from_gguf(metadata: &Metadata) -> Result<Value> {
    let model = metadata.string("tokenizer.ggml.model")?;
    let model = model.context("the file has no vocabulary")?;
    ensure!(
        model == "gpt2",
        "the file's own vocabulary is of the kind `{model}`, which is not built here"
    );
    let pre = metadata.string("tokenizer.ggml.pre")?.unwrap_or("default");
    let Some(PreTokenizer {
        normalizer,
        steps,
        ignore_merges,
    }) = PreTokenizer::by_name(pre)
    else {
        bail!(
            "the file's own vocabulary is for the pre-tokenizer `{pre}`, which is not built here"
        );
    };
    let (tokens, kinds) = tokens(metadata)?;
    let merges = metadata.array("tokenizer.ggml.merges")?;
    let merges = merges.context("the file's vocabulary has no merges")?;
    let merges = merges.strings().context("tokenizer.ggml.merges")?;
    let mut vocab = Map::new();
    let mut added = Vec::new();
    for (id, (text, kind)) in tokens.into_iter().zip(kinds).enumerate() {
        if kind == CONTROL || kind == USER_DEFINED {
            added.push(json!({
                "id": id, "content": text, "special": kind == CONTROL, "normalized": false,
                "single_word": false, "lstrip": false, "rstrip": false,
            }));
        }
        ensure!(
            vocab.insert(text.clone(), id.into()).is_none(),
            "the file's vocabulary has `{text}` twice"
        );
    }
    Ok(json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": normalizer,
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": steps },
        "decoder": byte_level(false),
        "model": {
            "type": "BPE", "vocab": vocab, "merges": merges, "ignore_merges": ignore_merges,
            "dropout": null, "unk_token": null, "fuse_unk": false, "byte_fallback": false,
            "continuing_subword_prefix": null, "end_of_word_suffix": null,
        },
    }))
}

/// Checks that a tokenizer from elsewhere has the tokens of the file.
///
/// # Errors
/// When a token differs: the message names it.
pub fn check_same(metadata: &Metadata, token: impl Fn(u32) -> Option<String>) -> Result<()> {
    if metadata.get("tokenizer.ggml.tokens").is_none() {
        return Ok(());
    }
    let (tokens, kinds) = tokens(metadata)?;
    for (id, (text, kind)) in (0..).zip(tokens.iter().zip(kinds)) {
        if kind != NORMAL {
            continue;
        }
        let theirs = token(id).unwrap_or_default();
        ensure!(
            theirs == *text,
            "it is another model's: token {id} is `{theirs}` there and `{text}` in the model's file"
        );
    }
    Ok(())
}

/// Reads the tokens and their types.
fn tokens(metadata: &Metadata) -> Result<(Vec<String>, Vec<i64>)> {
    let tokens = metadata.array("tokenizer.ggml.tokens")?;
    let tokens = tokens.context("the file has no vocabulary")?;
    let tokens = tokens.strings().context("tokenizer.ggml.tokens")?;
    let kinds = match metadata.array("tokenizer.ggml.token_type")? {
        Some(kinds) => kinds.integers().context("tokenizer.ggml.token_type")?,
        None => bail!("the file's vocabulary does not say which tokens are special"),
    };
    ensure!(
        tokens.len() == kinds.len(),
        "the file's vocabulary has {} tokens and {} kinds",
        tokens.len(),
        kinds.len()
    );
    Ok((tokens, kinds))
}
