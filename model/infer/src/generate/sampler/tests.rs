use super::*;
use proptest::prelude::*;

const PLAIN: SamplingParams = SamplingParams {
    temperature: 1.0,
    top_p: None,
    top_k: None,
    min_p: None,
};

fn logits(probabilities: &[f64]) -> Vec<f32> {
    probabilities.iter().map(|p| p.ln() as f32 + 3.0).collect()
}

/// Samples many tokens by `probabilities` and compares their counts with the expected ones
/// (Pearson's chi-squared, far out at five standard deviations).
#[track_caller]
fn check(probabilities: &[f64], sampling: SamplingParams, expected: &[f64]) {
    const DRAWS: usize = 20_000;
    let logits = logits(probabilities);
    let mut rng = completion_rng(7, 0);
    let mut sampler = Sampler::default();
    let mut counts = vec![0usize; logits.len()];
    for _ in 0..DRAWS {
        let drawn = sampler
            .sample(&logits, &sampling, &mut rng)
            .expect("a token");
        counts[drawn as usize] += 1;
    }
    let mut chi_squared = 0.0;
    let mut degrees: f64 = -1.0;
    for (count, expected) in counts.iter().zip(expected) {
        let expected = expected * DRAWS as f64;
        if expected == 0.0 {
            assert_eq!(*count, 0, "{counts:?}");
            continue;
        }
        chi_squared += (*count as f64 - expected).powi(2) / expected;
        degrees += 1.0;
    }
    let bound = degrees + 5.0 * (2.0 * degrees.max(0.0)).sqrt();
    assert!(chi_squared <= bound, "{chi_squared} > {bound}: {counts:?}");
}

#[test]
fn the_models_own_distribution() {
    let own = [0.1, 0.4, 0.2, 0.3];
    check(&own, PLAIN, &own);
    let squares = own.map(|p| p * p / 0.3);
    check(
        &own,
        SamplingParams {
            temperature: 0.5,
            ..PLAIN
        },
        &squares,
    );
    let roots: f64 = own.iter().map(|p| p.sqrt()).sum();
    check(
        &own,
        SamplingParams {
            temperature: 2.0,
            ..PLAIN
        },
        &own.map(|p| p.sqrt() / roots),
    );
    check(
        &own,
        SamplingParams {
            temperature: 0.0,
            ..PLAIN
        },
        &[0.0, 1.0, 0.0, 0.0],
    );
    check(&[1.0, 0.0], PLAIN, &[1.0, 0.0]);
}

#[test]
fn filters_keep_what_they_should() {
    let own = [0.1, 0.4, 0.2, 0.3];
    let check = |sampling: SamplingParams, expected: &[f64]| check(&own, sampling, expected);
    let (p, k, m) = (|p| Some(p), |k| Some(k), |m| Some(m));
    let two = [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0];
    let three = [0.0, 4.0 / 9.0, 2.0 / 9.0, 3.0 / 9.0];
    check(
        SamplingParams {
            top_k: k(2),
            ..PLAIN
        },
        &two,
    );
    check(
        SamplingParams {
            top_k: k(1),
            ..PLAIN
        },
        &[0.0, 1.0, 0.0, 0.0],
    );
    check(
        SamplingParams {
            top_k: k(0),
            ..PLAIN
        },
        &own,
    );
    check(
        SamplingParams {
            top_k: k(99),
            ..PLAIN
        },
        &own,
    );
    check(
        SamplingParams {
            top_p: p(0.69),
            ..PLAIN
        },
        &two,
    );
    check(
        SamplingParams {
            top_p: p(0.71),
            ..PLAIN
        },
        &three,
    );
    check(
        SamplingParams {
            top_p: p(1e-9),
            ..PLAIN
        },
        &[0.0, 1.0, 0.0, 0.0],
    );
    check(
        SamplingParams {
            top_p: p(1.0),
            ..PLAIN
        },
        &own,
    );
    check(
        SamplingParams {
            min_p: m(0.49),
            ..PLAIN
        },
        &three,
    );
    check(
        SamplingParams {
            min_p: m(0.51),
            ..PLAIN
        },
        &two,
    );
    check(
        SamplingParams {
            min_p: m(1.0),
            ..PLAIN
        },
        &[0.0, 1.0, 0.0, 0.0],
    );
    // Of the three that top-k leaves, two have 7/9 of the mass.
    check(
        SamplingParams {
            top_k: k(3),
            top_p: p(0.75),
            ..PLAIN
        },
        &two,
    );
    check(
        SamplingParams {
            top_k: k(3),
            top_p: p(0.80),
            ..PLAIN
        },
        &three,
    );
    // The filters see the distribution before the temperature.
    check(
        SamplingParams {
            temperature: 0.5,
            top_p: p(0.71),
            ..PLAIN
        },
        &[0.0, 16.0 / 29.0, 4.0 / 29.0, 9.0 / 29.0],
    );
}

