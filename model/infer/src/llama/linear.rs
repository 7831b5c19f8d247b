//! Linear layers: weight matrices, and their product with activations.
//!
//! On x86-64 with AVX-512 VNNI, matrices of the usual types are packed ([`packed`]): for these Candle
//! keeps a second copy, and reads a third more bytes a token. All others are multiplied by Candle.

mod matrix;
#[cfg(target_arch = "x86_64")]
mod packed;
#[cfg(test)]
mod tests;

use anyhow::Result;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};

#[cfg(target_arch = "x86_64")]
use packed::{Activations, Packed};

pub use matrix::Matrix;

/// One or more matrices with the same input, such as query, key and value.
#[derive(Debug, Default)]
pub struct Linear {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    #[cfg(target_arch = "x86_64")]
    Packed(Packed),
    Quantised(QTensor),
    Dense(Tensor),
}

/// Returns the bytes that a matrix of `bytes` in its file takes on `device` once it is used. Candle
/// keeps a second copy of some types, laid out for the processor, from the first product on
/// (`candle-core/src/quantized/repack.rs`).
pub fn resident_bytes(dtype: GgmlDType, bytes: u64, device: &Device) -> u64 {
    let second_copy = match dtype {
        _ if !device.is_cpu() => 0.0,
        dtype if is_packed(dtype) => 0.03,
        GgmlDType::Q4K => 1.34,
        GgmlDType::Q6K => 1.53,
        GgmlDType::Q8_0 => 1.0,
        GgmlDType::Q4_0 | GgmlDType::Q5K if cfg!(target_arch = "aarch64") => 1.0,
        _ => 0.0,
    };
    bytes.saturating_add((bytes as f64 * second_copy) as u64)
}

/// Returns whether matrices of `dtype` are packed on this machine.
fn is_packed(dtype: GgmlDType) -> bool {
    #[cfg(target_arch = "x86_64")]
    return packed::supports(dtype);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = dtype;
        false
    }
}

impl Linear {
    /// Adds a matrix, on `device`.
    ///
    /// # Errors
    /// When its data have the wrong length, or the device has not enough memory.
    pub fn push(&mut self, matrix: &Matrix, device: &Device) -> Result<()> {
        self.parts.push(Part::new(matrix, device)?);
        Ok(())
    }

    /// Returns `x · Wᵀ` for each matrix `W`: `x` is `[tokens, cols]`, each result `[tokens, rows]`, all in
    /// f32.
    ///
    /// # Errors
    /// When `x` has another shape, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Vec<Tensor>> {
        #[cfg(target_arch = "x86_64")]
        let mut quantised: Option<Activations> = None;
        self.parts
            .iter()
            .map(|part| match part {
                #[cfg(target_arch = "x86_64")]
                Part::Packed(packed) => {
                    let (tokens, _) = x.dims2()?;
                    let activations = match &quantised {
                        Some(activations) => activations,
                        None => quantised.insert(activations(x)?),
                    };
                    let out = packed.multiply(activations)?;
                    Ok(Tensor::from_vec(out, (tokens, packed.rows()), x.device())?)
                }
                Part::Quantised(tensor) => Ok(x.apply_op1_no_bwd(tensor)?),
                Part::Dense(tensor) => {
                    let y = x.to_dtype(tensor.dtype())?.matmul(&tensor.t()?)?;
                    Ok(y.to_dtype(DType::F32)?)
                }
            })
            .collect()
    }
}

/// Quantises `x`, `[tokens, cols]` in f32, to 8 bits.
#[cfg(target_arch = "x86_64")]
fn activations(x: &Tensor) -> Result<Activations> {
    let x = x.contiguous()?;
    let (_, cols) = x.dims2()?;
    crate::with_f32_slice(&x, |x| Activations::quantise(x, cols))
}

impl Part {
    fn new(matrix: &Matrix, device: &Device) -> Result<Self> {
        #[cfg(target_arch = "x86_64")]
        if device.is_cpu()
            && let Some(packed) = Packed::new(matrix)?
        {
            return Ok(Self::Packed(packed));
        }
        let tensor = matrix.quantised(device)?;
        let dtype = matrix.dtype;
        let plain = matches!(dtype, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
        if plain && !device.is_cpu() {
            let dense = if dtype == GgmlDType::BF16 {
                DType::BF16
            } else {
                DType::F16
            };
            return Ok(Self::Dense(tensor.dequantize(device)?.to_dtype(dense)?));
        }
        Ok(Self::Quantised(tensor))
    }
}
