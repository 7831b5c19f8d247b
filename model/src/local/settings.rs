//! How the local prover is set up.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::prompt::Mode;

/// What to run, on what, and how to sample from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The model: a GGUF file, or a folder of safetensors.
    pub model: PathBuf,
    /// A `tokenizer.json`; by default the one beside the model, or what the model's file holds.
    pub tokenizer: Option<PathBuf>,
    /// What it runs on.
    pub device: Device,
    /// Most tokens of prompt and answer together; by default as many as the model was made for and
    /// the memory holds.
    pub context: Option<usize>,
    /// What the model is asked for.
    pub mode: Mode,
    /// How many candidates a hole gets; at least one.
    pub candidates: usize,
    /// How many candidates are decoded together; at least one.
    pub batch: usize,
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
    /// How many threads compute; by default one a core. Candle's own products don't obey it: they take
    /// `CANDLE_NUM_THREADS`.
    pub threads: Option<usize>,
    /// After which an unused model is unloaded.
    pub idle: Duration,
}

impl Settings {
    /// The defaults, for `model`.
    pub fn new(model: PathBuf) -> Settings {
        Settings {
            model,
            tokenizer: None,
            device: Device::Auto,
            context: None,
            mode: Mode::Fast,
            candidates: 16,
            batch: 4,
            temperature: 1.0,
            top_p: Some(0.95),
            top_k: None,
            min_p: None,
            seed: None,
            max_tokens: None,
            threads: None,
            idle: Duration::from_secs(600),
        }
    }

    /// Most tokens of a prompt: what matters of a file fits, and the first token does not take minutes.
    pub const PROMPT: usize = 4096;

    /// Most tokens of an answer of a model that has room for `context`: twice what a fast answer of
    /// Prover-V2's takes on average (443 tokens), or a reasoning one (4,489), but at most half of it.
    pub fn answer_tokens(&self, context: usize) -> usize {
        let usual = match self.mode {
            Mode::Fast => 1024,
            Mode::Reasoning => 9216,
        };
        self.max_tokens.unwrap_or(usual).min(context / 2).max(1)
    }

    /// Tokens of a sequence that a model made for `most` is loaded for.
    pub fn context(&self, most: usize) -> usize {
        let wanted = Self::PROMPT + self.answer_tokens(usize::MAX);
        self.context.unwrap_or(wanted).min(most)
    }

    /// Tokens that the cache of a model with such a context has to hold: a prompt once, and an answer for
    /// each of a batch.
    pub fn positions(&self, context: usize) -> usize {
        let answer = self.answer_tokens(context) + 2 * super::cache::PAGE;
        let answers = self.batch.saturating_sub(1).saturating_mul(answer);
        context.saturating_add(answers)
    }
}

/// What a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// A GPU that this program was built for and that the machine has, else the CPU.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Apple GPU.
    Metal,
}
