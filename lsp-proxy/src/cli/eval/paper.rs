//! The figures that DeepSeek-Prover-V2's makers measured (arXiv 2504.21801), to stand beside ours.

use serde::Serialize;

/// The source of the figures.
pub const SOURCE: &str = "arXiv 2504.21801";

/// A model's figures on one set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// The set.
    pub set: &'static str,
    /// The number of problems that it has.
    pub problems: usize,
    /// The model, and how it was asked.
    pub model: &'static str,
    /// The candidates a problem, and the share of problems solved with them, in percent.
    pub pass: &'static [(usize, f64)],
    /// The tokens of an answer on average, where they are told.
    pub tokens: Option<u32>,
}

/// The figures.
pub const FIGURES: &[Figure] = &[
    minif2f(
        "7B, fast",
        &[(1, 55.5), (32, 68.0), (1024, 73.2), (8192, 75.0)],
        443,
    ),
    minif2f(
        "7B, reasoning",
        &[(1, 58.6), (32, 75.6), (1024, 79.9), (8192, 82.0)],
        4489,
    ),
    minif2f(
        "671B, fast",
        &[(1, 59.5), (32, 73.8), (1024, 76.7), (8192, 78.3)],
        762,
    ),
    minif2f(
        "671B, reasoning",
        &[(1, 61.9), (32, 82.4), (1024, 86.6), (8192, 88.9)],
        6752,
    ),
    other("ProverBench", 325, "7B, reasoning", &[(512, 51.7)]),
    other("ProverBench", 325, "671B, reasoning", &[(512, 59.1)]),
    other("PutnamBench", 658, "671B, reasoning", &[(1024, 7.1)]),
];

const fn minif2f(model: &'static str, pass: &'static [(usize, f64)], tokens: u32) -> Figure {
    Figure {
        set: "miniF2F-test",
        problems: 244,
        model,
        pass,
        tokens: Some(tokens),
    }
}

const fn other(
    set: &'static str,
    problems: usize,
    model: &'static str,
    pass: &'static [(usize, f64)],
) -> Figure {
    Figure {
        set,
        problems,
        model,
        pass,
        tokens: None,
    }
}

/// Returns the paper's set that a set of ours is, by its name and its splits.
pub fn same_set(name: &str, splits: &[String]) -> Option<&'static str> {
    let name = name.to_lowercase().replace(['-', '_'], "");
    if name.contains("minif2f") {
        let is_test = splits == ["test"] || splits.is_empty() && name.contains("test");
        is_test.then_some("miniF2F-test")
    } else if name.contains("proverbench") {
        Some("ProverBench")
    } else if name.contains("putnam") {
        Some("PutnamBench")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_set_it_is() {
        let check = |name: &str, splits: &[&str], expected| {
            let splits: Vec<String> = splits.iter().map(|one| (*one).to_owned()).collect();
            assert_eq!(same_set(name, &splits), expected, "{name}");
        };
        check("minif2f", &["test"], Some("miniF2F-test"));
        check("miniF2F", &["valid", "test"], None);
        check("minif2f_test", &[], Some("miniF2F-test"));
        check("DeepSeek-ProverBench", &[], Some("ProverBench"));
        check("putnam_bench", &["test"], Some("PutnamBench"));
        check("core", &[], None);
    }

    #[test]
    fn more_candidates_never_solve_less() {
        for figure in FIGURES {
            assert!(
                figure.pass.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1),
                "{figure:?}"
            );
        }
        // 47 of 658 problems.
        assert_eq!((47.0f64 / 658.0 * 1000.0).round() / 10.0, 7.1);
    }
}
