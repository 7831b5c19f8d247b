//! The pre-tokenizers that GGUF files name: how text is split before the merges.
//!
//! They are exactly those of the models that they are named after, as `tests/reference/token_fixtures.py`
//! finds them.

use serde_json::{Value, json};

/// A pre-tokenizer, in the terms of `tokenizer.json`.
pub(super) struct PreTokenizer {
    pub(super) normalizer: Value,
    /// The `pretokenizers` of a `Sequence`.
    pub(super) steps: Vec<Value>,
    /// Whether a piece that is a token is not made by merges.
    pub(super) ignore_merges: bool,
}

impl PreTokenizer {
    /// Returns the pre-tokenizer with the name of `tokenizer.ggml.pre`, if it is known.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        let digits = || json!({ "type": "Digits", "individual_digits": true });
        let (normalizer, steps, ignore_merges) = match name {
            "deepseek-llm" => {
                let words = format!(r"\s?[A-Za-z{CASED}]+");
                let steps = vec![
                    split(r"[\r\n]"),
                    split(&words),
                    split(
                        r"\s?[!-/:-~\u{ff01}-\u{ff0f}\u{ff1a}-\u{ff5e}\u{2018}-\u{201f}\u{3000}-\u{3002}]+",
                    ),
                    split(r"\s+$"),
                    split(CHINESE),
                    digits(),
                    byte_level(false),
                ];
                (Value::Null, steps, false)
            }
            "deepseek-coder" => {
                let steps = vec![
                    split(r"[\r\n]"),
                    split(r"\s?\p{L}+"),
                    split(r"\s?\p{P}+"),
                    split(CHINESE),
                    digits(),
                    byte_level(false),
                ];
                (Value::Null, steps, false)
            }
            "llama-bpe" => (Value::Null, vec![words("{1,3}"), byte_level(false)], true),
            "qwen2" => (
                json!({ "type": "NFC" }),
                vec![words(""), byte_level(false)],
                false,
            ),
            "gpt-2" => (Value::Null, vec![byte_level(true)], false),
            _ => return None,
        };
        Some(Self {
            normalizer,
            steps,
            ignore_merges,
        })
    }
}

/// Splits into words with the space before them, numbers of `digits` digits, and the rest.
fn words(digits: &str) -> Value {
    split(&format!(
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ))
}

/// Splits before and after each match.
fn split(regex: &str) -> Value {
    json!({ "type": "Split", "pattern": { "Regex": regex }, "behavior": "Isolated", "invert": false })
}

/// Returns the step from bytes to GPT-2's letters; with `use_regex` it splits as GPT-2 does.
pub(super) fn byte_level(use_regex: bool) -> Value {
    json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex })
}

/// Letters that have a case, in the scripts that DeepSeek's tokenizer knows, beyond ASCII's.
const CASED: &str = concat!(
    r"\u{b5}\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{1ba}\u{1bc}-\u{1bf}\u{1c4}-\u{293}",
    r"\u{295}-\u{2af}\u{370}-\u{373}\u{376}\u{377}\u{37b}-\u{37d}\u{37f}\u{386}",
    r"\u{388}-\u{38a}\u{38c}\u{38e}-\u{3a1}\u{3a3}-\u{3f5}\u{3f7}-\u{481}\u{48a}-\u{52f}",
    r"\u{531}-\u{556}\u{10a0}-\u{10c5}\u{13a0}-\u{13f5}\u{13f8}-\u{13fd}\u{1c90}-\u{1cba}",
    r"\u{1cbd}-\u{1cbf}\u{1d00}-\u{1d2b}\u{1d6b}-\u{1d77}\u{1d79}-\u{1d9a}",
    r"\u{1e00}-\u{1f15}\u{1f18}-\u{1f1d}\u{1f20}-\u{1f45}\u{1f48}-\u{1f4d}",
    r"\u{1f50}-\u{1f57}\u{1f59}\u{1f5b}\u{1f5d}\u{1f5f}-\u{1f7d}\u{1f80}-\u{1fb4}",
    r"\u{1fb6}-\u{1fbc}\u{1fbe}\u{1fc2}-\u{1fc4}\u{1fc6}-\u{1fcc}\u{1fd0}-\u{1fd3}",
    r"\u{1fd6}-\u{1fdb}\u{1fe0}-\u{1fec}\u{1ff2}-\u{1ff4}\u{1ff6}-\u{1ffc}\u{2102}\u{2107}",
    r"\u{210a}-\u{2113}\u{2115}\u{2119}-\u{211d}\u{2124}\u{2126}\u{2128}\u{212a}-\u{212d}",
    r"\u{212f}-\u{2134}\u{2139}\u{213c}-\u{213f}\u{2145}-\u{2149}\u{214e}\u{2183}\u{2184}",
    r"\u{2c00}-\u{2c7b}\u{2c7e}-\u{2ce4}\u{2ceb}-\u{2cee}\u{2cf2}\u{2cf3}\u{a640}-\u{a66d}",
    r"\u{a680}-\u{a69b}\u{a722}-\u{a76f}\u{a771}-\u{a787}\u{a78b}-\u{a78e}",
    r"\u{ab70}-\u{abbf}\u{fb00}-\u{fb06}\u{fb13}-\u{fb17}\u{ff21}-\u{ff3a}",
    r"\u{ff41}-\u{ff5a}\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}",
    r"\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}",
);

/// The characters that DeepSeek's tokenizers split as Chinese, Japanese and Korean.
const CHINESE: &str = r"[\u{4e00}-\u{9fa5}\u{800}-\u{4e00}\u{ac00}-\u{d7ff}]+";
