//! A model of random weights with the size, shapes and types of DeepSeek-Prover-V2-7B's Q4_K_M file:
//! speed does not depend on what the weights are.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const LAYERS: u64 = 30;
const HIDDEN: u64 = 4096;
const FEED_FORWARD: u64 = 11008;
const HEADS: u32 = 32;
const VOCAB: u64 = 102_400;

/// Elements in a block of the K-quants.
const BLOCK_ELEMENTS: u64 = 256;

/// The number of different blocks of a type, which the data repeat. A prime, so that rows differ.
const BLOCKS: u64 = 4093;

/// The multiple of bytes at which a tensor begins in a GGUF file.
const ALIGNMENT_BYTES: u64 = 32;

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ElementType {
    F32,
    Q4K,
    Q6K,
}

impl ElementType {
    /// Returns the number of the type in a GGUF file.
    fn id(self) -> u32 {
        match self {
            ElementType::F32 => 0,
            ElementType::Q4K => 12,
            ElementType::Q6K => 14,
        }
    }

    /// Returns the elements of a block, and its bytes.
    fn block(self) -> (u64, u64) {
        match self {
            ElementType::F32 => (1, 4),
            ElementType::Q4K => (BLOCK_ELEMENTS, 144),
            ElementType::Q6K => (BLOCK_ELEMENTS, 210),
        }
    }
}

struct Tensor {
    name: String,
    /// The dimensions, innermost first.
    shape: Vec<u64>,
    element_type: ElementType,
}

impl Tensor {
    fn bytes(&self) -> u64 {
        let (numbers, bytes) = self.element_type.block();
        self.shape.iter().product::<u64>() / numbers * bytes
    }
}

/// Returns the model in the user's cache, which is made if it is not there.
pub(super) fn cached() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|it| !it.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => std::env::home_dir()
            .context("there is no home folder to keep a model in; name one with --model")?
            .join(".cache"),
    };
    let path = cache.join("unsorry").join("random-7b-q4_k_m.gguf");
    let whole = fs::metadata(&path).is_ok_and(|file| file.len() == size());
    if !whole {
        make(&path)?;
    }
    Ok(path)
}

/// Writes the model, 4.2 GB. The file has its name only when it is whole.
pub(super) fn make(path: &Path) -> Result<()> {
    eprintln!(
        "writing {} ({:.1} GB)…",
        path.display(),
        size() as f64 / 1e9
    );
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
    }
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let written = write(&draft).and_then(|()| Ok(fs::rename(&draft, path)?));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.with_context(|| format!("could not write {}", path.display()))
}

fn write(path: &Path) -> Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let header = header();
    file.write_all(&header)?;
    file.write_all(&vec![0; padding(header.len() as u64)])?;
    let mut numbers = Random(1);
    let mut q4k = BlockPool::new(|| q4k(&mut numbers));
    let mut q6k = BlockPool::new(|| q6k(&mut numbers));
    for tensor in tensors() {
        let bytes = tensor.bytes();
        match tensor.element_type {
            ElementType::F32 => {
                for _ in 0..bytes / 4 {
                    file.write_all(&1f32.to_le_bytes())?;
                }
            }
            ElementType::Q4K => q4k.write(bytes, &mut file)?,
            ElementType::Q6K => q6k.write(bytes, &mut file)?,
        }
        file.write_all(&vec![0; padding(bytes)])?;
    }
    file.into_inner().map_err(|error| error.into_error())?;
    Ok(())
}

fn size() -> u64 {
    let header = header().len() as u64;
    let padded = |bytes: u64| bytes + padding(bytes) as u64;
    padded(header) + tensors().iter().map(|t| padded(t.bytes())).sum::<u64>()
}

fn padding(bytes: u64) -> usize {
    (bytes.next_multiple_of(ALIGNMENT_BYTES) - bytes) as usize
}

