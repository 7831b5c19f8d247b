//! pass@k and how far it can be trusted. Pure.

use serde::Serialize;

/// The number of times that the problems are drawn again for an interval.
const DRAWS: usize = 2000;

/// The seed of the draws: the same figures for the same results.
const SEED: u64 = 2504_21801;

/// The outcome of a problem with one engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampled {
    /// The number of candidates that it had.
    pub samples: usize,
    /// The number of them that were proofs.
    pub correct: usize,
}

/// A share of problems with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pass {
    /// The number of candidates a problem of which one at least is to be a proof.
    pub k: usize,
    /// The probability of that, on average over the problems.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The chance that at least one of `k` of the candidates, drawn without putting back, is a proof: the
/// unbiased estimator of Chen et al. 2021, 1 − C(n−c, k) / C(n, k). None where there are fewer than `k`.
pub fn pass_at(k: usize, sampled: Sampled) -> Option<f64> {
    let Sampled { samples, correct } = sampled;
    if k == 0 || k > samples || correct > samples {
        return None;
    }
    if samples - correct < k {
        return Some(1.0);
    }
    // The quotient, factor by factor: the binomials themselves are too large for a float.
    let none = (samples - correct + 1..=samples)
        .map(|i| 1.0 - k as f64 / i as f64)
        .product::<f64>();
    Some(1.0 - none)
}

/// The `k` to tell of `samples` candidates: 1, 2, 4, …, and all.
pub fn ks(samples: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1usize), |k| k.checked_mul(2));
    let mut ks: Vec<usize> = powers.take_while(|k| *k < samples).collect();
    if samples > 0 {
        ks.push(samples);
    }
    ks
}

/// Returns pass@k on average over the problems, with the percentile interval of a seeded bootstrap over the
/// problems; where it is 0 or 1, with that of Clopper and Pearson. None without problems, or where one of
/// them has too few candidates.
pub fn pass(k: usize, problems: &[Sampled]) -> Option<Pass> {
    let each: Option<Vec<f64>> = problems.iter().map(|one| pass_at(k, *one)).collect();
    let each = each.filter(|each| !each.is_empty())?;
    let mean = |sum: f64| sum / each.len() as f64;
    let value = mean(each.iter().sum());
    // Where all problems fared alike, drawing them again tells nothing: then it is the exact interval of
    // Clopper and Pearson, whose other end is the value.
    if value == 0.0 || value == 1.0 {
        let far = 0.025f64.powf(1.0 / each.len() as f64);
        return Some(Pass {
            k,
            value,
            low: if value == 0.0 { 0.0 } else { far },
            high: if value == 0.0 { 1.0 - far } else { 1.0 },
        });
    }
    let mut random = SplitMix(SEED);
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|_| {
            mean(
                (0..each.len())
                    .map(|_| each[random.below(each.len())])
                    .sum(),
            )
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((DRAWS - 1) as f64 * share).round() as usize];
    Some(Pass {
        k,
        value,
        low: at(0.025),
        high: at(0.975),
    })
}

/// SplitMix64: small, and the same on every machine and in every version.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(samples: usize, correct: usize) -> Sampled {
        Sampled { samples, correct }
    }

    /// Returns the share, of all ways to choose `k` of the candidates, that has a proof among them.
    fn by_counting(k: usize, sampled: Sampled) -> f64 {
        let choices = (0u32..1 << sampled.samples).filter(|set| set.count_ones() as usize == k);
        let proofs = (1u32 << sampled.correct) - 1;
        let (mut all, mut good) = (0, 0);
        for choice in choices {
            all += 1;
            good += u32::from(choice & proofs != 0);
        }
        f64::from(good) / f64::from(all)
    }

    #[test]
    fn the_estimator_is_the_share_of_all_choices() {
        for samples in 1..=10 {
            for correct in 0..=samples {
                for k in 1..=samples {
                    let one = of(samples, correct);
                    let estimate = pass_at(k, one).expect("enough candidates");
                    let expected = by_counting(k, one);
                    assert!((estimate - expected).abs() < 1e-12, "{one:?} {k}");
                }
            }
        }
    }

    #[test]
    fn the_estimator_at_its_ends() {
        let check = |k, one, expected| assert_eq!(pass_at(k, one), expected, "{k} of {one:?}");
        check(0, of(4, 2), None);
        check(5, of(4, 4), None);
        check(1, of(1, 2), None);
        check(1, of(8192, 0), Some(0.0));
        check(8192, of(8192, 1), Some(1.0));
        check(1, of(1, 1), Some(1.0));
        let large = pass_at(1024, of(8192, 1)).expect("enough");
        assert!((large - 0.125).abs() < 1e-9, "{large}");
    }

    #[test]
    fn which_k_are_told() {
        let check = |samples, expected: &[usize]| assert_eq!(ks(samples), expected);
        check(0, &[]);
        check(1, &[1]);
        check(2, &[1, 2]);
        check(8, &[1, 2, 4, 8]);
        check(10, &[1, 2, 4, 8, 10]);
    }

    #[test]
    fn intervals() {
        assert_eq!(pass(1, &[]), None);
        assert_eq!(pass(2, &[of(2, 1), of(1, 1)]), None);
        let sure = pass(1, &[of(4, 4); 20]).expect("problems");
        assert_eq!((sure.value, sure.high), (1.0, 1.0));
        assert!((sure.low - 0.8316).abs() < 1e-4, "{sure:?}");
        let never = pass(4, &[of(4, 0); 20]).expect("problems");
        assert_eq!((never.value, never.low), (0.0, 0.0));
        assert!((never.high - 0.1684).abs() < 1e-4, "{never:?}");
        // Half of 100 problems: the normal approximation gives 0.5 ± 0.098.
        let half: Vec<Sampled> = (0..100).map(|i| of(1, i % 2)).collect();
        let half = pass(1, &half).expect("problems");
        assert_eq!(half.value, 0.5);
        assert!((half.low - 0.402).abs() < 0.02, "{half:?}");
        assert!((half.high - 0.598).abs() < 0.02, "{half:?}");
        let again: Vec<Sampled> = (0..100).map(|i| of(1, i % 2)).collect();
        assert_eq!(pass(1, &again), Some(half));
    }
}
