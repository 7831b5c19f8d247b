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
#[derive(Debug)]
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

impl Linear {
    /// Puts `matrices` on `device`.
    ///
    /// # Errors
    /// When they don't fit there, or have not as many columns as each other.
    pub fn new<'a>(
        matrices: impl IntoIterator<Item = Matrix<'a>>,
        device: &Device,
    ) -> Result<Self> {
        let parts: Result<Vec<Part>> = matrices
            .into_iter()
            .map(|matrix| Part::new(&matrix, device))
            .collect();
        Ok(Self { parts: parts? })
    }

    /// A matrix that is there already, such as the embedding of a model with tied weights.
    ///
    /// # Errors
    /// When its data can't be read back.
    pub fn tied(matrix: &QTensor) -> Result<Self> {
        let (rows, cols) = matrix.shape().dims2()?;
        let data = matrix.data()?;
        let matrix = Matrix {
            dtype: matrix.dtype(),
            rows,
            cols,
            data: &data,
        };
        Self::new([matrix], &Device::Cpu)
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
        let Matrix {
            dtype,
            rows,
            cols,
            data,
        } = *matrix;
        if device.is_cpu()
            && let Some(packed) = Packed::new(matrix)
        {
            return Ok(Self::Packed(packed));
        }
        let tensor = quantised(dtype, rows, cols, data, device)?;
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

/// `data` as Candle's quantised tensor.
///
/// # Errors
/// When there is more or less data than `rows × cols` elements take, or the device has no room.
pub fn quantised(
    dtype: GgmlDType,
    rows: usize,
    cols: usize,
    data: &[u8],
    device: &Device,
) -> Result<QTensor> {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Ours against Candle's own product of the same quantised matrix.
    fn check(dtype: GgmlDType, rows: usize, cols: usize, tokens: usize) {
        let device = Device::Cpu;
        let w = Tensor::randn(0f32, 1., (rows, cols), &device).expect("weights");
        let w = QTensor::quantize(&w, dtype).expect("quantised");
        let x = Tensor::randn(0f32, 1., (tokens, cols), &device).expect("input");
        let ours = Linear::tied(&w).expect("linear").forward(&x).expect("ours");
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
