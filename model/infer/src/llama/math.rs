//! Elementwise arithmetic of the forward pass on the CPU, written so that the compiler vectorises it.

use half::f16;

/// Returns `x.round_ties_even()` for `|x| < 2^22`. The standard library's is a function call on targets
/// without an instruction for it.
#[inline(always)]
pub(super) fn round(x: f32) -> f32 {
    // So large that its last bit is worth 1.
    const LARGE: f32 = 12_582_912.;
    (x + LARGE) - LARGE
}

/// Returns `e^x` for `x ≤ 0`, to within 2 units in the last place. Without a branch, so that it is
/// vectorised. NaN stays NaN.
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

/// Converts f16 to f32 exactly. Without a branch, so that it is vectorised: the `half` crate calls a
/// function for every eight elements.
#[inline(always)]
pub(super) fn widen(from: &[f16], to: &mut [f32]) {
    for (from, to) in from.iter().zip(to) {
        let bits = u32::from(from.to_bits());
        let shifted = f32::from_bits((bits & 0x7fff) << 13);
        // The exponents are biased by 15 and by 127: 2^112 makes up for it.
        let magnitude = shifted * f32::from_bits((112 + 127) << 23);
        let not_finite = bits & 0x7c00 == 0x7c00;
        let magnitude = if not_finite {
            shifted.to_bits() | 0x7f80_0000
        } else {
            magnitude.to_bits()
        };
        *to = f32::from_bits(magnitude | (bits & 0x8000) << 16);
    }
}

/// Returns the dot product of `a` and `b`.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
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

/// Adds `scale · x` to `sum`.
#[inline(always)]
pub(super) fn add_scaled(sum: &mut [f32], scale: f32, x: &[f32]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        *sum = scale.mul_add(*x, *sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn every_f16_is_widened_exactly() {
        let halves: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        let mut wide = vec![0f32; halves.len()];
        widen(&halves, &mut wide);
        for (half, wide) in halves.iter().zip(wide) {
            let expected = half.to_f32();
            let same = expected.to_bits() == wide.to_bits() || expected.is_nan() && wide.is_nan();
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
}
