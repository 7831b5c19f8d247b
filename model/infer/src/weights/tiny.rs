//! A tiny model for tests.

use std::collections::BTreeMap;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

/// Rows of the embedding.
pub const VOCAB: usize = 12;
/// Width of the residual stream.
pub const HIDDEN: usize = 32;

/// The metadata and tensors of a tiny model, to be changed before they are written.
pub struct Tiny {
    pub metadata: BTreeMap<String, Value>,
    pub tensors: BTreeMap<String, QTensor>,
}

fn tensor(shape: &[usize], dtype: GgmlDType) -> QTensor {
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..count).map(|i| (i % 7) as f32 / 7.0).collect();
    let tensor = Tensor::from_vec(values, shape, &Device::Cpu).expect("a shape that fits");
    QTensor::quantize(&tensor, dtype).expect("a type that fits")
}

impl Tiny {
    pub fn new() -> Tiny {
        let mut tiny = Tiny {
            metadata: BTreeMap::new(),
            tensors: BTreeMap::new(),
        };
        tiny.set("general.architecture", Value::String("llama".into()));
        for (key, value) in [
            ("embedding_length", HIDDEN),
            ("block_count", 2),
            ("feed_forward_length", 64),
            ("attention.head_count", 4),
            ("attention.head_count_kv", 2),
            ("context_length", 128),
        ] {
            tiny.set(&format!("llama.{key}"), Value::U32(value as u32));
        }
        tiny.set("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-6));
        tiny.put("token_embd.weight", &[VOCAB, HIDDEN], GgmlDType::Q8_0);
        tiny.put("output_norm.weight", &[HIDDEN], GgmlDType::F32);
        for layer in 0..2 {
            let shapes: [(&str, &[usize], GgmlDType); 9] = [
                ("attn_norm", &[HIDDEN], GgmlDType::F32),
                ("attn_q", &[HIDDEN, HIDDEN], GgmlDType::Q4_0),
                ("attn_k", &[16, HIDDEN], GgmlDType::Q4_0),
                ("attn_v", &[16, HIDDEN], GgmlDType::Q4_0),
                ("attn_output", &[HIDDEN, HIDDEN], GgmlDType::F16),
                ("ffn_norm", &[HIDDEN], GgmlDType::F32),
                ("ffn_gate", &[64, HIDDEN], GgmlDType::BF16),
                ("ffn_up", &[64, HIDDEN], GgmlDType::Q5_1),
                ("ffn_down", &[HIDDEN, 64], GgmlDType::Q8_0),
            ];
            for (part, shape, dtype) in shapes {
                tiny.put(&format!("blk.{layer}.{part}.weight"), shape, dtype);
            }
        }
        tiny
    }

    pub fn set(&mut self, key: &str, value: Value) {
        self.metadata.insert(key.into(), value);
    }

    pub fn put(&mut self, name: &str, shape: &[usize], dtype: GgmlDType) {
        self.tensors.insert(name.into(), tensor(shape, dtype));
    }

    pub fn bytes(&self) -> Vec<u8> {
        let metadata: Vec<_> = self.metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let tensors: Vec<_> = self.tensors.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let mut file = std::io::Cursor::new(Vec::new());
        gguf_file::write(&mut file, &metadata, &tensors).expect("a file in memory");
        file.into_inner()
    }
}
