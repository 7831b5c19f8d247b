//! Causal attention of some tokens over the cache.
//!
//! In main memory it goes page by page, all tokens that see a page together: what candidates share
//! is read once. Softmax is taken as it goes (Milakov & Gimelshein 2018,
//! <https://arxiv.org/abs/1805.02867>), so nothing grows with the context. Other devices multiply
//! with the whole cache under a mask.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};
use candle_core::{CpuStorage, D, DType, Storage, Tensor};
use half::f16;
use rayon::prelude::*;

use super::cache::{PAGE, Sequence};

/// What each of some tokens sees, page by page.
#[derive(Debug, Default)]
pub struct AttentionMask {
    tokens: usize,
    /// Where a page starts, and the tokens that see the first so many of its positions.
    pages: Vec<(usize, Vec<(usize, usize)>)>,
}

impl AttentionMask {
    /// Each token sees the first so many tokens of its sequence.
    pub fn new<'a>(seen: impl Iterator<Item = (&'a Sequence, usize)>) -> Self {
        let mut this = Self::default();
        let mut known = HashMap::new();
        for (sequence, len) in seen {
            for (start, len) in sequence.pages(len) {
                let at = *known.entry(start).or_insert_with(|| {
                    this.pages.push((start, Vec::new()));
                    this.pages.len() - 1
                });
                this.pages[at].1.push((this.tokens, len));
            }
            this.tokens += 1;
        }
        this
    }

    /// One past the last slot that is seen.
    fn end(&self) -> usize {
        let ends = self.pages.iter().map(|(start, _)| start + PAGE);
        ends.max().unwrap_or(0)
    }
}

/// `softmax(q·kᵀ / √d) · v` for each token and head.
///
/// `queries` are `[tokens, heads, head dim]` in f32, the result is `[tokens, heads · head dim]`;
/// `keys` and `values` are a layer of the cache.
///
/// # Errors
/// When the shapes don't fit each other, or the device fails.
pub fn attention(
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    sight: &AttentionMask,
) -> Result<Tensor> {
    let (tokens, heads, dim) = queries.dims3()?;
    let (kv_heads, slots, _) = keys.dims3()?;
    ensure!(tokens == sight.tokens && heads.is_multiple_of(kv_heads) && sight.end() <= slots);
    if !queries.device().is_cpu() {
        return masked(queries, keys, values, sight);
    }
    let (key_storage, _) = keys.storage_and_layout();
    let (value_storage, _) = values.storage_and_layout();
    let (Storage::Cpu(CpuStorage::F16(keys)), Storage::Cpu(CpuStorage::F16(values))) =
        (&*key_storage, &*value_storage)
    else {
        bail!("the cache is not in f16 in main memory");
    };
    let mut out = vec![0f32; tokens * heads * dim];
    let queries = queries.contiguous()?;
    super::on_cpu(&queries, |queries| {
        // Head after head: each thread has its own part of the result.
        let mut by_head = vec![0f32; out.len()];
        let group = heads / kv_heads;
        by_head
            .par_chunks_mut(group * tokens * dim)
            .enumerate()
            .for_each(|(kv_head, out)| {
                let part = kv_head * slots * dim..(kv_head + 1) * slots * dim;
                Head {
                    queries,
                    keys: &keys[part.clone()],
                    values: &values[part],
                    sight,
                    dim,
                    heads,
                    first: kv_head * group,
                    group,
                }
                .run(out);
            });
        for (head, by_head) in by_head.chunks(tokens * dim).enumerate() {
            for (token, from) in by_head.chunks(dim).enumerate() {
                let at = (token * heads + head) * dim;
                out[at..at + dim].copy_from_slice(from);
            }
        }
    })?;
    Ok(Tensor::from_vec(
        out,
        (tokens, heads * dim),
        &candle_core::Device::Cpu,
    )?)
}

/// The query heads that share one head of keys and values.
struct Head<'a> {
    queries: &'a [f32],
    keys: &'a [f16],
    values: &'a [f16],
    sight: &'a AttentionMask,
    dim: usize,
    heads: usize,
    first: usize,
    group: usize,
}

