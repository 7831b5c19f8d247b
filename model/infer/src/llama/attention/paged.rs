//! Attention on the CPU, page by page over the KV cache.
//!
//! All tokens that attend to a page are served while it is in the processor's cache, so that a shared
//! prefix is read once. Softmax is computed online (Milakov & Gimelshein 2018,
//! <https://arxiv.org/abs/1805.02867>), so no buffer grows with the context.

use anyhow::{Result, bail};
use candle_core::{CpuStorage, Device, Storage, Tensor};
use half::f16;
use rayon::prelude::*;

use super::super::math::{add_scaled, dot, exp, widen};
use super::mask::{AttentionMask, PageMask};
use crate::kv_cache::PAGE_TOKENS;

/// Computes [`super::attention`] for a cache in main memory.
pub(super) fn attention(
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    mask: &AttentionMask,
) -> Result<Tensor> {
    let (tokens, heads, head_dim) = queries.dims3()?;
    let (kv_heads, slots, _) = keys.dims3()?;
    let (key_storage, _) = keys.storage_and_layout();
    let (value_storage, _) = values.storage_and_layout();
    let (Storage::Cpu(CpuStorage::F16(keys)), Storage::Cpu(CpuStorage::F16(values))) =
        (&*key_storage, &*value_storage)
    else {
        bail!("the KV cache is not in f16 in main memory");
    };
    let mut out = vec![0f32; tokens * heads * head_dim];
    let queries = queries.contiguous()?;
    crate::with_f32_slice(&queries, |queries| {
        // [heads, tokens, head_dim]: each thread has its own part.
        let mut by_head = vec![0f32; out.len()];
        let group = heads / kv_heads;
        by_head
            .par_chunks_mut(group * tokens * head_dim)
            .enumerate()
            .for_each(|(kv_head, out)| {
                let part = kv_head * slots * head_dim..(kv_head + 1) * slots * head_dim;
                QueryGroup {
                    queries,
                    keys: &keys[part.clone()],
                    values: &values[part],
                    mask,
                    head_dim,
                    heads,
                    first_head: kv_head * group,
                    group,
                }
                .run(out);
            });
        for (head, by_head) in by_head.chunks(tokens * head_dim).enumerate() {
            for (token, from) in by_head.chunks(head_dim).enumerate() {
                let at = (token * heads + head) * head_dim;
                out[at..at + head_dim].copy_from_slice(from);
            }
        }
    })?;
    Ok(Tensor::from_vec(
        out,
        (tokens, heads * head_dim),
        &Device::Cpu,
    )?)
}

/// The query heads that share one head of keys and values (grouped-query attention).
struct QueryGroup<'a> {
    /// `[tokens, heads, head_dim]`, of all heads.
    queries: &'a [f32],
    /// `[slots, head_dim]`.
    keys: &'a [f16],
    /// `[slots, head_dim]`.
    values: &'a [f16],
    mask: &'a AttentionMask,
    head_dim: usize,
    /// Query heads in all.
    heads: usize,
    /// First query head of the group.
    first_head: usize,
    /// Query heads in the group.
    group: usize,
}

impl QueryGroup<'_> {
    /// Writes the outputs to `out`, `[group, tokens, head_dim]`, which must be zero.
    fn run(&self, out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: the processor has the instructions.
                #[allow(unsafe_code, reason = "only the instruction set is chosen")]
                return unsafe { self.run_avx512(out) };
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the processor has the instructions.
                #[allow(unsafe_code, reason = "only the instruction set is chosen")]
                return unsafe { self.run_avx2(out) };
            }
        }
        self.run_portable(out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx2,fma")]
    fn run_avx512(&self, out: &mut [f32]) {
        self.run_portable(out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn run_avx2(&self, out: &mut [f32]) {
        self.run_portable(out);
    }

    #[inline(always)]
    fn run_portable(&self, out: &mut [f32]) {
        let &Self {
            head_dim, group, ..
        } = self;
        let tokens = self.mask.tokens;
        let mut keys = vec![0f32; PAGE_TOKENS * head_dim];
        let mut values = vec![0f32; PAGE_TOKENS * head_dim];
        let mut softmax = vec![OnlineSoftmax::default(); group * tokens];
        let scale = 1. / (head_dim as f32).sqrt();
        for PageMask { start, visible } in &self.mask.pages {
            let len = visible.iter().map(|(_, len)| *len).max().unwrap_or(0);
            let part = start * head_dim..(start + len) * head_dim;
            widen(&self.keys[part.clone()], &mut keys);
            widen(&self.values[part], &mut values);
            for &(token, len) in visible {
                for member in 0..group {
                    let at = (token * self.heads + self.first_head + member) * head_dim;
                    let query = &self.queries[at..at + head_dim];
                    let row = member * tokens + token;
                    let sum = &mut out[row * head_dim..(row + 1) * head_dim];
                    let mut weights = [0f32; PAGE_TOKENS];
                    let weights = &mut weights[..len];
                    for (weight, key) in weights.iter_mut().zip(keys.chunks_exact(head_dim)) {
                        *weight = dot(query, key) * scale;
                    }
                    softmax[row].update(weights, sum);
                    for (&weight, value) in weights.iter().zip(values.chunks_exact(head_dim)) {
                        add_scaled(sum, weight, value);
                    }
                }
            }
        }
        for (sum, softmax) in out.chunks_exact_mut(head_dim).zip(&softmax) {
            let inverse = 1. / softmax.total;
            sum.iter_mut().for_each(|x| *x *= inverse);
        }
    }
}

/// The running state of a softmax over scores that come in parts.
#[derive(Debug, Clone)]
struct OnlineSoftmax {
    /// Largest score so far.
    max: f32,
    /// Sum of `exp(score - max)` so far.
    total: f32,
}

impl Default for OnlineSoftmax {
    fn default() -> Self {
        Self {
            max: f32::NEG_INFINITY,
            total: 0.,
        }
    }
}

impl OnlineSoftmax {
    /// Replaces `scores` by `exp(score - max)`, and rescales `sum`, the weighted sum of the values so
    /// far, if the maximum has grown.
    #[inline(always)]
    fn update(&mut self, scores: &mut [f32], sum: &mut [f32]) {
        let max = scores
            .iter()
            .fold(self.max, |a, &b| if b > a { b } else { a });
        if max > self.max {
            let shrink = exp(self.max - max);
            self.total *= shrink;
            sum.iter_mut().for_each(|x| *x *= shrink);
            self.max = max;
        }
        for score in scores.iter_mut() {
            *score = exp(*score - max);
        }
        self.total += scores.iter().sum::<f32>();
    }
}
