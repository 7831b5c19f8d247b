//! The parameters with which a model generates its answers, wherever it runs.

/// The form of a model's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The missing text alone, at once.
    Fast,
    /// A plan, a sketch, and then the whole code.
    Reasoning,
}

/// The settings by which a model generates its answers.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationParams {
    /// The form of the answers where whoever asks does not say; by default [`Mode::Fast`].
    pub mode: Option<Mode>,
    /// The number of candidates that a hole gets; at least one.
    pub candidates: usize,
    /// The temperature, which divides the logits; 0 always takes the likeliest token.
    pub temperature: f64,
    /// The probability, from 0 to 1, that the likeliest tokens must have together; only they are sampled.
    pub top_p: Option<f64>,
    /// The number of the likeliest tokens that are sampled from; at least one.
    pub top_k: Option<usize>,
    /// The least probability of a token that is sampled, as a part from 0 to 1 of the likeliest one's.
    pub min_p: Option<f64>,
    /// The seed that makes sampling repeatable; by default each search draws anew.
    pub seed: Option<u64>,
    /// The most tokens of an answer; by default what its mode needs.
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
    /// The form of the answers.
    pub fn mode(&self) -> Mode {
        self.mode.unwrap_or(Mode::Fast)
    }

    /// The most tokens of an answer of a model that has room for `context`: twice what a fast answer of
    /// Prover-V2's takes on average (443 tokens), or a reasoning one (4,489), but at most half of it.
    pub fn answer_tokens(&self, context: usize) -> usize {
        let usual = match self.mode() {
            Mode::Fast => 1024,
            Mode::Reasoning => 9216,
        };
        self.max_tokens.unwrap_or(usual).min(context / 2).max(1)
    }

    /// The number of answers that are worth asking for: the likeliest one is always the same.
    pub fn answers(&self) -> usize {
        match self.temperature == 0.0 || self.top_k == Some(1) {
            true => 1,
            false => self.candidates,
        }
    }
}
