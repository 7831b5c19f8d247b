//! The hyperparameters in the `config.json` beside safetensors.
//!
//! Keys and defaults are those of Hugging Face transformers 5 (`configuration_llama.py`,
//! `modeling_rope_utils.py`), older spellings included.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::yarn::{extended_context, mscale};
use crate::llama::config::{LlamaConfig, Rope, RopePairs, RopeScaling};

/// Reads the hyperparameters, and whether the embeddings are tied: the output matrix is the embedding.
///
/// # Errors
/// When a key is missing or has a value that can't be used here: the message names it.
pub fn config(json: &Value) -> Result<(LlamaConfig, bool)> {
    let architecture = json["architectures"][0]
        .as_str()
        .or_else(|| json["model_type"].as_str())
        .context("it names no `architectures`")?;
    ensure!(
        matches!(architecture, "LlamaForCausalLM" | "llama"),
        "it is a model of architecture `{architecture}`, and only `LlamaForCausalLM` can be run here \
         (such as DeepSeek-Prover-V2-7B)"
    );
    for key in ["quantization_config", "quantization"] {
        ensure!(
            json[key].is_null(),
            "its weights are quantised (`{key}`), which can't be read here: get a GGUF file such as \
             Q4_K_M or Q8_0, or the unquantised safetensors"
        );
    }
    for key in ["attention_bias", "mlp_bias"] {
        ensure!(
            !boolean(json, key)?,
            "it has biases (`{key}`), which can't be run here"
        );
    }
    let activation = json["hidden_act"].as_str().unwrap_or("silu");
    ensure!(
        matches!(activation, "silu" | "swish"),
        "its activation is `{activation}`, which can't be run here: only `silu`"
    );
    let hidden = required(json, "hidden_size")?;
    let heads = required(json, "num_attention_heads")?;
    ensure!(heads > 0, "it has no attention heads");
    let head_dim = number(json, "head_dim")?.unwrap_or(hidden / heads);
    let context = number(json, "max_position_embeddings")?.unwrap_or(2048);
    let rope = rope(json, head_dim, context)?;
    let config = LlamaConfig {
        vocab: required(json, "vocab_size")?,
        hidden,
        feed_forward: required(json, "intermediate_size")?,
        layers: required(json, "num_hidden_layers")?,
        heads,
        kv_heads: number(json, "num_key_value_heads")?.unwrap_or(heads),
        head_dim,
        rms_eps: float(json, "rms_norm_eps")?.unwrap_or(1e-6) as f32,
        context: extended_context(context, &rope.scaling),
        rope,
    };
    Ok((config, boolean(json, "tie_word_embeddings")?))
}

/// Returns the scaling's object: `rope_scaling`, or `rope_parameters` since transformers 5.
fn parameters(json: &Value) -> &Value {
    if json["rope_scaling"].is_object() {
        &json["rope_scaling"]
    } else {
        &json["rope_parameters"]
    }
}

fn rope(json: &Value, head_dim: usize, context: usize) -> Result<Rope> {
    let parameters = parameters(json);
    ensure!(
        !parameters["full_attention"].is_object() && !parameters["sliding_attention"].is_object(),
        "its layers differ in their rotary embedding, which can't be run here"
    );
    let either = |key: &str| Ok::<_, anyhow::Error>(float(parameters, key)?.or(float(json, key)?));
    let rotated = either("partial_rotary_factor")?.unwrap_or(1.0);
    Ok(Rope {
        theta: either("rope_theta")?.unwrap_or(10_000.0),
        dims: (head_dim as f64 * rotated) as usize,
        pairs: RopePairs::Halves,
        scaling: scaling(json, parameters, context)
            .with_context(|| format!("its rotary embedding's scaling is {parameters}"))?,
    })
}

fn scaling(json: &Value, parameters: &Value, context: usize) -> Result<RopeScaling> {
    let kind = parameters["rope_type"]
        .as_str()
        .or_else(|| parameters["type"].as_str())
        .unwrap_or("default");
    let named = "original_max_position_embeddings";
    let original_context = match number(json, named)? {
        Some(tokens) => tokens,
        None => number(parameters, named)?.unwrap_or(context),
    };
    let needed = |key: &str| float(parameters, key)?.with_context(|| format!("it has no `{key}`"));
    Ok(match kind {
        "default" => RopeScaling::None,
        "linear" => RopeScaling::Linear {
            factor: needed("factor")?,
        },
        "llama3" => RopeScaling::Llama3 {
            factor: needed("factor")?,
            low_freq_factor: needed("low_freq_factor")?,
            high_freq_factor: needed("high_freq_factor")?,
            original_context,
        },
        "yarn" => {
            let factor = match float(parameters, "factor")? {
                Some(factor) => factor,
                None => context as f64 / original_context.max(1) as f64,
            };
            ensure!(
                parameters["truncate"].as_bool().unwrap_or(true),
                "`truncate: false` is not known here"
            );
            RopeScaling::Yarn {
                factor,
                original_context,
                // As in transformers, 0 stands for a missing value.
                beta_fast: float(parameters, "beta_fast")?
                    .filter(|&beta| beta != 0.0)
                    .unwrap_or(32.0),
                beta_slow: float(parameters, "beta_slow")?
                    .filter(|&beta| beta != 0.0)
                    .unwrap_or(1.0),
                attention_factor: attention_factor(parameters, factor)?,
            }
        }
        other => {
            bail!("the type `{other}` is not known here: only default, linear, llama3 and yarn")
        }
    })
}

/// Returns `attention_factor` where it is given; else `mscale(factor, mscale) / mscale(factor,
/// mscale_all_dim)` where both are given and not 0; else `mscale(factor, 1)`.
fn attention_factor(parameters: &Value, factor: f64) -> Result<f64> {
    if let Some(given) = float(parameters, "attention_factor")? {
        return Ok(given);
    }
    let some = |key: &str| Ok::<_, anyhow::Error>(float(parameters, key)?.filter(|&it| it != 0.0));
    Ok(match (some("mscale")?, some("mscale_all_dim")?) {
        (Some(own), Some(all)) => mscale(factor, own) / mscale(factor, all),
        _ => mscale(factor, 1.0),
    })
}

fn number(json: &Value, key: &str) -> Result<Option<usize>> {
    typed(json, key, "whole number", |value| {
        usize::try_from(value.as_u64()?).ok()
    })
}

fn float(json: &Value, key: &str) -> Result<Option<f64>> {
    typed(json, key, "number", Value::as_f64)
}

fn boolean(json: &Value, key: &str) -> Result<bool> {
    Ok(typed(json, key, "true or false", Value::as_bool)?.unwrap_or(false))
}

fn required(json: &Value, key: &str) -> Result<usize> {
    number(json, key)?.with_context(|| format!("it names no `{key}`"))
}

/// Looks up a value, by `take`; `null` is a missing one.
fn typed<T>(
    json: &Value,
    key: &str,
    wanted: &str,
    take: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>> {
    match json.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match take(value) {
            Some(value) => Ok(Some(value)),
            None => bail!("its `{key}` is {value}, and should be a {wanted}"),
        },
    }
}
