//! The local prover: a LLaMA-architecture model run in this process.

mod answers;
pub mod attention;
pub mod cache;
mod check;
pub mod config;
mod device;
pub mod engine;
pub mod generate;
pub mod linear;
pub mod llama;
pub mod lookup;
pub mod memory;
mod prover;
pub mod rope;
pub mod sample;
mod settings;
pub mod tokenizer;
pub mod weights;

pub use crate::prompt::Mode;
pub use check::{Report, Survey, check, survey};
pub use prover::Local;
pub use settings::{Device, Settings};

use anyhow::{Result, bail};
use candle_core::{CpuStorage, Storage, Tensor};

/// Reads a contiguous f32 tensor where it lies.
fn on_cpu<T>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> T) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) => {
            Ok(read(&values[start..end]))
        }
        _ => bail!("not a contiguous f32 tensor in main memory: {layout:?}"),
    }
}
