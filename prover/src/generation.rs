//! What a model is asked for, wherever it runs.

use crate::prompt::Mode;

/// How a model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationParams {
    /// What it is asked for, where whoever asks does not say; by default [`Mode::Fast`].
    pub mode: Option<Mode>,
    /// How many candidates a hole gets; at least one.
    pub candidates: usize,
    /// Divides the logits; 0 always takes the likeliest token.
    pub temperature: f64,
    /// Only the likeliest tokens that together have this probability, from 0 to 1, are sampled from.
    pub top_p: Option<f64>,
    /// Only so many of the likeliest tokens are sampled from; at least one.
    pub top_k: Option<usize>,
    /// Only tokens at least so likely, from 0 to 1 of the likeliest, are sampled from.
    pub min_p: Option<f64>,
    /// Makes sampling repeatable; by default each search draws anew.
    pub seed: Option<u64>,
    /// Most tokens of an answer; by default what its mode needs.
    pub max_tokens: Option<usize>,
}

impl Default for GenerationParams {
    fn default() -> Self {
        GenerationParams {
            mode: None,
            candidates: 16,
            temperature: 1.0,
            top_p: Some(0.95),
            top_k: None,
            min_p: None,
            seed: None,
            max_tokens: None,
        }
    }
}

impl GenerationParams {
    /// What it is asked for.
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::Fast)
    }

    /// Most tokens of an answer of a model that has room for `context`: twice what a fast answer of
    /// Prover-V2's takes on average (443 tokens), or a reasoning one (4,489), but at most half of it.
    pub fn answer_tokens(&self, context: usize) -> usize {
        let usual = match self.mode() {
            Mode::Fast => 1024,
            Mode::Reasoning => 9216,
        };
        self.max_tokens.unwrap_or(usual).min(context / 2).max(1)
    }

    /// How many answers are worth asking for: the likeliest one is always the same.
    pub fn answers(&self) -> usize {
        match self.temperature == 0.0 || self.top_k == Some(1) {
            true => 1,
            false => self.candidates,
        }
    }
}
