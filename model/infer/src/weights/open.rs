//! Opening a model's file or folder.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::GgmlDType;

use super::entry::TensorEntry;
use super::read::{read_at, read_small};
use super::tensor_info::TensorInfo;
use super::{ModelMetadata, Weights, check, config_json, file_type, gguf, safetensors};
use crate::llama::config::LlamaConfig;

impl Weights {
    /// Opens a `.gguf` file, a `.safetensors` file with its `config.json` beside it, or a folder of
    /// safetensors, and checks all that can be checked without reading a tensor.
    ///
    /// # Errors
    /// When it is not a complete model of the LLaMA architecture that can be run here: the message names
    /// the file, what is wrong with it, and what to do.
    pub fn open(path: &Path) -> Result<Weights> {
        let opened = match path.is_dir() {
            true => folder(path),
            false => file(path),
        };
        opened.with_context(|| format!("can't use {}", path.display()))
    }
}

/// Opens a `.gguf` file, or a `.safetensors` file with its `config.json` beside it.
fn file(path: &Path) -> Result<Weights> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut start = Vec::new();
    (&file).take(64).read_to_end(&mut start)?;
    drop(file);
    if start.starts_with(b"GGUF") {
        from_gguf(path)
    } else if file_type::is_safetensors(&start, length) {
        from_safetensors(vec![path.to_owned()])
    } else {
        bail!(file_type::explain(&start, length, path))
    }
}

/// Opens a folder of safetensors.
fn folder(path: &Path) -> Result<Weights> {
    let config = path.join("config.json");
    if !config.is_file() {
        let mut names: Vec<String> = std::fs::read_dir(path)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".gguf"))
            .collect();
        names.sort();
        ensure!(
            names.is_empty(),
            "it is a folder: name one of its files, {}",
            names.join(", ")
        );
        bail!("the folder has neither a .gguf file nor a config.json with safetensors");
    }
    from_safetensors(safetensors::files(path)?)
}

fn from_gguf(path: &Path) -> Result<Weights> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let (metadata, entries) = gguf::read(BufReader::new(&file), length)?;
    let mut tensors = BTreeMap::new();
    for entry in entries {
        add(&mut tensors, entry, 0)?;
    }
    // Written by old converters; it follows from the base frequency.
    tensors.retain(|name, _| !name.ends_with(".attn_rot_embd.weight"));
    let factors = match tensors.remove("rope_freqs.weight") {
        Some(info) => Some(read_factors(&file, &info)?),
        None => None,
    };
    let vocab = tensors.get("token_embd.weight");
    let vocab = vocab.and_then(|info| info.shape.first()).copied();
    let config = gguf::config::config(&metadata, vocab.unwrap_or(0), factors)?;
    let files = vec![(path.to_owned(), file)];
    finish(files, tensors, config, ModelMetadata::Gguf(metadata))
}

/// Reads the frequency factors of `rope_freqs.weight`.
fn read_factors(file: &File, info: &TensorInfo) -> Result<Vec<f32>> {
    ensure!(
        info.dtype == GgmlDType::F32 && info.bytes <= 1 << 16,
        "`rope_freqs.weight` is of type {} and shape {:?}, which is not known here",
        gguf::type_name(info.dtype),
        info.shape
    );
    let mut bytes = vec![0; usize::try_from(info.bytes)?];
    read_at(file, &mut bytes, info.offset).context("can't read `rope_freqs.weight`")?;
    let floats = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes));
    Ok(floats.collect())
}

fn from_safetensors(paths: Vec<PathBuf>) -> Result<Weights> {
    let folder = paths.first().and_then(|path| path.parent());
    let beside = folder.unwrap_or(Path::new(".")).join("config.json");
    ensure!(
        beside.is_file(),
        "there is no config.json beside it: download that too"
    );
    let json: serde_json::Value = serde_json::from_str(&read_small(&beside)?)
        .with_context(|| format!("{} is broken", beside.display()))?;
    let (config, tied) =
        config_json::config(&json).with_context(|| format!("in {}", beside.display()))?;
    let mut files = Vec::new();
    let mut tensors = BTreeMap::new();
    for path in paths {
        let named = || format!("in {}", path.display());
        let file = File::open(&path).with_context(named)?;
        let length = file.metadata().with_context(named)?.len();
        let entries = safetensors::read(BufReader::new(&file), length).with_context(named)?;
        for mut entry in entries {
            match safetensors::gguf_name(&entry.name) {
                Some(name) => entry.name = name,
                // It follows from the configuration.
                None if entry.name.ends_with(".rotary_emb.inv_freq") => continue,
                None => {}
            }
            add(&mut tensors, entry, files.len()).with_context(named)?;
        }
        files.push((path, file));
    }
    if tied {
        tensors.remove("output.weight");
    } else {
        ensure!(
            tensors.contains_key("output.weight"),
            "it has no tensor `lm_head.weight`, and config.json does not say `tie_word_embeddings`"
        );
    }
    finish(files, tensors, config, ModelMetadata::ConfigJson(json))
}

fn add(tensors: &mut BTreeMap<String, TensorInfo>, entry: TensorEntry, file: usize) -> Result<()> {
    let info = TensorInfo {
        dtype: entry.dtype,
        shape: entry.shape,
        bytes: entry.bytes,
        file,
        offset: entry.offset,
    };
    ensure!(
        !tensors.contains_key(&entry.name),
        "it has the tensor `{}` twice",
        entry.name
    );
    tensors.insert(entry.name, info);
    Ok(())
}

/// Checks that the model is complete.
fn finish(
    files: Vec<(PathBuf, File)>,
    tensors: BTreeMap<String, TensorInfo>,
    config: LlamaConfig,
    metadata: ModelMetadata,
) -> Result<Weights> {
    check::config(&config)?;
    check::tensors(&tensors, &config)?;
    Ok(Weights {
        files,
        tensors,
        config,
        metadata,
    })
}
