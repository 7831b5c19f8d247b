use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use candle_core::Device;

use super::*;
use crate::weights::Weights;

fn generator(cache_tokens: usize) -> Generator {
    let path = "../../tests/fixtures/llama/quantised/q4_k_m.gguf";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let weights = Weights::open(&path).expect("a model");
    let model = Llama::load(&weights, 256, &Device::Cpu, &mut |_| {}).expect("loaded");
    Generator::new(model, cache_tokens).expect("room")
}

fn request(prompt: &[u32]) -> GenerationRequest<'_> {
    GenerationRequest {
        prompt,
        completions: 5,
        batch: 3,
        max_new_tokens: 40,
        sampling: SamplingParams {
            temperature: 0.6,
            top_p: Some(0.9),
            top_k: None,
            min_p: None,
        },
        seed: 7,
    }
}

/// Returns the completions by index; those of even index are ended after 20 tokens.
fn completions(
    generator: &mut Generator,
    request: &GenerationRequest,
) -> (BTreeMap<usize, Vec<u32>>, GenerationStats) {
    let mut completions: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let mut on_event = |index: usize, event| {
        let completion = completions.entry(index).or_default();
        match event {
            GenerationEvent::Token(token) => completion.push(token),
            GenerationEvent::LengthLimit => assert_eq!(completion.len(), request.max_new_tokens),
        }
        !(index.is_multiple_of(2) && completion.len() == 20)
    };
    let stats = generator
        .generate(request, &mut on_event, &|| false)
        .expect("completions");
    (completions, stats)
}

fn prompt() -> Vec<u32> {
    (0..50).map(|at| (at * 37 + 11) % 256).collect()
}

#[test]
fn a_completion_depends_on_its_seed_and_index_alone() {
    let mut generator = generator(2048);
    let prompt = prompt();
    let (together, _) = completions(&mut generator, &request(&prompt));
    assert_eq!(together.len(), 5);
    let lens: Vec<usize> = together.values().map(Vec::len).collect();
    assert_eq!(lens, [20, 40, 20, 40, 20]);
    for batch in [1, 8] {
        let request = GenerationRequest {
            batch,
            ..request(&prompt)
        };
        assert_eq!(completions(&mut generator, &request).0, together);
    }
    let other = GenerationRequest {
        seed: 8,
        ..request(&prompt)
    };
    assert_ne!(completions(&mut generator, &other).0, together);
    assert_ne!(together[&0], together[&2]);
}

/// Returns the most likely tokens, found without drafts and without a cached prefix.
fn greedy(generator: &Generator, prompt: &[u32], tokens: usize) -> Vec<u32> {
    let model = generator.model();
    let mut cache = KvCache::new(model.config(), 256, model.device()).expect("room");
    let mut sequence = Sequence::default();
    let mut next = prompt.to_vec();
    let mut completion = Vec::new();
    while completion.len() < tokens {
        let mut inputs = [SequenceInput {
            sequence: &mut sequence,
            tokens: &next,
            logits: 1,
        }];
        let logits = model.forward(&mut cache, &mut inputs, &|| false);
        let logits = logits.expect("logits").expect("not stopped");
        let logits: Vec<f32> = logits
            .flatten_all()
            .and_then(|l| l.to_vec1())
            .expect("values");
        let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
        next = vec![best.expect("a token") as u32];
        completion.extend(&next);
    }
    completion
}

#[test]
fn drafts_and_a_cached_prefix_save_work_and_change_nothing() {
    let mut generator = generator(2048);
    let mut prompt = prompt();
    let mut all = GenerationStats::default();
    for _ in 0..6 {
        let greedy = greedy(&generator, &prompt, 40);
        // In a prompt that has its completion already, drafts are accepted.
        for repeated in [false, true] {
            let prompt = match repeated {
                false => prompt.clone(),
                true => [&prompt[..], &greedy, &prompt].concat(),
            };
            let expected = self::greedy(&generator, &prompt, 40);
            let request = GenerationRequest {
                completions: 1,
                sampling: SamplingParams {
                    temperature: 0.,
                    ..request(&prompt).sampling
                },
                ..request(&prompt)
            };
            let mut completion = Vec::new();
            let mut on_event = |_, event| {
                completion.extend(match event {
                    GenerationEvent::Token(token) => Some(token),
                    GenerationEvent::LengthLimit => None,
                });
                true
            };
            let stats = generator
                .generate(&request, &mut on_event, &|| false)
                .expect("completions");
            assert_eq!(completion, expected);
            assert_eq!(stats.generated_tokens, 40);
            all.prefill_tokens += stats.prefill_tokens;
            all.accepted_draft_tokens += stats.accepted_draft_tokens;
            all.decode_steps += stats.decode_steps;
        }
        prompt.push(99);
    }
    // 50 tokens once, then what is new; 39 tokens after the first take at most as many steps.
    assert!(all.prefill_tokens < 50 + 12 * 100, "{all:?}");
    assert!(all.accepted_draft_tokens > 0, "{all:?}");
    assert!(
        all.decode_steps + all.accepted_draft_tokens <= 12 * 39 + 12,
        "{all:?}"
    );
}

#[test]
fn it_can_be_cancelled_and_used_again() {
    let mut generator = generator(2048);
    let prompt = prompt();
    let (expected, _) = completions(&mut generator, &request(&prompt));
    let layers = generator.model().config().layers;
    for polls in [0, 1, layers, layers + 2, 3 * layers + 4] {
        generator.prefix.truncate(10);
        generator.prefix_tokens.truncate(10);
        let remaining = Cell::new(polls);
        let cancelled = || {
            remaining.set(remaining.get().saturating_sub(1));
            remaining.get() == 0
        };
        let mut tokens = 0;
        let mut on_event = |_, _| {
            tokens += 1;
            true
        };
        let stats = generator
            .generate(&request(&prompt), &mut on_event, &cancelled)
            .expect("none");
        assert!(tokens <= 3 * (polls / layers + 1), "{tokens} after {polls}");
        assert_eq!(stats.generated_tokens, tokens);
        assert_eq!(completions(&mut generator, &request(&prompt)).0, expected);
    }
}

#[test]
fn a_small_cache_means_a_smaller_batch_and_a_full_context_is_an_error() {
    let prompt = prompt();
    let mut small = generator(192);
    let (few, _) = completions(&mut small, &request(&prompt));
    let (expected, _) = completions(&mut generator(2048), &request(&prompt));
    assert_eq!(few, expected);
    let long: Vec<u32> = prompt.iter().cycle().take(256).copied().collect();
    let refused = small.generate(&request(&long), &mut |_, _| true, &|| false);
    let refused = refused.expect_err("no room").to_string();
    assert!(refused.contains("256 tokens"), "{refused}");
    assert_eq!(completions(&mut small, &request(&prompt)).0, expected);
}
