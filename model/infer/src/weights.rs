//! Weight files: GGUF and safetensors, checked when they are opened and read a tensor at a time.

mod check;
mod config_json;
mod entry;
mod file_type;
pub mod gguf;
mod open;
mod safetensors;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod tiny;
mod yarn;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use candle_core::quantized::GgmlDType;

use crate::llama::config::LlamaConfig;

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

/// The metadata of a model's files.
#[derive(Debug)]
pub enum ModelMetadata {
    /// The metadata of a GGUF file.
    Gguf(gguf::Metadata),
    /// The `config.json` beside safetensors.
    ConfigJson(serde_json::Value),
}

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
    file: usize,
    /// The first byte in the file.
    offset: u64,
}

impl Weights {
    /// Opens a `.gguf` file, a `.safetensors` file with its `config.json` beside it, or a folder of
    /// safetensors, and checks all that can be checked without reading a tensor.
    ///
    /// # Errors
    /// When it is not a complete model of the LLaMA architecture that can be run here: the message names
    /// the file, what is wrong with it, and what to do.
    pub fn open(path: &Path) -> Result<Weights> {
        let opened = if path.is_dir() {
            open::folder(path)
        } else {
            open::file(path)
        };
        let weights = opened.with_context(|| format!("can't use {}", path.display()))?;
        Ok(weights)
    }

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

/// Reads a text file of a model, such as its `config.json`.
pub(super) fn read_small(path: &Path) -> Result<String> {
    const MAX_BYTES: u64 = 64 << 20;
    let named = || format!("can't read {}", path.display());
    let file = File::open(path).with_context(named)?;
    let mut text = String::new();
    let read = file
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .with_context(named)?;
    ensure!(
        read as u64 <= MAX_BYTES,
        "{} has more than {MAX_BYTES} bytes, which no such file has",
        path.display()
    );
    Ok(text)
}

/// Fills `bytes` from `offset` of `file`.
#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

/// Fills `bytes` from `offset` of `file`.
#[cfg(windows)]
fn read_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        offset += read as u64;
    }
    Ok(())
}