#[test]
fn ties_go_to_the_first_tokens() {
    check(
        &[0.25; 4],
        SamplingParams {
            top_k: Some(2),
            ..PLAIN
        },
        &[0.5, 0.5, 0.0, 0.0],
    );
    check(
        &[0.25; 4],
        SamplingParams {
            top_p: Some(0.5),
            ..PLAIN
        },
        &[0.5, 0.5, 0.0, 0.0],
    );
    check(
        &[0.25; 4],
        SamplingParams {
            temperature: 0.0,
            ..PLAIN
        },
        &[1.0, 0.0, 0.0, 0.0],
    );
    check(
        &[0.25; 4],
        SamplingParams {
            min_p: Some(1.0),
            ..PLAIN
        },
        &[0.25; 4],
    );
}

#[test]
fn completions_differ_and_repeat() {
    let flat = vec![0.0; 1000];
    let draws = |seed, index| -> Vec<u32> {
        let (mut rng, mut sampler) = (completion_rng(seed, index), Sampler::default());
        let mut draw = || sampler.sample(&flat, &PLAIN, &mut rng).expect("a token");
        (0..20).map(|_| draw()).collect()
    };
    assert_eq!(draws(1, 0), draws(1, 0));
    assert_ne!(draws(1, 0), draws(1, 1));
    assert_ne!(draws(1, 0), draws(0, 1));
}

#[test]
fn logits_without_a_distribution_are_an_error() {
    let error = |logits: &[f32], sampling: SamplingParams| {
        let drawn = Sampler::default().sample(logits, &sampling, &mut completion_rng(0, 0));
        drawn.expect_err("it can't be drawn from").to_string()
    };
    for sampling in [
        PLAIN,
        SamplingParams {
            temperature: 0.0,
            ..PLAIN
        },
    ] {
        assert!(error(&[0.0, f32::NAN], sampling).contains("token 1 is not a number"));
        assert!(error(&[f32::NAN, f32::INFINITY], sampling).contains("token 0 is not a number"));
        assert!(error(&[0.0, f32::INFINITY], sampling).contains("token 1 is infinite"));
        assert!(error(&[f32::NEG_INFINITY; 3], sampling).contains("none of the model's 3"));
        assert!(error(&[], sampling).contains("none of the model's 0"));
    }
    for (wrong, name) in [
        (
            SamplingParams {
                temperature: f64::NAN,
                ..PLAIN
            },
            "temperature",
        ),
        (
            SamplingParams {
                temperature: -1.0,
                ..PLAIN
            },
            "temperature",
        ),
        (
            SamplingParams {
                top_p: Some(0.0),
                ..PLAIN
            },
            "top_p",
        ),
        (
            SamplingParams {
                top_p: Some(f64::NAN),
                ..PLAIN
            },
            "top_p",
        ),
        (
            SamplingParams {
                min_p: Some(1.5),
                ..PLAIN
            },
            "min_p",
        ),
    ] {
        assert!(error(&[0.0], wrong).starts_with(name));
    }
    let one = [f32::NEG_INFINITY, f32::MIN, f32::NEG_INFINITY];
    let drawn = Sampler::default().sample(&one, &PLAIN, &mut completion_rng(0, 0));
    assert_eq!(drawn.expect("a token"), 1);
}

/// Returns the tokens that the filters keep, by sorting all of them.
fn kept_by_sorting(logits: &[f32], sampling: &SamplingParams) -> Vec<u32> {
    let mut order: Vec<usize> = (0..logits.len())
        .filter(|at| logits[*at] > f32::NEG_INFINITY)
        .collect();
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]).then(a.cmp(b)));
    order.truncate(sampling.top_k.filter(|k| *k > 0).unwrap_or(usize::MAX));
    let best = logits[order[0]];
    let weight = |at: &usize| f64::from((logits[*at] - best).exp());
    let total: f64 = order.iter().map(weight).sum();
    let mut sum = 0.0;
    let nucleus = order.iter().take_while(|at| {
        let enough = sum >= sampling.top_p.unwrap_or(1.0) * total;
        sum += weight(at);
        !enough
    });
    let count = nucleus.count();
    order.truncate(count);
    order.retain(|at| f64::from(logits[*at] - best) >= sampling.min_p.unwrap_or(0.0).ln() - 1e-6);
    let mut kept: Vec<u32> = order.into_iter().map(|at| at as u32).collect();
    kept.sort_unstable();
    kept
}

proptest! {
    #[test]
    fn the_filters_keep_what_sorting_would(
        logits in proptest::collection::vec(prop_oneof![8 => -20i8..20, 1 => Just(-128)], 1..400),
        top_k in proptest::option::of(0usize..100),
        top_p in proptest::option::of(0.05f64..1.0),
        min_p in proptest::option::of(0.001f64..1.0),
    ) {
        let logits: Vec<f32> = logits
            .into_iter()
            .map(|logit| if logit == -128 { f32::NEG_INFINITY } else { f32::from(logit) / 3.0 })
            .collect();
        let sampling = SamplingParams { temperature: 1.0, top_k, top_p, min_p };
        let mut sampler = Sampler::default();
        let Ok((highest, _)) = argmax(&logits) else {
            return Ok(());
        };
        sampler.filter(&logits, highest, &sampling);
        let mut kept: Vec<u32> = sampler.candidates.iter().map(|token| token.id).collect();
        kept.sort_unstable();
        prop_assert_eq!(kept, kept_by_sorting(&logits, &sampling));
    }
}
