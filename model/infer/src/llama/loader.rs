//! Loading a model: its tensors from the file to the device.

use anyhow::{Context, Result, bail};
use candle_core::{Device, Tensor};

use super::linear::{Linear, Matrix};
use super::rope::RotaryEmbedding;
use super::{Layer, Llama};
use crate::weights::Weights;

impl Llama {
    /// Loads a model for sequences of up to `positions` tokens; `progress` is called with the share
    /// that has been read, from 0 to 1.
    ///
    /// # Errors
    /// When the file can't be read, or the device has not enough memory.
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
            buffer: Vec::new(),
            read_bytes: 0,
        };
        let layers: Result<Vec<Layer>> = (0..config.layers).map(|at| loader.layer(at)).collect();
        let layers = layers?;
        // Without an output matrix, the embedding is it (tied embeddings).
        let output = match weights.info("output.weight") {
            Some(_) => "output.weight",
            None => "token_embd.weight",
        };
        let output = loader.linear(&[output.to_owned()])?;
        let norm = loader.vector("output_norm.weight")?;
        let embedding = loader.matrix("token_embd.weight")?.quantised(device)?;
        Ok(Llama {
            norm,
            rope: RotaryEmbedding::new(&config.rope, positions, device)?,
            embedding,
            layers,
            output,
            device: device.clone(),
            config,
        })
    }
}

/// Reads one tensor after another through one buffer.
struct Loader<'a> {
    weights: &'a Weights,
    device: &'a Device,
    progress: &'a mut dyn FnMut(f64),
    buffer: Vec<u8>,
    read_bytes: u64,
}

impl Loader<'_> {
    fn layer(&mut self, at: usize) -> Result<Layer> {
        let name = |part: &str| format!("blk.{at}.{part}.weight");
        Ok(Layer {
            attention_norm: self.vector(&name("attn_norm"))?,
            query_key_value: self.linear(&["attn_q", "attn_k", "attn_v"].map(name))?,
            attention_output: self.linear(&["attn_output"].map(name))?,
            feed_forward_norm: self.vector(&name("ffn_norm"))?,
            gate_up: self.linear(&["ffn_gate", "ffn_up"].map(name))?,
            down: self.linear(&["ffn_down"].map(name))?,
        })
    }

    /// Reads matrices that share their input.
    fn linear(&mut self, names: &[String]) -> Result<Linear> {
        let (mut linear, device) = (Linear::default(), self.device);
        for name in names {
            linear.push(&self.matrix(name)?, device)?;
        }
        Ok(linear)
    }

    /// Reads a vector, in f32.
    fn vector(&mut self, name: &str) -> Result<Tensor> {
        let device = self.device;
        let vector = self.matrix(name)?.quantised(device)?;
        Ok(vector.dequantize(device)?.flatten_all()?)
    }

    /// Reads a matrix; a vector is a matrix of one row.
    fn matrix(&mut self, name: &str) -> Result<Matrix<'_>> {
        let info = self.weights.info(name);
        let info = info.with_context(|| format!("the model has no tensor {name}"))?;
        let (rows, cols) = match info.shape[..] {
            [cols] => (1, cols),
            [rows, cols] => (rows, cols),
            _ => bail!("{name} has the shape {:?}", info.shape),
        };
        self.read_bytes += info.bytes;
        let share = self.read_bytes as f64 / self.weights.total_bytes().max(1) as f64;
        (self.progress)(share.min(1.));
        self.weights.read(name, &mut self.buffer)?;
        Ok(Matrix {
            dtype: info.dtype,
            rows,
            cols,
            data: &self.buffer,
        })
    }
}
