//! Candidates for a goal: its prompt is put to the model, and the answers are read as they come.

use anyhow::Result;
use unsorry_infer::generate::{GenerationRequest, SamplingParams};
use unsorry_prover::{Ask, Proposal};

use super::LocalSettings;
use super::candidates::AnswerReader;
use super::loaded_model::LoadedModel;
use super::request::{PromptTokens, prompt_tokens};

/// Calls `propose` with each candidate as it is complete, and with the first answer's plan as it grows,
/// until it returns `false`, `cancelled` returns `true`, or what may be spent is used up. Returns the
/// reason if the declaration is too long for the model's context, and what to do.
///
/// # Errors
/// When the model fails.
pub fn propose(
    model: &mut LoadedModel,
    settings: &LocalSettings,
    ask: &Ask,
    propose: &mut dyn FnMut(Proposal) -> bool,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<String>> {
    let generation = ask.generation_params(&settings.generation);
    let prompt = match prompt_tokens(model, settings, ask, &generation)? {
        Ok(prompt) => prompt,
        Err(refusal) => return Ok(Some(refusal)),
    };
    let PromptTokens {
        tokens,
        max_new_tokens,
    } = prompt;
    let request = GenerationRequest {
        prompt: &tokens,
        completions: generation.answers(),
        batch: settings.batch,
        max_new_tokens,
        sampling: SamplingParams {
            temperature: generation.temperature,
            top_p: generation.top_p,
            top_k: generation.top_k,
            min_p: generation.min_p,
        },
        seed: generation.seed.unwrap_or_else(rand::random),
    };
    let LoadedModel {
        generator,
        tokenizer,
        ..
    } = model;
    let mut reader = AnswerReader::new(tokenizer, ask, generation.mode(), propose);
    let cancelled = || cancelled() || ask.meter.is_used_up();
    let mut on_event = |index, event| reader.on_event(index, event);
    let stats = generator.generate(&request, &mut on_event, &cancelled)?;
    let candidates = reader.finish()?;
    tracing::debug!(?stats, prompt = tokens.len(), candidates, "answers");
    Ok(None)
}
