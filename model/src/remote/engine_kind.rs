//! The kinds of engines, and how they differ. Sources: each one's documentation of its OpenAI-compatible
//! server, named in docs/remote.md.

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A kind of engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum EngineKind {
    /// The kind that the server says it is.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// vLLM.
    #[serde(rename = "vllm")]
    Vllm,
    /// SGLang.
    #[serde(rename = "sglang")]
    Sglang,
    /// llama.cpp's server.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// Ollama.
    #[serde(rename = "ollama")]
    Ollama,
    /// Xinference.
    #[serde(rename = "xinference")]
    Xinference,
    /// `mlx_lm.server`.
    #[serde(rename = "mlx")]
    Mlx,
    /// A hosted service: only what OpenAI's API has is sent.
    #[serde(rename = "hosted")]
    Hosted,
}

impl EngineKind {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Auto => "unknown engine",
            EngineKind::Vllm => "vLLM",
            EngineKind::Sglang => "SGLang",
            EngineKind::LlamaCpp => "llama.cpp",
            EngineKind::Ollama => "Ollama",
            EngineKind::Xinference => "Xinference",
            EngineKind::Mlx => "MLX",
            EngineKind::Hosted => "hosted",
        }
    }

    /// Tells the engine from its list of models (`GET /models`). One that gives no sign is treated as a hosted
    /// service, which is sent the least.
    pub(super) fn of(models: &Value) -> EngineKind {
        let first = &models["data"][0];
        match first["owned_by"].as_str() {
            Some("vllm") => EngineKind::Vllm,
            Some("sglang") => EngineKind::Sglang,
            Some("llamacpp" | "llama.cpp") => EngineKind::LlamaCpp,
            Some("library") => EngineKind::Ollama,
            Some("xinference") => EngineKind::Xinference,
            _ if first.get("model_ability").is_some() => EngineKind::Xinference,
            _ => EngineKind::Hosted,
        }
    }

    /// Returns whether one request can have several answers.
    pub(super) fn has_n(self) -> bool {
        matches!(
            self,
            EngineKind::Vllm | EngineKind::Sglang | EngineKind::LlamaCpp | EngineKind::Hosted
        )
    }

    /// Adds the fields that are not OpenAI's. What is not asked for is switched off, or some engines
    /// would take it from the model's own `generation_config.json`.
    pub(super) fn sampling(
        self,
        top_k: Option<usize>,
        min_p: Option<f64>,
        body: &mut Map<String, Value>,
    ) {
        let (all, penalty) = match self {
            EngineKind::Auto | EngineKind::Hosted => return,
            EngineKind::Vllm | EngineKind::Sglang | EngineKind::Xinference => {
                (-1, "repetition_penalty")
            }
            EngineKind::Mlx => (0, "repetition_penalty"),
            EngineKind::LlamaCpp | EngineKind::Ollama => (0, "repeat_penalty"),
        };
        let top_k = top_k.map_or(json!(all), |k| json!(k));
        body.insert("top_k".into(), top_k);
        body.insert("min_p".into(), json!(min_p.unwrap_or(0.0)));
        body.insert(penalty.into(), json!(1.0));
    }

    /// Returns a model's context, in tokens, from its entry in the list.
    pub(super) fn context(model: &Value) -> Option<usize> {
        let places = [
            &model["max_model_len"],
            &model["meta"]["n_ctx"],
            &model["context_length"],
        ];
        let tokens = places.iter().find_map(|place| place.as_u64());
        tokens.and_then(|tokens| usize::try_from(tokens).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_known_by_its_list() {
        let check = |first: Value, kind: EngineKind, context: Option<usize>| {
            assert_eq!(EngineKind::of(&json!({"data": [first]})), kind, "{first}");
            assert_eq!(EngineKind::context(&first), context, "{first}");
        };
        check(
            json!({"id": "m", "owned_by": "vllm", "max_model_len": 32768}),
            EngineKind::Vllm,
            Some(32768),
        );
        check(
            json!({"id": "m", "owned_by": "sglang", "max_model_len": 8}),
            EngineKind::Sglang,
            Some(8),
        );
        check(
            json!({"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx": 512}}),
            EngineKind::LlamaCpp,
            Some(512),
        );
        check(
            json!({"id": "m", "owned_by": "library"}),
            EngineKind::Ollama,
            None,
        );
        check(
            json!({"id": "m", "owned_by": "xinference", "context_length": 163_840}),
            EngineKind::Xinference,
            Some(163_840),
        );
        check(
            json!({"id": "m", "object": "model", "created": 1}),
            EngineKind::Hosted,
            None,
        );
        assert_eq!(EngineKind::of(&Value::Null), EngineKind::Hosted);
    }
}
