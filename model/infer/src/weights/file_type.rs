//! The type of a file, from its first bytes.

use std::path::Path;

/// Returns whether a file begins with a length and then a JSON object.
pub(super) fn is_safetensors(start: &[u8], length: u64) -> bool {
    let Some((size, after)) = start.split_first_chunk() else {
        return false;
    };
    after.first() == Some(&b'{') && (u64::from_le_bytes(*size) <= length || size[4..] == [0; 4])
}

/// Explains what a file is that is no model, and what to do.
pub(super) fn explain(start: &[u8], length: u64, path: &Path) -> String {
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
                folder, or download the file itself"
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
