//! Draws the next token.
//!
//! The filters come in the order of llama.cpp's default chain (`common_params_sampling::samplers` in
//! `common/common.h`): top-k, top-p among what is left, min-p, and the temperature last, so that the
//! filters see the model's own probabilities. vLLM divides by the temperature first
//! (`vllm/v1/sample/sampler.py`); at temperature 1 the two agree.

use anyhow::{Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::cmp::Ordering;

/// How tokens are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// What the logits are divided by; 0 takes the best token always.
    pub temperature: f64,
    /// Keeps the best tokens that together have this probability (Holtzman et al. 2020,
    /// <https://arxiv.org/abs/1904.09751>); more than 0, at most 1.
    pub top_p: Option<f64>,
    /// Keeps so many of the best tokens; 0 keeps all.
    pub top_k: Option<usize>,
    /// Keeps the tokens with at least this part of the best one's probability (Nguyen et al. 2024,
    /// <https://arxiv.org/abs/2407.01082>); 0 to 1.
    pub min_p: Option<f64>,
}

impl Sampling {
    /// # Errors
    /// When a number is outside its range.
    pub fn check(&self) -> Result<()> {
        let Self {
            temperature,
            top_p,
            min_p,
            ..
        } = *self;
        ensure!(
            temperature.is_finite() && temperature >= 0.0,
            "temperature is {temperature}, but must be 0 or more"
        );
        let top_p = top_p.unwrap_or(1.0);
        ensure!(
            top_p > 0.0 && top_p <= 1.0,
            "top_p is {top_p}, but must be more than 0 and at most 1"
        );
        let min_p = min_p.unwrap_or(0.0);
        ensure!(
            (0.0..=1.0).contains(&min_p),
            "min_p is {min_p}, but must be between 0 and 1"
        );
        Ok(())
    }
}

/// The random numbers of one row of a batch: rows of one seed differ, and a row does not depend on
/// how many there are.
pub fn row_rng(seed: u64, row: u64) -> StdRng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&row.to_le_bytes());
    StdRng::from_seed(key)
}

/// Draws tokens; keeps the memory it needs for the next time.
#[derive(Debug, Clone, Default)]
pub struct Sampler {
    kept: Vec<Kept>,
}

/// A token that may be drawn.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Its logit less the best one's; later its weight.
    value: f32,
    token: u32,
}

impl Kept {
    /// The better one first; equal ones by their token, so that the order is total.
    fn order(&self, other: &Self) -> Ordering {
        let by_value = other.value.total_cmp(&self.value);
        by_value.then(self.token.cmp(&other.token))
    }
}

/// A logit so far below the best one adds nothing that a sum of f32 could see.
const NOTHING: f32 = -30.0;

impl Sampler {
    /// Draws a token by its logits, one for each token of the vocabulary. The same logits and random
    /// numbers give the same token.
    ///
    /// # Errors
    /// When no token can be drawn: logits that are NaN or infinite, none that is not `-∞`, none at
    /// all; or when `sampling` is out of range.
    pub fn sample(
        &mut self,
        logits: &[f32],
        sampling: &Sampling,
        rng: &mut impl Rng,
    ) -> Result<u32> {
        sampling.check()?;
        let (best, token) = best(logits)?;
        if sampling.temperature == 0.0 || sampling.top_k == Some(1) {
            return Ok(token);
        }
        self.filter(logits, best, sampling);
        Ok(self.draw(sampling.temperature, rng))
    }

    /// Keeps what may be drawn.
    fn filter(&mut self, logits: &[f32], best: f32, sampling: &Sampling) {
        let top_k = sampling.top_k.filter(|k| *k > 0 && *k < logits.len());
        let top_p = sampling.top_p.filter(|p| *p < 1.0);
        let min_p = sampling.min_p.filter(|p| *p > 0.0);
        // The sum of all probabilities, the best token's being 1; only top-p needs it.
        let below = logits.iter().map(|logit| logit - best);
        let below = below.filter(|below| top_p.is_some() && *below > NOTHING);
        let mut total: f64 = below.map(|below| f64::from(below.exp())).sum();
        // What is below this can't be kept or drawn, whatever else is.
        let mut floor = f64::from(NOTHING) * sampling.temperature.max(1.0);
        match (top_k, top_p, min_p) {
            // All that are below together have less than what top-p leaves out.
            (None, Some(p), _) => floor = floor.max(((1.0 - p) * total / logits.len() as f64).ln()),
            (None, None, Some(p)) => floor = floor.max(p.ln()),
            _ => {}
        }
        let mut floor = floor as f32;
        // A best token of probability 1 may leave no room below it.
        floor = floor.min(-f32::EPSILON);
        self.kept.clear();
        for (token, logit) in (0..).zip(logits) {
            let value = logit - best;
            if value < floor {
                continue;
            }
            self.kept.push(Kept { value, token });
            if let Some(k) = top_k
                && self.kept.len() == 2 * k
            {
                floor = floor.max(self.keep_best(k));
            }
        }
        if let Some(k) = top_k {
            self.keep_best(k);
            total = self
                .kept
                .iter()
                .map(|kept| f64::from(kept.value.exp()))
                .sum();
        }
        if let Some(p) = top_p {
            self.keep_mass(p * total);
        }
        if let Some(p) = min_p {
            let floor = p.ln() as f32;
            self.kept.retain(|kept| kept.value >= floor);
        }
    }

