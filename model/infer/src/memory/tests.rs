use super::*;
use crate::llama::config::{Rope, RopePairs, RopeScaling};
use expect_test::{Expect, expect};

/// DeepSeek-Prover-V2-7B's shape.
fn config_7b() -> LlamaConfig {
    LlamaConfig {
        vocab: 102_400,
        hidden: 4096,
        feed_forward: 11008,
        layers: 30,
        heads: 32,
        kv_heads: 32,
        head_dim: 128,
        rms_eps: 1e-6,
        context: 65536,
        rope: Rope {
            theta: 10_000.0,
            dims: 128,
            pairs: RopePairs::Interleaved,
            scaling: RopeScaling::None,
        },
    }
}

fn limits(context: Option<usize>, batch: usize) -> SequenceLimits {
    SequenceLimits {
        context,
        default_context: 5120,
        max_new_tokens: 1024,
        batch,
    }
}

fn check(weights: u64, available: u64, wanted: (Option<usize>, usize), expected: Expect) {
    let limits = limits(wanted.0, wanted.1);
    let outcome = match plan(&config_7b(), weights, available, &limits) {
        Ok(plan) => format!("{plan:?}"),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&outcome);
}

#[test]
fn a_cached_token_of_the_7b() {
    assert_eq!(cache_token_bytes(&config_7b()), 491_520);
}

#[test]
fn what_fits() {
    const GB: u64 = 1_000_000_000;
    check(
        4_220_000_000,
        64 * GB,
        (None, 1),
        expect![
            "MemoryPlan { context: 5120, cache_tokens: 5120, cache_bytes: 2516582400, total_bytes: 7273453312 }"
        ],
    );
    check(
        4_220_000_000,
        64 * GB,
        (None, 8),
        expect![
            "MemoryPlan { context: 5120, cache_tokens: 12736, cache_bytes: 6259998720, total_bytes: 11016869632 }"
        ],
    );
    check(
        4_220_000_000,
        8 * GB,
        (None, 8),
        expect![
            "MemoryPlan { context: 5120, cache_tokens: 6598, cache_bytes: 3243048960, total_bytes: 7999919872 }"
        ],
    );
    check(
        4_220_000_000,
        64 * GB,
        (Some(65536), 1),
        expect![
            "MemoryPlan { context: 65536, cache_tokens: 65536, cache_bytes: 32212254720, total_bytes: 36969125632 }"
        ],
    );
    check(
        4_220_000_000,
        64 * GB,
        (Some(512), 1),
        expect![
            "MemoryPlan { context: 512, cache_tokens: 512, cache_bytes: 251658240, total_bytes: 5008529152 }"
        ],
    );
    check(
        4_220_000_000,
        64 * GB,
        (Some(65537), 1),
        expect!["`context = 65537`, but the model was trained for 65536 tokens"],
    );
    check(
        4_220_000_000,
        8 * GB,
        (Some(8192), 1),
        expect![
            "`context = 8192` needs 4.03 GB beside the weights' 4.76 GB, but only 8.00 GB of memory are free: `context = 6400` would fit"
        ],
    );
    check(
        4_220_000_000,
        5 * GB,
        (None, 1),
        expect![
            "it needs 4.22 GB for its weights, 537 MB to compute with and 492 MB for each 1000 tokens of context, but only 5.00 GB of memory are free: end other programs, or take a file whose weights have at most 3.96 GB"
        ],
    );
    check(
        13_800_000_000,
        8 * GB,
        (None, 1),
        expect![
            "it needs 13.80 GB for its weights, 537 MB to compute with and 492 MB for each 1000 tokens of context, but only 8.00 GB of memory are free: end other programs, or take a file whose weights have at most 6.96 GB"
        ],
    );
    check(
        u64::MAX,
        u64::MAX,
        (None, 1000),
        expect![
            "it needs 18446744073.71 GB for its weights, 537 MB to compute with and 492 MB for each 1000 tokens of context, but only 18446744073.71 GB of memory are free: end other programs, or take a file whose weights have at most 18446744072.67 GB"
        ],
    );
    check(
        0,
        u64::MAX,
        (None, 1000),
        expect![
            "MemoryPlan { context: 5120, cache_tokens: 1092032, cache_bytes: 536755568640, total_bytes: 537292439552 }"
        ],
    );
}

#[test]
fn a_small_model_may_have_a_short_context() {
    let config = LlamaConfig {
        context: 128,
        ..config_7b()
    };
    let plan = plan(&config, 0, 8 << 30, &limits(None, 1)).expect("it fits");
    assert_eq!((plan.context, plan.cache_tokens), (128, 128));
}
