//! Generation: several completions of one prompt, which share its part of the KV cache, are decoded
//! together, and take draft tokens from the text so far.

mod completion;
mod prompt_lookup;
mod request;
mod sampler;
#[cfg(test)]
mod tests;

use anyhow::{Context, Result, ensure};

use crate::kv_cache::{KvCache, PAGE_TOKENS, Sequence};
use crate::llama::{Llama, SequenceInput};
use completion::Completion;
use prompt_lookup::PromptLookup;
use request::Decoding;
pub use request::{GenerationEvent, GenerationRequest, GenerationStats};
pub use sampler::SamplingParams;

/// Tokens of a prompt that are fed in one forward pass.
pub const PREFILL_CHUNK_TOKENS: usize = 256;

/// Tokens fed in one forward pass while decoding, draft tokens included: with more, a pass takes longer
/// than the drafts save.
const MAX_DECODE_TOKENS: usize = 16;

/// A model with its KV cache, which keeps the prompt of the last request.
#[derive(Debug)]
pub struct Generator {
    model: Llama,
    cache: KvCache,
    /// The last prompt in the cache.
    prefix: Sequence,
    /// The tokens of `prefix`.
    prefix_tokens: Vec<u32>,
}

impl Generator {
    /// Allocates a cache of `cache_tokens` tokens: the prompt, and what is generated together.
    ///
    /// # Errors
    /// When the device has not enough memory.
    pub fn new(model: Llama, cache_tokens: usize) -> Result<Self> {
        // The page where a completion diverges from its prompt is there twice.
        let tokens = cache_tokens + PAGE_TOKENS;
        let cache = KvCache::new(model.config(), tokens, model.device())?;
        Ok(Self {
            model,
            cache,
            prefix: Sequence::default(),
            prefix_tokens: Vec::new(),
        })
    }

    /// Returns the model.
    pub fn model(&self) -> &Llama {
        &self.model
    }

    /// Generates completions. `on_event` is called with a completion's index and each of its events as
    /// it happens, and ends that completion by returning `false`. `cancelled` ends all of them within a
    /// forward pass by returning `true`.
    ///
    /// # Errors
    /// When the prompt is empty or leaves no room in the context, the logits are not numbers, or the
    /// device fails.
    pub fn generate(
        &mut self,
        request: &GenerationRequest,
        on_event: &mut dyn FnMut(usize, GenerationEvent) -> bool,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<GenerationStats> {
        let prompt = request.prompt;
        let context = self.model.context_length();
        let room = context.saturating_sub(prompt.len());
        ensure!(
            room > 0,
            "the prompt has {} tokens, and the context only {context}",
            prompt.len(),
        );
        let mut decoding = Decoding {
            max_new_tokens: request.max_new_tokens.min(room),
            on_event,
            cancelled,
            stats: GenerationStats::default(),
        };
        let Some(first_logits) = self.prefill(prompt, &mut decoding)? else {
            return Ok(decoding.stats);
        };
        let each = decoding.max_new_tokens.next_multiple_of(PAGE_TOKENS) + PAGE_TOKENS;
        let batch = (self.cache.free_tokens() / each).min(request.batch).max(1);
        let lookup = PromptLookup::new(prompt.to_vec());
        let mut active: Vec<Completion> = Vec::new();
        let mut next = 0;
        loop {
            while active.len() < batch && next < request.completions && !cancelled() {
                let sequence = self.cache.fork(&self.prefix);
                let mut completion = Completion::new(next, sequence, request, lookup.clone());
                next += 1;
                let token = completion.sample(&first_logits)?;
                if completion.push(token, &mut decoding) {
                    active.push(completion);
                }
            }
            if active.is_empty() || cancelled() {
                return Ok(decoding.stats);
            }
            decoding.stats.decode_steps += 1;
            if !self.decode(&mut active, &mut decoding)? {
                return Ok(decoding.stats);
            }
        }
    }

    /// Feeds the part of the prompt that is not in the cache. Returns the logits of its last token, or
    /// `None` if it was cancelled.
    fn prefill(&mut self, prompt: &[u32], decoding: &mut Decoding) -> Result<Option<Vec<f32>>> {
        // The last token is always fed, for its logits.
        let (_, reusable) = prompt.split_last().context("the prompt is empty")?;
        let pairs = self.prefix_tokens.iter().zip(reusable);
        let common = pairs.take_while(|(a, b)| a == b).count();
        self.prefix.truncate(common);
        self.prefix_tokens.truncate(common);
        let mut chunks = prompt[common..].chunks(PREFILL_CHUNK_TOKENS).peekable();
        let mut last = Vec::new();
        while let Some(tokens) = chunks.next() {
            let mut inputs = [SequenceInput {
                sequence: &mut self.prefix,
                tokens,
                logits: usize::from(chunks.peek().is_none()),
            }];
            let logits = self
                .model
                .forward(&mut self.cache, &mut inputs, decoding.cancelled)?;
            let Some(logits) = logits else {
                return Ok(None);
            };
            self.prefix_tokens.extend_from_slice(tokens);
            decoding.stats.prefill_tokens += tokens.len();
            last = logits.flatten_all()?.to_vec1()?;
        }
        Ok(Some(last))
    }

    /// Advances all completions by one forward pass, and removes those that have ended. Returns `false`
    /// if it was cancelled.
    fn decode(&mut self, active: &mut Vec<Completion>, decoding: &mut Decoding) -> Result<bool> {
        let max_draft = (MAX_DECODE_TOKENS / active.len()).saturating_sub(1);
        let inputs: Vec<Vec<u32>> = active
            .iter()
            .map(|completion| completion.next_input(max_draft, decoding.max_new_tokens))
            .collect();
        let lens: Vec<usize> = active.iter().map(|it| it.sequence.len()).collect();
        let mut batch: Vec<SequenceInput> = active
            .iter_mut()
            .zip(&inputs)
            .map(|(completion, tokens)| SequenceInput {
                sequence: &mut completion.sequence,
                tokens,
                logits: tokens.len(),
            })
            .collect();
        let logits = self
            .model
            .forward(&mut self.cache, &mut batch, decoding.cancelled)?;
        let Some(logits) = logits else {
            return Ok(false);
        };
        let logits: Vec<Vec<f32>> = logits.to_vec2()?;
        let mut logits = logits.as_slice();
        let mut going_on = Vec::with_capacity(active.len());
        for ((completion, input), len) in active.iter_mut().zip(&inputs).zip(lens) {
            let (own, others) = logits
                .split_at_checked(input.len())
                .context("the model gave too few logits")?;
            logits = others;
            going_on.push(completion.accept(&input[1..], own, len, decoding)?);
        }
        let mut going_on = going_on.into_iter();
        active.retain(|_| going_on.next() == Some(true));
        Ok(true)
    }
}
