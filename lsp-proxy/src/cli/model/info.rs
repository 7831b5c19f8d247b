//! `unsorry model info`.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use unsorry_infer::llama::config::RopeScaling;
use unsorry_infer::memory::{
    SCRATCH_BYTES, cache_token_bytes, format_bytes, resident_bytes_on_cpu,
};
use unsorry_infer::tokenizer::Tokenizer;
use unsorry_infer::weights::{Weights, gguf};
use unsorry_model::local::LocalSettings;

/// Describes a model's file, and the memory that it needs of a machine with `available` bytes free.
///
/// # Errors
/// When the model can't be run here.
pub fn info(settings: &LocalSettings, available: u64) -> Result<String> {
    let weights = Weights::open(&settings.model)?;
    let config = weights.config();
    let mut types: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for (_, tensor) in weights.tensors() {
        let (count, bytes) = types.entry(gguf::type_name(tensor.dtype)).or_default();
        *count += 1;
        *bytes += tensor.bytes;
    }
    let types: Vec<String> = types
        .iter()
        .map(|(name, (count, bytes))| format!("{name} {} in {count} tensors", format_bytes(*bytes)))
        .collect();
    let tokenizer = match Tokenizer::open(&weights, settings.tokenizer.as_deref()) {
        Ok(tokenizer) => format!("{} tokens, from {}", tokenizer.vocab(), tokenizer.source()),
        Err(error) => format!("none: {error:#}"),
    };
    let groups = match config.heads == config.kv_heads {
        true => String::new(),
        false => format!(" on {} for keys and values", config.kv_heads),
    };
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<13} {value}");
    };
    line("file", weights.path().display().to_string());
    line("architecture", "llama".into());
    line("parameters", parameters(weights.parameters()));
    line(
        "weights",
        format!(
            "{}: {}",
            format_bytes(weights.total_bytes()),
            types.join(", ")
        ),
    );
    line(
        "shape",
        format!(
            "{} layers of width {}, feed-forward {}, {} heads of {}{groups}, {} rows of vocabulary",
            config.layers,
            config.hidden,
            config.feed_forward,
            config.heads,
            config.head_dim,
            config.vocab
        ),
    );
    line("context", format!("{} tokens", config.context));
    line(
        "positions",
        format!(
            "rotary, base {}, {}",
            config.rope.theta,
            scaling(&config.rope.scaling)
        ),
    );
    line("tokenizer", tokenizer);
    let resident = resident_bytes_on_cpu(&weights);
    let default = settings.limits().context(config.context);
    let mut contexts = vec![2048, default, 16384, config.context];
    contexts.retain(|&context| context <= config.context);
    contexts.sort_unstable();
    contexts.dedup();
    for context in contexts {
        let needed = cache_token_bytes(config)
            .saturating_mul(context as u64)
            .saturating_add(resident + SCRATCH_BYTES);
        let fits = if needed <= available {
            "fits"
        } else {
            "does not fit"
        };
        line(
            "memory",
            format!(
                "{} for {context} tokens of text: {fits}",
                format_bytes(needed)
            ),
        );
    }
    Ok(text)
}

fn parameters(count: u64) -> String {
    match count {
        0..1_000_000 => count.to_string(),
        1_000_000..1_000_000_000 => format!("{:.2} million", count as f64 / 1e6),
        _ => format!("{:.2} billion", count as f64 / 1e9),
    }
}

fn scaling(scaling: &RopeScaling) -> String {
    match scaling {
        RopeScaling::None => "not scaled".into(),
        RopeScaling::Linear { factor } => format!("linear scaling by {factor}"),
        RopeScaling::Llama3 {
            factor,
            original_context,
            ..
        } => format!("Llama 3's scaling by {factor} from {original_context} tokens"),
        RopeScaling::Factors(_) => "with a factor for each frequency".into(),
        RopeScaling::Yarn {
            factor,
            original_context,
            beta_fast,
            beta_slow,
            attention_factor,
        } => format!(
            "YaRN by {factor} from {original_context} tokens (β {beta_fast} and {beta_slow}, attention factor {attention_factor:.5})"
        ),
    }
}
