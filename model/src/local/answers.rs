//! Candidates for a goal: its prompt, the answers to it, and what of them stands at the hole.

use std::collections::HashMap;

use anyhow::{Result, ensure};

use super::Settings;
use super::engine::Engine;
use unsorry_infer::generate::{Event, Request};
use unsorry_infer::sample::Sampling;
use unsorry_infer::tokenizer::Decoder;
use unsorry_prover::answer::PartialAnswer;
use unsorry_prover::prompt::Mode;
use unsorry_prover::prompt::{Prompt, prompt};
use unsorry_prover::{Ask, Proposal, Spent};

/// Tells `say` of each candidate as it is complete, and of the first answer's plan, until it returns
/// `false`, `stop` says so, or what may be spent is used up. A declaration that is too long for the model's context is
/// refused: why, and what to do.
///
/// # Errors
/// When the model fails.
pub fn answers(
    engine: &mut Engine,
    settings: &Settings,
    ask: &Ask,
    say: &mut dyn FnMut(Proposal) -> bool,
    stop: &dyn Fn() -> bool,
) -> Result<Option<String>> {
    let generation = &ask.generation_params(&settings.generation);
    let context = engine.writer.llama().positions();
    let max_tokens = generation.answer_tokens(context);
    let budget = Settings::PROMPT.min(context.saturating_sub(max_tokens));
    let tokenizer = &engine.tokenizer;
    let count = |text: &str| {
        tokenizer
            .encode(text)
            .map_or(usize::MAX / 4, |ids| ids.len())
    };
    let written = prompt(ask, generation.mode(), budget, &count);
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
    let mut candidates = 0;
    let mut wanted = true;
    let mut failed = None;
    let request = Request {
        prompt: &tokens,
        answers: generation.answers(),
        batch: settings.batch,
        max_tokens,
        sampling: Sampling {
            temperature: generation.temperature,
            top_p: generation.top_p,
            top_k: generation.top_k,
            min_p: generation.min_p,
        },
        seed: generation.seed.unwrap_or_else(rand::random),
    };
    let mut on = |number: usize, event: Event| {
        let row = reading.entry(number).or_insert_with(|| Reading {
            decoder: tokenizer.decoder(),
            written: match generation.mode() {
                Mode::Fast => PartialAnswer::at_hole(&ask.goal),
                Mode::Reasoning => PartialAnswer::Whole(String::new()),
            },
        });
        if let Event::Token(_) = event {
            ask.meter.spend(Spent {
                tokens: 1,
                money: 0.0,
            });
        }
        let complete = match event {
            Event::Full => false,
            Event::Token(token) if tokenizer.is_end(token) => true,
            Event::Token(token) => match row.push(token, number == 0) {
                Ok((false, plan)) => {
                    if let Some(plan) = plan {
                        wanted &= say(Proposal::Plan(plan));
                    }
                    return wanted;
                }
                Ok(_) => true,
                Err(error) => {
                    failed = Some(error);
                    return false;
                }
            },
        };
        let answer = reading.remove(&number);
        let answer = answer.map(|row| row.written.answer(&ask.goal, complete));
        for candidate in answer
            .into_iter()
            .flat_map(|answer| answer.candidates(unsorry_prover::Engine::Local(None)))
        {
            candidates += 1;
            wanted &= say(Proposal::Candidate(candidate));
        }
        false
    };
    let stop = || stop() || ask.meter.is_used_up();
    let counts = engine.writer.write(&request, &mut on, &stop)?;
    tracing::debug!(?counts, prompt = tokens.len(), candidates, "answers");
    failed.map_or(Ok(None), Err)
}

/// An answer as far as it is written.
struct Reading {
    decoder: Decoder,
    written: PartialAnswer,
}

impl Reading {
    /// Whether nothing that comes later matters; and what its plan is now, if that is wanted and a line
    /// was added.
    fn push(&mut self, token: u32, plan: bool) -> Result<(bool, Option<String>)> {
        let piece = self.decoder.push(token)?;
        let done = self.written.push(&piece);
        let plan = plan.then(|| self.written.plan(&piece)).flatten();
        Ok((done, plan))
    }
}
