//! Parameters of YaRN (Peng et al. 2023, <https://arxiv.org/abs/2309.00071>) that readers of both file
//! formats derive.

use crate::llama::config::RopeScaling;

/// Returns the factor on cosine and sine that YaRN adds (its section 3.4), with DeepSeek's multiplier.
pub(super) fn mscale(factor: f64, multiplier: f64) -> f64 {
    if factor <= 1.0 {
        1.0
    } else {
        0.1 * multiplier * factor.ln() + 1.0
    }
}

/// Returns the context length with the extension by `scaling`, of which some files have it in `context`
/// and some have not.
pub(super) fn extended_context(context: usize, scaling: &RopeScaling) -> usize {
    match scaling {
        RopeScaling::Yarn {
            factor,
            original_context,
            ..
        } => context.max((factor * *original_context as f64) as usize),
        _ => context,
    }
}
