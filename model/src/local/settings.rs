//! The settings of the local prover.

use std::path::PathBuf;
use std::time::Duration;

use unsorry_infer::device::DevicePreference;
use unsorry_infer::memory::SequenceLimits;
use unsorry_prover::GenerationParams;

/// The settings of the local prover: the model, the device, and how to sample.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalSettings {
    /// The model: a GGUF file, or a folder of safetensors.
    pub model: PathBuf,
    /// A `tokenizer.json`; by default the one beside the model, or what the model's file holds.
    pub tokenizer: Option<PathBuf>,
    /// The device that the model runs on.
    pub device: DevicePreference,
    /// The most tokens of prompt and answer together; by default what prompts and answers need, where the
    /// model and the memory allow it.
    pub context: Option<usize>,
    /// The parameters of generation.
    pub generation: GenerationParams,
    /// The number of candidates that are decoded together; at least one.
    pub batch: usize,
    /// The number of threads that compute; by default one a core. Candle's own products don't obey it:
    /// they take `CANDLE_NUM_THREADS`.
    pub threads: Option<usize>,
    /// The time after which an unused model is unloaded.
    pub idle: Duration,
}

impl LocalSettings {
    /// The most tokens of a prompt: what matters of a file fits, and the first token does not take
    /// minutes.
    pub const MAX_PROMPT_TOKENS: usize = 4096;

    /// Returns the defaults for `model`.
    pub fn new(model: PathBuf) -> LocalSettings {
        LocalSettings {
            model,
            tokenizer: None,
            device: DevicePreference::Auto,
            context: None,
            generation: GenerationParams::default(),
            batch: 4,
            threads: None,
            idle: Duration::from_secs(600),
        }
    }

    /// Returns the lengths of sequences that memory is planned for.
    pub fn limits(&self) -> SequenceLimits {
        let max_new_tokens = self.generation.answer_tokens(usize::MAX);
        SequenceLimits {
            context: self.context,
            default_context: Self::MAX_PROMPT_TOKENS + max_new_tokens,
            max_new_tokens,
            batch: self.batch,
        }
    }
}
