//! The forward pass of LLaMA (Touvron et al. 2023, <https://arxiv.org/abs/2302.13971>), for tokens
//! of many sequences at once.

use anyhow::{Context, Result, ensure};
use candle_core::quantized::QTensor;
use candle_core::{CpuStorage, DType, Device, Storage, Tensor};
use candle_nn::{ops, rotary_emb};
use rayon::prelude::*;

use super::attention::{AttentionMask, attention, exp};
use super::cache::{Cache, Sequence};
use super::config::{LlamaConfig, RopePairs};
use super::linear::{Linear, Matrix};
use super::rope::frequencies;
use super::weights::Weights;

/// A model on a device.
#[derive(Debug)]
pub struct Llama {
    config: LlamaConfig,
    device: Device,
    embedding: QTensor,
    layers: Vec<Layer>,
    norm: Tensor,
    output: Linear,
    /// `[positions, pairs]`.
    cos: Tensor,
    sin: Tensor,
}

#[derive(Debug)]
struct Layer {
    attention_norm: Tensor,
    query_key_value: Linear,
    attention_output: Linear,
    feed_forward_norm: Tensor,
    gate_up: Linear,
    down: Linear,
}

/// Tokens that one sequence goes on with.
#[derive(Debug)]
pub struct SequenceInput<'a> {
    /// Their keys and values are added to it.
    pub sequence: &'a mut Sequence,
    /// At least one.
    pub tokens: &'a [u32],
    /// After how many of the last of them the logits are wanted.
    pub logits: usize,
}

