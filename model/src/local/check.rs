//! Whether a model works here, and how fast.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Settings;
use super::engine::Engine;
use super::prover::computing;
use unsorry_infer::device::device;
use unsorry_infer::generate::{Event, Request};
use unsorry_infer::memory::{Plan, plan_on};
use unsorry_infer::sample::Sampling;
use unsorry_infer::tokenizer::Tokenizer;
use unsorry_infer::weights::Weights;
use unsorry_prover::prompt::Piece;

/// Asked as DeepSeek's provers are; the answer is begun.
const HEADER: &str = "import Mathlib\nimport Aesop\n\nset_option maxHeartbeats 400000\n\n\
                      open BigOperators Real Nat Topology Rat\n\n";
const THEOREM: &str = "/-- The square of an even number is even. -/\n\
                       theorem even_sq (n : ℕ) (h : n % 2 = 0) : n ^ 2 % 2 = 0 := by";

/// What came of it.
#[derive(Debug, Clone)]
pub struct Report {
    /// What the model ran on, and why.
    pub device: String,
    /// Until it was loaded.
    pub load: Duration,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Until the first token of the answer.
    pub prefill: Duration,
    /// Tokens of the answer.
    pub generated: usize,
    /// From its first token to its last.
    pub decode: Duration,
    /// The answer.
    pub text: String,
}

/// Where a model would run, and what it would take there.
#[derive(Debug, Clone)]
pub struct Survey {
    /// What the model would run on, and why.
    pub device: String,
    /// What the memory would be for.
    pub plan: Plan,
}

/// Looks whether a model can be loaded as things are now, without loading it.
///
/// # Errors
/// When it can't: the message says what would do.
pub fn survey(settings: &Settings) -> Result<Survey> {
    let weights = Weights::open(&settings.model)?;
    Tokenizer::open(&weights, settings.tokenizer.as_deref())?;
    let (device, why) = device(settings.device)?;
    let plan = plan_on(&weights, &device, &settings.room())?;
    Ok(Survey { device: why, plan })
}

/// Loads a model and has it write up to `tokens` tokens of a proof; `progress` is told the share that is
/// loaded.
///
/// # Errors
/// When it can't be loaded, or fails.
pub fn check(settings: &Settings, tokens: usize, progress: &mut dyn FnMut(f64)) -> Result<Report> {
    let _threads = computing(settings.threads).context("can't start threads")?;
    let begin = Instant::now();
    let mut engine = Engine::load(settings, progress)?;
    let tokens = tokens.min(engine.writer.llama().positions() / 2).max(1);
    let load = begin.elapsed();
    let prompt = engine.tokens(&[
        Piece::Marker("<｜begin▁of▁sentence｜>"),
        Piece::Marker("<｜User｜>"),
        Piece::Text(format!(
            "Complete the following Lean 4 code:\n\n```lean4\n{HEADER}{THEOREM}\n  sorry\n```"
        )),
        Piece::Marker("<｜Assistant｜>"),
        Piece::Text(format!("```lean4\n{HEADER}{THEOREM}")),
    ])?;
    // A small model's context may be too short for it.
    let room = engine.writer.llama().positions().saturating_sub(tokens);
    let prompt = &prompt[prompt.len().saturating_sub(room)..];
    let request = Request {
        prompt,
        answers: 1,
        batch: 1,
        max_tokens: tokens,
        sampling: Sampling {
            temperature: 0.0,
            top_p: None,
            top_k: None,
            min_p: None,
        },
        seed: 0,
    };
    let Engine {
        writer, tokenizer, ..
    } = &mut engine;
    let mut decoder = tokenizer.decoder();
    let mut text = String::new();
    let mut times = Vec::new();
    let mut failed = None;
    let begin = Instant::now();
    let mut on = |_, event| {
        let Event::Token(token) = event else {
            return false;
        };
        times.push(Instant::now());
        match decoder.push(token) {
            Ok(more) => text += &more,
            Err(error) => failed = Some(error),
        }
        failed.is_none() && !tokenizer.is_end(token)
    };
    writer.write(&request, &mut on, &|| false)?;
    if let Some(error) = failed {
        return Err(error);
    }
    text += &decoder.finish();
    let first = *times.first().context("the model wrote nothing")?;
    let last = *times.last().context("the model wrote nothing")?;
    Ok(Report {
        device: engine.device.clone(),
        load,
        prompt_tokens: prompt.len(),
        prefill: first - begin,
        generated: times.len(),
        decode: last - first,
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::Device;

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
        let settings = Settings {
            device: Device::Cpu,
            threads: Some(1),
            ..Settings::new(model)
        };
        let mut loaded = 0.0;
        let report = check(&settings, 5, &mut |share| loaded = share).expect("it works");
        assert!(report.device.starts_with("CPU"), "{report:?}");
        assert!(report.prompt_tokens > 200, "{report:?}");
        assert!((1..=5).contains(&report.generated), "{report:?}");
        assert!(report.prefill > Duration::ZERO && report.load > Duration::ZERO);
        assert!(loaded > 0.0, "{loaded}");
    }

    /// One whose tokens are bytes; what it has no token for is `?`.
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
