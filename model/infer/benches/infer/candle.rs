//! Candle's own quantised LLaMA.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use unsorry_infer::generate::PREFILL_CHUNK_TOKENS;

use super::{LONG, PROMPT, SHARED, SHORT, figure, likeliest, median, memory, step, time, tokens};

/// The number of times a prompt is measured: fewer than elsewhere, as it is slow.
const ROUNDS: usize = 2;

pub(super) fn run(path: &Path) -> Result<()> {
    let start = Instant::now();
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let content = Content::read(&mut file)?;
    let mut model = ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
    let prompt = tokens(LONG);
    feed(&mut model, &prompt[..1], 0)?;
    figure("load", start.elapsed().as_secs_f64());

    let cold = (0..ROUNDS).map(|_| time(|| feed(&mut model, &prompt[..PROMPT], 0)));
    let cold = median(cold.collect::<Result<_>>()?)?;
    figure("prefill", PROMPT as f64 / cold);
    figure("first token cold", cold);

    // Its cache can't be cut short, but a clone of it shares what there is.
    feed(&mut model, &prompt[..SHARED], 0)?;
    let kept = (0..super::ROUNDS).map(|_| {
        let mut model = model.clone();
        time(|| feed(&mut model, &prompt[SHARED..PROMPT], SHARED))
    });
    figure("first token kept", median(kept.collect::<Result<_>>()?)?);

    feed(&mut model, &prompt[SHARED..PROMPT], SHARED)?;
    let mut position = PROMPT;
    for tokens in prompt[PROMPT..].chunks(PREFILL_CHUNK_TOKENS) {
        feed(&mut model, tokens, position)?;
        position += tokens.len();
    }
    let seconds = step(16, || one_more(&mut model, 1, &mut position))?;
    figure("decode long", 1.0 / seconds);
    feed(&mut model, &prompt[..SHORT], 0)?;
    position = SHORT;
    let seconds = step(32, || one_more(&mut model, 1, &mut position))?;
    figure("decode 1", 1.0 / seconds);

    // Rows can't share a prompt: it is fed for each.
    for (name, count) in [("decode 4", 4), ("decode 8", 8)] {
        position = 0;
        for tokens in prompt[..PROMPT].chunks(PREFILL_CHUNK_TOKENS) {
            feed_batch(&mut model, tokens, count, position)?;
            position += tokens.len();
        }
        let seconds = step(8, || one_more(&mut model, count, &mut position))?;
        figure(name, count as f64 / seconds);
    }
    // Eight rows of 512 tokens are 4,096 positions.
    memory()
}

/// Feeds tokens, until the next is known.
fn feed(model: &mut ModelWeights, tokens: &[u32], position: usize) -> Result<usize> {
    let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
    let logits = model.forward(&input, position)?;
    likeliest(&logits.flatten_all()?.to_vec1()?).context("no tokens")
}

/// Feeds the same tokens to many rows. Of a batch with more than a token its forward pass fails at the
/// output matrix, when the keys and values of all rows are in its cache: which is what is wanted here.
fn feed_batch(
    model: &mut ModelWeights,
    tokens: &[u32],
    rows: usize,
    position: usize,
) -> Result<()> {
    let input = Tensor::new(tokens.repeat(rows), &Device::Cpu)?.reshape((rows, tokens.len()))?;
    match model.forward(&input, position) {
        Err(error) if !error.to_string().contains("contiguous") => bail!(error),
        _ => Ok(()),
    }
}

/// Decodes one more token of each sequence.
fn one_more(model: &mut ModelWeights, rows: usize, position: &mut usize) -> Result<()> {
    let input = Tensor::new(vec![17u32; rows], &Device::Cpu)?.reshape((rows, 1))?;
    model.forward(&input, *position)?;
    *position += 1;
    Ok(())
}
