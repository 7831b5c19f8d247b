//! Candidates for a goal: its prompt, the answers to it, and what of them stands at the hole.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, ensure};

use super::engine::Engine;
use super::generate::{Event, Request};
use super::sample::Sampling;
use super::tokenizer::Decoder;
use super::{Mode, Settings};
use crate::Goal;
use crate::answer::Written;
use crate::prompt::{Prompt, prompt};

/// Tells `found` of each candidate as it is complete, of equal ones once, until it returns `false` or
/// `stop` says so. A declaration that is too long for the model's context is refused: why, and what
/// to do.
///
/// # Errors
/// When the model fails.
pub fn answers(
    engine: &mut Engine,
    settings: &Settings,
    goal: &Goal,
    found: &mut dyn FnMut(String) -> bool,
    stop: &dyn Fn() -> bool,
) -> Result<Option<String>> {
    let asking = &settings.asking;
    let context = engine.writer.llama().positions();
    let max_tokens = asking.answer_tokens(context);
    let budget = Settings::PROMPT.min(context.saturating_sub(max_tokens));
    let tokenizer = &engine.tokenizer;
    let count = |text: &str| {
        tokenizer
            .encode(text)
            .map_or(usize::MAX / 4, |ids| ids.len())
    };
    let written = prompt(goal, asking.mode, budget, &count);
    let Some(Prompt { pieces, prefill }) = written else {
        return Ok(Some(format!(
            "the declaration is longer than the {budget} tokens that {} has for it: a larger `context`, or a smaller `max_tokens`, under `[local]` makes room",
            settings.model.display()
        )));
    };
    let mut tokens = engine.tokens(&pieces)?;
    tokens.extend(tokenizer.encode(&prefill)?);
    ensure!(!tokens.is_empty(), "the prompt has no tokens");

    let mut reading: HashMap<usize, Reading> = HashMap::new();
    let mut seen = HashSet::new();
    let mut wanted = true;
    let mut failed = None;
    let request = Request {
        prompt: &tokens,
        answers: asking.answers(),
        batch: settings.batch,
        max_tokens,
        sampling: Sampling {
            temperature: asking.temperature,
            top_p: asking.top_p,
            top_k: asking.top_k,
            min_p: asking.min_p,
        },
        seed: asking.seed.unwrap_or_else(rand::random),
    };
    let mut on = |number: usize, event: Event| {
        let row = reading.entry(number).or_insert_with(|| Reading {
            decoder: tokenizer.decoder(),
            written: match asking.mode {
                Mode::Fast => Written::at_hole(goal),
                Mode::Reasoning => Written::Whole(String::new()),
            },
        });
        let complete = match event {
            Event::Full => false,
            Event::Token(token) if tokenizer.is_end(token) => true,
            Event::Token(token) => match row.push(token) {
                Ok(done) if !done => return wanted,
                Ok(_) => true,
                Err(error) => {
                    failed = Some(error);
                    return false;
                }
            },
        };
        let candidate = reading
            .remove(&number)
            .and_then(|row| row.written.candidate(goal, complete));
        if let Some(candidate) = candidate
            && seen.insert(candidate.clone())
        {
            wanted &= found(candidate);
        }
        false
    };
    let counts = engine.writer.write(&request, &mut on, stop)?;
    tracing::debug!(
        ?counts,
        prompt = tokens.len(),
        candidates = seen.len(),
        "answers"
    );
    failed.map_or(Ok(None), Err)
}

/// An answer as far as it is written.
struct Reading {
    decoder: Decoder,
    written: Written,
}

impl Reading {
    /// Whether nothing that comes later matters.
    fn push(&mut self, token: u32) -> Result<bool> {
        let piece = self.decoder.push(token)?;
        Ok(self.written.push(&piece))
    }
}
