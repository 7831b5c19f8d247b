//! Inference of LLaMA models: weights from a file, text to tokens, tokens to more tokens.
//!
//! ```no_run
//! use std::path::Path;
//! use unsorry_infer::device::{self, DevicePreference};
//! use unsorry_infer::generate::{GenerationEvent, GenerationRequest, Generator, SamplingParams};
//! use unsorry_infer::llama::Llama;
//! use unsorry_infer::tokenizer::Tokenizer;
//! use unsorry_infer::weights::Weights;
//!
//! # fn main() -> anyhow::Result<()> {
//! let weights = Weights::open(Path::new("model.gguf"))?;
//! let tokenizer = Tokenizer::open(&weights, None)?;
//! let (device, _) = device::open(DevicePreference::Auto)?;
//! let model = Llama::load(&weights, 2048, &device, &mut |_share| {})?;
//! let mut generator = Generator::new(model, 2048)?;
//! let request = GenerationRequest {
//!     prompt: &tokenizer.encode("Once upon a time")?,
//!     completions: 1,
//!     batch: 1,
//!     max_new_tokens: 100,
//!     sampling: SamplingParams { temperature: 0.7, top_p: None, top_k: None, min_p: None },
//!     seed: 1,
//! };
//! let mut text = String::new();
//! let mut stream = tokenizer.decode_stream();
//! let mut on_event = |_completion, event| match event {
//!     GenerationEvent::Token(token) if !tokenizer.is_eos(token) => {
//!         text += &stream.push(token).unwrap_or_default();
//!         true
//!     }
//!     _ => false,
//! };
//! generator.generate(&request, &mut on_event, &|| false)?;
//! # Ok(())
//! # }
//! ```

pub mod device;
pub mod generate;
pub mod kv_cache;
pub mod llama;
pub mod memory;
pub mod tokenizer;
pub mod weights;

use anyhow::{Result, bail};
use candle_core::{CpuStorage, Storage, Tensor};

/// Calls `read` with the elements of a contiguous f32 tensor in main memory.
fn with_f32_slice<T>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> T) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) => {
            Ok(read(&values[start..end]))
        }
        _ => bail!("not a contiguous f32 tensor in main memory: {layout:?}"),
    }
}
