//! A model's file or files: checked when they are opened, read a tensor at a time.

mod check;
mod config_json;
pub mod gguf;
mod metadata;
mod safetensors;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) mod tiny;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::GgmlDType;

use super::config::{LlamaConfig, RopeScaling};

/// A model whose header was checked, ready to be read.
///
/// Its files stay open and are never mapped: a mapped file that someone cuts short kills the process
/// that reads it.
#[derive(Debug)]
pub struct Weights {
    files: Vec<(PathBuf, File)>,
    tensors: BTreeMap<String, TensorInfo>,
    config: LlamaConfig,
    said: Said,
}

/// What is said of the model beside its tensors.
#[derive(Debug)]
pub enum Said {
    /// A GGUF file's metadata.
    Gguf(gguf::Metadata),
    /// The `config.json` beside safetensors.
    Json(serde_json::Value),
}

/// Where and how a tensor is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorInfo {
    /// How its numbers are stored.
    pub dtype: GgmlDType,
    /// `[rows (out), columns (in)]` or `[n]`.
    pub shape: Vec<usize>,
    /// Bytes it takes.
    pub bytes: u64,
    file: usize,
    offset: u64,
}

impl Weights {
    /// Opens a `.gguf` file, a `.safetensors` file with its `config.json` beside it, or a folder of
    /// these, and checks all that can be checked without reading a tensor.
    ///
    /// # Errors
    /// When it is no complete LLaMA-architecture model that can be run here: the message names the file,
    /// what is wrong with it, and what to do.
    pub fn open(path: &Path) -> Result<Weights> {
        let opened = if path.is_dir() {
            folder(path)
        } else {
            file(path)
        };
        let weights = opened.with_context(|| format!("can't use {}", path.display()))?;
        Ok(weights)
    }

    /// The model's shape.
    pub fn config(&self) -> &LlamaConfig {
        &self.config
    }

    /// A tensor by its GGUF name: `token_embd.weight`, `output_norm.weight`, `output.weight` (`None`
    /// where the embedding stands for it), `blk.N.attn_norm.weight`, `attn_q`, `attn_k`, `attn_v`,
    /// `attn_output`, `ffn_norm`, `ffn_gate`, `ffn_up`, `ffn_down`.
    pub fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.get(name)
    }

    /// All tensors that the model uses.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &TensorInfo)> {
        self.tensors
            .iter()
            .map(|(name, info)| (name.as_str(), info))
    }

    /// Makes `bytes` a tensor's as they are stored, row after row.
    ///
    /// # Errors
    /// When there is no such tensor, or the file can't be read any more.
    pub fn read(&self, name: &str, bytes: &mut Vec<u8>) -> Result<()> {
        let info = self
            .info(name)
            .with_context(|| format!("the model has no tensor `{name}`"))?;
        let (path, file) = &self.files[info.file];
        let len = usize::try_from(info.bytes)?;
        bytes
            .try_reserve_exact(len.saturating_sub(bytes.len()))
            .context("there is no memory for another matrix")?;
        bytes.resize(len, 0);
        read_at(file, bytes, info.offset).with_context(|| {
            format!(
                "can't read `{name}` from {}: was the file changed or cut short meanwhile?",
                path.display()
            )
        })
    }

    /// Bytes of all tensors that the model uses.
    pub fn total_bytes(&self) -> u64 {
        self.tensors.values().map(|info| info.bytes).sum()
    }

    /// How many numbers the model has learned.
    pub fn parameters(&self) -> u64 {
        let count = |info: &TensorInfo| info.shape.iter().map(|&size| size as u64).product::<u64>();
        self.tensors.values().map(count).sum()
    }

    /// What the file or its `config.json` says beside the tensors.
    pub fn said(&self) -> &Said {
        &self.said
    }

    /// Its file, or the first of its files.
    pub fn path(&self) -> &Path {
        self.files.first().map_or(Path::new(""), |(path, _)| path)
    }

    /// The folder that the file or files are in.
    pub fn folder(&self) -> &Path {
        let folder = self.path().parent();
        folder
            .filter(|it| *it != Path::new(""))
            .unwrap_or(Path::new("."))
    }
}

fn file(path: &Path) -> Result<Weights> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut start = Vec::new();
    (&file).take(64).read_to_end(&mut start)?;
    drop(file);
    if start.starts_with(b"GGUF") {
        from_gguf(path)
    } else if looks_like_safetensors(&start, length) {
        from_safetensors(vec![path.to_owned()])
    } else {
        bail!(foreign(&start, length, path))
    }
}

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

/// A length, and then a map.
fn looks_like_safetensors(start: &[u8], length: u64) -> bool {
    let Some((size, after)) = start.split_first_chunk() else {
        return false;
    };
    after.first() == Some(&b'{') && (u64::from_le_bytes(*size) <= length || size[4..] == [0; 4])
}

