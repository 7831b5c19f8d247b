//! The forward pass against the logits that transformers and llama.cpp compute from the same files
//! (`tests/reference/make_fixtures.py`).

use std::path::PathBuf;

use super::*;
use crate::weights::Weights;

#[derive(serde::Deserialize)]
struct Expected {
    tokens: Vec<u32>,
    positions: Vec<usize>,
    logits: Vec<Vec<f32>>,
    /// The logits without rounding of activations, of a quantised file's weights.
    #[serde(default)]
    exact: Vec<Vec<f32>>,
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/llama"
    ))
    .join(name)
}

fn expected(name: &str) -> Expected {
    let text = std::fs::read_to_string(fixture(name)).expect("a fixture");
    serde_json::from_str(&text).expect("JSON")
}

fn load(name: &str) -> (Llama, KvCache) {
    let weights = Weights::open(&fixture(name)).expect("a model");
    let device = Device::Cpu;
    let llama = Llama::load(&weights, 512, &device, &mut |_| {}).expect("loaded");
    let cache = KvCache::new(llama.config(), 2048, &device).expect("room");
    (llama, cache)
}

fn append(
    llama: &Llama,
    cache: &mut KvCache,
    sequence: &mut Sequence,
    tokens: &[u32],
) -> Vec<Vec<f32>> {
    let logits = tokens.len();
    let mut inputs = [SequenceInput {
        sequence,
        tokens,
        logits,
    }];
    rows(&forward(llama, cache, &mut inputs))
}

fn forward(llama: &Llama, cache: &mut KvCache, inputs: &mut [SequenceInput]) -> Tensor {
    let logits = llama.forward(cache, inputs, &|| false).expect("logits");
    logits.expect("not stopped")
}

fn rows(logits: &Tensor) -> Vec<Vec<f32>> {
    logits.to_vec2().expect("rows")
}

/// Returns the largest difference, as a share of the largest value.
fn error(ours: &[f32], theirs: &[f32]) -> f32 {
    let largest = theirs.iter().fold(0f32, |a, b| a.max(b.abs()));
    let pairs = ours.iter().zip(theirs);
    pairs.map(|(a, b)| (a - b).abs()).fold(0f32, f32::max) / largest
}

fn check(model: &str, figures: &str, tolerance: f32) {
    let (llama, mut cache) = load(model);
    let expected = expected(figures);
    let ours = append(
        &llama,
        &mut cache,
        &mut Sequence::default(),
        &expected.tokens,
    );
    assert_eq!(ours.len(), expected.tokens.len());
    let (mut our_error, mut their_error) = (0., 0.);
    for (at, (position, theirs)) in expected.positions.iter().zip(&expected.logits).enumerate() {
        let ours = &ours[*position];
        let exact = expected.exact.get(at).unwrap_or(theirs);
        let error_here = error(ours, exact);
        assert!(
            error_here < tolerance,
            "{model} at {position}: {error_here}"
        );
        our_error += error_here;
        their_error += error(theirs, exact);
    }
    // Both round activations before a quantised product; neither may be far less exact.
    if !expected.exact.is_empty() {
        assert!(
            our_error < 1.25 * their_error,
            "{our_error}, llama.cpp {their_error}"
        );
    }
}

#[test]
fn the_logits_are_those_of_transformers() {
    // Keys and values in f16 make up for all of the difference; products with bf16, where the file
    // has it, for more.
    for (model, bf16) in [
        ("yarn", true),
        ("linear", false),
        ("llama3", false),
        ("tied", false),
    ] {
        let figures = format!("{model}/expected.json");
        check(&format!("{model}/model.gguf"), &figures, 2e-3);
        check(model, &figures, if bf16 { 2e-2 } else { 2e-3 });
    }
}

#[test]
fn quantised_logits_are_those_of_llama_cpp() {
    for model in ["q8_0", "q4_k_m", "q4_k_embedding"] {
        let name = format!("quantised/{model}");
        check(&format!("{name}.gguf"), &format!("{name}.json"), 0.03);
    }
}

