//! The local prover: a LLaMA-architecture model run in this process.

pub mod attention;
pub mod cache;
pub mod config;
pub mod linear;
pub mod llama;
mod prover;
pub mod rope;
mod settings;
pub mod weights;

pub use crate::prompt::Mode;
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
pub mod lookup;
pub mod sample;
