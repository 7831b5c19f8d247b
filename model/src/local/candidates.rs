//! The way from tokens to candidates: answers are read while they are generated, up to where the proof ends.

use std::collections::HashMap;

use anyhow::{Error, Result};
use unsorry_infer::generate::GenerationEvent;
use unsorry_infer::tokenizer::{DecodeStream, Tokenizer};
use unsorry_prover::Mode;
use unsorry_prover::answer::PartialAnswer;
use unsorry_prover::{Ask, Engine, Proposal, Spent};

/// Reads the answers to one prompt while they are generated.
pub struct AnswerReader<'a> {
    tokenizer: &'a Tokenizer,
    ask: &'a Ask,
    mode: Mode,
    /// Called with each proposal; returns `false` when no more are wanted.
    propose: &'a mut dyn FnMut(Proposal) -> bool,
    /// The answers that are not complete, by their index.
    open: HashMap<usize, OpenAnswer>,
    /// Whether proposals are still wanted.
    wanted: bool,
    candidates: usize,
    failure: Option<Error>,
}

/// An answer that is not complete.
struct OpenAnswer {
    stream: DecodeStream,
    partial: PartialAnswer,
}

impl<'a> AnswerReader<'a> {
    /// Starts to read answers in `mode` to `ask`.
    pub fn new(
        tokenizer: &'a Tokenizer,
        ask: &'a Ask,
        mode: Mode,
        propose: &'a mut dyn FnMut(Proposal) -> bool,
    ) -> Self {
        Self {
            tokenizer,
            ask,
            mode,
            propose,
            open: HashMap::new(),
            wanted: true,
            candidates: 0,
            failure: None,
        }
    }

    /// Takes an event of the answer `index`: meters the token, and proposes the plan of the first answer
    /// and the candidates of each. Returns whether the answer goes on.
    pub fn on_event(&mut self, index: usize, event: GenerationEvent) -> bool {
        let complete = match event {
            GenerationEvent::LengthLimit => false,
            GenerationEvent::Token(token) => {
                self.ask.meter.spend(Spent {
                    tokens: 1,
                    money: 0.0,
                });
                if !self.tokenizer.is_eos(token) {
                    match self.push(index, token) {
                        Ok(false) => return self.wanted,
                        Ok(true) => {}
                        Err(error) => {
                            self.failure = Some(error);
                            return false;
                        }
                    }
                }
                true
            }
        };
        let answer = self.take(index).partial.answer(&self.ask.goal, complete);
        if let Some(why) = answer.unread {
            self.wanted &= (self.propose)(Proposal::Unread(why));
        }
        for candidate in answer.candidates(Engine::Local(None)) {
            self.candidates += 1;
            self.wanted &= (self.propose)(Proposal::Candidate(candidate));
        }
        false
    }

    /// Returns the number of candidates that were proposed.
    ///
    /// # Errors
    /// When a token could not be decoded.
    pub fn finish(self) -> Result<usize> {
        self.failure.map_or(Ok(self.candidates), Err)
    }

    /// Adds a token to the answer `index`. Returns whether the answer is complete: nothing after it
    /// matters.
    fn push(&mut self, index: usize, token: u32) -> Result<bool> {
        let mut answer = self.take(index);
        let text = answer.stream.push(token)?;
        let complete = answer.partial.push(&text);
        if index == 0
            && !complete
            && let Some(plan) = answer.partial.plan(&text)
        {
            self.wanted &= (self.propose)(Proposal::Plan(plan));
        }
        self.open.insert(index, answer);
        Ok(complete)
    }

    /// Takes an open answer out; starts it if this is its first event.
    fn take(&mut self, index: usize) -> OpenAnswer {
        let start = || OpenAnswer {
            stream: self.tokenizer.decode_stream(),
            partial: match self.mode {
                Mode::Fast => PartialAnswer::at_hole(&self.ask.goal),
                Mode::Reasoning => PartialAnswer::Whole(String::new()),
            },
        };
        self.open.remove(&index).unwrap_or_else(start)
    }
}
