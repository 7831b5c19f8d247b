//! The forward pass of LLaMA (Touvron et al. 2023, <https://arxiv.org/abs/2302.13971>), for tokens of
//! many sequences at once.

mod attention;
pub mod config;
pub mod linear;
mod loader;
mod math;
mod rope;
mod swiglu;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::QTensor;
use candle_core::{DType, Device, Tensor};
use candle_nn::ops;

use crate::kv_cache::{KvCache, Sequence};
use attention::{AttentionMask, attention};
use config::LlamaConfig;
use linear::Linear;
use rope::{RotaryEmbedding, Rotation};
use swiglu::swiglu;

/// A model on a device.
#[derive(Debug)]
pub struct Llama {
    config: LlamaConfig,
    device: Device,
    /// `[vocab, hidden]`.
    embedding: QTensor,
    layers: Vec<Layer>,
    /// `[hidden]`.
    norm: Tensor,
    /// `[vocab, hidden]`.
    output: Linear,
    rope: RotaryEmbedding,
}

/// The weights of a transformer layer.
#[derive(Debug)]
struct Layer {
    attention_norm: Tensor,
    query_key_value: Linear,
    attention_output: Linear,
    feed_forward_norm: Tensor,
    gate_up: Linear,
    down: Linear,
}

/// The next tokens of one sequence.
#[derive(Debug)]
pub struct SequenceInput<'a> {
    /// The sequence, which grows by the tokens.
    pub sequence: &'a mut Sequence,
    /// The tokens; at least one.
    pub tokens: &'a [u32],
    /// The number of last tokens whose logits are wanted.
    pub logits: usize,
}

/// The tokens of all inputs, one after another.
struct Batch {
    /// Token ids.
    ids: Vec<u32>,
    /// The position of each token in its sequence.
    positions: Vec<u32>,
    /// The slot of each token in the cache.
    slots: Vec<usize>,
    /// The tokens whose logits are wanted, as indices into `ids`.
    wanted: Vec<u32>,
    mask: AttentionMask,
}

impl Llama {
    /// Returns the hyperparameters.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Returns the device that the model is on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Returns the context length: the most tokens in a sequence.
    pub fn context_length(&self) -> usize {
        self.rope.positions()
    }

