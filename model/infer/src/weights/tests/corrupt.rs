//! Truncated and corrupt files: an error, and no more work or memory than the file is long.

use std::io::{Read, Write};
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::weights::{gguf, safetensors};

static TINY: LazyLock<Vec<u8>> = LazyLock::new(|| Tiny::new().bytes());

/// A file that fails the test if it is read in more steps than it has bytes.
struct MeteredFile<'a> {
    rest: &'a [u8],
    steps: usize,
}

impl Read for MeteredFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.steps = self
            .steps
            .checked_sub(1)
            .expect("fewer steps than the file has bytes");
        self.rest.read(buffer)
    }
}

/// Reads a GGUF header.
fn read_gguf(bytes: &[u8]) -> Result<()> {
    let file = MeteredFile {
        rest: bytes,
        steps: bytes.len() + 1,
    };
    gguf::read(file, bytes.len() as u64).map(drop)
}

/// Reads a safetensors header.
fn read_safetensors(bytes: &[u8]) -> Result<()> {
    let file = MeteredFile {
        rest: bytes,
        steps: bytes.len() + 1,
    };
    safetensors::read(file, bytes.len() as u64).map(drop)
}

#[test]
fn a_truncated_gguf_file_is_refused() {
    // The last tensor is followed by padding, which nothing needs.
    let end = TINY.len() - 32;
    for length in (0..4096.min(end)).chain((4096..end).step_by(97)) {
        let error = format!("{:#}", read_gguf(&TINY[..length]).expect_err("incomplete"));
        assert!(error.contains("get it again"), "{length}: {error}");
    }
    // The first bytes tell the type of a file.
    for length in 0..80 {
        let error = open("model.gguf", &TINY[..length]).expect_err("incomplete");
        let error = format!("{error:#}");
        assert!(
            length < 8 || error.contains("get it again"),
            "{length}: {error}"
        );
    }
}

#[test]
fn a_file_truncated_after_opening_is_an_error() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&Tiny::new().bytes()).expect("written");
    let weights = Weights::open(file.path()).expect("a usable file");
    file.as_file().set_len(2000).expect("cut");
    let error = read(&weights, "token_embd.weight").expect_err("cut short");
    assert!(format!("{error:#}").contains("cut short"), "{error:#}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn changed_bytes_are_survived(changes in prop::collection::vec((0usize..2000, any::<u8>()), 1..4)) {
        let mut bytes = TINY.clone();
        for (at, value) in changes {
            bytes[at] = value;
        }
        let _ = read_gguf(&bytes);
        let _ = open("model.gguf", &bytes);
    }

    #[test]
    fn huge_lengths_are_survived(at in 0usize..2000, value in prop_oneof![
        Just(u64::MAX), Just(u64::MAX / 2), Just(1 << 60), Just(1 << 40), Just(1 << 31), any::<u64>(),
    ]) {
        let mut bytes = TINY.clone();
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let _ = read_gguf(&bytes);
        let _ = open("model.gguf", &bytes);
    }
}

#[test]
fn broken_safetensors_are_refused() {
    let folder = safetensors_folder("{}");
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).expect("readable");
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
    let check = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        Weights::open(folder.path())
    };
    for length in (0..header)
        .step_by(3)
        .chain((header..bytes.len()).step_by(101))
    {
        read_safetensors(&bytes[..length]).expect_err("incomplete");
    }
    check(&bytes[..header]).expect_err("incomplete");
    for at in (0..header).step_by(7) {
        for value in [0, b'9', b'"', 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] = value;
            let _ = read_safetensors(&bytes);
            let _ = check(&bytes);
        }
    }
    let swapped = String::from_utf8_lossy(&bytes[8..header]).replace("BF16", "F8_E4M3");
    let mut other = (swapped.len() as u64).to_le_bytes().to_vec();
    other.extend(swapped.bytes());
    other.extend(&bytes[header..]);
    let error = format!("{:#}", check(&other).expect_err("of another type"));
    assert!(error.contains("F8_E4M3"), "{error}");
}
