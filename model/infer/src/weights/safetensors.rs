//! The header of a safetensors file: <https://github.com/huggingface/safetensors#format>.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use candle_core::quantized::GgmlDType;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::gguf::Listed;

/// A 7B's header takes some 30 kB.
const MAX_HEADER: u64 = 16 << 20;

/// The file that says in which file each tensor of a model in parts is.
const INDEX: &str = "model.safetensors.index.json";

/// Reads a header. `length` is that of the whole file. Tensors are named as in the file.
pub fn read(mut file: impl Read, length: u64) -> Result<Vec<Listed>> {
    let truncated = || "the file ends inside its header: it was not downloaded to its end, or is broken: get it again";
    let mut size = [0; 8];
    file.read_exact(&mut size).with_context(truncated)?;
    let size = u64::from_le_bytes(size);
    ensure!(
        size <= MAX_HEADER,
        "its header would take {size} bytes: it is no safetensors file of a model"
    );
    let data = 8 + size;
    ensure!(data <= length, truncated());
    let mut header = vec![0; usize::try_from(size)?];
    file.read_exact(&mut header).with_context(truncated)?;
    let Header(entries) = serde_json::from_slice(&header).context("its header is broken")?;
    let mut listed = Vec::new();
    for (name, entry) in entries {
        listed.push(entry.place(name, data, length)?);
    }
    listed.sort_by_key(|tensor| tensor.offset);
    for pair in listed.windows(2) {
        ensure!(
            pair[0].offset + pair[0].bytes <= pair[1].offset,
            "tensors `{}` and `{}` overlap",
            pair[0].name,
            pair[1].name
        );
    }
    Ok(listed)
}

/// The files of the model in `folder`.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
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
    let text = super::read_small(&index)?;
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

struct Header(BTreeMap<String, Entry>);

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

impl Entry {
    fn place(self, name: String, data: u64, length: u64) -> Result<Listed> {
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
        Ok(Listed {
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
