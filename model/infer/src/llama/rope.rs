//! Rotary position embedding (Su et al. 2021, <https://arxiv.org/abs/2104.09864>) and its scalings.

use std::f64::consts::TAU;

use anyhow::Result;
use candle_core::{Device, Tensor};
use candle_nn::rotary_emb;

use super::config::{Rope, RopePairs, RopeScaling};

/// The cosines and sines of all positions.
#[derive(Debug)]
pub(super) struct RotaryEmbedding {
    /// `[positions, dims / 2]`.
    cos: Tensor,
    /// `[positions, dims / 2]`.
    sin: Tensor,
    dims: usize,
    pairs: RopePairs,
}

/// The cosines and sines for the tokens of a batch, `[tokens, 1, dims / 2]` each.
pub(super) struct Rotation {
    cos: Tensor,
    sin: Tensor,
}

impl RotaryEmbedding {
    /// Tabulates the first `positions` positions.
    ///
    /// # Errors
    /// When the device fails.
    pub(super) fn new(rope: &Rope, positions: usize, device: &Device) -> Result<Self> {
        let (frequencies, factor) = frequencies(rope);
        let table = |of: fn(f64) -> f64| {
            let values = (0..positions).flat_map(|at| {
                let row = frequencies.iter().map(move |angle| of(at as f64 * angle));
                row.map(|x| (x * factor) as f32)
            });
            Tensor::from_vec(values.collect(), (positions, frequencies.len()), device)
        };
        Ok(Self {
            cos: table(f64::cos)?,
            sin: table(f64::sin)?,
            dims: rope.dims,
            pairs: rope.pairs,
        })
    }

    /// Returns the number of positions in the table.
    pub(super) fn positions(&self) -> usize {
        self.cos.dims()[0]
    }

    /// Looks up the rotation at each of `positions`, a `u32` tensor `[tokens]`.
    ///
    /// # Errors
    /// When a position is beyond the table.
    pub(super) fn at(&self, positions: &Tensor) -> Result<Rotation> {
        let rows = |table: &Tensor| table.index_select(positions, 0)?.unsqueeze(1);
        Ok(Rotation {
            cos: rows(&self.cos)?,
            sin: rows(&self.sin)?,
        })
    }

    /// Rotates `x`, `[tokens, heads, head_dim]`.
    ///
    /// # Errors
    /// When the shapes don't fit, or the device fails.
    pub(super) fn apply(&self, x: &Tensor, rotation: &Rotation) -> Result<Tensor> {
        let (dims, head_dim) = (self.dims, x.dim(2)?);
        if dims == head_dim {
            return self.rotate(x, rotation);
        }
        let rotated = self.rotate(&x.narrow(2, 0, dims)?.contiguous()?, rotation)?;
        let rest = x.narrow(2, dims, head_dim - dims)?;
        Ok(Tensor::cat(&[rotated, rest], 2)?)
    }

    fn rotate(&self, x: &Tensor, Rotation { cos, sin }: &Rotation) -> Result<Tensor> {
        // Each token is a batch of its own, so that each has its own position.
        let x = x.unsqueeze(2)?;
        let rotated = match self.pairs {
            RopePairs::Interleaved => rotary_emb::rope_i(&x, cos, sin)?,
            RopePairs::Halves => rotary_emb::rope(&x, cos, sin)?,
        };
        Ok(rotated.squeeze(2)?)
    }
}

/// Returns the angle in radians that one position adds to each pair of dimensions, and the factor on
/// cosine and sine.
fn frequencies(rope: &Rope) -> (Vec<f64>, f64) {
    let pairs = rope.dims / 2;
    let plain = (0..pairs).map(|pair| rope.theta.powf(-((2 * pair) as f64) / rope.dims as f64));
    match &rope.scaling {
        RopeScaling::None => (plain.collect(), 1.),
        RopeScaling::Linear { factor } => (plain.map(|f| f / factor).collect(), 1.),
        RopeScaling::Factors(factors) => {
            let divided = plain.zip(factors).map(|(f, by)| f / f64::from(*by));
            (divided.collect(), 1.)
        }
        &RopeScaling::Llama3 {
            factor,
            low_freq_factor,
            high_freq_factor,
            original_context,
        } => {
            // transformers, `_compute_llama3_parameters`.
            let scaled = plain.map(|f| {
                let turns = original_context as f64 * f / TAU;
                let keep = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor);
                let keep = keep.clamp(0., 1.);
                f * keep + f / factor * (1. - keep)
            });
            (scaled.collect(), 1.)
        }
        &RopeScaling::Yarn {
            factor,
            original_context,
            beta_fast,
            beta_slow,
            attention_factor,
        } => {
            // The pair that makes `turns` rotations within the original context.
            let pair_of = |turns: f64| {
                rope.dims as f64 * (original_context as f64 / (turns * TAU)).ln()
                    / (2. * rope.theta.ln())
            };
            let last = rope.dims as f64 - 1.;
            let low = pair_of(beta_fast).floor().max(0.);
            let high = pair_of(beta_slow).ceil().min(last);
            let width = if high > low { high - low } else { 0.001 };
            let scaled = plain.enumerate().map(|(pair, f)| {
                let interpolated = ((pair as f64 - low) / width).clamp(0., 1.);
                f / factor * interpolated + f * (1. - interpolated)
            });
            (scaled.collect(), attention_factor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rope(dims: usize, scaling: RopeScaling) -> Rope {
        Rope {
            theta: 10_000.,
            dims,
            pairs: RopePairs::Interleaved,
            scaling,
        }
    }

    /// Compares the ratio of the plain frequency to the scaled one, for some pairs.
    fn check(scaling: RopeScaling, pairs: &[usize], expected: &[f64]) {
        let (plain, _) = frequencies(&rope(128, RopeScaling::None));
        let (scaled, _) = frequencies(&rope(128, scaling));
        let ratios: Vec<f64> = pairs.iter().map(|&p| plain[p] / scaled[p]).collect();
        for (ratio, expected) in ratios.iter().zip(expected) {
            assert!(
                (ratio - expected).abs() < 1e-6,
                "{ratios:?}, not {expected:?}"
            );
        }
    }

    #[test]
    fn yarn_leaves_the_fast_pairs_and_stretches_the_slow_ones() {
        // DeepSeek-Prover-V2-7B's: a ramp from pair 20 to pair 46.
        let yarn = RopeScaling::Yarn {
            factor: 16.,
            original_context: 4096,
            beta_fast: 32.,
            beta_slow: 1.,
            attention_factor: 1.2772588722239782,
        };
        let at = |pair: f64| 1. / ((pair - 20.) / 26. / 16. + 1. - (pair - 20.) / 26.);
        check(
            yarn.clone(),
            &[0, 20, 21, 33, 45, 46, 63],
            &[1., 1., at(21.), at(33.), at(45.), 16., 16.],
        );
        let (_, factor) = frequencies(&rope(128, yarn));
        assert!((factor - 1.2772588722239782).abs() < 1e-12);
    }

    #[test]
    fn the_other_scalings() {
        check(RopeScaling::Linear { factor: 4. }, &[0, 63], &[4., 4.]);
        let mut factors = vec![1.; 64];
        factors[5] = 2.;
        check(RopeScaling::Factors(factors), &[4, 5, 6], &[1., 2., 1.]);
        let llama3 = RopeScaling::Llama3 {
            factor: 8.,
            low_freq_factor: 1.,
            high_freq_factor: 4.,
            original_context: 8192,
        };
        check(llama3, &[0, 30, 63], &[1., 1., 8.]);
    }
}