impl Head<'_> {
    /// `out` is `[group, tokens, head dim]`, of zeros.
    fn run(&self, out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                // SAFETY: the instructions are there.
                #[allow(unsafe_code, reason = "only the instruction set is chosen")]
                return unsafe { self.run_avx512(out) };
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: the instructions are there.
                #[allow(unsafe_code, reason = "only the instruction set is chosen")]
                return unsafe { self.run_avx2(out) };
            }
        }
        self.run_anywhere(out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx2,fma")]
    fn run_avx512(&self, out: &mut [f32]) {
        self.run_anywhere(out);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn run_avx2(&self, out: &mut [f32]) {
        self.run_anywhere(out);
    }

    #[inline(always)]
    fn run_anywhere(&self, out: &mut [f32]) {
        let &Self { dim, group, .. } = self;
        let tokens = self.sight.tokens;
        let mut keys = vec![0f32; PAGE * dim];
        let mut values = vec![0f32; PAGE * dim];
        // The largest score so far, and the sum of all `exp(score - largest)`.
        let mut state = vec![(f32::NEG_INFINITY, 0f32); group * tokens];
        let scale = 1. / (dim as f32).sqrt();
        for (start, seers) in &self.sight.pages {
            let most = seers.iter().map(|(_, len)| *len).max().unwrap_or(0);
            let part = start * dim..(start + most) * dim;
            widen(&self.keys[part.clone()], &mut keys);
            widen(&self.values[part], &mut values);
            for &(token, len) in seers {
                for member in 0..group {
                    let at = (token * self.heads + self.first + member) * dim;
                    let query = &self.queries[at..at + dim];
                    let row = member * tokens + token;
                    let sum = &mut out[row * dim..(row + 1) * dim];
                    let mut weights = [0f32; PAGE];
                    let weights = &mut weights[..len];
                    for (weight, key) in weights.iter_mut().zip(keys.chunks_exact(dim)) {
                        *weight = dot(query, key) * scale;
                    }
                    let (largest, total) = &mut state[row];
                    soften(weights, largest, total, sum);
                    for (&weight, value) in weights.iter().zip(values.chunks_exact(dim)) {
                        add_scaled(sum, weight, value);
                    }
                }
            }
        }
        for (sum, (_, total)) in out.chunks_exact_mut(dim).zip(&state) {
            let inverse = 1. / total;
            sum.iter_mut().for_each(|x| *x *= inverse);
        }
    }
}

/// Turns scores into weights relative to the largest score seen so far, and what was summed before
/// to the same measure.
#[inline(always)]
fn soften(weights: &mut [f32], largest: &mut f32, total: &mut f32, sum: &mut [f32]) {
    let most = weights
        .iter()
        .fold(*largest, |a, &b| if b > a { b } else { a });
    if most > *largest {
        let shrink = exp(*largest - most);
        *total *= shrink;
        sum.iter_mut().for_each(|x| *x *= shrink);
        *largest = most;
    }
    for weight in weights.iter_mut() {
        *weight = exp(*weight - most);
    }
    *total += weights.iter().sum::<f32>();
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] = a[lane].mul_add(b[lane], sums[lane]);
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
    }
    sums[0] + rest
}

#[inline(always)]
fn add_scaled(sum: &mut [f32], scale: f32, x: &[f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum = scale.mul_add(*x, *sum);
    }
}

/// The numbers themselves. Without a branch, so that the compiler makes vectors of it: the `half` crate
/// calls a function for every eight.
#[inline(always)]
fn widen(from: &[f16], to: &mut [f32]) {
    for (from, to) in from.iter().zip(to) {
        let bits = u32::from(from.to_bits());
        let shifted = f32::from_bits((bits & 0x7fff) << 13);
        // The exponent counts from another place: 2^112 makes up for it.
        let magnitude = shifted * f32::from_bits((112 + 127) << 23);
        let no_number = bits & 0x7c00 == 0x7c00;
        let magnitude = if no_number {
            shifted.to_bits() | 0x7f80_0000
        } else {
            magnitude.to_bits()
        };
        *to = f32::from_bits(magnitude | (bits & 0x8000) << 16);
    }
}

/// `x.round_ties_even()` for `|x| < 2^22`, which is a call of a function where the instruction set has
/// none for it.
#[inline(always)]
pub(super) fn round(x: f32) -> f32 {
    // So large that its last bit is worth 1.
    const LARGE: f32 = 12_582_912.;
    (x + LARGE) - LARGE
}

/// `e^x` for `x ≤ 0` to within 2 units in the last place, without a branch, so that the compiler
/// makes vectors of it. NaN stays NaN.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // 2^y = 2^whole · 2^part, with a polynomial for the part (Cephes, `expf`).
    let x = if x < -87. { -87. } else { x };
    let whole = round(x * std::f32::consts::LOG2_E);
    let part = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut y = 1.987_569_1e-4f32;
    for c in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        0.166_666_65,
        0.5,
    ] {
        y = y * part + c;
    }
    let y = y * (part * part) + (part + 1.);
    y * f32::from_bits(((whole as i32 + 127) << 23) as u32)
}

