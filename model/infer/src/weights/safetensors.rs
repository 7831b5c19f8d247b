//! The header of a safetensors file: <https://github.com/huggingface/safetensors#format>.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::GgmlDType;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::entry::{self, TensorEntry};

/// The longest header that is read: that of a 7B takes some 30 kB.
const MAX_HEADER_BYTES: u64 = 16 << 20;

/// The name of the file that lists the parts of a model.
const INDEX: &str = "model.safetensors.index.json";

/// Reads a header of a file of `length` bytes. Tensors have the names of the file.
///
/// # Errors
/// When the header is broken or incomplete, or a tensor is beyond the end of the file or of a type that
/// can't be used here.
pub(super) fn read(mut file: impl Read, length: u64) -> Result<Vec<TensorEntry>> {
    let truncated = || "the file ends inside its header: it was not downloaded to its end, or is broken: get it again";
    let mut size = [0; 8];
    file.read_exact(&mut size).with_context(truncated)?;
    let size = u64::from_le_bytes(size);
    ensure!(
        size <= MAX_HEADER_BYTES,
        "its header would take {size} bytes: it is no safetensors file of a model"
    );
    let data = 8 + size;
    ensure!(data <= length, truncated());
    let mut header = vec![0; usize::try_from(size)?];
    file.read_exact(&mut header).with_context(truncated)?;
    let Header(entries) = serde_json::from_slice(&header).context("its header is broken")?;
    let mut entries = entries
        .into_iter()
        .map(|(name, entry)| entry.place(name, data, length))
        .collect::<Result<Vec<TensorEntry>>>()?;
    entry::sort(&mut entries)?;
    Ok(entries)
}

/// Returns the GGUF name of a tensor of transformers' `LlamaForCausalLM`.
pub(super) fn gguf_name(name: &str) -> Option<String> {
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

/// Returns the files of the model in `folder`.
///
/// # Errors
/// When there is none, or a part is missing.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let whole = folder.join("model.safetensors");
    if whole.is_file() {
        return Ok(vec![whole]);
    }
    let index = folder.join(INDEX);
    ensure!(
        index.is_file(),
        "there is neither model.safetensors nor {INDEX} in the folder"
    );
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let named = || format!("in {}", index.display());
    let text = super::read::read_small(&index)?;
    let Index { weight_map } = serde_json::from_str(&text).with_context(named)?;
    let parts: BTreeSet<String> = weight_map.into_values().collect();
    let mut files = Vec::new();
    for part in parts {
        ensure!(
            Path::new(&part)
                .file_name()
                .is_some_and(|name| name == part.as_str()),
            "{} names the file `{part}`, which is not in its folder",
            index.display()
        );
        let file = folder.join(&part);
        ensure!(
            file.is_file(),
            "{part} is missing, one of the files that {INDEX} names: download it too"
        );
        files.push(file);
    }
    Ok(files)
}

/// The JSON object of a header, without its `__metadata__`.
struct Header(BTreeMap<String, HeaderEntry>);

#[derive(Deserialize)]
struct HeaderEntry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

impl HeaderEntry {
    /// Checks the entry; `data` is the first byte after the header, `length` that of the file.
    fn place(self, name: String, data: u64, length: u64) -> Result<TensorEntry> {
        let dtype = match self.dtype.as_str() {
            "F32" => GgmlDType::F32,
            "F16" => GgmlDType::F16,
            "BF16" => GgmlDType::BF16,
            other => bail!(
                "tensor `{name}` is of type {other}, which can't be computed with here: get the \
                 model in F32, F16 or BF16, or a GGUF file such as Q4_K_M or Q8_0"
            ),
        };
        let wanted = self
            .shape
            .iter()
            .try_fold(dtype.type_size() as u64, |all, &size| all.checked_mul(size))
            .with_context(|| {
                format!("tensor `{name}` has the impossible shape {:?}", self.shape)
            })?;
        let [begin, end] = self.data_offsets;
        ensure!(
            begin <= end && end - begin == wanted,
            "tensor `{name}` takes bytes {begin} to {end}, but its shape {:?} wants {wanted}",
            self.shape
        );
        ensure!(
            end <= length - data,
            "tensor `{name}` ends {end} bytes after the header, but there are only {}: the file was \
             not downloaded to its end, get it again",
            length - data
        );
        let shape = self.shape.iter().map(|&size| Ok(usize::try_from(size)?));
        Ok(TensorEntry {
            shape: shape.collect::<Result<_>>()?,
            name,
            dtype,
            offset: data + begin,
            bytes: wanted,
        })
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a map of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        entries.insert(name, map.next_value()?);
                    }
                }
                Ok(Header(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
