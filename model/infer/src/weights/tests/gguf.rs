use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::Value;

use super::*;
use crate::llama::config::{Rope, RopePairs, RopeScaling};

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
        original_context: 4096,
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
        original_context,
        attention_factor,
        ..
    } = yarn(plain)
    else {
        panic!("YaRN gives another kind of scaling");
    };
    let changed = RopeScaling::Yarn {
        factor,
        original_context,
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
        expect!["it says that it was trained for 18446744073709551615 tokens"],
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