/// The same with the device's own products.
fn masked(
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    sight: &AttentionMask,
) -> Result<Tensor> {
    let (tokens, heads, dim) = queries.dims3()?;
    let kv_heads = keys.dim(0)?;
    let (group, end) = (heads / kv_heads, sight.end());
    let mut mask = vec![f32::NEG_INFINITY; tokens * end];
    for (start, seers) in &sight.pages {
        for &(token, len) in seers {
            mask[token * end + start..token * end + start + len].fill(0.);
        }
    }
    let mask = Tensor::from_vec(mask, (1, 1, tokens, end), queries.device())?;
    let queries = (queries.transpose(0, 1)?.contiguous()? * (dim as f64).powf(-0.5))?;
    let queries = queries
        .reshape((kv_heads, group * tokens, dim))?
        .to_dtype(keys.dtype())?;
    let scores = queries.matmul(&keys.narrow(1, 0, end)?.t()?)?;
    let scores = scores
        .to_dtype(DType::F32)?
        .reshape((kv_heads, group, tokens, end))?
        .broadcast_add(&mask)?;
    let weights = candle_nn::ops::softmax(&scores, D::Minus1)?;
    let weights = weights
        .reshape((kv_heads, group * tokens, end))?
        .to_dtype(values.dtype())?;
    let out = weights.matmul(&values.narrow(1, 0, end)?)?;
    let out = out.to_dtype(DType::F32)?.reshape((heads, tokens, dim))?;
    Ok(out
        .transpose(0, 1)?
        .contiguous()?
        .reshape((tokens, heads * dim))?)
}

#[cfg(test)]
mod tests {
    use super::super::cache::Cache;
    use super::super::config::{LlamaConfig, Rope, RopePairs, RopeScaling};
    use super::*;
    use candle_core::Device;

    #[test]
    fn the_exponential_is_exact_enough() {
        for step in 0..87_000 {
            let x = -(step as f32) / 1000.;
            let error = (f64::from(exp(x)) / f64::from(x).exp() - 1.).abs();
            assert!(error < 3e-7, "e^{x}: {error}");
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn every_half_is_widened_exactly() {
        let halves: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        let mut wide = vec![0f32; halves.len()];
        widen(&halves, &mut wide);
        for (half, wide) in halves.iter().zip(wide) {
            let right = half.to_f32();
            let same = right.to_bits() == wide.to_bits() || right.is_nan() && wide.is_nan();
            assert!(same, "{half:?}: {wide:?}");
        }
    }

    #[test]
    fn rounding_is_to_the_nearest_and_even() {
        for quarter in -520..520 {
            let x = quarter as f32 / 4.;
            assert_eq!(round(x), x.round_ties_even());
        }
        assert!(round(f32::NAN).is_nan());
    }

    /// Page by page against the masked product, for tokens of forked sequences.
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
        let mut cache = Cache::new(&config, 512, &device).expect("room");
        let grow = |cache: &mut Cache, sequence: &mut Sequence, tokens: usize| {
            let start = sequence.len();
            cache.extend(sequence, tokens).expect("room");
            let slots: Vec<usize> = (start..sequence.len())
                .map(|at| sequence.slot(at))
                .collect();
            let new = || Tensor::randn(0f32, 1., (kv_heads, tokens, head_dim), &device);
            let (keys, values) = (new().expect("keys"), new().expect("values"));
            cache.write(0, &slots, &keys, &values).expect("written");
        };
        let mut prompt = Sequence::default();
        grow(&mut cache, &mut prompt, 70);
        let mut forks = [cache.fork(&prompt), cache.fork(&prompt)];
        grow(&mut cache, &mut forks[0], 1);
        grow(&mut cache, &mut forks[1], 40);
        let seen = [
            (&prompt, 1),
            (&prompt, 70),
            (&forks[0], 71),
            (&forks[1], 71),
            (&forks[1], 110),
        ];
        let sight = AttentionMask::new(seen.into_iter());
        let queries = Tensor::randn(0f32, 1., (seen.len(), heads, head_dim), &device);
        let queries = queries.expect("queries");
        let (keys, values) = cache.layer(0);
        let paged = attention(&queries, keys, values, &sight).expect("paged");
        let masked = masked(&queries, keys, values, &sight).expect("masked");
        let error = (paged - masked)
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
    fn pages_and_mask_agree() {
        check(4, 4, 128);
        check(6, 2, 16);
        check(3, 1, 20);
    }
}