impl Llama {
    /// Reads a model for up to `positions` tokens in a sequence; `progress` is told the share that
    /// is read.
    ///
    /// # Errors
    /// When the file can't be read, or the device has no room.
    pub fn load(
        weights: &Weights,
        positions: usize,
        device: &Device,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Self> {
        let config = weights.config().clone();
        let mut loader = Loader {
            weights,
            device,
            progress,
            bytes: Vec::new(),
            read: 0,
        };
        let layers: Result<Vec<Layer>> = (0..config.layers)
            .map(|at| {
                let name = |part: &str| format!("blk.{at}.{part}.weight");
                Ok(Layer {
                    attention_norm: loader.vector(&name("attn_norm"))?,
                    query_key_value: loader.linear(&["attn_q", "attn_k", "attn_v"].map(name))?,
                    attention_output: loader.linear(&["attn_output"].map(name))?,
                    feed_forward_norm: loader.vector(&name("ffn_norm"))?,
                    gate_up: loader.linear(&["ffn_gate", "ffn_up"].map(name))?,
                    down: loader.linear(&["ffn_down"].map(name))?,
                })
            })
            .collect();
        let layers = layers?;
        // A model without an output matrix takes its embedding's.
        let output = match weights.info("output.weight") {
            Some(_) => "output.weight",
            None => "token_embd.weight",
        };
        let output = loader.linear(&[output.to_owned()])?;
        let norm = loader.vector("output_norm.weight")?;
        let embedding = loader.matrix("token_embd.weight")?.quantised(device)?;
        let (angles, factor) = frequencies(&config.rope);
        let table = |of: fn(f64) -> f64| {
            let values = (0..positions).flat_map(|at| {
                let turned = angles.iter().map(move |angle| of(at as f64 * angle));
                turned.map(|x| (x * factor) as f32)
            });
            Tensor::from_vec(values.collect(), (positions, angles.len()), device)
        };
        Ok(Self {
            norm,
            cos: table(f64::cos)?,
            sin: table(f64::sin)?,
            embedding,
            layers,
            output,
            device: device.clone(),
            config,
        })
    }

    /// Its shape.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Where it is.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Most tokens in a sequence.
    pub fn positions(&self) -> usize {
        self.cos.dims()[0]
    }

    /// Feeds tokens to their sequences; the wanted logits, feed after feed, in f32:
    /// `[wanted, vocab]`. `None` if `stop` said so, which is asked before each layer: then, too, the
    /// sequences are as they were.
    ///
    /// # Errors
    /// When the cache or the context is full, a token is none of the vocabulary, or the device
    /// fails. The sequences are as they were.
    pub fn forward(
        &self,
        cache: &mut Cache,
        feeds: &mut [SequenceInput],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Tensor>> {
        let before: Vec<usize> = feeds.iter().map(|feed| feed.sequence.len()).collect();
        let result = self.run(cache, feeds, stop);
        if !matches!(result, Ok(Some(_))) {
            for (feed, len) in feeds.iter_mut().zip(before) {
                feed.sequence.truncate(len);
            }
        }
        result
    }

    fn run(
        &self,
        cache: &mut Cache,
        feeds: &mut [SequenceInput],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Tensor>> {
        let (mut ids, mut positions, mut slots, mut wanted) = (vec![], vec![], vec![], vec![]);
        for feed in feeds.iter_mut() {
            let (start, tokens) = (feed.sequence.len(), feed.tokens.len());
            ensure!(
                start + tokens <= self.positions(),
                "{} tokens are more than the context of {}",
                start + tokens,
                self.positions()
            );
            if let Some(id) = feed
                .tokens
                .iter()
                .find(|id| **id as usize >= self.config.vocab)
            {
                anyhow::bail!("token {id} is none of the model's {}", self.config.vocab);
            }
            cache.extend(feed.sequence, tokens)?;
            ids.extend_from_slice(feed.tokens);
            for at in start..start + tokens {
                positions.push(at as u32);
                slots.push(feed.sequence.slot(at));
            }
            let end = ids.len() as u32;
            wanted.extend(end - feed.logits.min(tokens) as u32..end);
        }
        let seen = feeds.iter().flat_map(|feed| {
            let (len, tokens) = (feed.sequence.len(), feed.tokens.len());
            (len - tokens + 1..=len).map(|seen| (&*feed.sequence, seen))
        });
        let sight = AttentionMask::new(seen);
        let positions = Tensor::from_vec(positions, ids.len(), &self.device)?;
        let angle = |table: &Tensor| table.index_select(&positions, 0)?.unsqueeze(1);
        let angles = (angle(&self.cos)?, angle(&self.sin)?);
        let some_only = (wanted.len() < ids.len())
            .then(|| Tensor::from_slice(&wanted, wanted.len(), &self.device))
            .transpose()?;
        let ids = Tensor::from_vec(ids, positions.elem_count(), &self.device)?;

        let mut x = self.embedding.embedding(&ids)?;
        for (at, layer) in self.layers.iter().enumerate() {
            if stop() {
                return Ok(None);
            }
            let normed = ops::rms_norm(&x, &layer.attention_norm, self.config.rms_eps)?;
            let queries = self.attend_to(layer, at, &normed, &angles, &slots, cache)?;
            let (keys, values) = cache.layer(at);
            let mut attended = attention(&queries, keys, values, &sight)?;
            // After the last layer's keys and values only the wanted tokens matter.
            if at + 1 == self.layers.len()
                && let Some(wanted) = &some_only
            {
                if wanted.elem_count() == 0 {
                    let nothing = (0, self.config.vocab);
                    return Ok(Some(Tensor::zeros(nothing, DType::F32, &self.device)?));
                }
                attended = attended.index_select(wanted, 0)?;
                x = x.index_select(wanted, 0)?;
            }
            x = (x + only(layer.attention_output.forward(&attended)?)?)?;
            let normed = ops::rms_norm(&x, &layer.feed_forward_norm, self.config.rms_eps)?;
            let gate_up = layer.gate_up.forward(&normed)?;
            let [gate, up] = &gate_up[..] else {
                unreachable!("two matrices");
            };
            x = (x + only(layer.down.forward(&gated(gate, up)?)?)?)?;
        }
        let x = ops::rms_norm(&x, &self.norm, self.config.rms_eps)?;
        Ok(Some(only(self.output.forward(&x)?)?))
    }

    /// Writes the tokens' keys and values to the cache; their queries, `[tokens, heads, head dim]`.
    fn attend_to(
        &self,
        layer: &Layer,
        at: usize,
        x: &Tensor,
        angles: &(Tensor, Tensor),
        slots: &[usize],
        cache: &mut Cache,
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
        let queries = self.turn(&by_head(queries, heads)?, angles)?;
        let keys = self.turn(&by_head(keys, kv_heads)?, angles)?;
        let values = by_head(values, kv_heads)?;
        cache.write(at, slots, &keys.transpose(0, 1)?, &values.transpose(0, 1)?)?;
        Ok(queries)
    }

    /// The rotary embedding of `[tokens, heads, head dim]`.
    fn turn(&self, x: &Tensor, (cos, sin): &(Tensor, Tensor)) -> Result<Tensor> {
        let (dims, head_dim) = (self.config.rope.dims, self.config.head_dim);
        if dims < head_dim {
            let turned = x.narrow(2, 0, dims)?.contiguous()?;
            let turned = self.turn_all(&turned, cos, sin)?;
            return Ok(Tensor::cat(
                &[turned, x.narrow(2, dims, head_dim - dims)?],
                2,
            )?);
        }
        self.turn_all(x, cos, sin)
    }

    fn turn_all(&self, x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
        // Each token is a batch of its own: so each has its own position.
        let x = x.unsqueeze(2)?;
        let turned = match self.config.rope.pairs {
            RopePairs::Interleaved => rotary_emb::rope_i(&x, cos, sin)?,
            RopePairs::Halves => rotary_emb::rope(&x, cos, sin)?,
        };
        Ok(turned.squeeze(2)?)
    }
}

/// Reads one tensor after another into the same memory.
struct Loader<'a> {
    weights: &'a Weights,
    device: &'a Device,
    progress: &'a mut dyn FnMut(f64),
    bytes: Vec<u8>,
    /// Bytes so far.
    read: u64,
}

impl Loader<'_> {
    fn linear(&mut self, names: &[String]) -> Result<Linear> {
        let (mut linear, device) = (Linear::default(), self.device);
        for name in names {
            linear.push(&self.matrix(name)?, device)?;
        }
        Ok(linear)
    }

    fn vector(&mut self, name: &str) -> Result<Tensor> {
        let device = self.device;
        let vector = self.matrix(name)?.quantised(device)?;
        Ok(vector.dequantize(device)?.flatten_all()?)
    }

    /// A vector is one row.
    fn matrix(&mut self, name: &str) -> Result<Matrix<'_>> {
        let info = self.weights.info(name);
        let info = info.with_context(|| format!("the model has no tensor {name}"))?;
        let (rows, cols) = match info.shape[..] {
            [cols] => (1, cols),
            [rows, cols] => (rows, cols),
            _ => anyhow::bail!("{name} has the shape {:?}", info.shape),
        };
        self.read += info.bytes;
        let share = self.read as f64 / self.weights.total_bytes().max(1) as f64;
        (self.progress)(share.min(1.));
        self.weights.read(name, &mut self.bytes)?;
        Ok(Matrix {
            dtype: info.dtype,
            rows,
            cols,
            data: &self.bytes,
        })
    }
}

fn only(mut parts: Vec<Tensor>) -> Result<Tensor> {
    parts.pop().context("a matrix has no result")
}

/// `silu(gate) · up`.
fn gated(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
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
        let rows = out
            .par_chunks_mut(1 << 12)
            .zip(gates[start..end].par_chunks(1 << 12))
            .zip(ups[up_start..up_end].par_chunks(1 << 12));
        rows.for_each(|((out, gate), up)| {
            for ((out, &gate), &up) in out.iter_mut().zip(gate).zip(up) {
                let e = exp(-gate.abs());
                let above = if gate < 0. { e } else { 1. };
                *out = gate * (above / (1. + e)) * up;
            }
        });
        return Ok(Tensor::from_vec(out, gate.shape(), &Device::Cpu)?);
    }
    Ok((ops::silu(gate)? * up)?)
}

#[cfg(test)]
mod tests;
