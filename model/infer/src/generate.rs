//! Writing many answers to one prompt: they share its keys and values, and are decoded together.

use anyhow::{Context, Result, ensure};
use rand::rngs::StdRng;

use super::cache::{Cache, PAGE, Sequence};
use super::llama::{Llama, SequenceInput};
use super::lookup::Lookup;
use super::sample::{Sampler, Sampling, row_rng};

/// Tokens of a prompt that are fed at once.
pub const CHUNK: usize = 256;

/// Tokens fed in one step while answers are written, guessed ones included: beyond it a step takes
/// longer than it saves.
const TOGETHER: usize = 16;

/// The share of guessed tokens that must turn out right for guessing to be worth its time.
const WORTH: f32 = 0.5;

/// A row that guesses badly tries again after so many tokens.
const AGAIN: usize = 24;

/// What is to be written.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The prompt; not empty.
    pub prompt: &'a [u32],
    /// How many answers.
    pub answers: usize,
    /// How many at once.
    pub batch: usize,
    /// Most tokens of an answer.
    pub max_tokens: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// An answer depends on it, its own number and the prompt, and on nothing else.
    pub seed: u64,
}

/// What happens to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It has one more token.
    Token(u32),
    /// It has as many tokens as it may have.
    Full,
}

/// Figures of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tokens of the prompt that were fed; the others were kept from the request before.
    pub fed: usize,
    /// Tokens written.
    pub written: usize,
    /// Of them, tokens that were guessed and right.
    pub guessed: usize,
    /// Steps it took.
    pub steps: usize,
}

/// A model with its cache, and the prompt of the last request in it.
#[derive(Debug)]
pub struct Writer {
    llama: Llama,
    cache: Cache,
    kept: Sequence,
    kept_tokens: Vec<u32>,
}

/// An answer under way.
struct Row {
    number: usize,
    sequence: Sequence,
    sampling: Sampling,
    rng: StdRng,
    sampler: Sampler,
    /// What its next tokens are guessed from.
    lookup: Lookup,
    /// Chosen, but not fed yet.
    last: u32,
    written: usize,
    /// A running mean of the share of its guesses that were right.
    right: f32,
    /// Tokens since it last guessed.
    since: usize,
}

impl Writer {
    /// With room for `positions` tokens of all answers and their prompt.
    ///
    /// # Errors
    /// When the device has not enough memory.
    pub fn new(llama: Llama, positions: usize) -> Result<Self> {
        // The page where an answer parts from its prompt is there twice.
        let cache = Cache::new(llama.config(), positions + PAGE, llama.device())?;
        Ok(Self {
            llama,
            cache,
            kept: Sequence::default(),
            kept_tokens: Vec::new(),
        })
    }

    /// The model.
    pub fn llama(&self) -> &Llama {
        &self.llama
    }

    /// Writes answers. `on` is told of each token of each, by number, as it comes, and ends that answer
    /// by returning `false`; `stop` ends them all within a token.
    ///
    /// # Errors
    /// When the prompt leaves no room for an answer, the model gives no numbers, or the device fails.
    pub fn write(
        &mut self,
        request: &Request,
        on: &mut dyn FnMut(usize, Event) -> bool,
        stop: &dyn Fn() -> bool,
    ) -> Result<Counts> {
        let mut counts = Counts::default();
        let prompt = request.prompt;
        let room = self.llama.positions().saturating_sub(prompt.len());
        ensure!(
            room > 0,
            "the prompt has {} tokens, and the context only {}",
            prompt.len(),
            self.llama.positions()
        );
        let max_tokens = request.max_tokens.min(room);
        let Some(first) = self.prompt(prompt, &mut counts, stop)? else {
            return Ok(counts);
        };
        let each = max_tokens.next_multiple_of(PAGE) + PAGE;
        let batch = (self.cache.free() / each).min(request.batch).max(1);
        let lookup = Lookup::new(prompt.to_vec());
        let mut rows: Vec<Row> = Vec::new();
        let mut next = 0;
        loop {
            while rows.len() < batch && next < request.answers && !stop() {
                let mut row = Row {
                    number: next,
                    sequence: self.cache.fork(&self.kept),
                    sampling: request.sampling,
                    rng: row_rng(request.seed, next as u64),
                    sampler: Sampler::default(),
                    lookup: lookup.clone(),
                    last: 0,
                    written: 0,
                    right: WORTH,
                    since: AGAIN,
                };
                next += 1;
                let token = row.sample(&first)?;
                if row.take(token, max_tokens, &mut counts, on) {
                    rows.push(row);
                }
            }
            if rows.is_empty() || stop() {
                return Ok(counts);
            }
            counts.steps += 1;
            if !self.step(&mut rows, max_tokens, &mut counts, on, stop)? {
                return Ok(counts);
            }
        }
    }

