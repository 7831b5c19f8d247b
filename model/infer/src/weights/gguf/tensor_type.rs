//! The types of tensors in GGUF files.

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::GgmlDType;

/// The numbers (`enum ggml_type` in ggml.h) and names of ggml's tensor types, and Candle's type for those
/// that hold weights. `Q8_1` and `Q8_K` are for intermediate results.
const TYPES: [(u32, &str, Option<GgmlDType>); 33] = [
    (0, "F32", Some(GgmlDType::F32)),
    (1, "F16", Some(GgmlDType::F16)),
    (2, "Q4_0", Some(GgmlDType::Q4_0)),
    (3, "Q4_1", Some(GgmlDType::Q4_1)),
    (6, "Q5_0", Some(GgmlDType::Q5_0)),
    (7, "Q5_1", Some(GgmlDType::Q5_1)),
    (8, "Q8_0", Some(GgmlDType::Q8_0)),
    (9, "Q8_1", None),
    (10, "Q2_K", Some(GgmlDType::Q2K)),
    (11, "Q3_K", Some(GgmlDType::Q3K)),
    (12, "Q4_K", Some(GgmlDType::Q4K)),
    (13, "Q5_K", Some(GgmlDType::Q5K)),
    (14, "Q6_K", Some(GgmlDType::Q6K)),
    (15, "Q8_K", None),
    (16, "IQ2_XXS", None),
    (17, "IQ2_XS", None),
    (18, "IQ3_XXS", None),
    (19, "IQ1_S", None),
    (20, "IQ4_NL", None),
    (21, "IQ3_S", None),
    (22, "IQ2_S", None),
    (23, "IQ4_XS", None),
    (24, "I8", None),
    (25, "I16", None),
    (26, "I32", None),
    (27, "I64", None),
    (28, "F64", None),
    (29, "IQ1_M", None),
    (30, "BF16", Some(GgmlDType::BF16)),
    (34, "TQ1_0", None),
    (35, "TQ2_0", None),
    (39, "MXFP4", None),
    (40, "NVFP4", None),
];

/// Returns ggml's name of a tensor type.
pub fn type_name(dtype: GgmlDType) -> &'static str {
    let known = TYPES.iter().find(|(_, _, known)| *known == Some(dtype));
    known.map_or("unknown", |(_, name, _)| name)
}

/// Returns the type with ggml's `number`.
///
/// # Errors
/// When weights of that type can't be used here: the message names it.
pub(super) fn by_number(name: &str, number: u32) -> Result<GgmlDType> {
    let known = TYPES.iter().find(|(known, ..)| *known == number);
    if let Some((_, _, Some(dtype))) = known {
        return Ok(*dtype);
    }
    let kind = known.map_or(format!("number {number}"), |(_, name, _)| name.to_string());
    bail!(
        "tensor `{name}` is of type {kind}, which can't be computed with here: get a file of another \
         quantisation, such as Q4_K_M or Q8_0"
    );
}

/// Returns the bytes of a tensor. Its rows are stored in whole blocks.
///
/// # Errors
/// When the shape is impossible for the type.
pub(super) fn stored_bytes(name: &str, dtype: GgmlDType, shape: &[usize]) -> Result<u64> {
    let elements = shape
        .iter()
        .try_fold(1u64, |all, &size| all.checked_mul(size as u64))
        .filter(|&elements| elements > 0);
    let row = shape.last().copied().unwrap_or(0);
    let block = dtype.block_size();
    let Some(elements) = elements else {
        bail!("tensor `{name}` has the impossible shape {shape:?}");
    };
    ensure!(
        row.is_multiple_of(block),
        "tensor `{name}` has rows of {row} numbers, no multiple of the {block} of a {} block",
        type_name(dtype)
    );
    (elements / block as u64)
        .checked_mul(dtype.type_size() as u64)
        .with_context(|| format!("tensor `{name}` has the impossible shape {shape:?}"))
}
