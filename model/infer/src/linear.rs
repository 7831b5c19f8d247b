//! Weight matrices, and their product with activations.
//!
//! Candle's quantised product is used wherever there is nothing better. On x86-64 with AVX-512 VNNI
//! the usual types are kept in a layout of our own instead ([`packed`]): Candle keeps two copies of
//! such a matrix there, and reads a third more bytes for each token.

mod packed;

use anyhow::{Context, Result, ensure};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};

use packed::{Activations, Packed};

/// Matrices that are multiplied with the same activations, such as query, key and value.
#[derive(Debug, Default)]
pub struct Linear {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Packed(Packed),
    Quantised(QTensor),
    Dense(Tensor),
}

/// A matrix as its file has it.
#[derive(Debug)]
pub struct Matrix<'a> {
    /// Of the elements.
    pub dtype: GgmlDType,
    /// How many outputs.
    pub rows: usize,
    /// How many inputs.
    pub cols: usize,
    /// Row after row.
    pub data: &'a [u8],
}

/// Bytes that a matrix of `bytes` in its file takes when it is multiplied with on `device`. Candle's
/// product keeps a second copy of some types, laid out for the processor
/// (`candle-core/src/quantized/repack.rs`), from the first product on.
pub fn resident_bytes(dtype: GgmlDType, bytes: u64, device: &Device) -> u64 {
    let second_copy = match dtype {
        _ if !device.is_cpu() => 0.0,
        dtype if packed::takes(dtype) => 0.03,
        GgmlDType::Q4K => 1.34,
        GgmlDType::Q6K => 1.53,
        GgmlDType::Q8_0 => 1.0,
        GgmlDType::Q4_0 | GgmlDType::Q5K if cfg!(target_arch = "aarch64") => 1.0,
        _ => 0.0,
    };
    bytes.saturating_add((bytes as f64 * second_copy) as u64)
}

impl Matrix<'_> {
    /// It as Candle's quantised tensor.
    ///
    /// # Errors
    /// When there is more or less data than `rows × cols` elements take, or the device has no room.
    pub fn quantised(&self, device: &Device) -> Result<QTensor> {
        let Self {
            dtype,
            rows,
            cols,
            data,
        } = *self;
        let block = dtype.block_size();
        ensure!(
            cols.is_multiple_of(block) && data.len() == rows * cols / block * dtype.type_size(),
            "a {rows}×{cols} matrix of {dtype:?} can't have {} bytes",
            data.len()
        );
        let storage = QStorage::from_data(data.into(), device, dtype)
            .with_context(|| format!("no room for a {rows}×{cols} matrix of {dtype:?}"))?;
        Ok(QTensor::new(storage, (rows, cols))?)
    }
}

impl Linear {
    /// Adds a matrix, on `device`.
    ///
    /// # Errors
    /// When it doesn't fit there.
    pub fn push(&mut self, matrix: &Matrix, device: &Device) -> Result<()> {
        self.parts.push(Part::new(matrix, device)?);
        Ok(())
    }

    /// `x · Wᵀ` for each matrix `W`: from `[tokens, cols]`, in f32, to `[tokens, rows]`.
    ///
    /// # Errors
    /// When `x` is of another shape, or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Vec<Tensor>> {
        let mut quantised: Option<Activations> = None;
        self.parts
            .iter()
            .map(|part| match part {
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

fn activations(x: &Tensor) -> Result<Activations> {
    let x = x.contiguous()?;
    let (_, cols) = x.dims2()?;
    super::on_cpu(&x, |x| Activations::quantise(x, cols))
}

impl Part {
    fn new(matrix: &Matrix, device: &Device) -> Result<Self> {
        if device.is_cpu()
            && let Some(packed) = Packed::new(matrix)?
        {
            return Ok(Self::Packed(packed));
        }
        let tensor = matrix.quantised(device)?;
        let dtype = matrix.dtype;
        let plain = matches!(dtype, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
        if plain && !device.is_cpu() {
            let kept = if dtype == GgmlDType::BF16 {
                DType::BF16
            } else {
                DType::F16
            };
            return Ok(Self::Dense(tensor.dequantize(device)?.to_dtype(kept)?));
        }
        Ok(Self::Quantised(tensor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ours against Candle's own product of the same quantised matrix.
    fn check(dtype: GgmlDType, rows: usize, cols: usize, tokens: usize) {
        let device = Device::Cpu;
        let w = Tensor::randn(0f32, 1., (rows, cols), &device).expect("weights");
        let w = QTensor::quantize(&w, dtype).expect("quantised");
        let x = Tensor::randn(0f32, 1., (tokens, cols), &device).expect("input");
        let data = w.data().expect("data");
        let matrix = Matrix {
            dtype,
            rows,
            cols,
            data: &data,
        };
        let mut linear = Linear::default();
        linear.push(&matrix, &device).expect("linear");
        let ours = linear.forward(&x).expect("ours");
        let w = w.dequantize(&device).expect("dequantised");
        let exact = x.matmul(&w.t().expect("transposed")).expect("exact");
        let norm = |t: &Tensor| {
            let sum = t.sqr().and_then(|t| t.sum_all()).expect("sum");
            sum.to_scalar::<f32>().expect("scalar").sqrt()
        };
        let error = norm(&(&ours[0] - &exact).expect("difference")) / norm(&exact);
        assert!(error < 0.01, "{dtype:?} {rows}×{cols}, {tokens}: {error}");
    }

    #[test]
    fn multiplies_as_exactly_as_eight_bit_activations_allow() {
        for dtype in [GgmlDType::Q4K, GgmlDType::Q6K, GgmlDType::Q8_0] {
            for tokens in [1, 2, 3, 5, 8, 21] {
                check(dtype, 48, 512, tokens);
            }
            check(dtype, 7, 256, 9);
            check(dtype, 1000, 768, 2);
        }
        check(GgmlDType::Q8_0, 40, 96, 11);
        check(GgmlDType::Q5K, 32, 256, 3);
        check(GgmlDType::F16, 33, 100, 3);
        check(GgmlDType::F32, 33, 100, 3);
    }
}
