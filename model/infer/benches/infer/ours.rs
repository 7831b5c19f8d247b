//! The benchmark of this crate's model.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use candle_core::{DType, Device, Tensor};
use unsorry_infer::generate::PREFILL_CHUNK_TOKENS;
use unsorry_infer::kv_cache::{KvCache, Sequence};
use unsorry_infer::llama::{Llama, SequenceInput};
use unsorry_infer::weights::Weights;

use super::{
    CACHE_TOKENS, LONG, PROMPT, ROUNDS, SHARED, SHORT, figure, likeliest, median, memory, step,
    time, tokens,
};

pub(super) fn run(path: &Path) -> Result<()> {
    // As in the program, this thread is one of the pool.
    let _threads = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .build()?;
    let start = Instant::now();
    let weights = Weights::open(path)?;
    let llama = Llama::load(&weights, CACHE_TOKENS, &Device::Cpu, &mut |_| {})?;
    let cache = KvCache::new(llama.config(), CACHE_TOKENS, &Device::Cpu)?;
    let mut model = Model { llama, cache };
    let prompt = tokens(LONG);
    model.feed(&mut Sequence::default(), &prompt[..1])?;
    figure("load", start.elapsed().as_secs_f64());

    let mut sequences = [Sequence::default()];
    model.feed(&mut sequences[0], &prompt[..SHORT])?;
    model.decode_1(&mut sequences)?;
    drop(sequences);

    let mut first = Sequence::default();
    let cold = (0..ROUNDS).map(|_| {
        first = Sequence::default();
        time(|| model.feed(&mut first, &prompt[..PROMPT]))
    });
    let cold = median(cold.collect::<Result<_>>()?)?;
    figure("prefill", PROMPT as f64 / cold);
    figure("first token cold", cold);

    let kept = (0..ROUNDS).map(|round| {
        first.truncate(SHARED);
        let new = &prompt[PROMPT + round..][..PROMPT - SHARED];
        time(|| model.feed(&mut first, new))
    });
    figure("first token kept", median(kept.collect::<Result<_>>()?)?);

    for (name, count) in [("decode 4", 4), ("decode 8", 8)] {
        let mut sequences: Vec<Sequence> = (0..count).map(|_| model.cache.fork(&first)).collect();
        let seconds = step(12, || model.step(&mut sequences))?;
        figure(name, count as f64 / seconds);
    }

    model.feed(&mut first, &prompt[PROMPT..])?;
    let mut sequences = [first];
    let seconds = step(16, || model.step(&mut sequences))?;
    figure("decode long", 1.0 / seconds);
    sequences[0].truncate(SHORT);
    model.decode_1(&mut sequences)?;

    drop(sequences);
    model.fill()?;
    memory()
}

struct Model {
    llama: Llama,
    cache: KvCache,
}

impl Model {
    /// Feeds a prompt in chunks, and returns the likeliest next token.
    fn feed(&mut self, sequence: &mut Sequence, tokens: &[u32]) -> Result<usize> {
        let mut logits = None;
        for tokens in tokens.chunks(PREFILL_CHUNK_TOKENS) {
            let input = SequenceInput {
                sequence,
                tokens,
                logits: 1,
            };
            logits = self
                .llama
                .forward(&mut self.cache, &mut [input], &|| false)?;
        }
        let logits: Vec<f32> = logits.context("no logits")?.flatten_all()?.to_vec1()?;
        likeliest(&logits).context("no tokens")
    }

    /// Measured twice, since a virtual machine's memory may be slow for a minute; the better counts.
    fn decode_1(&mut self, sequences: &mut [Sequence; 1]) -> Result<()> {
        let seconds = step(32, || self.step(sequences))?;
        figure("decode 1", 1.0 / seconds);
        Ok(())
    }

    /// Decodes one more token of each sequence.
    fn step(&mut self, sequences: &mut [Sequence]) -> Result<()> {
        let inputs = sequences.iter_mut().map(|sequence| SequenceInput {
            sequence,
            tokens: &[17],
            logits: 1,
        });
        let mut inputs: Vec<SequenceInput> = inputs.collect();
        let logits = self
            .llama
            .forward(&mut self.cache, &mut inputs, &|| false)?;
        logits.context("no logits")?;
        Ok(())
    }

    /// Writes to all of the cache: memory counts only once it is written to.
    fn fill(&mut self) -> Result<()> {
        let config = self.llama.config();
        let mut all = Sequence::default();
        while self.cache.free_tokens() > 0 {
            let start = all.len();
            self.cache
                .extend(&mut all, self.cache.free_tokens().min(PREFILL_CHUNK_TOKENS))?;
            let slots: Vec<usize> = (start..all.len()).map(|at| all.slot(at)).collect();
            let shape = (config.kv_heads, slots.len(), config.head_dim);
            let zeros = Tensor::zeros(shape, DType::F32, &Device::Cpu)?;
            for layer in 0..config.layers {
                self.cache.write(layer, &slots, &zeros, &zeros)?;
            }
        }
        Ok(())
    }
}
