//! One completion while it is generated: speculative decoding with draft tokens by prompt lookup.

use anyhow::{Context, Result};
use rand::rngs::StdRng;

use super::prompt_lookup::PromptLookup;
use super::request::{Decoding, GenerationEvent, GenerationRequest};
use super::sampler::{Sampler, SamplingParams, completion_rng};
use crate::kv_cache::Sequence;

/// The least acceptance rate at which drafts save more time than they take.
const MIN_ACCEPTANCE_RATE: f32 = 0.5;

/// The weight of the newest draft in the running acceptance rate.
const ACCEPTANCE_SMOOTHING: f32 = 0.3;

/// Tokens after which a completion with a low acceptance rate tries a draft again.
const DRAFT_RETRY_TOKENS: usize = 24;

/// A completion that is being generated.
pub(super) struct Completion {
    index: usize,
    /// The tokens in the cache: all but the last.
    pub(super) sequence: Sequence,
    sampling: SamplingParams,
    rng: StdRng,
    sampler: Sampler,
    lookup: PromptLookup,
    /// The last token, which is not in the cache yet.
    last: u32,
    generated_tokens: usize,
    /// A running mean of the share of draft tokens that were accepted.
    acceptance_rate: f32,
    /// Tokens generated since the last draft.
    tokens_since_draft: usize,
}

impl Completion {
    /// Starts a completion of the prompt that is in `sequence` and `lookup`.
    pub(super) fn new(
        index: usize,
        sequence: Sequence,
        request: &GenerationRequest,
        lookup: PromptLookup,
    ) -> Self {
        Self {
            index,
            sequence,
            sampling: request.sampling,
            rng: completion_rng(request.seed, index as u64),
            sampler: Sampler::default(),
            lookup,
            last: 0,
            generated_tokens: 0,
            acceptance_rate: MIN_ACCEPTANCE_RATE,
            tokens_since_draft: DRAFT_RETRY_TOKENS,
        }
    }

    /// Samples the next token from `logits`, `[vocab]`.
    pub(super) fn sample(&mut self, logits: &[f32]) -> Result<u32> {
        self.sampler.sample(logits, &self.sampling, &mut self.rng)
    }

    /// Adds a sampled token. Returns whether the completion goes on.
    pub(super) fn push(&mut self, token: u32, decoding: &mut Decoding) -> bool {
        self.last = token;
        self.lookup.push(token);
        self.generated_tokens += 1;
        self.tokens_since_draft += 1;
        decoding.stats.generated_tokens += 1;
        if !(decoding.on_event)(self.index, GenerationEvent::Token(token)) {
            return false;
        }
        if self.generated_tokens < decoding.max_new_tokens {
            return true;
        }
        (decoding.on_event)(self.index, GenerationEvent::LengthLimit);
        false
    }

    /// Returns the tokens of the next forward pass: the last one, and up to `max_draft` draft tokens.
    pub(super) fn next_input(&self, max_draft: usize, max_new_tokens: usize) -> Vec<u32> {
        let remaining = max_new_tokens - self.generated_tokens;
        let draft = self.draft(max_draft.min(remaining.saturating_sub(1)));
        [vec![self.last], draft].concat()
    }

    fn draft(&self, max_tokens: usize) -> Vec<u32> {
        if self.acceptance_rate < MIN_ACCEPTANCE_RATE
            && self.tokens_since_draft < DRAFT_RETRY_TOKENS
        {
            return Vec::new();
        }
        self.lookup.draft(max_tokens)
    }

    /// Samples from the `logits` after the last token and each of `draft`, as long as the draft tokens
    /// are what is sampled; drops the rejected ones from the sequence, which had `len` tokens before the
    /// forward pass. Returns whether the completion goes on.
    pub(super) fn accept(
        &mut self,
        draft: &[u32],
        logits: &[Vec<f32>],
        len: usize,
        decoding: &mut Decoding,
    ) -> Result<bool> {
        let mut logits = logits.iter();
        let mut accepted = 0;
        let goes_on = loop {
            let logits = logits.next().context("the model gave too few logits")?;
            let token = self.sample(logits)?;
            if !self.push(token, decoding) {
                break false;
            }
            if draft.get(accepted) != Some(&token) {
                break true;
            }
            accepted += 1;
        };
        decoding.stats.accepted_draft_tokens += accepted;
        if !draft.is_empty() {
            let share = accepted as f32 / draft.len() as f32;
            self.acceptance_rate += ACCEPTANCE_SMOOTHING * (share - self.acceptance_rate);
            self.tokens_since_draft = 0;
        }
        self.sequence.truncate(len + 1 + accepted);
        Ok(goes_on)
    }
}
