use std::io::Write;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::Value;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::tiny::{HIDDEN, Tiny, VOCAB};
use super::*;
use crate::config::{Rope, RopePairs};

fn open(name: &str, bytes: &[u8]) -> Result<Weights> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    Weights::open(&path)
}

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

fn check_gguf(change: impl FnOnce(&mut Tiny), expected: Expect) {
    let mut tiny = Tiny::new();
    change(&mut tiny);
    expected.assert_eq(&message(open("model.gguf", &tiny.bytes())));
}

fn check_scaling(keys: &[(&str, Value)], expected: RopeScaling, context: usize) {
    let mut tiny = Tiny::new();
    for (key, value) in keys {
        tiny.set(&format!("llama.{key}"), value.clone());
    }
    let weights = open("model.gguf", &tiny.bytes()).expect("a usable file");
    assert_eq!(weights.config().rope.scaling, expected);
    assert_eq!(weights.config().context, context);
}

fn text(value: &str) -> Value {
    Value::String(value.into())
}

fn read(weights: &Weights, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    weights.read(name, &mut bytes).map(|()| bytes)
}

#[test]
fn a_gguf_file_is_read() {
    let tiny = Tiny::new();
    let weights = open("model.gguf", &tiny.bytes()).expect("a usable file");
    assert_eq!(
        weights.config(),
        &LlamaConfig {
            vocab: VOCAB,
            hidden: HIDDEN,
            feed_forward: 64,
            layers: 2,
            heads: 4,
            kv_heads: 2,
            head_dim: 8,
            rms_eps: 1e-6,
            context: 128,
            rope: Rope {
                theta: 10_000.0,
                dims: 8,
                pairs: RopePairs::Interleaved,
                scaling: RopeScaling::None,
            },
        }
    );
    let mut total = 0;
    for (name, tensor) in &tiny.tensors {
        let bytes = read(&weights, name).expect("a tensor that is there");
        assert_eq!(bytes, tensor.data().expect("data").as_ref(), "{name}");
        let info = weights.info(name).expect("listed");
        assert_eq!(
            (info.dtype, info.shape.as_slice()),
            (tensor.dtype(), tensor.shape().dims())
        );
        total += bytes.len() as u64;
    }
    assert_eq!(weights.total_bytes(), total);
    assert!(weights.info("output.weight").is_none());
    assert!(read(&weights, "output.weight").is_err());
}

