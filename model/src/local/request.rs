//! The prompt for an [`Ask`], as tokens that fit the context.

use anyhow::{Result, ensure};
use unsorry_infer::tokenizer::Tokenizer;
use unsorry_prover::prompt::{Prompt, prompt};
use unsorry_prover::{Ask, GenerationParams};

use super::LocalSettings;
use super::loaded_model::LoadedModel;

/// A prompt that fits the context.
pub struct PromptTokens {
    /// The prompt.
    pub tokens: Vec<u32>,
    /// The most tokens of an answer.
    pub max_new_tokens: usize,
}

/// Returns the prompt for `ask`; or, for a declaration that is too long for the model's context, the
/// reason why there is none, and what to do.
///
/// # Errors
/// When the tokenizer fails.
pub fn prompt_tokens(
    model: &LoadedModel,
    settings: &LocalSettings,
    ask: &Ask,
    generation: &GenerationParams,
) -> Result<Result<PromptTokens, String>> {
    let context = model.generator.model().context_length();
    let max_new_tokens = generation.answer_tokens(context);
    let budget = LocalSettings::MAX_PROMPT_TOKENS.min(context.saturating_sub(max_new_tokens));
    let count = |text: &str| count_tokens(&model.tokenizer, text);
    let Some(Prompt { pieces, prefill }) = prompt(ask, generation.mode(), budget, &count) else {
        return Ok(Err(format!(
            "the declaration is longer than the {budget} tokens that {} has for it: a larger `context`, or a smaller `max_tokens`, under `[local]` makes room",
            settings.model.display()
        )));
    };
    let mut tokens = model.tokens(&pieces)?;
    tokens.extend(model.tokenizer.encode(&prefill)?);
    ensure!(!tokens.is_empty(), "the prompt has no tokens");
    Ok(Ok(PromptTokens {
        tokens,
        max_new_tokens,
    }))
}

/// Counts the tokens of a text. One that the tokenizer fails on fits nowhere.
fn count_tokens(tokenizer: &Tokenizer, text: &str) -> usize {
    tokenizer
        .encode(text)
        .map_or(usize::MAX / 4, |tokens| tokens.len())
}