    /// One step of all rows; those that have ended are gone. Whether it was not stopped.
    fn step(
        &mut self,
        rows: &mut Vec<Row>,
        max_tokens: usize,
        counts: &mut Counts,
        on: &mut dyn FnMut(usize, Event) -> bool,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool> {
        let most = (TOGETHER / rows.len()).saturating_sub(1);
        let fed: Vec<Vec<u32>> = rows
            .iter()
            .map(|row| {
                let left = max_tokens - row.written;
                let guesses = row.guess(most.min(left.saturating_sub(1)));
                [vec![row.last], guesses].concat()
            })
            .collect();
        let lens: Vec<usize> = rows.iter().map(|row| row.sequence.len()).collect();
        let mut feeds: Vec<SequenceInput> = rows
            .iter_mut()
            .zip(&fed)
            .map(|(row, tokens)| SequenceInput {
                sequence: &mut row.sequence,
                tokens,
                logits: tokens.len(),
            })
            .collect();
        let Some(logits) = self.llama.forward(&mut self.cache, &mut feeds, stop)? else {
            return Ok(false);
        };
        let logits: Vec<Vec<f32>> = logits.to_vec2()?;
        let mut logits = logits.iter();
        let mut goes_on = Vec::with_capacity(rows.len());
        for ((row, fed), len) in rows.iter_mut().zip(&fed).zip(lens) {
            let mut own = logits.by_ref().take(fed.len());
            let guesses = &fed[1..];
            let mut right = 0;
            // A guess is right if it is what would have been chosen anyway.
            let going = loop {
                let logits = own.next().context("the model gave too few logits")?;
                let token = row.sample(logits)?;
                if !row.take(token, max_tokens, counts, on) {
                    break false;
                }
                if guesses.get(right) != Some(&token) {
                    break true;
                }
                right += 1;
            };
            own.for_each(drop);
            counts.guessed += right;
            row.learn(guesses.len(), right);
            row.sequence.truncate(len + 1 + right);
            goes_on.push(going);
        }
        let mut goes_on = goes_on.into_iter();
        rows.retain(|_| goes_on.next() == Some(true));
        Ok(true)
    }

    /// Feeds what of the prompt is not there yet; the logits after it, or `None` if it was stopped.
    fn prompt(
        &mut self,
        prompt: &[u32],
        counts: &mut Counts,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<f32>>> {
        let (_, before) = prompt.split_last().context("the prompt is empty")?;
        let pairs = self.kept_tokens.iter().zip(before);
        let common = pairs.take_while(|(a, b)| a == b).count();
        self.kept.truncate(common);
        self.kept_tokens.truncate(common);
        let mut chunks = prompt[common..].chunks(CHUNK).peekable();
        let mut last = Vec::new();
        while let Some(tokens) = chunks.next() {
            let mut feeds = [SequenceInput {
                sequence: &mut self.kept,
                tokens,
                logits: usize::from(chunks.peek().is_none()),
            }];
            let Some(logits) = self.llama.forward(&mut self.cache, &mut feeds, stop)? else {
                return Ok(None);
            };
            self.kept_tokens.extend_from_slice(tokens);
            counts.fed += tokens.len();
            last = logits.flatten_all()?.to_vec1()?;
        }
        Ok(Some(last))
    }
}

impl Row {
    /// Takes a token that was chosen; whether the answer goes on.
    fn take(
        &mut self,
        token: u32,
        max_tokens: usize,
        counts: &mut Counts,
        on: &mut dyn FnMut(usize, Event) -> bool,
    ) -> bool {
        self.last = token;
        self.lookup.push(token);
        self.written += 1;
        self.since += 1;
        counts.written += 1;
        if !on(self.number, Event::Token(token)) {
            return false;
        }
        if self.written < max_tokens {
            return true;
        }
        on(self.number, Event::Full);
        false
    }

    fn sample(&mut self, logits: &[f32]) -> Result<u32> {
        self.sampler.sample(logits, &self.sampling, &mut self.rng)
    }

    fn guess(&self, most: usize) -> Vec<u32> {
        if self.right < WORTH && self.since < AGAIN {
            return Vec::new();
        }
        self.lookup.draft(most)
    }

    fn learn(&mut self, guessed: usize, right: usize) {
        if guessed > 0 {
            self.right += 0.3 * (right as f32 / guessed as f32 - self.right);
            self.since = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeMap;
    use std::path::Path;

    use candle_core::Device;

    use super::super::weights::Weights;
    use super::*;

    fn writer(positions: usize) -> Writer {
        let path = "../../tests/fixtures/llama/quantised/q4_k_m.gguf";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let weights = Weights::open(&path).expect("a model");
        let llama = Llama::load(&weights, 256, &Device::Cpu, &mut |_| {}).expect("loaded");
        Writer::new(llama, positions).expect("room")
    }

    fn request(prompt: &[u32]) -> Request<'_> {
        Request {
            prompt,
            answers: 5,
            batch: 3,
            max_tokens: 40,
            sampling: Sampling {
                temperature: 0.6,
                top_p: Some(0.9),
                top_k: None,
                min_p: None,
            },
            seed: 7,
        }
    }

    /// The answers by number; those of even numbers are ended after 20 tokens.
    fn answers(writer: &mut Writer, request: &Request) -> (BTreeMap<usize, Vec<u32>>, Counts) {
        let mut answers: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        let mut on = |number: usize, event| {
            let answer = answers.entry(number).or_default();
            match event {
                Event::Token(token) => answer.push(token),
                Event::Full => assert_eq!(answer.len(), request.max_tokens),
            }
            !(number.is_multiple_of(2) && answer.len() == 20)
        };
        let counts = writer.write(request, &mut on, &|| false).expect("answers");
        (answers, counts)
    }

    fn prompt() -> Vec<u32> {
        (0..50).map(|at| (at * 37 + 11) % 256).collect()
    }

    #[test]
    fn an_answer_depends_on_its_seed_and_number_alone() {
        let mut writer = writer(2048);
        let prompt = prompt();
        let (together, _) = answers(&mut writer, &request(&prompt));
        assert_eq!(together.len(), 5);
        let lens: Vec<usize> = together.values().map(Vec::len).collect();
        assert_eq!(lens, [20, 40, 20, 40, 20]);
        for batch in [1, 8] {
            let request = Request {
                batch,
                ..request(&prompt)
            };
            assert_eq!(answers(&mut writer, &request).0, together);
        }
        let other = Request {
            seed: 8,
            ..request(&prompt)
        };
        assert_ne!(answers(&mut writer, &other).0, together);
        assert_ne!(together[&0], together[&2]);
    }

    /// The most likely tokens, found without guesses and without a kept prompt.
    fn greedy(writer: &Writer, prompt: &[u32], tokens: usize) -> Vec<u32> {
        let llama = writer.llama();
        let mut cache = Cache::new(llama.config(), 256, llama.device()).expect("room");
        let mut sequence = Sequence::default();
        let mut next = prompt.to_vec();
        let mut answer = Vec::new();
        while answer.len() < tokens {
            let mut feeds = [SequenceInput {
                sequence: &mut sequence,
                tokens: &next,
                logits: 1,
            }];
            let logits = llama.forward(&mut cache, &mut feeds, &|| false);
            let logits = logits.expect("logits").expect("not stopped");
            let logits: Vec<f32> = logits.flatten_all().and_then(|l| l.to_vec1()).expect("row");
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
            next = vec![best.expect("a token") as u32];
            answer.extend(&next);
        }
        answer
    }

    #[test]
    fn guesses_and_a_kept_prompt_save_work_and_change_nothing() {
        let mut writer = writer(2048);
        let mut prompt = prompt();
        let mut all = Counts::default();
        for _ in 0..6 {
            let greedy = greedy(&writer, &prompt, 40);
            // A prompt that has its answer already: guesses come true.
            for repeated in [false, true] {
                let prompt = match repeated {
                    false => prompt.clone(),
                    true => [&prompt[..], &greedy, &prompt].concat(),
                };
                let expected = self::greedy(&writer, &prompt, 40);
                let request = Request {
                    answers: 1,
                    sampling: Sampling {
                        temperature: 0.,
                        ..request(&prompt).sampling
                    },
                    ..request(&prompt)
                };
                let mut answer = Vec::new();
                let mut on = |_, event| {
                    answer.extend(match event {
                        Event::Token(token) => Some(token),
                        Event::Full => None,
                    });
                    true
                };
                let counts = writer.write(&request, &mut on, &|| false).expect("answers");
                assert_eq!(answer, expected);
                assert_eq!(counts.written, 40);
                all.fed += counts.fed;
                all.guessed += counts.guessed;
                all.steps += counts.steps;
            }
            prompt.push(99);
        }
        // 50 tokens once, then what is new; 39 tokens after the first need no more steps than that.
        assert!(all.fed < 50 + 12 * 100, "{all:?}");
        assert!(all.guessed > 0, "{all:?}");
        assert!(all.steps + all.guessed <= 12 * 39 + 12, "{all:?}");
    }

    #[test]
    fn it_stops_when_it_is_told_and_can_go_on_after() {
        let mut writer = writer(2048);
        let prompt = prompt();
        let (expected, _) = answers(&mut writer, &request(&prompt));
        let layers = writer.llama().config().layers;
        for asked in [0, 1, layers, layers + 2, 3 * layers + 4] {
            writer.kept.truncate(10);
            writer.kept_tokens.truncate(10);
            let left = Cell::new(asked);
            let stop = || {
                left.set(left.get().saturating_sub(1));
                left.get() == 0
            };
            let mut tokens = 0;
            let mut on = |_, _| {
                tokens += 1;
                true
            };
            let counts = writer
                .write(&request(&prompt), &mut on, &stop)
                .expect("none");
            assert!(tokens <= 3 * (asked / layers + 1), "{tokens} after {asked}");
            assert_eq!(counts.written, tokens);
            assert_eq!(answers(&mut writer, &request(&prompt)).0, expected);
        }
    }

    #[test]
    fn little_room_means_fewer_at_once_and_none_is_an_error() {
        let prompt = prompt();
        let mut small = writer(192);
        let (answers_small, _) = answers(&mut small, &request(&prompt));
        let (expected, _) = answers(&mut writer(2048), &request(&prompt));
        assert_eq!(answers_small, expected);
        let long: Vec<u32> = prompt.iter().cycle().take(256).copied().collect();
        let refused = small.write(&request(&long), &mut |_, _| true, &|| false);
        let refused = refused.expect_err("no room").to_string();
        assert!(refused.contains("256 tokens"), "{refused}");
        assert_eq!(answers(&mut small, &request(&prompt)).0, expected);
    }
}