#[test]
fn ggufs_rotary_scaling() {
    let f32 = Value::F32;
    check_scaling(&[], RopeScaling::None, 128);
    check_scaling(
        &[("rope.scaling.type", text("none"))],
        RopeScaling::None,
        128,
    );
    check_scaling(
        &[("rope.scaling.factor", f32(4.0))],
        RopeScaling::Linear { factor: 4.0 },
        128,
    );
    check_scaling(
        &[("rope.scale_linear", f32(2.0))],
        RopeScaling::Linear { factor: 2.0 },
        128,
    );
    let yarn = |attention_factor| RopeScaling::Yarn {
        factor: 16.0,
        original: 4096,
        beta_fast: 32.0,
        beta_slow: 1.0,
        attention_factor,
    };
    let keys = |more: &[(&'static str, Value)]| {
        let mut keys = vec![
            ("rope.scaling.type", text("yarn")),
            ("rope.scaling.factor", f32(16.0)),
            ("rope.scaling.original_context_length", Value::U32(4096)),
        ];
        keys.extend_from_slice(more);
        keys
    };
    let plain = 0.1 * 16f64.ln() + 1.0;
    check_scaling(&keys(&[]), yarn(plain), 65536);
    check_scaling(
        &keys(&[("rope.scaling.attn_factor", f32(0.5))]),
        yarn(plain / 2.0),
        65536,
    );
    check_scaling(
        &keys(&[("rope.scaling.yarn_log_multiplier", f32(1.0))]),
        yarn(1.0),
        65536,
    );
    check_scaling(
        &keys(&[("rope.scaling.yarn_attn_factor", f32(1.5))]),
        yarn(1.5),
        65536,
    );
    let betas = [
        ("rope.scaling.yarn_beta_fast", f32(16.0)),
        ("rope.scaling.yarn_beta_slow", f32(2.0)),
    ];
    let RopeScaling::Yarn {
        factor,
        original,
        attention_factor,
        ..
    } = yarn(plain)
    else {
        return;
    };
    let changed = RopeScaling::Yarn {
        factor,
        original,
        attention_factor,
        beta_fast: 16.0,
        beta_slow: 2.0,
    };
    check_scaling(&keys(&betas), changed, 65536);
}

#[test]
fn ggufs_frequency_factors() {
    let mut tiny = Tiny::new();
    let factors = Tensor::new(&[1f32, 1.5, 4.0, 8.0], &Device::Cpu).expect("a tensor");
    let factors = QTensor::quantize(&factors, GgmlDType::F32).expect("f32");
    tiny.tensors.insert("rope_freqs.weight".into(), factors);
    let weights = open("model.gguf", &tiny.bytes()).expect("a usable file");
    let expected = RopeScaling::Factors(vec![1.0, 1.5, 4.0, 8.0]);
    assert_eq!(weights.config().rope.scaling, expected);
    assert!(weights.info("rope_freqs.weight").is_none());
    tiny.set("llama.rope.scaling.factor", Value::F32(2.0));
    assert!(open("model.gguf", &tiny.bytes()).is_err());
}

#[test]
fn what_is_no_plain_llama_is_named() {
    check_gguf(|_| {}, expect!["fine"]);
    check_gguf(
        |it| it.set("general.architecture", text("qwen2")),
        expect![
            "it is a model of architecture `qwen2`, and only `llama` can be run here (such as DeepSeek-Prover-V2-7B)"
        ],
    );
    check_gguf(
        |it| {
            it.metadata.remove("general.architecture");
        },
        expect!["it names no `general.architecture`: it is no model"],
    );
    check_gguf(
        |it| it.set("general.architecture", Value::U8(1)),
        expect!["its metadata value `general.architecture` should be a text"],
    );
    check_gguf(
        |it| it.set("llama.rope.scaling.type", text("longrope")),
        expect!["its rotary embedding is scaled by `longrope`, which is not known here"],
    );
    check_gguf(
        |it| it.set("split.count", Value::U16(3)),
        expect![
            "it is one of 3 parts of a model: join them with `llama-gguf-split --merge`, or get a file that is whole"
        ],
    );
    check_gguf(
        |it| it.set("llama.expert_count", Value::U32(8)),
        expect!["it is a mixture of 8 experts, which can't be run here"],
    );
    check_gguf(
        |it| it.set("llama.block_count", Value::U32(u32::MAX)),
        expect![
            "the tensor `blk.2.attn_norm.weight` is missing: the file is incomplete, or of another kind"
        ],
    );
    check_gguf(
        |it| it.set("llama.block_count", Value::U32(1)),
        expect![
            "it has the tensor `blk.1.attn_k.weight`, which no plain LLaMA has: it can't be run here"
        ],
    );
    check_gguf(
        |it| it.set("llama.attention.head_count", Value::U32(0)),
        expect!["it has no attention heads"],
    );
    check_gguf(
        |it| it.set("llama.attention.head_count_kv", Value::U32(3)),
        expect!["its 4 query heads can't share 3 key and value heads"],
    );
    check_gguf(
        |it| it.set("llama.attention.key_length", Value::U32(u32::MAX)),
        expect![
            "its heads have keys of 4294967295 and values of 8 numbers; only equal ones can be run here"
        ],
    );
    check_gguf(
        |it| it.set("llama.context_length", Value::I32(-1)),
        expect!["its metadata value `llama.context_length` should be a whole number"],
    );
    check_gguf(
        |it| it.set("llama.context_length", Value::U64(u64::MAX)),
        expect!["it says that it was made for 18446744073709551615 positions"],
    );
    check_gguf(
        |it| it.set("llama.rope.freq_base", Value::F32(f32::NAN)),
        expect!["its rotary embedding has the base NaN"],
    );
    check_gguf(
        |it| it.set("llama.rope.dimension_count", Value::U32(7)),
        expect!["its rotary embedding turns 7 of the 8 dimensions of a head"],
    );
    check_gguf(
        |it| it.set("general.alignment", Value::U32(0)),
        expect!["its `general.alignment` is 0, which is no usable power of two"],
    );
    check_gguf(
        |it| it.put("blk.1.attn_q.bias", &[HIDDEN], GgmlDType::F32),
        expect!["it has biases (`blk.1.attn_q.bias`), which can't be run here"],
    );
    check_gguf(
        |it| it.put("blk.1.attn_q_norm.weight", &[8], GgmlDType::F32),
        expect![
            "it has the tensor `blk.1.attn_q_norm.weight`, which no plain LLaMA has: it can't be run here"
        ],
    );
    check_gguf(
        |it| it.put("blk.1.ffn_norm.weight", &[HIDDEN], GgmlDType::Q8_0),
        expect!["the tensor `blk.1.ffn_norm.weight` is quantised (Q8_0), which norms may not be"],
    );
    check_gguf(
        |it| it.put("output.weight", &[VOCAB + 1, HIDDEN], GgmlDType::F16),
        expect!["the tensor `output.weight` has the shape [13, 32], and [12, 32] is expected"],
    );
    check_gguf(
        |it| {
            it.tensors.remove("blk.0.ffn_up.weight");
        },
        expect![
            "the tensor `blk.0.ffn_up.weight` is missing: the file is incomplete, or of another kind"
        ],
    );
    let uneven = |it: &mut Tiny| {
        it.set(
            "llama.attention.head_count_kv",
            Value::Array(vec![Value::U32(2), Value::U32(4)]),
        );
    };
    check_gguf(
        uneven,
        expect!["its layers differ in `llama.attention.head_count_kv`, which can't be run here"],
    );
}

#[test]
fn other_tensor_types_are_named() {
    let mut bytes = Tiny::new().bytes();
    let name = b"blk.0.attn_q.weight";
    let at = bytes
        .windows(name.len())
        .position(|window| window == name)
        .expect("listed");
    // Name, number of dimensions, two dimensions, then the type.
    let kind = at + name.len() + 4 + 16;
    assert_eq!(bytes[kind], 2);
    let mut check = |number: u8, expected: Expect| {
        bytes[kind] = number;
        expected.assert_eq(&message(open("model.gguf", &bytes)));
    };
    check(
        23,
        expect![
            "tensor 4 of 20: tensor `blk.0.attn_q.weight` is of type IQ4_XS, which can't be computed with here: get a file of another quantisation, such as Q4_K_M or Q8_0"
        ],
    );
    check(
        34,
        expect![
            "tensor 4 of 20: tensor `blk.0.attn_q.weight` is of type TQ1_0, which can't be computed with here: get a file of another quantisation, such as Q4_K_M or Q8_0"
        ],
    );
    check(
        15,
        expect![
            "tensor 4 of 20: tensor `blk.0.attn_q.weight` is of type Q8_K, which can't be computed with here: get a file of another quantisation, such as Q4_K_M or Q8_0"
        ],
    );
    check(
        99,
        expect![
            "tensor 4 of 20: tensor `blk.0.attn_q.weight` is of type number 99, which can't be computed with here: get a file of another quantisation, such as Q4_K_M or Q8_0"
        ],
    );
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
            "it is a git-LFS pointer, not the file it stands for: run `git lfs pull` in its folder, or download the file itself (`unsorry model pull`)"
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

/// Far under a second each, whatever the file says.
fn survives(bytes: &[u8]) -> Result<Weights> {
    let begin = Instant::now();
    let outcome = open("model.gguf", bytes);
    assert!(begin.elapsed() < Duration::from_secs(1));
    outcome
}

#[test]
fn cut_short_anywhere_it_is_refused() {
    let bytes = Tiny::new().bytes();
    // The last tensor is followed by padding, which nothing needs.
    let last = bytes.len() - 32;
    for length in (0..4096).chain((4096..last).step_by(97)) {
        let error = survives(&bytes[..length.min(last)]).expect_err("incomplete");
        assert!(
            format!("{error:#}").contains("get it again") || length < 8,
            "{error:#}"
        );
    }
}

#[test]
fn cut_short_later_it_is_an_error() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(&Tiny::new().bytes()).expect("written");
    let weights = Weights::open(file.path()).expect("a usable file");
    file.as_file().set_len(2000).expect("cut");
    let error = read(&weights, "token_embd.weight").expect_err("cut short");
    assert!(format!("{error:#}").contains("cut short"), "{error:#}");
}

static TINY: LazyLock<Vec<u8>> = LazyLock::new(|| Tiny::new().bytes());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn flipped_bits_are_survived(flips in prop::collection::vec((0usize..2000, any::<u8>()), 1..4)) {
        let mut bytes = TINY.clone();
        for (at, value) in flips {
            bytes[at] = value;
        }
        let _ = survives(&bytes);
    }

    #[test]
    fn huge_lengths_are_survived(at in 0usize..2000, value in prop_oneof![
        Just(u64::MAX), Just(u64::MAX / 2), Just(1 << 60), Just(1 << 40), Just(1 << 31), any::<u64>(),
    ]) {
        let mut bytes = TINY.clone();
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let _ = survives(&bytes);
    }
}

