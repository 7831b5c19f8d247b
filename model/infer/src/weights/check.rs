//! Checks that a model is complete, and can be run here.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, Result, bail, ensure};

use super::gguf;
use super::tensor_info::TensorInfo;
use crate::llama::config::{LlamaConfig, RopeScaling};

/// Checks that the hyperparameters make sense together.
///
/// # Errors
/// When they don't: the message names one.
pub fn config(config: &LlamaConfig) -> Result<()> {
    let LlamaConfig {
        heads,
        kv_heads,
        head_dim,
        context,
        ..
    } = *config;
    ensure!(
        config.layers > 0 && config.hidden > 0 && config.feed_forward > 0 && head_dim > 0,
        "its shape has a zero: {config:?}"
    );
    ensure!(
        kv_heads > 0 && heads.is_multiple_of(kv_heads),
        "its {heads} query heads can't share {kv_heads} key and value heads"
    );
    ensure!(
        (1..=1 << 32).contains(&context),
        "it says that it was trained for {context} tokens"
    );
    ensure!(
        config.rms_eps.is_finite() && config.rms_eps >= 0.0,
        "its RMSNorm adds {}",
        config.rms_eps
    );
    let rope = &config.rope;
    ensure!(
        rope.theta.is_finite() && rope.theta > 1.0,
        "its rotary embedding has the base {}",
        rope.theta
    );
    ensure!(
        rope.dims > 0 && rope.dims.is_multiple_of(2) && rope.dims <= head_dim,
        "its rotary embedding turns {} of the {head_dim} dimensions of a head",
        rope.dims
    );
    let usable = |value: f64| value.is_finite() && value > 0.0;
    let extends = |factor: f64| usable(factor) && factor >= 1.0;
    let sensible = match &rope.scaling {
        RopeScaling::None => true,
        RopeScaling::Linear { factor } => extends(*factor),
        RopeScaling::Llama3 {
            factor,
            low_freq_factor,
            high_freq_factor,
            original_context,
        } => {
            extends(*factor)
                && usable(*low_freq_factor)
                && usable(*high_freq_factor)
                && high_freq_factor > low_freq_factor
                && *original_context > 0
        }
        RopeScaling::Factors(factors) => {
            factors.len() == rope.dims / 2 && factors.iter().all(|&factor| usable(factor.into()))
        }
        RopeScaling::Yarn {
            factor,
            original_context,
            beta_fast,
            beta_slow,
            attention_factor,
        } => {
            extends(*factor)
                && usable(*beta_slow)
                && usable(*beta_fast)
                && beta_fast >= beta_slow
                && usable(*attention_factor)
                && *original_context > 0
        }
    };
    ensure!(
        sensible,
        "its rotary embedding's scaling makes no sense: {:?}",
        rope.scaling
    );
    Ok(())
}

/// Checks that exactly the tensors that follow from `config` are there, in the right shapes.
///
/// # Errors
/// When they aren't: the message names one.
pub fn tensors(tensors: &BTreeMap<String, TensorInfo>, config: &LlamaConfig) -> Result<()> {
    if let Some(bias) = tensors.keys().find(|name| name.ends_with(".bias")) {
        bail!("it has biases (`{bias}`), which can't be run here");
    }
    let LlamaConfig {
        vocab,
        hidden,
        feed_forward,
        ..
    } = *config;
    let too_large = "its shape is beyond any machine";
    let queries = config
        .heads
        .checked_mul(config.head_dim)
        .context(too_large)?;
    let keys = config
        .kv_heads
        .checked_mul(config.head_dim)
        .context(too_large)?;
    let expect = |name: &str, shape: &[usize]| {
        let info = tensors.get(name).with_context(|| {
            format!("the tensor `{name}` is missing: the file is incomplete, or of another kind")
        })?;
        ensure!(
            info.shape == shape,
            "the tensor `{name}` has the shape {:?}, and {shape:?} is expected",
            info.shape
        );
        ensure!(
            shape.len() > 1 || info.dtype.block_size() == 1,
            "the tensor `{name}` is quantised ({}), which norms may not be",
            gguf::type_name(info.dtype)
        );
        Ok(())
    };
    let mut known = HashSet::new();
    let mut expect = |name: String, shape: &[usize]| {
        expect(&name, shape)?;
        known.insert(name);
        Ok::<_, anyhow::Error>(())
    };
    expect("token_embd.weight".into(), &[vocab, hidden])?;
    expect("output_norm.weight".into(), &[hidden])?;
    if tensors.contains_key("output.weight") {
        expect("output.weight".into(), &[vocab, hidden])?;
    }
    for layer in 0..config.layers {
        let parts: [(&str, &[usize]); 9] = [
            ("attn_norm", &[hidden]),
            ("attn_q", &[queries, hidden]),
            ("attn_k", &[keys, hidden]),
            ("attn_v", &[keys, hidden]),
            ("attn_output", &[hidden, queries]),
            ("ffn_norm", &[hidden]),
            ("ffn_gate", &[feed_forward, hidden]),
            ("ffn_up", &[feed_forward, hidden]),
            ("ffn_down", &[hidden, feed_forward]),
        ];
        for (part, shape) in parts {
            expect(format!("blk.{layer}.{part}.weight"), shape)?;
        }
    }
    if let Some(odd) = tensors.keys().find(|name| !known.contains(*name)) {
        bail!("it has the tensor `{odd}`, which no plain LLaMA has: it can't be run here");
    }
    Ok(())
}
