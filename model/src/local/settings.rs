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
    /// How many threads compute; by default one a core.
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
