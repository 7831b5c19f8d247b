//! A request to generate, and what comes of it.

use super::sampler::SamplingParams;

/// A request for completions of a prompt.
#[derive(Debug, Clone)]
pub struct GenerationRequest<'a> {
    /// The prompt; at least one token.
    pub prompt: &'a [u32],
    /// The number of completions.
    pub completions: usize,
    /// The most completions that are decoded together.
    pub batch: usize,
    /// The most tokens of a completion.
    pub max_new_tokens: usize,
    /// The parameters of sampling.
    pub sampling: SamplingParams,
    /// The random seed. A completion depends on it, the completion's index and the prompt alone.
    pub seed: u64,
}

/// A step in the life of a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationEvent {
    /// One more token.
    Token(u32),
    /// The completion ends: it has [`GenerationRequest::max_new_tokens`], or the context is full.
    LengthLimit,
}

/// Counts of one call of [`Generator::generate`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GenerationStats {
    /// Prompt tokens that were fed; the others were in the cache from the call before.
    pub prefill_tokens: usize,
    /// Tokens generated, of all completions.
    pub generated_tokens: usize,
    /// Draft tokens among them that were accepted.
    pub accepted_draft_tokens: usize,
    /// Forward passes of decoding.
    pub decode_steps: usize,
}

/// The state that all steps of one request share.
pub(super) struct Decoding<'a> {
    pub(super) max_new_tokens: usize,
    /// Called with each event and the completion's index; ends that completion by `false`.
    pub(super) on_event: &'a mut dyn FnMut(usize, GenerationEvent) -> bool,
    /// Ends all completions by `true`.
    pub(super) cancelled: &'a dyn Fn() -> bool,
    pub(super) stats: GenerationStats,
}
