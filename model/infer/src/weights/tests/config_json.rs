use super::*;

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
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Llama3 { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_context: 64 } }, 128 positions"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"type": "yarn", "factor": 16, "original_max_position_embeddings": 4096}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Yarn { factor: 16.0, original_context: 4096, beta_fast: 32.0, beta_slow: 1.0, attention_factor: 1.2772588722239782 } }, 65536 positions"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"type": "yarn", "factor": 16, "original_max_position_embeddings": 4096,
            "mscale": 1.0, "mscale_all_dim": 0.5, "beta_fast": 16, "beta_slow": 2}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Yarn { factor: 16.0, original_context: 4096, beta_fast: 16.0, beta_slow: 2.0, attention_factor: 1.121751143713058 } }, 65536 positions"
        ],
    );
    check_json(
        r#"{"rope_scaling": {"type": "yarn", "factor": 16, "mscale": 1.0, "attention_factor": 1.5}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Yarn { factor: 16.0, original_context: 128, beta_fast: 32.0, beta_slow: 1.0, attention_factor: 1.5 } }, 2048 positions"
        ],
    );
    check_json(
        r#"{"original_max_position_embeddings": 32,
            "rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": null}}"#,
        expect![
            "Rope { theta: 10000.0, dims: 8, pairs: Halves, scaling: Yarn { factor: 4.0, original_context: 32, beta_fast: 32.0, beta_slow: 1.0, attention_factor: 1.138629436111989 } }, 128 positions"
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
            "can't use FOLDER: its rotary embedding's scaling makes no sense: Yarn { factor: -4.0, original_context: 128, beta_fast: 32.0, beta_slow: 1.0, attention_factor: 1.0 }"
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
