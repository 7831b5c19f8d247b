//! The memory that a model takes, and that the machine has.

mod system;
#[cfg(test)]
mod tests;

use anyhow::{Result, bail, ensure};
use candle_core::Device;

use crate::kv_cache::PAGE_TOKENS;
use crate::llama::config::LlamaConfig;
use crate::llama::linear;
use crate::weights::{TensorInfo, Weights};
pub use system::{available, available_main_memory, process_memory};

/// The bytes reserved for intermediate results and for the rest of the program.
pub const SCRATCH_BYTES: u64 = 512 << 20;

/// The shortest context that is planned for unless a caller insists, in tokens.
const MIN_CONTEXT_TOKENS: usize = 1024;

/// The lengths that a caller wants for its sequences, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequenceLimits {
    /// The context length, where the caller insists on one.
    pub context: Option<usize>,
    /// The context length otherwise, where the model and the memory allow it.
    pub default_context: usize,
    /// The longest completion.
    pub max_new_tokens: usize,
    /// The number of completions that are decoded together; at min_context one.
    pub batch: usize,
}

impl SequenceLimits {
    /// Returns the context length for a model that was trained for `trained_context` tokens.
    pub fn context(&self, trained_context: usize) -> usize {
        self.context
            .unwrap_or(self.default_context)
            .min(trained_context)
    }

    /// Returns the tokens that the cache has to hold with a context length of `context`: one full
    /// sequence, and for each other of a batch a completion of at most half the context.
    pub fn cache_tokens(&self, context: usize) -> usize {
        let completion = self.max_new_tokens.min(context / 2).max(1) + 2 * PAGE_TOKENS;
        let others = self.batch.saturating_sub(1).saturating_mul(completion);
        context.saturating_add(others)
    }
}

/// The planned use of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPlan {
    /// The context length: the most tokens of one sequence.
    pub context: usize,
    /// The tokens of all sequences in the KV cache: at min_context [`MemoryPlan::context`].
    pub cache_tokens: usize,
    /// The bytes of the KV cache.
    pub cache_bytes: u64,
    /// The bytes in all: weights, cache and [`SCRATCH_BYTES`].
    pub total_bytes: u64,
}

/// Returns the bytes of a token in the KV cache: its keys and values in f16.
pub fn cache_token_bytes(config: &LlamaConfig) -> u64 {
    let factors = [2, config.layers, config.kv_heads, config.head_dim, 2];
    let product = |all: u64, &next: &usize| all.saturating_mul(next as u64);
    factors.iter().fold(1, product)
}

/// Plans the memory of a model on a device that has `available` bytes.
///
/// # Errors
/// When the model does not fit, or `limits` insists on more context than the model was trained for. The
/// message says what would fit.
pub fn plan(
    config: &LlamaConfig,
    weights_bytes: u64,
    available: u64,
    limits: &SequenceLimits,
) -> Result<MemoryPlan> {
    let each = cache_token_bytes(config).max(1);
    let fixed = weights_bytes.saturating_add(SCRATCH_BYTES);
    let fit = available.saturating_sub(fixed) / each;
    let fit = usize::try_from(fit).unwrap_or(usize::MAX);
    let min_context = limits
        .context
        .unwrap_or(MIN_CONTEXT_TOKENS)
        .min(config.context);
    if fit < MIN_CONTEXT_TOKENS.min(min_context) {
        bail!(
            "it needs {} for its weights, {} to compute with and {} for each 1000 tokens of context, \
             but only {} of memory are free: end other programs, or take a file whose weights have at \
             most {}",
            format_bytes(weights_bytes),
            format_bytes(SCRATCH_BYTES),
            format_bytes(each.saturating_mul(1000)),
            format_bytes(available),
            format_bytes(
                available
                    .saturating_sub(SCRATCH_BYTES + each.saturating_mul(MIN_CONTEXT_TOKENS as u64))
            )
        );
    }
    if let Some(context) = limits.context {
        ensure!(
            context <= config.context,
            "`context = {context}`, but the model was trained for {} tokens",
            config.context
        );
        ensure!(
            context <= fit,
            "`context = {context}` needs {} beside the weights' {}, but only {} of memory are free: \
             `context = {}` would fit",
            format_bytes(each.saturating_mul(context as u64)),
            format_bytes(fixed),
            format_bytes(available),
            round_down(fit)
        );
    }
    // What fits exactly now may not fit a moment later.
    let context = limits.context(config.context);
    let context = if context < fit {
        context
    } else {
        round_down(fit)
    };
    let cache_tokens = limits.cache_tokens(context).min(fit);
    let cache_bytes = each.saturating_mul(cache_tokens as u64);
    Ok(MemoryPlan {
        context,
        cache_tokens,
        cache_bytes,
        total_bytes: fixed.saturating_add(cache_bytes),
    })
}

/// Rounds a number of tokens down to one that reads well.
fn round_down(tokens: usize) -> usize {
    if tokens < 512 {
        tokens
    } else {
        tokens / 256 * 256
    }
}

/// Plans the memory of a model on `device`, by what is free there now.
///
/// # Errors
/// As for [`plan`].
pub fn plan_on(weights: &Weights, device: &Device, limits: &SequenceLimits) -> Result<MemoryPlan> {
    let available = available(device)?;
    let weights_bytes = resident_bytes(weights, device);
    plan(weights.config(), weights_bytes, available, limits)
}

/// Returns the bytes that the weights take in main memory once they are used.
pub fn resident_bytes_on_cpu(weights: &Weights) -> u64 {
    resident_bytes(weights, &Device::Cpu)
}

/// Returns the bytes that the weights take on `device` once they are used.
fn resident_bytes(weights: &Weights, device: &Device) -> u64 {
    const EMBEDDING: &str = "token_embd.weight";
    let multiplied = |info: &TensorInfo| linear::resident_bytes(info.dtype, info.bytes, device);
    let mut bytes: u64 = weights
        .tensors()
        .map(|(name, info)| match name {
            EMBEDDING => info.bytes,
            _ => multiplied(info),
        })
        .sum();
    // A tied embedding is stored for both uses.
    if weights.info("output.weight").is_none() {
        bytes += weights.info(EMBEDDING).map_or(0, multiplied);
    }
    bytes
}

/// Formats a number of bytes for people.
pub fn format_bytes(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        format!("{:.0} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.2} GB", bytes as f64 / 1e9)
    }
}