    /// Keeps the `k` best; returns the value of the last of them.
    fn keep_best(&mut self, k: usize) -> f32 {
        if k < self.kept.len() {
            self.kept.select_nth_unstable_by(k - 1, Kept::order);
            self.kept.truncate(k);
        }
        self.kept
            .get(k - 1)
            .map_or(f32::NEG_INFINITY, |last| last.value)
    }

    /// Keeps the fewest of the best that together weigh `mass`.
    fn keep_mass(&mut self, mass: f64) {
        let (mut sum, mut sorted, mut step) = (0.0, 0, 64);
        while sorted < self.kept.len() {
            let rest = &mut self.kept[sorted..];
            let part = step.min(rest.len());
            if part < rest.len() {
                rest.select_nth_unstable_by(part - 1, Kept::order);
            }
            rest[..part].sort_unstable_by(Kept::order);
            for (at, kept) in rest[..part].iter().enumerate() {
                sum += f64::from(kept.value.exp());
                if sum >= mass {
                    return self.kept.truncate(sorted + at + 1);
                }
            }
            sorted += part;
            step *= 8;
        }
    }

    /// Draws one of those that are kept.
    fn draw(&mut self, temperature: f64, rng: &mut impl Rng) -> u32 {
        let mut sum = 0.0;
        for kept in &mut self.kept {
            kept.value = (f64::from(kept.value) / temperature).exp() as f32;
            sum += f64::from(kept.value);
        }
        let mut left = rng.random::<f64>() * sum;
        let mut drawn = 0;
        for kept in self.kept.iter().filter(|kept| kept.value > 0.0) {
            drawn = kept.token;
            left -= f64::from(kept.value);
            if left < 0.0 {
                break;
            }
        }
        drawn
    }
}

