//! A loaded model, with all that it takes to make text of a prompt.

use anyhow::{Context, Result};
use unsorry_infer::generate::Generator;
use unsorry_infer::llama::Llama;
use unsorry_infer::tokenizer::Tokenizer;
use unsorry_infer::weights::Weights;
use unsorry_infer::{device, memory};
use unsorry_prover::prompt::Piece;

use super::LocalSettings;

/// A loaded model.
pub struct LoadedModel {
    /// The model and its KV cache.
    pub generator: Generator,
    /// The model's tokenizer.
    pub tokenizer: Tokenizer,
    /// The device that the model runs on, and the reason for it.
    pub device: String,
}

impl LoadedModel {
    /// Loads the model that `settings` name; `progress` is called with the share that has been read.
    ///
    /// # Errors
    /// When a file is missing or is no model that can be run here, when there is not enough memory for
    /// it, or the device fails. The message names the file, and says what to do.
    pub fn load(settings: &LocalSettings, progress: &mut dyn FnMut(f64)) -> Result<Self> {
        let weights = Weights::open(&settings.model)?;
        let what = || format!("can't load {}", settings.model.display());
        let (device, reason) = device::open(settings.device).with_context(what)?;
        tracing::info!(device = reason, "loading a model");
        let plan = memory::plan_on(&weights, &device, &settings.limits()).with_context(what)?;
        let tokenizer =
            Tokenizer::open(&weights, settings.tokenizer.as_deref()).with_context(what)?;
        let model = Llama::load(&weights, plan.context, &device, progress).with_context(what)?;
        Ok(Self {
            generator: Generator::new(model, plan.cache_tokens).with_context(what)?,
            tokenizer,
            device: reason,
        })
    }

    /// Returns the tokens of a prompt. A marker that is no token of this vocabulary is text.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn tokens(&self, pieces: &[Piece]) -> Result<Vec<u32>> {
        let mut tokens = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Marker(marker) => match self.tokenizer.added_token(marker) {
                    Some(token) => tokens.push(token),
                    None => tokens.extend(self.tokenizer.encode(marker)?),
                },
                Piece::Text(text) => tokens.extend(self.tokenizer.encode(text)?),
            }
        }
        Ok(tokens)
    }
}
