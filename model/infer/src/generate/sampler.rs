//! Sampling the next token.
//!
//! The filters are applied in the order of llama.cpp's default chain (`common_params_sampling::samplers`
//! in `common/common.h`): top-k, top-p among what is left, min-p, and the temperature last, so that the
//! filters see the model's own probabilities. vLLM divides by the temperature first
//! (`vllm/v1/sample/sampler.py`); at temperature 1 the two agree.

use anyhow::{Result, bail, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::cmp::Ordering;

#[cfg(test)]
mod tests;

/// The parameters of the sampler chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplingParams {
    /// The divisor of the logits; 0 selects the most likely token.
    pub temperature: f64,
    /// Keeps the most likely tokens that together have this probability (Holtzman et al. 2020,
    /// <https://arxiv.org/abs/1904.09751>); more than 0, at most 1.
    pub top_p: Option<f64>,
    /// Keeps this many of the most likely tokens; 0 keeps all.
    pub top_k: Option<usize>,
    /// Keeps the tokens with at least this share of the highest probability (Nguyen et al. 2024,
    /// <https://arxiv.org/abs/2407.01082>); 0 to 1.
    pub min_p: Option<f64>,
}

impl SamplingParams {
    /// Checks the ranges.
    ///
    /// # Errors
    /// When a parameter is outside its range: the message names it.
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

/// Returns the random numbers of one completion: completions of one seed differ, and each is independent
/// of how many there are.
pub fn completion_rng(seed: u64, index: u64) -> StdRng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&index.to_le_bytes());
    StdRng::from_seed(key)
}

/// Samples tokens; reuses its buffer.
#[derive(Debug, Clone, Default)]
pub struct Sampler {
    candidates: Vec<WeightedToken>,
}

/// A token that may be sampled.
#[derive(Debug, Clone, Copy)]
struct WeightedToken {
    /// The logit, relative to the highest; then the weight.
    value: f32,
    id: u32,
}

impl WeightedToken {
    /// Orders the more likely token first, equally likely ones by their ids.
    fn order(&self, other: &Self) -> Ordering {
        let by_value = other.value.total_cmp(&self.value);
        by_value.then(self.id.cmp(&other.id))
    }
}

/// The logit relative to the highest, below which a token adds nothing to a sum in f32.
const NEGLIGIBLE_LOGIT: f32 = -30.0;

impl Sampler {
    /// Samples a token from `logits`, `[vocab]`. The same logits and random numbers give the same token.
    ///
    /// # Errors
    /// When a logit is NaN or `∞`, none is above `-∞`, or a parameter is out of range.
    pub fn sample(
        &mut self,
        logits: &[f32],
        sampling: &SamplingParams,
        rng: &mut impl Rng,
    ) -> Result<u32> {
        sampling.check()?;
        let (highest, token) = argmax(logits)?;
        if sampling.temperature == 0.0 || sampling.top_k == Some(1) {
            return Ok(token);
        }
        self.filter(logits, highest, sampling);
        Ok(self.draw(sampling.temperature, rng))
    }

