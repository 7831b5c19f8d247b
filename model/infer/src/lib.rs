//! Language models in this process: a model's file in, tokens out. Knows nothing of Lean.

pub mod attention;
pub mod cache;
pub mod config;
pub mod device;
pub mod generate;
pub mod linear;
pub mod llama;
pub mod lookup;
pub mod memory;
pub mod rope;
pub mod sample;
pub mod tokenizer;
pub mod weights;

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
