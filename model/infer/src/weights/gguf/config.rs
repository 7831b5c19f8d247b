//! The hyperparameters in the metadata of a GGUF file.
//!
//! The keys are those of gguf-py's `constants.py`. Defaults are those of llama.cpp's
//! `llama-model.cpp` (`load_hparams`), and YaRN's keys mean what they do in its `llama-context.cpp`.

use anyhow::{Context, Result, bail, ensure};

use super::{Metadata, Value};
use crate::llama::config::{LlamaConfig, Rope, RopePairs, RopeScaling};
use crate::weights::yarn::{extended_context, mscale};

/// Reads the hyperparameters. `vocab` is the number of rows of the embedding, `factors` are those of
/// `rope_freqs.weight`.
///
/// # Errors
/// When a key is missing or has a value that can't be used here: the message names it.
pub fn config(metadata: &Metadata, vocab: usize, factors: Option<Vec<f32>>) -> Result<LlamaConfig> {
    let architecture = metadata
        .string("general.architecture")?
        .context("it names no `general.architecture`: it is no model")?;
    ensure!(
        architecture == "llama",
        "it is a model of architecture `{architecture}`, and only `llama` can be run here (such as \
         DeepSeek-Prover-V2-7B)"
    );
    let parts = metadata.unsigned("split.count")?.unwrap_or(1);
    ensure!(
        parts <= 1,
        "it is one of {parts} parts of a model: join them with `llama-gguf-split --merge`, or get a \
         file that is whole"
    );
    let experts = number(metadata, "expert_count")?.unwrap_or(0);
    ensure!(
        experts == 0,
        "it is a mixture of {experts} experts, which can't be run here"
    );
    let hidden = required(metadata, "embedding_length")?;
    let layers = required(metadata, "block_count")?;
    let heads =
        uniform(metadata, "attention.head_count")?.context("it names no number of heads")?;
    let kv_heads = uniform(metadata, "attention.head_count_kv")?.unwrap_or(heads);
    let feed_forward =
        uniform(metadata, "feed_forward_length")?.context("it names no `feed_forward_length`")?;
    ensure!(heads > 0, "it has no attention heads");
    let head_dim = number(metadata, "attention.key_length")?.unwrap_or(hidden / heads);
    let value_dim = number(metadata, "attention.value_length")?.unwrap_or(hidden / heads);
    ensure!(
        head_dim == value_dim,
        "its heads have keys of {head_dim} and values of {value_dim} numbers; only equal ones can be \
         run here"
    );
    let context = required(metadata, "context_length")?;
    let scaling = scaling(metadata, context, factors)?;
    Ok(LlamaConfig {
        vocab,
        hidden,
        feed_forward,
        layers,
        heads,
        kv_heads,
        head_dim,
        rms_eps: float(metadata, "attention.layer_norm_rms_epsilon")?
            .context("it names no `attention.layer_norm_rms_epsilon`")? as f32,
        context: extended_context(context, &scaling),
        rope: Rope {
            theta: float(metadata, "rope.freq_base")?.unwrap_or(10_000.0),
            dims: number(metadata, "rope.dimension_count")?.unwrap_or(head_dim),
            pairs: RopePairs::Interleaved,
            scaling,
        },
    })
}

/// Reads the scaling. As in llama.cpp, a missing type is `linear` and a missing factor 1.
fn scaling(metadata: &Metadata, context: usize, factors: Option<Vec<f32>>) -> Result<RopeScaling> {
    let kind = metadata
        .string(&key("rope.scaling.type"))?
        .unwrap_or("linear");
    let factor = match float(metadata, "rope.scaling.factor")? {
        Some(factor) => factor,
        None => float(metadata, "rope.scale_linear")?.unwrap_or(0.0),
    };
    let factor = if factor == 0.0 { 1.0 } else { factor };
    let attention = float(metadata, "rope.scaling.attn_factor")?.unwrap_or(1.0);
    let scaling = match kind {
        "none" => RopeScaling::None,
        "linear" if factor == 1.0 => RopeScaling::None,
        "linear" => RopeScaling::Linear { factor },
        "yarn" => yarn(metadata, context, factor, attention)?,
        other => bail!("its rotary embedding is scaled by `{other}`, which is not known here"),
    };
    ensure!(
        attention == 1.0 || matches!(scaling, RopeScaling::Yarn { .. }),
        "it has a `rope.scaling.attn_factor` of {attention} without YaRN, which is not known here"
    );
    match (factors, scaling) {
        (None, scaling) => Ok(scaling),
        (Some(factors), RopeScaling::None) => Ok(RopeScaling::Factors(factors)),
        (Some(_), _) => {
            bail!("it has both `rope_freqs.weight` and a `rope.scaling.type` of `{kind}`")
        }
    }
}

/// Reads YaRN's parameters.
///
/// llama.cpp computes the factor on cosine and sine as `mscale(factor, 1)`, or as
/// `mscale(factor, 1) / mscale(factor, yarn_log_multiplier)` where that is not 0, times
/// `rope.scaling.attn_factor`. Its converter writes `config.json`'s `attention_factor`, which overrides
/// the formula in transformers, as `yarn_attn_factor`; llama.cpp itself does not read that back, nor
/// the betas, for this architecture. Here they are used as `config.json` means them.
fn yarn(metadata: &Metadata, context: usize, factor: f64, attention: f64) -> Result<RopeScaling> {
    let mix = float(metadata, "rope.scaling.yarn_ext_factor")?.unwrap_or(1.0);
    ensure!(
        mix == 1.0,
        "it has a `rope.scaling.yarn_ext_factor` of {mix}; only 1 is known here"
    );
    let attention_factor = match float(metadata, "rope.scaling.yarn_attn_factor")? {
        Some(given) => given,
        None => {
            let all = float(metadata, "rope.scaling.yarn_log_multiplier")?.unwrap_or(0.0);
            mscale(factor, 1.0) / mscale(factor, all)
        }
    };
    Ok(RopeScaling::Yarn {
        factor,
        original_context: number(metadata, "rope.scaling.original_context_length")?
            .unwrap_or(context),
        beta_fast: float(metadata, "rope.scaling.yarn_beta_fast")?.unwrap_or(32.0),
        beta_slow: float(metadata, "rope.scaling.yarn_beta_slow")?.unwrap_or(1.0),
        attention_factor: attention_factor * attention,
    })
}

fn key(name: &str) -> String {
    format!("llama.{name}")
}

fn number(metadata: &Metadata, name: &str) -> Result<Option<usize>> {
    let value = metadata.unsigned(&key(name))?;
    Ok(value.map(usize::try_from).transpose()?)
}

fn required(metadata: &Metadata, name: &str) -> Result<usize> {
    number(metadata, name)?.with_context(|| format!("it names no `{}`", key(name)))
}

fn float(metadata: &Metadata, name: &str) -> Result<Option<f64>> {
    metadata.float(&key(name))
}

/// Reads a number that may be given once for all layers, or for each.
fn uniform(metadata: &Metadata, name: &str) -> Result<Option<usize>> {
    let Some(Value::Array(array)) = metadata.get(&key(name)) else {
        return number(metadata, name);
    };
    let values = array.integers().with_context(|| key(name))?;
    let Some(&first) = values.first() else {
        return Ok(None);
    };
    ensure!(
        values.iter().all(|&value| value == first),
        "its layers differ in `{}`, which can't be run here",
        key(name)
    );
    Ok(Some(usize::try_from(first).with_context(|| key(name))?))
}
