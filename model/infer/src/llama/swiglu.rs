//! The gate of the feed-forward layers: SwiGLU (Shazeer 2020, <https://arxiv.org/abs/2002.05202>).

use anyhow::Result;
use candle_core::{CpuStorage, Device, Storage, Tensor};
use candle_nn::ops;
use rayon::prelude::*;

use super::math::exp;

/// Returns `silu(gate) · up`, elementwise, for two tensors of one shape.
pub(super) fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    let (gate_storage, gate_layout) = gate.storage_and_layout();
    let (up_storage, up_layout) = up.storage_and_layout();
    if let (Storage::Cpu(CpuStorage::F32(gates)), Storage::Cpu(CpuStorage::F32(ups))) =
        (&*gate_storage, &*up_storage)
        && let (Some((start, end)), Some((up_start, up_end))) = (
            gate_layout.contiguous_offsets(),
            up_layout.contiguous_offsets(),
        )
    {
        let mut out = vec![0f32; end - start];
        let chunks = out
            .par_chunks_mut(1 << 12)
            .zip(gates[start..end].par_chunks(1 << 12))
            .zip(ups[up_start..up_end].par_chunks(1 << 12));
        chunks.for_each(|((out, gate), up)| {
            for ((out, &gate), &up) in out.iter_mut().zip(gate).zip(up) {
                let e = exp(-gate.abs());
                let numerator = if gate < 0. { e } else { 1. };
                *out = gate * (numerator / (1. + e)) * up;
            }
        });
        return Ok(Tensor::from_vec(out, gate.shape(), &Device::Cpu)?);
    }
    Ok((ops::silu(gate)? * up)?)
}
