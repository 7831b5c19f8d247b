//! The speed and memory of this crate and of Candle's own model, for `cargo xtask bench infer`, which
//! starts this once for each, so that each has the memory to itself. By hand:
//! `cargo bench -p unsorry-infer --bench infer -- ours MODEL` (`candle`: with `--features peer`).
//! `RAYON_NUM_THREADS` says how many threads compute.
#![allow(clippy::print_stdout)] // its figures are its purpose

#[cfg(feature = "peer")]
mod candle;
mod ours;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::json;

/// Tokens of the prompt.
const PROMPT: usize = 512;

/// Tokens of the prompt that the next request shares.
const SHARED: usize = 480;

/// Tokens of the short prompt.
const SHORT: usize = 64;

/// Tokens of the long prompt.
const LONG: usize = 2048;

/// Tokens in the KV cache.
const CACHE_TOKENS: usize = 4096;

/// The number of times a prompt is measured; the median counts.
const ROUNDS: usize = 3;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test` builds and starts benches as well, with no such arguments.
    match arguments.get(1..3) {
        Some([whose, model]) if whose == "ours" => ours::run(Path::new(model)),
        #[cfg(feature = "peer")]
        Some([whose, model]) if whose == "candle" => candle::run(Path::new(model)),
        Some([whose, _]) => bail!("{whose}: can be `ours`, or `candle` with the feature `peer`"),
        _ => Ok(()),
    }
}

fn figure(name: &str, value: f64) {
    println!("{}", json!({"figure": name, "value": value}));
}

/// Returns arbitrary tokens.
fn tokens(count: usize) -> Vec<u32> {
    (0..count)
        .map(|at| (at * 7919 + 13) as u32 % 100_000)
        .collect()
}

/// Returns the seconds that `what` takes.
fn time<T>(mut what: impl FnMut() -> Result<T>) -> Result<f64> {
    let start = Instant::now();
    what()?;
    Ok(start.elapsed().as_secs_f64())
}

/// Returns the median seconds of `steps` steps, after two more that don't count.
fn step(steps: usize, mut what: impl FnMut() -> Result<()>) -> Result<f64> {
    what()?;
    what()?;
    let times: Result<Vec<f64>> = (0..steps).map(|_| time(&mut what)).collect();
    median(times?)
}

fn median(mut values: Vec<f64>) -> Result<f64> {
    values.sort_by(f64::total_cmp);
    values
        .get(values.len() / 2)
        .copied()
        .context("nothing was measured")
}

/// Returns the likeliest token.
fn likeliest(logits: &[f32]) -> Option<usize> {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]))
}

/// Prints the peak memory of this process, and its present memory without mapped files, in gigabytes.
fn memory() -> Result<()> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("memory is measured where there is /proc")?;
    for (name, field) in [("peak memory", "VmHWM:"), ("own memory", "RssAnon:")] {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        let kilobytes = kilobytes.with_context(|| format!("/proc/self/status has no {field}"))?;
        figure(name, kilobytes * 1024.0 / 1e9);
    }
    Ok(())
}
