//! Attention on other devices: by the device's own matrix products.

use anyhow::Result;
use candle_core::{D, DType, Tensor};

use super::mask::{AttentionMask, PageMask};

/// Computes [`super::attention`] by two products with the whole cache under a dense mask.
pub(super) fn attention(
    queries: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    mask: &AttentionMask,
) -> Result<Tensor> {
    let (tokens, heads, head_dim) = queries.dims3()?;
    let kv_heads = keys.dim(0)?;
    let (group, end) = (heads / kv_heads, mask.end());
    let mut bias = vec![f32::NEG_INFINITY; tokens * end];
    for PageMask { start, visible } in &mask.pages {
        for &(token, len) in visible {
            bias[token * end + start..token * end + start + len].fill(0.);
        }
    }
    let bias = Tensor::from_vec(bias, (1, 1, tokens, end), queries.device())?;
    let queries = (queries.transpose(0, 1)?.contiguous()? * (head_dim as f64).powf(-0.5))?;
    let queries = queries
        .reshape((kv_heads, group * tokens, head_dim))?
        .to_dtype(keys.dtype())?;
    let scores = queries.matmul(&keys.narrow(1, 0, end)?.t()?)?;
    let scores = scores
        .to_dtype(DType::F32)?
        .reshape((kv_heads, group, tokens, end))?
        .broadcast_add(&bias)?;
    let weights = candle_nn::ops::softmax(&scores, D::Minus1)?;
    let weights = weights
        .reshape((kv_heads, group * tokens, end))?
        .to_dtype(values.dtype())?;
    let out = weights.matmul(&values.narrow(1, 0, end)?)?;
    let out = out
        .to_dtype(DType::F32)?
        .reshape((heads, tokens, head_dim))?;
    Ok(out
        .transpose(0, 1)?
        .contiguous()?
        .reshape((tokens, heads * head_dim))?)
}
