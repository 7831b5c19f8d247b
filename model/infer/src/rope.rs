//! The angles of a rotary position embedding (Su et al. 2021, <https://arxiv.org/abs/2104.09864>),
//! however it is stretched.

use std::f64::consts::TAU;

use super::config::{Rope, RopeScaling};

/// For each pair of dimensions the angle that one position adds, in radians, and what cosine and
/// sine are multiplied with.
pub fn frequencies(rope: &Rope) -> (Vec<f64>, f64) {
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
            original,
        } => {
            // transformers, `_compute_llama3_parameters`.
            let scaled = plain.map(|f| {
                let turns = original as f64 * f / TAU;
                let keep = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor);
                let keep = keep.clamp(0., 1.);
                f * keep + f / factor * (1. - keep)
            });
            (scaled.collect(), 1.)
        }
        &RopeScaling::Yarn {
            factor,
            original,
            beta_fast,
            beta_slow,
            attention_factor,
        } => {
            // The pair that makes so many turns within the original context.
            let pair_of = |turns: f64| {
                rope.dims as f64 * (original as f64 / (turns * TAU)).ln() / (2. * rope.theta.ln())
            };
            let most = rope.dims as f64 - 1.;
            let low = pair_of(beta_fast).floor().max(0.);
            let high = pair_of(beta_slow).ceil().min(most);
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
    use super::super::config::RopePairs;
    use super::*;

    fn rope(dims: usize, scaling: RopeScaling) -> Rope {
        Rope {
            theta: 10_000.,
            dims,
            pairs: RopePairs::Interleaved,
            scaling,
        }
    }

    /// Ratio of the plain frequency to the scaled one, for some pairs.
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
        // The 7B's: a ramp from pair 20 to pair 46.
        let yarn = RopeScaling::Yarn {
            factor: 16.,
            original: 4096,
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
            original: 8192,
        };
        check(llama3, &[0, 30, 63], &[1., 1., 8.]);
    }
}
