//! Random numbers that are the same on every machine, for every seed.

/// SplitMix64: a counter, scrambled.
pub(crate) struct Random(u64);

impl Random {
    /// The stream of this number. Streams of one seed have nothing to do with each other.
    pub(crate) fn stream(seed: u64, number: u64) -> Random {
        let start = Random(seed).next();
        Random(Random(start ^ number).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Draws a number from 0 to below 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// By Box and Muller; the second of the pair is not kept.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// `shape` is the standard deviation of the logarithm; with 0 every number is the mean.
    pub(crate) fn lognormal(&mut self, mean: f64, shape: f64) -> f64 {
        mean * (shape * self.normal() - shape * shape / 2.0).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_moments(mut draw: impl FnMut(&mut Random) -> f64, mean: f64, variance: f64) {
        let mut random = Random::stream(1, 2);
        let n = 200_000;
        let numbers: Vec<f64> = (0..n).map(|_| draw(&mut random)).collect();
        let found = numbers.iter().sum::<f64>() / n as f64;
        let spread = numbers.iter().map(|x| (x - found).powi(2)).sum::<f64>() / n as f64;
        assert!(
            (found / mean - 1.0).abs() < 0.02,
            "mean {found}, not {mean}"
        );
        assert!(
            (spread / variance - 1.0).abs() < 0.1,
            "variance {spread}, not {variance}"
        );
    }

    #[test]
    fn the_distributions_have_their_moments() {
        check_moments(|r| r.uniform(), 0.5, 1.0 / 12.0);
        check_moments(|r| r.exponential(3.0), 3.0, 9.0);
        let variance = 443f64.powi(2) * (0.36f64.exp() - 1.0);
        check_moments(|r| r.lognormal(443.0, 0.6), 443.0, variance);
    }

    #[test]
    fn streams_differ_and_are_repeatable() {
        let first = |seed, number| Random::stream(seed, number).next();
        assert_eq!(first(1, 1), first(1, 1));
        assert_ne!(first(1, 1), first(1, 2));
        assert_ne!(first(1, 1), first(2, 1));
        assert_ne!(first(1, 2), first(2, 1));
    }
}