/// A folder with a tiny model as Hugging Face has it, and its `config.json` with `more` put in.
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
fn safetensors_are_read() {
    let folder = safetensors_folder("{}");
    let weights = Weights::open(folder.path()).expect("a usable folder");
    let config = weights.config();
    assert_eq!(
        (
            config.layers,
            config.kv_heads,
            config.head_dim,
            config.vocab
        ),
        (1, 2, 8, VOCAB)
    );
    assert_eq!(
        (config.rope.pairs, config.rope.dims),
        (RopePairs::Halves, 8)
    );
    let info = weights.info("blk.0.attn_k.weight").expect("listed");
    assert_eq!(
        (info.dtype, info.shape.as_slice()),
        (GgmlDType::BF16, &[16, HIDDEN][..])
    );
    let bytes = read(&weights, "blk.0.attn_k.weight").expect("readable");
    assert_eq!(
        bytes,
        half::bf16::from_f32(5.0).to_le_bytes().repeat(16 * HIDDEN)
    );
    let same = Weights::open(&folder.path().join("model.safetensors")).expect("usable");
    assert_eq!(same.config(), config);
    let tied = safetensors_folder(r#"{"tie_word_embeddings": true}"#);
    let tied = Weights::open(tied.path()).expect("usable");
    assert!(tied.info("output.weight").is_none());
}

#[test]
fn safetensors_in_parts_are_read() {
    let folder = safetensors_folder("{}");
    let whole = folder.path().join("model.safetensors");
    std::fs::remove_file(&whole).expect("removed");
    let mut map = serde_json::Map::new();
    let mut parts = [
        std::collections::HashMap::new(),
        std::collections::HashMap::new(),
    ];
    for (i, (name, tensor)) in hugging_face_tensors().into_iter().enumerate() {
        map.insert(name.clone(), format!("part-{}.safetensors", i % 2).into());
        parts[i % 2].insert(name, tensor);
    }
    for (i, part) in parts.iter().enumerate() {
        let path = folder.path().join(format!("part-{i}.safetensors"));
        candle_core::safetensors::save(part, path).expect("written");
    }
    let index = folder.path().join("model.safetensors.index.json");
    let write = |map: &serde_json::Map<String, serde_json::Value>| {
        let text = serde_json::json!({ "metadata": {}, "weight_map": map }).to_string();
        std::fs::write(&index, text).expect("written");
    };
    write(&map);
    let weights = Weights::open(folder.path()).expect("usable");
    let bytes = read(&weights, "blk.0.ffn_down.weight").expect("readable");
    assert_eq!(
        bytes,
        half::bf16::from_f32(11.0).to_le_bytes().repeat(64 * HIDDEN)
    );
    std::fs::remove_file(folder.path().join("part-1.safetensors")).expect("removed");
    expect!["part-1.safetensors is missing, one of the files that model.safetensors.index.json names: download it too"].assert_eq(&message(Weights::open(folder.path())));
    map.insert("lm_head.weight".into(), "../part-0.safetensors".into());
    write(&map);
    let error = message(Weights::open(folder.path()));
    assert!(error.contains("not in its folder"), "{error}");
}

fn check_json(more: &str, expected: Expect) {
    let folder = safetensors_folder(more);
    let outcome = match Weights::open(folder.path()) {
        Ok(weights) => format!(
            "{:?}, {} positions",
            weights.config().rope,
            weights.config().context
        ),
        Err(error) => {
            let folder = folder.path().display().to_string();
            format!("{error:#}").replace(&folder, "FOLDER")
        }
    };
    expected.assert_eq(&outcome);
}

#[test]
fn config_jsons_rotary_embedding() {
    check_json(
        "{}",
        expect!["Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: None }, 128 positions"],
    );
    check_json(
        r#"{"rope_theta": 500000, "rope_scaling": null}"#,
        expect!["Rope { theta: 500000.0, dims: 8, pairs: Halves, scaling: None }, 128 positions"],
    );
    check_json(
        r#"{"rope_parameters": {"rope_theta": 9.0, "rope_type": "default"}}"#,
        expect!["Rope { theta: 9.0, dims: 8, pairs: Halves, scaling: None }, 128 positions"],
    );
    check_json(
        r#"{"partial_rotary_factor": 0.5}"#,
        expect!["Rope { theta: 10000.0, dims: 4, pairs: Halves, scaling: None }, 128 positions"],
    );
    check_json(
        r#"{"rope_scaling": {"type": "linear", "factor": 2.5}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Linear { factor: 2.5 } }, 128 positions"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 64}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Llama3 { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original: 64 } }, 128 positions"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"type": "yarn", "factor": 16, "original_max_position_embeddings": 4096}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Yarn { factor: 16.0, original: 4096, beta_fast: 32.0, beta_slow: 1.0, attention_factor: 1.2772588722239782 } }, 65536 positions"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"type": "yarn", "factor": 16, "original_max_position_embeddings": 4096,
            "mscale": 1.0, "mscale_all_dim": 0.5, "beta_fast": 16, "beta_slow": 2}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Yarn { factor: 16.0, original: 4096, beta_fast: 16.0, beta_slow: 2.0, attention_factor: 1.121751143713058 } }, 65536 positions"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"type": "yarn", "factor": 16, "mscale": 1.0, "attention_factor": 1.5}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Yarn { factor: 16.0, original: 128, beta_fast: 32.0, beta_slow: 1.0, attention_factor: 1.5 } }, 2048 positions"
        ],
    );
    check_json(
        r#"{"original_max_position_embeddings": 32,
            "rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": null}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Yarn { factor: 4.0, original: 32, beta_fast: 32.0, beta_slow: 1.0, attention_factor: 1.138629436111989 } }, 128 positions"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"type": "yarn", "factor": 4, "truncate": false}}"#,
        expect![[
            r#"can't use FOLDER: in FOLDER/config.json: its rotary embedding's scaling is {"type":"yarn","factor":4,"truncate":false}: `truncate: false` is not known here"#
        ]],
    );
    check_json(
        r#"{"rope_scaling": {"type": "yarn", "factor": -4}}"#,
        expect![
            "can't use FOLDER: its rotary embedding's scaling makes no sense: Yarn { factor: -4.0, original: 128, beta_fast: 32.0, beta_slow: 1.0, attention_factor: 1.0 }"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"type": "dynamic", "factor": 2.0}}"#,
        expect![[
            r#"can't use FOLDER: in FOLDER/config.json: its rotary embedding's scaling is {"type":"dynamic","factor":2.0}: the type `dynamic` is not known here: only default, linear, llama3 and yarn"#
        ]],
    );
    check_json(
        r#"{"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}"#,
        expect![[
            r#"can't use FOLDER: in FOLDER/config.json: its rotary embedding's scaling is {"rope_type":"llama3","factor":8.0}: it has no `low_freq_factor`"#
        ]],
    );
}

