//! The body of a request.

use serde_json::{Map, Value, json};

use super::engine_kind::EngineKind;
use unsorry_prover::GenerationParams;

/// The input that the model is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// A text that it goes on with; whether that ends inside a fence, at the hole.
    Text(String, bool),
    /// A user's message that it answers.
    Message(String),
}

/// The strings with which a text of Prover-V2's ends at the latest; the first two are its own ends, which an engine
/// may not know. A fence ends an answer that begins inside one.
const ENDS: [&str; 3] = ["<｜end▁of▁sentence｜>", "<|EOT|>", "\n```"];

/// Returns the body of a request for `n` answers of at most `max_tokens`, the first of which is number `first` of its job.
pub(super) fn body(
    kind: EngineKind,
    model: &str,
    input: &Input,
    generation: &GenerationParams,
    max_tokens: usize,
    n: usize,
    first: usize,
) -> Value {
    let mut body = Map::new();
    let mut put = |key: &str, value: Value| {
        body.insert(key.into(), value);
    };
    put("model", json!(model));
    match input {
        Input::Text(text, at_hole) => {
            put("prompt", json!(text));
            let ends = if *at_hole { &ENDS[..] } else { &ENDS[..2] };
            put("stop", json!(ends));
        }
        Input::Message(text) => put("messages", json!([{"role": "user", "content": text}])),
    }
    put("max_tokens", json!(max_tokens));
    put("temperature", json!(generation.temperature));
    put("top_p", json!(generation.top_p.unwrap_or(1.0)));
    if let Some(seed) = generation.seed {
        // Each answer has a seed of its own, whichever request it comes with.
        let seed = seed.wrapping_add(first as u64) & i64::MAX as u64;
        put("seed", json!(seed));
    }
    if n > 1 {
        put("n", json!(n));
    }
    put("stream", json!(true));
    put("stream_options", json!({"include_usage": true}));
    kind.sampling(generation.top_k, generation.min_p, &mut body);
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(
        kind: EngineKind,
        input: Input,
        generation: GenerationParams,
        n: usize,
        expected: Expect,
    ) {
        let body = body(kind, "m", &input, &generation, 99, n, 3);
        expected.assert_eq(&body.to_string());
    }

    #[test]
    fn every_sampling_field_is_sent() {
        let text = |at_hole| Input::Text("t".into(), at_hole);
        check(
            EngineKind::Vllm,
            text(true),
            GenerationParams::default(),
            2,
            expect![[
                r#"{"model":"m","prompt":"t","stop":["<｜end▁of▁sentence｜>","<|EOT|>","\n```"],"max_tokens":99,"temperature":1.0,"top_p":0.95,"n":2,"stream":true,"stream_options":{"include_usage":true},"top_k":-1,"min_p":0.0,"repetition_penalty":1.0}"#
            ]],
        );
        let generation = GenerationParams {
            temperature: 0.6,
            top_p: None,
            top_k: Some(20),
            min_p: Some(0.05),
            seed: Some(7),
            ..GenerationParams::default()
        };
        check(
            EngineKind::LlamaCpp,
            text(false),
            generation.clone(),
            1,
            expect![[
                r#"{"model":"m","prompt":"t","stop":["<｜end▁of▁sentence｜>","<|EOT|>"],"max_tokens":99,"temperature":0.6,"top_p":1.0,"seed":10,"stream":true,"stream_options":{"include_usage":true},"top_k":20,"min_p":0.05,"repeat_penalty":1.0}"#
            ]],
        );
        check(
            EngineKind::Hosted,
            Input::Message("t".into()),
            generation,
            1,
            expect![[
                r#"{"model":"m","messages":[{"role":"user","content":"t"}],"max_tokens":99,"temperature":0.6,"top_p":1.0,"seed":10,"stream":true,"stream_options":{"include_usage":true}}"#
            ]],
        );
    }
}