/// The logits of a sequence are the same to the bit, however its tokens are batched.
#[test]
fn batches_forks_and_chunks_change_nothing() {
    for model in ["quantised/q4_k_m", "quantised/q8_0"] {
        let (llama, mut cache) = load(&format!("{model}.gguf"));
        let vocab = llama.config().vocab as u32;
        let tokens: Vec<u32> = (0..50).map(|at| (at * 37 + 11) % vocab).collect();
        let tails: [Vec<u32>; 3] = [1, 2, 3].map(|by| {
            tokens[40..50]
                .iter()
                .map(|t| (t * by + by) % vocab)
                .collect()
        });

        let alone: Vec<Vec<Vec<f32>>> = tails
            .iter()
            .map(|tail| {
                let mut sequence = Sequence::default();
                let all = [&tokens[..40], tail].concat();
                append(&llama, &mut cache, &mut sequence, &all)[40..].to_vec()
            })
            .collect();

        let mut prompt = Sequence::default();
        append(&llama, &mut cache, &mut prompt, &tokens[..7]);
        append(&llama, &mut cache, &mut prompt, &tokens[7..]);
        prompt.truncate(40);
        let mut forks: Vec<Sequence> = tails.iter().map(|_| cache.fork(&prompt)).collect();
        // One token of the first, two of the second, three of the third at a time, and one too many.
        let mut done = [0; 3];
        while done.iter().any(|done| *done < 10) {
            let mut inputs: Vec<SequenceInput> = Vec::new();
            for ((row, sequence), tail) in forks.iter_mut().enumerate().zip(&tails) {
                sequence.truncate(40 + done[row]);
                let end = (done[row] + row + 2).min(10);
                if done[row] < end {
                    inputs.push(SequenceInput {
                        sequence,
                        tokens: &tail[done[row]..end],
                        logits: end - done[row],
                    });
                }
            }
            let mut logits = rows(&forward(&llama, &mut cache, &mut inputs)).into_iter();
            for (row, alone) in alone.iter().enumerate() {
                let end = (done[row] + row + 2).min(10);
                for (at, expected) in alone.iter().enumerate().take(end).skip(done[row]) {
                    let place = format!("{model}, {row}, {at}");
                    assert_eq!(logits.next().as_ref(), Some(expected), "{place}");
                }
                done[row] = end
                    .min(done[row] + row + 1)
                    .max(if end == 10 { 10 } else { 0 });
            }
            assert_eq!(logits.next(), None);
        }
    }
}

#[test]
fn only_the_wanted_logits_are_computed() {
    let (llama, mut cache) = load("quantised/q8_0.gguf");
    let tokens = expected("quantised/q8_0.json").tokens;
    let all = append(&llama, &mut cache, &mut Sequence::default(), &tokens);
    let mut sequence = Sequence::default();
    let mut some = |tokens: &[u32], logits| {
        let mut inputs = [SequenceInput {
            sequence: &mut sequence,
            tokens,
            logits,
        }];
        rows(&forward(&llama, &mut cache, &mut inputs))
    };
    assert!(some(&tokens[..20], 0).is_empty());
    assert_eq!(some(&tokens[20..], 2), all[tokens.len() - 2..]);
}

#[test]
fn a_refused_input_leaves_the_sequence_unchanged() {
    let (llama, _) = load("quantised/q8_0.gguf");
    let mut cache = KvCache::new(llama.config(), 64, llama.device()).expect("room");
    let mut sequence = Sequence::default();
    append(&llama, &mut cache, &mut sequence, &[1, 2, 3]);
    for (tokens, words) in [
        (vec![1_000_000], "none of the model's"),
        (vec![1; 600], "context"),
        (vec![1; 100], "no room"),
    ] {
        let mut inputs = [SequenceInput {
            sequence: &mut sequence,
            tokens: &tokens,
            logits: 1,
        }];
        let refused = llama
            .forward(&mut cache, &mut inputs, &|| false)
            .expect_err("refused");
        assert!(refused.to_string().contains(words), "{refused}");
        assert_eq!(sequence.len(), 3);
    }
    assert_eq!(cache.free_tokens(), 32);
}