#[test]
fn config_jsons_mistakes_are_named() {
    check_json(
        r#"{"architectures": ["Qwen3ForCausalLM"]}"#,
        expect![
            "can't use FOLDER: in FOLDER/config.json: it is a model of architecture `Qwen3ForCausalLM`, and only `LlamaForCausalLM` can be run here (such as DeepSeek-Prover-V2-7B)"
        ],
    );
    check_json(
        r#"{"attention_bias": true}"#,
        expect![
            "can't use FOLDER: in FOLDER/config.json: it has biases (`attention_bias`), which can't be run here"
        ],
    );
    check_json(
        r#"{"hidden_act": "gelu"}"#,
        expect![
            "can't use FOLDER: in FOLDER/config.json: its activation is `gelu`, which can't be run here: only `silu`"
        ],
    );
    check_json(
        r#"{"quantization_config": {"quant_method": "awq"}}"#,
        expect![
            "can't use FOLDER: in FOLDER/config.json: its weights are quantised (`quantization_config`), which can't be read here: get a GGUF file such as Q4_K_M or Q8_0, or the unquantised safetensors"
        ],
    );
    check_json(
        r#"{"hidden_size": "many"}"#,
        expect![[
            r#"can't use FOLDER: in FOLDER/config.json: its `hidden_size` is "many", and should be a whole number"#
        ]],
    );
    check_json(
        r#"{"hidden_size": null}"#,
        expect!["can't use FOLDER: in FOLDER/config.json: it names no `hidden_size`"],
    );
    check_json(
        r#"{"vocab_size": 13}"#,
        expect![
            "can't use FOLDER: the tensor `token_embd.weight` has the shape [12, 32], and [13, 32] is expected"
        ],
    );
}

#[test]
fn broken_safetensors_are_refused() {
    let folder = safetensors_folder("{}");
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).expect("readable");
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")) as usize;
    let check = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        let begin = Instant::now();
        let outcome = Weights::open(folder.path());
        assert!(begin.elapsed() < Duration::from_secs(1));
        outcome
    };
    for length in (0..header)
        .step_by(3)
        .chain((header..bytes.len()).step_by(101))
    {
        check(&bytes[..length]).expect_err("incomplete");
    }
    for at in (0..header).step_by(7) {
        for value in [0, b'9', b'"', 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] = value;
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
