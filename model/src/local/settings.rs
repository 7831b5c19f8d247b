//! How the local prover is set up.

use std::path::PathBuf;
use std::time::Duration;

use unsorry_infer::device::Device;
use unsorry_infer::memory::Room;
use unsorry_prover::GenerationParams;

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
    pub generation: GenerationParams,
    /// How many candidates are decoded together; at least one.
    pub batch: usize,
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
            generation: GenerationParams::default(),
            batch: 4,
            threads: None,
            idle: Duration::from_secs(600),
        }
    }

    /// Most tokens of a prompt: what matters of a file fits, and the first token does not take minutes.
    pub const PROMPT: usize = 4096;

    /// The room that its sequences take.
    pub fn room(&self) -> Room {
        let answer = self.generation.answer_tokens(usize::MAX);
        Room {
            context: self.context,
            usual_context: Self::PROMPT + answer,
            answer,
            batch: self.batch,
        }
    }
}