/// Returns the tensors in their order in the file.
fn tensors() -> Vec<Tensor> {
    let tensor = |name: String, shape: &[u64], element_type| Tensor {
        name: name + ".weight",
        shape: shape.to_vec(),
        element_type,
    };
    let mut tensors = vec![
        tensor("token_embd".into(), &[HIDDEN, VOCAB], ElementType::Q4K),
        tensor("output_norm".into(), &[HIDDEN], ElementType::F32),
        tensor("output".into(), &[HIDDEN, VOCAB], ElementType::Q6K),
    ];
    for layer in 0..LAYERS {
        let mixed = if has_more_bits(layer) {
            ElementType::Q6K
        } else {
            ElementType::Q4K
        };
        let parts: [(&str, &[u64], ElementType); 9] = [
            ("attn_norm", &[HIDDEN], ElementType::F32),
            ("attn_q", &[HIDDEN, HIDDEN], ElementType::Q4K),
            ("attn_k", &[HIDDEN, HIDDEN], ElementType::Q4K),
            ("attn_v", &[HIDDEN, HIDDEN], mixed),
            ("attn_output", &[HIDDEN, HIDDEN], ElementType::Q4K),
            ("ffn_norm", &[HIDDEN], ElementType::F32),
            ("ffn_gate", &[HIDDEN, FEED_FORWARD], ElementType::Q4K),
            ("ffn_up", &[HIDDEN, FEED_FORWARD], ElementType::Q4K),
            ("ffn_down", &[FEED_FORWARD, HIDDEN], mixed),
        ];
        for (name, shape, element_type) in parts {
            tensors.push(tensor(format!("blk.{layer}.{name}"), shape, element_type));
        }
    }
    tensors
}

/// Returns whether a layer is one of those whose `attn_v` and `ffn_down` llama.cpp's quantiser makes Q6_K in a Q4_K_M file: the first
/// eighth, the last, and every third between.
fn has_more_bits(layer: u64) -> bool {
    let (first, last) = (LAYERS / 8, 7 * LAYERS / 8);
    !(first..last).contains(&layer) || (layer - first) % 3 == 2
}

/// A value of the metadata.
enum Value {
    Number(u32),
    Float(f32),
    Text(&'static str),
}

/// Returns the metadata and the list of tensors, as <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>
/// has them. There is no tokenizer: the bench feeds tokens.
fn header() -> Vec<u8> {
    use Value::{Float, Number, Text};
    let metadata = [
        ("general.architecture", Text("llama")),
        ("general.name", Text("random numbers")),
        ("llama.vocab_size", Number(VOCAB as u32)),
        ("llama.context_length", Number(65536)),
        ("llama.embedding_length", Number(HIDDEN as u32)),
        ("llama.block_count", Number(LAYERS as u32)),
        ("llama.feed_forward_length", Number(FEED_FORWARD as u32)),
        ("llama.attention.head_count", Number(HEADS)),
        ("llama.attention.head_count_kv", Number(HEADS)),
        ("llama.attention.layer_norm_rms_epsilon", Float(1e-6)),
        ("llama.rope.dimension_count", Number(HIDDEN as u32 / HEADS)),
        ("llama.rope.freq_base", Float(10000.0)),
        ("llama.rope.scaling.type", Text("yarn")),
        ("llama.rope.scaling.factor", Float(16.0)),
        ("llama.rope.scaling.original_context_length", Number(4096)),
        ("tokenizer.ggml.model", Text("none")),
    ];
    let tensors = tensors();
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((metadata.len() as u64).to_le_bytes());
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    };
    for (key, value) in metadata {
        text(&mut out, key);
        match value {
            Number(number) => {
                out.extend(4u32.to_le_bytes());
                out.extend(number.to_le_bytes());
            }
            Float(number) => {
                out.extend(6u32.to_le_bytes());
                out.extend(number.to_le_bytes());
            }
            Text(value) => {
                out.extend(8u32.to_le_bytes());
                text(&mut out, value);
            }
        }
    }
    let mut offset = 0;
    for tensor in tensors {
        text(&mut out, &tensor.name);
        out.extend((tensor.shape.len() as u32).to_le_bytes());
        for size in &tensor.shape {
            out.extend(size.to_le_bytes());
        }
        out.extend(tensor.element_type.id().to_le_bytes());
        out.extend(u64::to_le_bytes(offset));
        offset += tensor.bytes().next_multiple_of(ALIGNMENT_BYTES);
    }
    out
}

/// Blocks that are written over and over, each tensor from where the last one ended.
struct BlockPool {
    bytes: Vec<u8>,
    at: usize,
}

