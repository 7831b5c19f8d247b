//! Opening files that are models, and files that are not.

mod config_json;
mod corrupt;
mod gguf;
mod safetensors;

use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};
use expect_test::{Expect, expect};

use super::tiny::{HIDDEN, Tiny, VOCAB};
use super::*;

/// Opens a file of `bytes`.
fn open(name: &str, bytes: &[u8]) -> Result<Weights> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    Weights::open(&path)
}

/// Returns the error without the path that it begins with.
fn message<T>(outcome: Result<T>) -> String {
    match outcome {
        Ok(_) => "fine".into(),
        Err(error) => {
            let text = format!("{error:#}");
            let text = text
                .split_once(": ")
                .map_or(text.as_str(), |(_, rest)| rest);
            text.to_owned()
        }
    }
}

fn read(weights: &Weights, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    weights.read(name, &mut bytes).map(|()| bytes)
}

/// Makes a folder of a tiny model in safetensors, with `more` in its `config.json`.
fn safetensors_folder(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut json: serde_json::Value = serde_json::json!({
        "architectures": ["LlamaForCausalLM"], "vocab_size": VOCAB, "hidden_size": HIDDEN,
        "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4,
        "num_key_value_heads": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
    });
    let more: serde_json::Value = serde_json::from_str(more).expect("JSON");
    for (key, value) in more.as_object().expect("a map") {
        json[key] = value.clone();
    }
    std::fs::write(folder.path().join("config.json"), json.to_string()).expect("written");
    let tensors = hugging_face_tensors();
    candle_core::safetensors::save(&tensors, folder.path().join("model.safetensors"))
        .expect("written");
    folder
}

fn hugging_face_tensors() -> std::collections::HashMap<String, Tensor> {
    let shapes: [(&str, &[usize]); 12] = [
        ("model.embed_tokens.weight", &[VOCAB, HIDDEN]),
        ("model.norm.weight", &[HIDDEN]),
        ("lm_head.weight", &[VOCAB, HIDDEN]),
        ("model.layers.0.input_layernorm.weight", &[HIDDEN]),
        ("model.layers.0.self_attn.q_proj.weight", &[HIDDEN, HIDDEN]),
        ("model.layers.0.self_attn.k_proj.weight", &[16, HIDDEN]),
        ("model.layers.0.self_attn.v_proj.weight", &[16, HIDDEN]),
        ("model.layers.0.self_attn.o_proj.weight", &[HIDDEN, HIDDEN]),
        ("model.layers.0.post_attention_layernorm.weight", &[HIDDEN]),
        ("model.layers.0.mlp.gate_proj.weight", &[64, HIDDEN]),
        ("model.layers.0.mlp.up_proj.weight", &[64, HIDDEN]),
        ("model.layers.0.mlp.down_proj.weight", &[HIDDEN, 64]),
    ];
    let number = |i: usize| i as f32;
    let tensors = shapes.iter().enumerate().map(|(i, (name, shape))| {
        let tensor = Tensor::full(number(i), *shape, &Device::Cpu).expect("a tensor");
        let tensor = tensor.to_dtype(candle_core::DType::BF16).expect("bf16");
        (name.to_string(), tensor)
    });
    tensors.collect()
}

#[test]
fn foreign_files_are_named() {
    let check = |bytes: &[u8], expected: Expect| {
        expected.assert_eq(&message(open("model.gguf", bytes)));
    };
    check(b"", expect!["it is empty: download it again"]);
    check(
        b"GG",
        expect!["it has only 2 bytes: it was not downloaded to its end"],
    );
    check(
        b"GGUF",
        expect!["the file ends inside its header: get it again"],
    );
    check(
        b"GGUF\x01\0\0\0",
        expect!["it is GGUF version 1, and only versions 2 and 3 are known: get a newer file"],
    );
    check(
        b"GGUF\0\0\0\x03",
        expect!["it is a big-endian GGUF file: get one for little-endian machines"],
    );
    check(
        b"\x89PNG\r\n\x1a\n....",
        expect!["it is a picture: get a GGUF file such as Q4_K_M or Q8_0, or safetensors"],
    );
    check(
        b"  <!DOCTYPE html><html>",
        expect![
            "it is a web page, perhaps an error that was saved in the file's place: get a GGUF file such as Q4_K_M or Q8_0, or safetensors"
        ],
    );
    check(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
        expect![
            "it is a git-LFS pointer, not the file it stands for: run `git lfs pull` in its folder, or download the file itself"
        ],
    );
    check(
        b"PK\x03\x04....",
        expect![
            "it is a zip archive, perhaps a PyTorch checkpoint: get a GGUF file such as Q4_K_M or Q8_0, or safetensors"
        ],
    );
    check(
        b"{\"error\":\"not found\"}",
        expect!["it is a JSON file: get a GGUF file such as Q4_K_M or Q8_0, or safetensors"],
    );
    check(
        &[7; 100],
        expect![
            "it is neither a GGUF nor a safetensors file: get a GGUF file such as Q4_K_M or Q8_0, or safetensors"
        ],
    );
}

#[test]
fn a_folder_of_something_else_says_what_it_has() {
    let folder = tempfile::tempdir().expect("a folder");
    expect!["the folder has neither a .gguf file nor a config.json with safetensors"]
        .assert_eq(&message(Weights::open(folder.path())));
    std::fs::write(folder.path().join("a.gguf"), "").expect("written");
    expect!["it is a folder: name one of its files, a.gguf"]
        .assert_eq(&message(Weights::open(folder.path())));
    let missing = message(Weights::open(&folder.path().join("b.gguf")));
    assert!(
        missing.contains("No such file") || missing.contains("cannot find"),
        "{missing}"
    );
}
