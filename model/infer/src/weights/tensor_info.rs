//! The place of a tensor in its file.

use candle_core::quantized::GgmlDType;

/// The type, shape and place of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorInfo {
    /// The type of the elements.
    pub dtype: GgmlDType,
    /// `[outputs, inputs]` of a matrix, `[elements]` of a vector.
    pub shape: Vec<usize>,
    /// The length in bytes.
    pub bytes: u64,
    /// The index of the file.
    pub(super) file: usize,
    /// The first byte in the file.
    pub(super) offset: u64,
}
