//! A model that is loaded: what it takes to make text of a prompt.

use anyhow::{Context, Result};

use super::Settings;
use unsorry_infer::generate::Writer;
use unsorry_infer::llama::Llama;
use unsorry_infer::tokenizer::Tokenizer;
use unsorry_infer::weights::Weights;
use unsorry_infer::{device, memory};
use unsorry_prover::prompt::Piece;

/// A loaded model.
pub struct Engine {
    /// Writes answers.
    pub writer: Writer,
    /// Between text and tokens.
    pub tokenizer: Tokenizer,
    /// What the model runs on, and why.
    pub device: String,
}

impl Engine {
    /// Loads the model that `settings` name; `progress` is told the share that is done.
    ///
    /// # Errors
    /// When a file is missing or no model for us, when there is not enough memory for it, or the
    /// device fails. The message names the file, and says what to do.
    pub fn load(settings: &Settings, progress: &mut dyn FnMut(f64)) -> Result<Self> {
        let path = settings.model.clone();
        let weights = Weights::open(&path)?;
        let whats_wrong = || format!("can't load {}", path.display());
        let (device, why) = device::device(settings.device).with_context(whats_wrong)?;
        tracing::info!(device = why, "loading a model");
        let plan =
            memory::plan_on(&weights, &device, &settings.room()).with_context(whats_wrong)?;
        let tokenizer =
            Tokenizer::open(&weights, settings.tokenizer.as_deref()).with_context(whats_wrong)?;
        let llama = Llama::load(&weights, plan.context, &device, progress);
        let llama = llama.with_context(whats_wrong)?;
        Ok(Self {
            writer: Writer::new(llama, plan.positions).with_context(whats_wrong)?,
            tokenizer,
            device: why,
        })
    }

    /// The tokens of a prompt. A marker that is none in this vocabulary is text like any other.
    ///
    /// # Errors
    /// When the text can't be made tokens.
    pub fn tokens(&self, pieces: &[Piece]) -> Result<Vec<u32>> {
        let mut tokens = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Marker(marker) => match self.tokenizer.marker(marker) {
                    Some(token) => tokens.push(token),
                    None => tokens.extend(self.tokenizer.encode(marker)?),
                },
                Piece::Text(text) => tokens.extend(self.tokenizer.encode(text)?),
            }
        }
        Ok(tokens)
    }
}