/// What a file is that is no model.
fn foreign(start: &[u8], length: u64, path: &Path) -> String {
    let starts = |with: &[u8]| start.starts_with(with);
    let text = String::from_utf8_lossy(start).to_lowercase();
    let text = text.trim_start();
    if length == 0 {
        return "it is empty: download it again".into();
    }
    if b"GGUF".starts_with(start) {
        return format!("it has only {length} bytes: it was not downloaded to its end");
    }
    if starts(b"version https://git-lfs") {
        return "it is a git-LFS pointer, not the file it stands for: run `git lfs pull` in its \
                folder, or download the file itself (`unsorry model pull`)"
            .into();
    }
    let what = if text.starts_with('<') {
        "a web page, perhaps an error that was saved in the file's place"
    } else if starts(b"\x89PNG") || starts(b"\xff\xd8\xff") {
        "a picture"
    } else if starts(b"PK\x03\x04") {
        "a zip archive, perhaps a PyTorch checkpoint"
    } else if starts(b"\x1f\x8b") || starts(b"\xfd7zXZ") || starts(b"(\xb5/\xfd") {
        "a compressed file"
    } else if starts(b"lmgg") || starts(b"tjgg") || starts(b"fmgg") || starts(b"algg") {
        "a GGML file from before GGUF"
    } else if text.starts_with('{') {
        "a JSON file"
    } else if path.extension().is_some_and(|it| it == "safetensors") {
        "a broken safetensors file"
    } else {
        "neither a GGUF nor a safetensors file"
    };
    format!("it is {what}: get a GGUF file such as Q4_K_M or Q8_0, or safetensors")
}

fn from_gguf(path: &Path) -> Result<Weights> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let (said, listed) = gguf::read(BufReader::new(&file), length)?;
    let mut tensors = BTreeMap::new();
    for tensor in listed {
        add(&mut tensors, tensor, 0)?;
    }
    // Old converters wrote down frequencies that follow from the base.
    tensors.retain(|name, _| !name.ends_with(".attn_rot_embd.weight"));
    let factors = match tensors.remove("rope_freqs.weight") {
        Some(info) => Some(read_factors(&file, &info)?),
        None => None,
    };
    let vocab = tensors.get("token_embd.weight");
    let vocab = vocab.and_then(|info| info.shape.first()).copied();
    let config = metadata::config(&said, vocab.unwrap_or(0), factors)?;
    let files = vec![(path.to_owned(), file)];
    finish(files, tensors, config, Said::Gguf(said))
}

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
        let listed = safetensors::read(BufReader::new(&file), length).with_context(named)?;
        for mut tensor in listed {
            match gguf_name(&tensor.name) {
                Some(name) => tensor.name = name,
                // What follows from the configuration.
                None if tensor.name.ends_with(".rotary_emb.inv_freq") => continue,
                None => {}
            }
            add(&mut tensors, tensor, files.len()).with_context(named)?;
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
    finish(files, tensors, config, Said::Json(json))
}

fn add(
    tensors: &mut BTreeMap<String, TensorInfo>,
    tensor: gguf::Listed,
    file: usize,
) -> Result<()> {
    let info = TensorInfo {
        dtype: tensor.dtype,
        shape: tensor.shape,
        bytes: tensor.bytes,
        file,
        offset: tensor.offset,
    };
    ensure!(
        !tensors.contains_key(&tensor.name),
        "it has the tensor `{}` twice",
        tensor.name
    );
    tensors.insert(tensor.name, info);
    Ok(())
}

/// What GGUF calls a tensor of transformers' `LlamaForCausalLM`.
fn gguf_name(name: &str) -> Option<String> {
    Some(match name {
        "model.embed_tokens.weight" => "token_embd.weight".into(),
        "model.norm.weight" => "output_norm.weight".into(),
        "lm_head.weight" => "output.weight".into(),
        _ => {
            let (layer, part) = name.strip_prefix("model.layers.")?.split_once('.')?;
            let part = match part {
                "input_layernorm.weight" => "attn_norm",
                "self_attn.q_proj.weight" => "attn_q",
                "self_attn.k_proj.weight" => "attn_k",
                "self_attn.v_proj.weight" => "attn_v",
                "self_attn.o_proj.weight" => "attn_output",
                "post_attention_layernorm.weight" => "ffn_norm",
                "mlp.gate_proj.weight" => "ffn_gate",
                "mlp.up_proj.weight" => "ffn_up",
                "mlp.down_proj.weight" => "ffn_down",
                _ => return None,
            };
            format!("blk.{layer}.{part}.weight")
        }
    })
}

fn finish(
    files: Vec<(PathBuf, File)>,
    tensors: BTreeMap<String, TensorInfo>,
    config: LlamaConfig,
    said: Said,
) -> Result<Weights> {
    check::config(&config)?;
    check::tensors(&tensors, &config)?;
    Ok(Weights {
        files,
        tensors,
        config,
        said,
    })
}

/// YaRN's factor on the logits' scale, the square root of it (Peng et al. 2023, section 3.4), with
/// DeepSeek's multiplier: <https://arxiv.org/abs/2309.00071>.
fn mscale(factor: f64, multiplier: f64) -> f64 {
    if factor <= 1.0 {
        1.0
    } else {
        0.1 * multiplier * factor.ln() + 1.0
    }
}

/// Positions in all. Some files say how many those of the first training were, some count the stretch.
fn stretched(context: usize, scaling: &RopeScaling) -> usize {
    match scaling {
        RopeScaling::Yarn {
            factor, original, ..
        } => context.max((factor * *original as f64) as usize),
        _ => context,
    }
}

/// A text that is part of a model beside its weights.
pub(super) fn read_small(path: &Path) -> Result<String> {
    const MOST: u64 = 64 << 20;
    let named = || format!("can't read {}", path.display());
    let file = File::open(path).with_context(named)?;
    let mut text = String::new();
    let read = file
        .take(MOST + 1)
        .read_to_string(&mut text)
        .with_context(named)?;
    ensure!(
        read as u64 <= MOST,
        "{} has more than {MOST} bytes, which no such file has",
        path.display()
    );
    Ok(text)
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

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