impl BlockPool {
    fn new<const N: usize>(mut block: impl FnMut() -> [u8; N]) -> BlockPool {
        BlockPool {
            bytes: (0..BLOCKS).flat_map(|_| block()).collect(),
            at: 0,
        }
    }

    fn write(&mut self, mut bytes: u64, out: &mut impl Write) -> Result<()> {
        while bytes > 0 {
            let rest = &self.bytes[self.at..];
            let part = usize::try_from(bytes).unwrap_or(usize::MAX).min(rest.len());
            out.write_all(&rest[..part])?;
            self.at = (self.at + part) % self.bytes.len();
            bytes -= part as u64;
        }
        Ok(())
    }
}

/// Returns a random `block_q4_K` of ggml: d, dmin, 6-bit scales and mins, nibbles. A weight is
/// `d · 32 · q − dmin · 32`: with `dmin = 7.5 d` the mean is 0 and the deviation about 1/64, which keeps
/// the magnitude of activations.
fn q4k(numbers: &mut Random) -> [u8; 144] {
    let d = 0x06f1u16; // 1.06e-4 in f16
    let dmin = 0x1282u16; // 7.5 times that
    let mut block = [0; 144];
    block[..2].copy_from_slice(&d.to_le_bytes());
    block[2..4].copy_from_slice(&dmin.to_le_bytes());
    // All are 32: the first four of each as they are, the others with their upper two bits here and
    // their lower four below.
    block[4..12].fill(32 | 0b10 << 6);
    block[12..16].fill(0);
    numbers.fill(&mut block[16..]);
    block
}

/// Returns a random `block_q6_K` of ggml: low nibbles, high bits, scales, d. A weight is
/// `d · 4 · (q − 32)`.
fn q6k(numbers: &mut Random) -> [u8; 210] {
    let d = 0x0aeeu16; // 2.11e-4 in f16
    let mut block = [0; 210];
    numbers.fill(&mut block[..192]);
    block[192..208].fill(4);
    block[208..].copy_from_slice(&d.to_le_bytes());
    block
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            *byte = (self.0 >> 32) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_as_large_and_as_mixed_as_the_real_one() {
        let more: Vec<u64> = (0..LAYERS).filter(|layer| has_more_bits(*layer)).collect();
        assert_eq!(more, [0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 26, 27, 28, 29]);
        let parameters: u64 = tensors()
            .iter()
            .map(|tensor| tensor.shape.iter().product::<u64>())
            .sum();
        assert_eq!(parameters, 6_910_365_696);
        assert!((4.20e9..4.23e9).contains(&(size() as f64)), "{}", size());
    }

    /// Decodes a normal f16.
    fn f16(bytes: &[u8]) -> f64 {
        let bits = i32::from(u16::from_le_bytes([bytes[0], bytes[1]]));
        f64::from(1024 + (bits & 1023)) * 2f64.powi((bits >> 10) - 25)
    }

    #[test]
    fn numbers_are_small_and_have_no_bias() {
        let check = |numbers: &[f64]| {
            let count = numbers.len() as f64;
            let mean = numbers.iter().sum::<f64>() / count;
            let deviation = (numbers.iter().map(|x| x * x).sum::<f64>() / count).sqrt();
            assert!(mean.abs() < 1e-3, "mean {mean}");
            assert!((0.014..0.018).contains(&deviation), "deviation {deviation}");
        };
        let mut random = Random(1);
        let four: Vec<f64> = (0..100)
            .flat_map(|_| {
                let block = q4k(&mut random);
                let (d, dmin) = (f16(&block), f16(&block[2..]));
                let nibbles = block[16..].iter().flat_map(|byte| [byte & 15, byte >> 4]);
                let of = move |q: u8| d * 32.0 * f64::from(q) - dmin * 32.0;
                nibbles.map(of).collect::<Vec<_>>()
            })
            .collect();
        check(&four);
        let six: Vec<f64> = (0..100)
            .flat_map(|_| {
                let block = q6k(&mut random);
                let d = f16(&block[208..]);
                let pairs =
                    (0..128).map(move |at| (block[at] & 15) | (block[128 + at / 2] & 3) << 4);
                let of = move |q: u8| d * 4.0 * (f64::from(q) - 32.0);
                pairs.map(of).collect::<Vec<_>>()
            })
            .collect();
        check(&six);
    }
}