    /// Collects the tokens that may be sampled.
    fn filter(&mut self, logits: &[f32], highest: f32, sampling: &SamplingParams) {
        let top_k = sampling.top_k.filter(|k| *k > 0 && *k < logits.len());
        let top_p = sampling.top_p.filter(|p| *p < 1.0);
        let min_p = sampling.min_p.filter(|p| *p > 0.0);
        // The sum of all weights, relative to the highest; only top-p needs it.
        let below = logits.iter().map(|logit| logit - highest);
        let below = below.filter(|below| top_p.is_some() && *below > NEGLIGIBLE_LOGIT);
        let mut total: f64 = below.map(|below| f64::from(below.exp())).sum();
        // A relative logit below which no token can be kept or sampled.
        let mut floor = f64::from(NEGLIGIBLE_LOGIT) * sampling.temperature.max(1.0);
        match (top_k, top_p, min_p) {
            // All tokens below it together weigh less than what top-p leaves out.
            (None, Some(p), _) => floor = floor.max(((1.0 - p) * total / logits.len() as f64).ln()),
            (None, None, Some(p)) => floor = floor.max(p.ln()),
            _ => {}
        }
        let mut floor = floor as f32;
        // The highest token itself is always kept.
        floor = floor.min(-f32::EPSILON);
        self.candidates.clear();
        for (id, logit) in (0..).zip(logits) {
            let value = logit - highest;
            if value < floor {
                continue;
            }
            self.candidates.push(WeightedToken { value, id });
            if let Some(k) = top_k
                && self.candidates.len() == 2 * k
            {
                floor = floor.max(self.keep_top_k(k));
            }
        }
        if let Some(k) = top_k {
            self.keep_top_k(k);
            total = self
                .candidates
                .iter()
                .map(|token| f64::from(token.value.exp()))
                .sum();
        }
        if let Some(p) = top_p {
            self.keep_top_p(p * total);
        }
        if let Some(p) = min_p {
            let floor = p.ln() as f32;
            self.candidates.retain(|token| token.value >= floor);
        }
    }

    /// Keeps the `k` most likely; returns the value of the last of them.
    fn keep_top_k(&mut self, k: usize) -> f32 {
        if k < self.candidates.len() {
            self.candidates
                .select_nth_unstable_by(k - 1, WeightedToken::order);
            self.candidates.truncate(k);
        }
        self.candidates
            .get(k - 1)
            .map_or(f32::NEG_INFINITY, |last| last.value)
    }

    /// Keeps the fewest of the most likely that together weigh `mass`.
    fn keep_top_p(&mut self, mass: f64) {
        let (mut sum, mut sorted, mut step) = (0.0, 0, 64);
        while sorted < self.candidates.len() {
            let rest = &mut self.candidates[sorted..];
            let part = step.min(rest.len());
            if part < rest.len() {
                rest.select_nth_unstable_by(part - 1, WeightedToken::order);
            }
            rest[..part].sort_unstable_by(WeightedToken::order);
            for (at, token) in rest[..part].iter().enumerate() {
                sum += f64::from(token.value.exp());
                if sum >= mass {
                    return self.candidates.truncate(sorted + at + 1);
                }
            }
            sorted += part;
            step *= 8;
        }
    }

    /// Draws one of the candidates by its weight.
    fn draw(&mut self, temperature: f64, rng: &mut impl Rng) -> u32 {
        let mut sum = 0.0;
        for token in &mut self.candidates {
            token.value = (f64::from(token.value) / temperature).exp() as f32;
            sum += f64::from(token.value);
        }
        let mut threshold = rng.random::<f64>() * sum;
        let mut sampled = 0;
        for token in self.candidates.iter().filter(|token| token.value > 0.0) {
            sampled = token.id;
            threshold -= f64::from(token.value);
            if threshold < 0.0 {
                break;
            }
        }
        sampled
    }
}

/// Returns the highest logit and the first token that has it.
fn argmax(logits: &[f32]) -> Result<(f32, u32)> {
    let (mut highest, mut token) = (f32::NEG_INFINITY, None);
    for (at, logit) in (0..).zip(logits) {
        if logit.is_nan() {
            bail!(
                "the model's logit for token {at} is not a number: \
                 its file may be damaged, or its type too narrow for this device"
            );
        }
        if *logit > highest {
            (highest, token) = (*logit, Some(at));
        }
    }
    match token {
        Some(at) if highest == f32::INFINITY => bail!(
            "the model's logit for token {at} is infinite: \
             its file may be damaged, or its type too narrow for this device"
        ),
        Some(token) => Ok((highest, token)),
        None => bail!(
            "none of the model's {} logits allows its token",
            logits.len()
        ),
    }
}