    /// Appends tokens to their sequences, and returns the wanted logits, input after input: `[wanted,
    /// vocab]` in f32. Returns `None` if `cancelled`, which is asked before each layer, returned
    /// `true`: the sequences are then unchanged.
    ///
    /// # Errors
    /// When the cache or the context is full, a token is not in the vocabulary, or the device fails.
    /// The sequences are then unchanged.
    pub fn forward(
        &self,
        cache: &mut KvCache,
        inputs: &mut [SequenceInput],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Tensor>> {
        let before: Vec<usize> = inputs.iter().map(|input| input.sequence.len()).collect();
        let batch = self.append(cache, inputs);
        let result = batch.and_then(|batch| self.compute(cache, batch, cancelled));
        if !matches!(result, Ok(Some(_))) {
            for (input, len) in inputs.iter_mut().zip(before) {
                input.sequence.truncate(len);
            }
        }
        result
    }

    /// Extends the sequences in the cache by their tokens.
    fn append(&self, cache: &mut KvCache, inputs: &mut [SequenceInput]) -> Result<Batch> {
        let (mut ids, mut positions, mut slots, mut wanted) = (vec![], vec![], vec![], vec![]);
        for input in inputs.iter_mut() {
            let (start, tokens) = (input.sequence.len(), input.tokens.len());
            ensure!(
                start + tokens <= self.context_length(),
                "{} tokens are more than the context of {}",
                start + tokens,
                self.context_length()
            );
            let vocab = self.config.vocab;
            if let Some(id) = input.tokens.iter().find(|id| **id as usize >= vocab) {
                bail!("token {id} is none of the model's {vocab}");
            }
            cache.extend(input.sequence, tokens)?;
            ids.extend_from_slice(input.tokens);
            for at in start..start + tokens {
                positions.push(at as u32);
                slots.push(input.sequence.slot(at));
            }
            let end = ids.len() as u32;
            wanted.extend(end - input.logits.min(tokens) as u32..end);
        }
        let contexts = inputs.iter().flat_map(|input| {
            let (len, tokens) = (input.sequence.len(), input.tokens.len());
            (len - tokens + 1..=len).map(|context| (&*input.sequence, context))
        });
        Ok(Batch {
            ids,
            positions,
            slots,
            wanted,
            mask: AttentionMask::new(contexts),
        })
    }

    fn compute(
        &self,
        cache: &mut KvCache,
        batch: Batch,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Tensor>> {
        let Batch {
            ids,
            positions,
            slots,
            wanted,
            mask,
        } = batch;
        let tokens = ids.len();
        let rotation = Tensor::from_vec(positions, tokens, &self.device)?;
        let rotation = self.rope.at(&rotation)?;
        let wanted = (wanted.len() < tokens)
            .then(|| Tensor::from_slice(&wanted, wanted.len(), &self.device))
            .transpose()?;
        let ids = Tensor::from_vec(ids, tokens, &self.device)?;

        // The residual stream, [tokens, hidden].
        let mut x = self.embedding.embedding(&ids)?;
        for (at, layer) in self.layers.iter().enumerate() {
            if cancelled() {
                return Ok(None);
            }
            let normed = ops::rms_norm(&x, &layer.attention_norm, self.config.rms_eps)?;
            let queries = self.project(layer, at, &normed, &rotation, &slots, cache)?;
            let (keys, values) = cache.layer(at);
            let mut attended = attention(&queries, keys, values, &mask)?;
            // After the last layer's keys and values only the wanted tokens matter.
            if at + 1 == self.layers.len()
                && let Some(wanted) = &wanted
            {
                if wanted.elem_count() == 0 {
                    let none = (0, self.config.vocab);
                    return Ok(Some(Tensor::zeros(none, DType::F32, &self.device)?));
                }
                attended = attended.index_select(wanted, 0)?;
                x = x.index_select(wanted, 0)?;
            }
            x = (x + single(layer.attention_output.forward(&attended)?)?)?;
            let normed = ops::rms_norm(&x, &layer.feed_forward_norm, self.config.rms_eps)?;
            let gate_up = layer.gate_up.forward(&normed)?;
            let [gate, up] = &gate_up[..] else {
                unreachable!("two matrices");
            };
            x = (x + single(layer.down.forward(&swiglu(gate, up)?)?)?)?;
        }
        let x = ops::rms_norm(&x, &self.norm, self.config.rms_eps)?;
        Ok(Some(single(self.output.forward(&x)?)?))
    }

    /// Projects `x`, `[tokens, hidden]`, to queries, keys and values; writes keys and values to layer
    /// `at` of the cache and returns the queries, `[tokens, heads, head_dim]`.
    fn project(
        &self,
        layer: &Layer,
        at: usize,
        x: &Tensor,
        rotation: &Rotation,
        slots: &[usize],
        cache: &mut KvCache,
    ) -> Result<Tensor> {
        let parts = layer.query_key_value.forward(x)?;
        let [queries, keys, values] = &parts[..] else {
            unreachable!("three matrices");
        };
        let LlamaConfig {
            heads,
            kv_heads,
            head_dim,
            ..
        } = self.config;
        let by_head = |x: &Tensor, heads: usize| x.reshape(((), heads, head_dim));
        let queries = self.rope.apply(&by_head(queries, heads)?, rotation)?;
        let keys = self.rope.apply(&by_head(keys, kv_heads)?, rotation)?;
        let values = by_head(values, kv_heads)?;
        cache.write(at, slots, &keys.transpose(0, 1)?, &values.transpose(0, 1)?)?;
        Ok(queries)
    }
}

/// Returns the product of a [`Linear`] of one matrix.
fn single(mut parts: Vec<Tensor>) -> Result<Tensor> {
    parts.pop().context("a matrix has no result")
}
