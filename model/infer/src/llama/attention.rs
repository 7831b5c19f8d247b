//! Causal attention of query tokens over the KV cache.

mod dense;
mod mask;
mod paged;

use anyhow::{Result, ensure};
use candle_core::Tensor;

pub use mask::AttentionMask;

/// Computes `softmax(q·kᵀ / √head_dim) · v` for each query token and head.
///
/// `queries` are `[tokens, heads, head_dim]` in f32; `keys` and `values` are one layer of the cache,
/// `[kv_heads, slots, head_dim]` in f16. The result is `[tokens, heads · head_dim]` in f32.
///
/// # Errors
/// When the shapes don't fit each other, or the device fails.
pub fn attention(
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    mask: &AttentionMask,
) -> Result<Tensor> {
    let (tokens, heads, _) = queries.dims3()?;
    let (kv_heads, slots, _) = keys.dims3()?;
    ensure!(tokens == mask.tokens && heads.is_multiple_of(kv_heads) && mask.end() <= slots);
    if queries.device().is_cpu() {
        paged::attention(queries, keys, values, mask)
    } else {
        dense::attention(queries, keys, values, mask)
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::{LlamaConfig, Rope, RopePairs, RopeScaling};
    use super::*;
    use crate::kv_cache::{KvCache, Sequence};
    use candle_core::Device;

    /// Compares the two implementations for tokens of forked sequences.
    fn check(heads: usize, kv_heads: usize, head_dim: usize) {
        let device = Device::Cpu;
        let config = LlamaConfig {
            vocab: 1,
            hidden: 1,
            feed_forward: 1,
            layers: 1,
            heads,
            kv_heads,
            head_dim,
            rms_eps: 0.,
            context: 512,
            rope: Rope {
                theta: 1.,
                dims: 0,
                pairs: RopePairs::Halves,
                scaling: RopeScaling::None,
            },
        };
        let mut cache = KvCache::new(&config, 512, &device).expect("room");
        let grow = |cache: &mut KvCache, sequence: &mut Sequence, tokens: usize| {
            let start = sequence.len();
            cache.extend(sequence, tokens).expect("room");
            let slots: Vec<usize> = (start..sequence.len())
                .map(|at| sequence.slot(at))
                .collect();
            let new = || Tensor::randn(0f32, 1., (kv_heads, tokens, head_dim), &device);
            let (keys, values) = (new().expect("keys"), new().expect("values"));
            cache.write(0, &slots, &keys, &values).expect("written");
        };
        let mut prefix = Sequence::default();
        grow(&mut cache, &mut prefix, 70);
        let mut forks = [cache.fork(&prefix), cache.fork(&prefix)];
        grow(&mut cache, &mut forks[0], 1);
        grow(&mut cache, &mut forks[1], 40);
        let contexts = [
            (&prefix, 1),
            (&prefix, 70),
            (&forks[0], 71),
            (&forks[1], 71),
            (&forks[1], 110),
        ];
        let mask = AttentionMask::new(contexts.into_iter());
        let queries = Tensor::randn(0f32, 1., (contexts.len(), heads, head_dim), &device);
        let queries = queries.expect("queries");
        let (keys, values) = cache.layer(0);
        let paged = paged::attention(&queries, keys, values, &mask).expect("paged");
        let dense = dense::attention(&queries, keys, values, &mask).expect("dense");
        let error = (paged - dense)
            .and_then(|t| t.abs())
            .and_then(|t| t.max_all())
            .and_then(|t| t.to_scalar::<f32>())
            .expect("error");
        assert!(
            error < 5e-3,
            "{heads} heads, {kv_heads}, {head_dim}: {error}"
        );
    }

    #[test]
    fn paged_and_dense_attention_agree() {
        check(4, 4, 128);
        check(6, 2, 16);
        check(3, 1, 20);
    }
}
