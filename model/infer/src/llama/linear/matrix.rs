//! Weight matrices as files have them.

use anyhow::{Context, Result, ensure};
use candle_core::Device;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};

/// A weight matrix as it is stored in the file.
#[derive(Debug)]
pub struct Matrix<'a> {
    /// The type of the elements.
    pub dtype: GgmlDType,
    /// The number of outputs.
    pub rows: usize,
    /// The number of inputs.
    pub cols: usize,
    /// The elements, row after row.
    pub data: &'a [u8],
}

impl Matrix<'_> {
    /// Copies the matrix to `device`, as Candle's quantised tensor.
    ///
    /// # Errors
    /// When `data` has not the length of `rows × cols` elements, or the device has not enough memory.
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
        let storage = QStorage::from_data(data.into(), device, dtype).with_context(|| {
            format!("there is no memory for a {rows}×{cols} matrix of {dtype:?}")
        })?;
        Ok(QTensor::new(storage, (rows, cols))?)
    }
}
