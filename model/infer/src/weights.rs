//! Weight files: GGUF and safetensors, checked when they are opened and read a tensor at a time.

mod check;
mod config_json;
mod entry;
mod file_type;
pub mod gguf;
mod open;
mod read;
mod safetensors;
mod tensor_info;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod tiny;
mod yarn;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::llama::config::LlamaConfig;
use read::read_at;
pub(crate) use read::read_small;
pub use tensor_info::TensorInfo;

/// The metadata of a model's files.
#[derive(Debug)]
pub enum ModelMetadata {
    /// The metadata of a GGUF file.
    Gguf(gguf::Metadata),
    /// The `config.json` beside safetensors.
    ConfigJson(serde_json::Value),
}

/// The weights of a model: files whose headers have been checked.
///
/// The files stay open and are never mapped: a mapped file that is truncated meanwhile kills the process
/// that reads it.
#[derive(Debug)]
pub struct Weights {
    files: Vec<(PathBuf, File)>,
    tensors: BTreeMap<String, TensorInfo>,
    config: LlamaConfig,
    metadata: ModelMetadata,
}

impl Weights {
    /// Returns the hyperparameters.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// Looks up a tensor by its GGUF name: `token_embd.weight`, `output_norm.weight`, `output.weight` (`None`
    /// where embeddings are tied), `blk.N.attn_norm.weight`, `attn_q`, `attn_k`, `attn_v`,
    /// `attn_output`, `ffn_norm`, `ffn_gate`, `ffn_up`, `ffn_down`.
    pub fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.get(name)
    }

    /// Returns all tensors that the model uses, with their GGUF names.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &TensorInfo)> {
        self.tensors
            .iter()
            .map(|(name, info)| (name.as_str(), info))
    }

    /// Reads a tensor into `bytes`, as it is stored, row after row.
    ///
    /// # Errors
    /// When there is no such tensor, or its file can no longer be read.
    pub fn read(&self, name: &str, bytes: &mut Vec<u8>) -> Result<()> {
        let info = self
            .info(name)
            .with_context(|| format!("the model has no tensor `{name}`"))?;
        let (path, file) = &self.files[info.file];
        let len = usize::try_from(info.bytes)?;
        bytes
            .try_reserve_exact(len.saturating_sub(bytes.len()))
            .context("there is no memory for another tensor")?;
        bytes.resize(len, 0);
        read_at(file, bytes, info.offset).with_context(|| {
            format!(
                "can't read `{name}` from {}: was the file changed or cut short meanwhile?",
                path.display()
            )
        })
    }

    /// Returns the bytes of all tensors.
    pub fn total_bytes(&self) -> u64 {
        self.tensors.values().map(|info| info.bytes).sum()
    }

    /// Returns the number of parameters.
    pub fn parameters(&self) -> u64 {
        let count = |info: &TensorInfo| info.shape.iter().map(|&size| size as u64).product::<u64>();
        self.tensors.values().map(count).sum()
    }

    /// Returns the metadata of the files.
    pub fn metadata(&self) -> &ModelMetadata {
        &self.metadata
    }

    /// Returns the path of the file, or of the first of several.
    pub fn path(&self) -> &Path {
        self.files.first().map_or(Path::new(""), |(path, _)| path)
    }

    /// Returns the folder of the files.
    pub fn folder(&self) -> &Path {
        let folder = self.path().parent();
        folder
            .filter(|it| *it != Path::new(""))
            .unwrap_or(Path::new("."))
    }
}
