//! A model of random numbers, in all else like the Q4_K_M file of DeepSeek-Prover-V2-7B: as large, of
//! the same shapes and types. How fast a model is does not depend on what it has learned.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const LAYERS: u64 = 30;
const HIDDEN: u64 = 4096;
const FEED_FORWARD: u64 = 11008;
const HEADS: u32 = 32;
const VOCAB: u64 = 102_400;

/// Columns in a block of the K-quants.
const BLOCK: u64 = 256;

/// Different blocks of a type; the data repeat them. A prime, so that rows are not alike.
const BLOCKS: u64 = 4093;

/// In a GGUF file a tensor begins at a multiple of this.
const ALIGNMENT: u64 = 32;

/// The types that a tensor's numbers are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    F32,
    Q4K,
    Q6K,
}

impl Kind {
    /// Returns the type's number in a GGUF file.
    fn id(self) -> u32 {
        match self {
            Kind::F32 => 0,
            Kind::Q4K => 12,
            Kind::Q6K => 14,
        }
    }

    /// Returns the length of a block, in numbers and in bytes.
    fn block(self) -> (u64, u64) {
        match self {
            Kind::F32 => (1, 4),
            Kind::Q4K => (BLOCK, 144),
            Kind::Q6K => (BLOCK, 210),
        }
    }
}

struct Tensor {
    name: String,
    /// Innermost first.
    shape: Vec<u64>,
    kind: Kind,
}

impl Tensor {
    fn bytes(&self) -> u64 {
        let (numbers, bytes) = self.kind.block();
        self.shape.iter().product::<u64>() / numbers * bytes
    }
}

/// The model in the user's cache, which is made if it is not there.
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
    let mut q4k = Pool::new(|| q4k(&mut numbers));
    let mut q6k = Pool::new(|| q6k(&mut numbers));
    for tensor in tensors() {
        let bytes = tensor.bytes();
        match tensor.kind {
            Kind::F32 => {
                for _ in 0..bytes / 4 {
                    file.write_all(&1f32.to_le_bytes())?;
                }
            }
            Kind::Q4K => q4k.write(bytes, &mut file)?,
            Kind::Q6K => q6k.write(bytes, &mut file)?,
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
    (bytes.next_multiple_of(ALIGNMENT) - bytes) as usize
}

/// In their order in the file.
fn tensors() -> Vec<Tensor> {
    let tensor = |name: String, shape: &[u64], kind| Tensor {
        name: name + ".weight",
        shape: shape.to_vec(),
        kind,
    };
    let mut tensors = vec![
        tensor("token_embd".into(), &[HIDDEN, VOCAB], Kind::Q4K),
        tensor("output_norm".into(), &[HIDDEN], Kind::F32),
        tensor("output".into(), &[HIDDEN, VOCAB], Kind::Q6K),
    ];
    for layer in 0..LAYERS {
        let mixed = if has_more_bits(layer) {
            Kind::Q6K
        } else {
            Kind::Q4K
        };
        let parts: [(&str, &[u64], Kind); 9] = [
            ("attn_norm", &[HIDDEN], Kind::F32),
            ("attn_q", &[HIDDEN, HIDDEN], Kind::Q4K),
            ("attn_k", &[HIDDEN, HIDDEN], Kind::Q4K),
            ("attn_v", &[HIDDEN, HIDDEN], mixed),
            ("attn_output", &[HIDDEN, HIDDEN], Kind::Q4K),
            ("ffn_norm", &[HIDDEN], Kind::F32),
            ("ffn_gate", &[HIDDEN, FEED_FORWARD], Kind::Q4K),
            ("ffn_up", &[HIDDEN, FEED_FORWARD], Kind::Q4K),
            ("ffn_down", &[FEED_FORWARD, HIDDEN], mixed),
        ];
        for (name, shape, kind) in parts {
            tensors.push(tensor(format!("blk.{layer}.{name}"), shape, kind));
        }
    }
    tensors
}

/// The layers whose `attn_v` and `ffn_down` llama.cpp's quantiser makes Q6_K in a Q4_K_M file: the first
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

/// Metadata and the list of tensors, as <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>
/// has them. There is no tokenizer: tokens are all that is fed.
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
        out.extend(tensor.kind.id().to_le_bytes());
        out.extend(u64::to_le_bytes(offset));
        offset += tensor.bytes().next_multiple_of(ALIGNMENT);
    }
    out
}

/// Blocks that are written again and again, on from where the last tensor ended.
struct Pool {
    bytes: Vec<u8>,
    at: usize,
}

impl Pool {
    fn new<const N: usize>(mut block: impl FnMut() -> [u8; N]) -> Pool {
        Pool {
            bytes: (0..BLOCKS).flat_map(|_| block()).collect(),
            at: 0,
        }
    }

    fn write(&mut self, mut bytes: u64, out: &mut impl Write) -> Result<()> {
        while bytes > 0 {
            let left = &self.bytes[self.at..];
            let part = usize::try_from(bytes).unwrap_or(usize::MAX).min(left.len());
            out.write_all(&left[..part])?;
            self.at = (self.at + part) % self.bytes.len();
            bytes -= part as u64;
        }
        Ok(())
    }
}

/// `block_q4_K` of ggml: d, dmin, 6-bit scales and mins, nibbles. A number is
/// `d · 32 · q − dmin · 32`: with `dmin = 7.5 d` they have mean 0, and a deviation of about 1/64, which
/// keeps activations as large as they are.
fn q4k(numbers: &mut Random) -> [u8; 144] {
    let d = 0x06f1u16; // 1.06e-4 in f16
    let dmin = 0x1282u16; // 7.5 times that
    let mut block = [0; 144];
    block[..2].copy_from_slice(&d.to_le_bytes());
    block[2..4].copy_from_slice(&dmin.to_le_bytes());
    // The first four of each are 32; of the others the upper two bits stand here, the lower four below.
    block[4..12].fill(32 | 0b10 << 6);
    block[12..16].fill(0);
    numbers.fill(&mut block[16..]);
    block
}

/// `block_q6_K` of ggml: low nibbles, high bits, scales, d. A number is `d · 4 · (q − 32)`.
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

    /// Numbers of a normal f16.
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