/// The highest logit and the first token that has it.
fn best(logits: &[f32]) -> Result<(f32, u32)> {
    let (mut best, mut token) = (f32::NEG_INFINITY, None);
    for (at, logit) in (0..).zip(logits) {
        if logit.is_nan() {
            bail!(
                "the model's logit for token {at} is not a number: \
                 its file may be damaged, or its type too narrow for this device"
            );
        }
        if *logit > best {
            (best, token) = (*logit, Some(at));
        }
    }
    match token {
        Some(at) if best == f32::INFINITY => bail!(
            "the model's logit for token {at} is infinite: \
             its file may be damaged, or its type too narrow for this device"
        ),
        Some(token) => Ok((best, token)),
        None => bail!(
            "none of the model's {} logits allows its token",
            logits.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: Sampling = Sampling {
        temperature: 1.0,
        top_p: None,
        top_k: None,
        min_p: None,
    };

    fn logits(probabilities: &[f64]) -> Vec<f32> {
        probabilities.iter().map(|p| p.ln() as f32 + 3.0).collect()
    }

    /// Draws many tokens by `probabilities` and holds their counts against what is expected
    /// (Pearson's chi-squared, far out at five standard deviations).
    #[track_caller]
    fn check(probabilities: &[f64], sampling: Sampling, expected: &[f64]) {
        const DRAWS: usize = 20_000;
        let logits = logits(probabilities);
        let mut rng = row_rng(7, 0);
        let mut sampler = Sampler::default();
        let mut counts = vec![0usize; logits.len()];
        for _ in 0..DRAWS {
            let drawn = sampler
                .sample(&logits, &sampling, &mut rng)
                .expect("a token");
            counts[drawn as usize] += 1;
        }
        let mut chi_squared = 0.0;
        let mut degrees: f64 = -1.0;
        for (count, expected) in counts.iter().zip(expected) {
            let expected = expected * DRAWS as f64;
            if expected == 0.0 {
                assert_eq!(*count, 0, "{counts:?}");
                continue;
            }
            chi_squared += (*count as f64 - expected).powi(2) / expected;
            degrees += 1.0;
        }
        let bound = degrees + 5.0 * (2.0 * degrees.max(0.0)).sqrt();
        assert!(chi_squared <= bound, "{chi_squared} > {bound}: {counts:?}");
    }

    #[test]
    fn the_models_own_distribution() {
        let own = [0.1, 0.4, 0.2, 0.3];
        check(&own, PLAIN, &own);
        let squares = own.map(|p| p * p / 0.3);
        check(
            &own,
            Sampling {
                temperature: 0.5,
                ..PLAIN
            },
            &squares,
        );
        let roots: f64 = own.iter().map(|p| p.sqrt()).sum();
        check(
            &own,
            Sampling {
                temperature: 2.0,
                ..PLAIN
            },
            &own.map(|p| p.sqrt() / roots),
        );
        check(
            &own,
            Sampling {
                temperature: 0.0,
                ..PLAIN
            },
            &[0.0, 1.0, 0.0, 0.0],
        );
        check(&[1.0, 0.0], PLAIN, &[1.0, 0.0]);
    }

    #[test]
    fn filters_keep_what_they_should() {
        let own = [0.1, 0.4, 0.2, 0.3];
        let check = |sampling: Sampling, expected: &[f64]| check(&own, sampling, expected);
        let (p, k, m) = (|p| Some(p), |k| Some(k), |m| Some(m));
        let two = [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0];
        let three = [0.0, 4.0 / 9.0, 2.0 / 9.0, 3.0 / 9.0];
        check(
            Sampling {
                top_k: k(2),
                ..PLAIN
            },
            &two,
        );
        check(
            Sampling {
                top_k: k(1),
                ..PLAIN
            },
            &[0.0, 1.0, 0.0, 0.0],
        );
        check(
            Sampling {
                top_k: k(0),
                ..PLAIN
            },
            &own,
        );
        check(
            Sampling {
                top_k: k(99),
                ..PLAIN
            },
            &own,
        );
        check(
            Sampling {
                top_p: p(0.69),
                ..PLAIN
            },
            &two,
        );
        check(
            Sampling {
                top_p: p(0.71),
                ..PLAIN
            },
            &three,
        );
        check(
            Sampling {
                top_p: p(1e-9),
                ..PLAIN
            },
            &[0.0, 1.0, 0.0, 0.0],
        );
        check(
            Sampling {
                top_p: p(1.0),
                ..PLAIN
            },
            &own,
        );
        check(
            Sampling {
                min_p: m(0.49),
                ..PLAIN
            },
            &three,
        );
        check(
            Sampling {
                min_p: m(0.51),
                ..PLAIN
            },
            &two,
        );
        check(
            Sampling {
                min_p: m(1.0),
                ..PLAIN
            },
            &[0.0, 1.0, 0.0, 0.0],
        );
        // Of the three that top-k leaves, two have 7/9 of the mass.
        check(
            Sampling {
                top_k: k(3),
                top_p: p(0.75),
                ..PLAIN
            },
            &two,
        );
        check(
            Sampling {
                top_k: k(3),
                top_p: p(0.80),
                ..PLAIN
            },
            &three,
        );
        // The filters see the distribution before the temperature.
        check(
            Sampling {
                temperature: 0.5,
                top_p: p(0.71),
                ..PLAIN
            },
            &[0.0, 16.0 / 29.0, 4.0 / 29.0, 9.0 / 29.0],
        );
    }

    #[test]
    fn ties_go_to_the_first_tokens() {
        check(
            &[0.25; 4],
            Sampling {
                top_k: Some(2),
                ..PLAIN
            },
            &[0.5, 0.5, 0.0, 0.0],
        );
        check(
            &[0.25; 4],
            Sampling {
                top_p: Some(0.5),
                ..PLAIN
            },
            &[0.5, 0.5, 0.0, 0.0],
        );
        check(
            &[0.25; 4],
            Sampling {
                temperature: 0.0,
                ..PLAIN
            },
            &[1.0, 0.0, 0.0, 0.0],
        );
        check(
            &[0.25; 4],
            Sampling {
                min_p: Some(1.0),
                ..PLAIN
            },
            &[0.25; 4],
        );
    }

    #[test]
    fn rows_differ_and_repeat() {
        let flat = vec![0.0; 1000];
        let draws = |seed, row| -> Vec<u32> {
            let (mut rng, mut sampler) = (row_rng(seed, row), Sampler::default());
            let mut draw = || sampler.sample(&flat, &PLAIN, &mut rng).expect("a token");
            (0..20).map(|_| draw()).collect()
        };
        assert_eq!(draws(1, 0), draws(1, 0));
        assert_ne!(draws(1, 0), draws(1, 1));
        assert_ne!(draws(1, 0), draws(0, 1));
    }

    #[test]
    fn what_is_no_distribution_is_an_error() {
        let error = |logits: &[f32], sampling: Sampling| {
            let drawn = Sampler::default().sample(logits, &sampling, &mut row_rng(0, 0));
            drawn.expect_err("it can't be drawn from").to_string()
        };
        for sampling in [
            PLAIN,
            Sampling {
                temperature: 0.0,
                ..PLAIN
            },
        ] {
            assert!(error(&[0.0, f32::NAN], sampling).contains("token 1 is not a number"));
            assert!(
                error(&[f32::NAN, f32::INFINITY], sampling).contains("token 0 is not a number")
            );
            assert!(error(&[0.0, f32::INFINITY], sampling).contains("token 1 is infinite"));
            assert!(error(&[f32::NEG_INFINITY; 3], sampling).contains("none of the model's 3"));
            assert!(error(&[], sampling).contains("none of the model's 0"));
        }
        for (wrong, name) in [
            (
                Sampling {
                    temperature: f64::NAN,
                    ..PLAIN
                },
                "temperature",
            ),
            (
                Sampling {
                    temperature: -1.0,
                    ..PLAIN
                },
                "temperature",
            ),
            (
                Sampling {
                    top_p: Some(0.0),
                    ..PLAIN
                },
                "top_p",
            ),
            (
                Sampling {
                    top_p: Some(f64::NAN),
                    ..PLAIN
                },
                "top_p",
            ),
            (
                Sampling {
                    min_p: Some(1.5),
                    ..PLAIN
                },
                "min_p",
            ),
        ] {
            assert!(error(&[0.0], wrong).starts_with(name));
        }
        let one = [f32::NEG_INFINITY, f32::MIN, f32::NEG_INFINITY];
        let drawn = Sampler::default().sample(&one, &PLAIN, &mut row_rng(0, 0));
        assert_eq!(drawn.expect("a token"), 1);
    }

    /// What the filters keep, by sorting everything.
    fn kept_by_sorting(logits: &[f32], sampling: &Sampling) -> Vec<u32> {
        let mut order: Vec<usize> = (0..logits.len())
            .filter(|at| logits[*at] > f32::NEG_INFINITY)
            .collect();
        order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
        order.truncate(sampling.top_k.filter(|k| *k > 0).unwrap_or(usize::MAX));
        let best = logits[order[0]];
        let weight = |at: &usize| f64::from((logits[*at] - best).exp());
        let total: f64 = order.iter().map(weight).sum();
        let mut sum = 0.0;
        let nucleus = order.iter().take_while(|at| {
            let enough = sum >= sampling.top_p.unwrap_or(1.0) * total;
            sum += weight(at);
            !enough
        });
        let count = nucleus.count();
        order.truncate(count);
        order.retain(|at| {
            f64::from(logits[*at] - best) >= sampling.min_p.unwrap_or(0.0).ln() - 1e-6
        });
        let mut kept: Vec<u32> = order.into_iter().map(|at| at as u32).collect();
        kept.sort_unstable();
        kept
    }

    proptest! {
        #[test]
        fn the_filters_keep_what_sorting_would(
            logits in proptest::collection::vec(prop_oneof![8 => -20i8..20, 1 => Just(-128)], 1..400),
            top_k in proptest::option::of(0usize..100),
            top_p in proptest::option::of(0.05f64..1.0),
            min_p in proptest::option::of(0.001f64..1.0),
        ) {
            let logits: Vec<f32> = logits
                .into_iter()
                .map(|logit| if logit == -128 { f32::NEG_INFINITY } else { f32::from(logit) / 3.0 })
                .collect();
            let sampling = Sampling { temperature: 1.0, top_k, top_p, min_p };
            let mut sampler = Sampler::default();
            let Ok((best, _)) = best(&logits) else {
                return Ok(());
            };
            sampler.filter(&logits, best, &sampling);
            let mut kept: Vec<u32> = sampler.kept.iter().map(|kept| kept.token).collect();
            kept.sort_unstable();
            prop_assert_eq!(kept, kept_by_sorting(&logits, &sampling));
        }
    }
}
