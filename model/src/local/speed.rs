//! Whether a model works on this machine, and its speed.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use unsorry_infer::device;
use unsorry_infer::generate::{GenerationEvent, GenerationRequest, SamplingParams};
use unsorry_infer::memory::{MemoryPlan, plan_on};
use unsorry_infer::tokenizer::Tokenizer;
use unsorry_infer::weights::Weights;
use unsorry_prover::prompt::Piece;

use super::LocalSettings;
use super::loaded_model::LoadedModel;
use super::threads::join_compute_threads;

/// The header of the prompt, in the form that DeepSeek's provers were trained on.
const HEADER: &str = "import Mathlib\nimport Aesop\n\nset_option maxHeartbeats 400000\n\n\
                      open BigOperators Real Nat Topology Rat\n\n";
/// The theorem to be proved; the answer is prefilled up to its proof.
const THEOREM: &str = "/-- The square of an even number is even. -/\n\
                       theorem even_sq (n : ℕ) (h : n % 2 = 0) : n ^ 2 % 2 = 0 := by";

/// The speed of a model.
#[derive(Debug, Clone)]
pub struct SpeedReport {
    /// The device that the model ran on, and the reason for it.
    pub device: String,
    /// The time to load the model.
    pub load: Duration,
    /// The number of tokens of the prompt.
    pub prompt_tokens: usize,
    /// The time from the request to the first token of the answer.
    pub prefill: Duration,
    /// The number of tokens of the answer.
    pub generated_tokens: usize,
    /// The time from the first token of the answer to the last.
    pub decode: Duration,
    /// The text of the answer.
    pub text: String,
}

/// The device that a model would run on, and the memory that it would take.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The device, and the reason for it.
    pub device: String,
    /// The memory that it would take.
    pub plan: MemoryPlan,
}

/// Checks that a model can be loaded with the memory that is free now, without loading it.
///
/// # Errors
/// When it can't: the message says what would do.
pub fn survey(settings: &LocalSettings) -> Result<Survey> {
    let weights = Weights::open(&settings.model)?;
    Tokenizer::open(&weights, settings.tokenizer.as_deref())?;
    let (device, reason) = device::open(settings.device)?;
    let plan = plan_on(&weights, &device, &settings.limits())?;
    Ok(Survey {
        device: reason,
        plan,
    })
}

/// Loads a model and generates up to `max_tokens` tokens of a proof; `progress` is called with the share
/// that has been read.
///
/// # Errors
/// When it can't be loaded, or fails.
pub fn check(
    settings: &LocalSettings,
    max_tokens: usize,
    progress: &mut dyn FnMut(f64),
) -> Result<SpeedReport> {
    let _threads = join_compute_threads(settings.threads).context("can't start threads")?;
    let begin = Instant::now();
    let mut model = LoadedModel::load(settings, progress)?;
    let context = model.generator.model().context_length();
    let max_new_tokens = max_tokens.min(context / 2).max(1);
    let load = begin.elapsed();
    let prompt = model.tokens(&[
        Piece::Marker("<｜begin▁of▁sentence｜>"),
        Piece::Marker("<｜User｜>"),
        Piece::Text(format!(
            "Complete the following Lean 4 code:\n\n```lean4\n{HEADER}{THEOREM}\n  sorry\n```"
        )),
        Piece::Marker("<｜Assistant｜>"),
        Piece::Text(format!("```lean4\n{HEADER}{THEOREM}")),
    ])?;
    // A short context takes the end of the prompt.
    let room = context.saturating_sub(max_new_tokens);
    let prompt = &prompt[prompt.len().saturating_sub(room)..];
    let request = GenerationRequest {
        prompt,
        completions: 1,
        batch: 1,
        max_new_tokens,
        sampling: SamplingParams {
            temperature: 0.0,
            top_p: None,
            top_k: None,
            min_p: None,
        },
        seed: 0,
    };
    let LoadedModel {
        generator,
        tokenizer,
        ..
    } = &mut model;
    let mut stream = tokenizer.decode_stream();
    let mut text = String::new();
    let mut times = Vec::new();
    let mut failure = None;
    let begin = Instant::now();
    let mut on_event = |_, event| {
        let GenerationEvent::Token(token) = event else {
            return false;
        };
        times.push(Instant::now());
        match stream.push(token) {
            Ok(more) => text += &more,
            Err(error) => failure = Some(error),
        }
        failure.is_none() && !tokenizer.is_eos(token)
    };
    generator.generate(&request, &mut on_event, &|| false)?;
    if let Some(error) = failure {
        return Err(error);
    }
    text += &stream.finish();
    let first = *times.first().context("the model wrote nothing")?;
    let last = *times.last().context("the model wrote nothing")?;
    Ok(SpeedReport {
        device: model.device.clone(),
        load,
        prompt_tokens: prompt.len(),
        prefill: first - begin,
        generated_tokens: times.len(),
        decode: last - first,
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::DevicePreference;

    #[test]
    fn a_model_that_works_says_how_fast() {
        let folder = tempfile::tempdir().expect("a folder");
        let yarn = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/fixtures/llama/yarn/model.gguf"
        );
        let model = folder.path().join("model.gguf");
        std::fs::copy(yarn, &model).expect("copied");
        let tokenizer = folder.path().join("model.tokenizer.json");
        std::fs::write(&tokenizer, tokenizer_json()).expect("written");
        let settings = LocalSettings {
            device: DevicePreference::Cpu,
            threads: Some(1),
            ..LocalSettings::new(model)
        };
        let mut loaded = 0.0;
        let report = check(&settings, 5, &mut |share| loaded = share).expect("it works");
        assert!(report.device.starts_with("CPU"), "{report:?}");
        assert!(report.prompt_tokens > 200, "{report:?}");
        assert!((1..=5).contains(&report.generated_tokens), "{report:?}");
        assert!(report.prefill > Duration::ZERO && report.load > Duration::ZERO);
        assert!(loaded > 0.0, "{loaded}");
    }

    /// Returns a tokenizer whose tokens are bytes; what it has no token for is `?`.
    fn tokenizer_json() -> String {
        let letters = ('!'..='~').chain(['Ġ', 'Ċ']);
        let vocab: serde_json::Map<String, serde_json::Value> = letters
            .enumerate()
            .map(|(id, letter)| (letter.to_string(), id.into()))
            .collect();
        let added = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"];
        let added: Vec<_> = added
            .iter()
            .enumerate()
            .map(|(i, text)| {
                serde_json::json!({
                    "id": vocab.len() + i, "content": text, "special": true, "normalized": false,
                    "single_word": false, "lstrip": false, "rstrip": false,
                })
            })
            .collect();
        let bytes = serde_json::json!({
            "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
        });
        serde_json::json!({
            "version": "1.0", "added_tokens": added, "normalizer": null, "post_processor": null,
            "pre_tokenizer": bytes, "decoder": bytes,
            "model": { "type": "BPE", "vocab": vocab, "merges": [], "unk_token": "?" },
        })
        .to_string()
    }
}
