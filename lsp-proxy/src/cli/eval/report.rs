//! The figures of an evaluation. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::paper::{self, Figure};
use super::results::Row;
use super::set::Problem;
use super::statistics::{Pass, Sampled, ks, pass};

/// The contents of `report.json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The set's name.
    pub set: String,
    /// The number of problems that were to be done.
    pub problems: usize,
    /// The version, as Lean tells it.
    pub lean: String,
    /// The method, in words: what checked what, `pass@k` and the intervals.
    pub method: &'static str,
    /// The engines, each alone, and all together where that was asked for.
    pub engines: Vec<EngineReport>,
    /// The results, problem by problem.
    pub results: Vec<ProblemReport>,
    /// The figures that others measured.
    pub paper: PaperReport,
}

/// The results of an engine.
#[derive(Debug, Serialize)]
pub struct EngineReport {
    /// The engine's name.
    pub engine: String,
    /// The number of problems that it was asked about.
    pub done: usize,
    /// The number of them that it has proved.
    pub solved: usize,
    /// The number of candidates that were wanted, in all.
    pub samples: usize,
    /// The number of them that came, and were judged.
    pub judged: usize,
    /// The number of problems that could not be tried; they count as not proved.
    pub not_tried: usize,
    /// The shares of problems solved, for each k.
    pub pass: Vec<Pass>,
    /// The results by category, the largest first.
    pub categories: Vec<Part>,
    /// The results by difficulty.
    pub difficulties: Vec<Part>,
    /// The tokens written, in all.
    pub tokens: u64,
    /// The seconds spent on problems, in all.
    pub seconds: f64,
    /// The tokens for each problem that was solved.
    pub tokens_per_solved: Option<f64>,
    /// The seconds for each problem that was solved.
    pub seconds_per_solved: Option<f64>,
}

impl EngineReport {
    /// Whether its problems had several candidates each, not one attempt.
    pub fn is_sampled(&self) -> bool {
        self.samples > self.done
    }
}

/// The results of an engine on a part of the set.
#[derive(Debug, Serialize)]
pub struct Part {
    /// The part's name.
    pub name: String,
    /// The number of its problems that were done.
    pub done: usize,
    /// The number of them that were solved.
    pub solved: usize,
    /// The shares of problems solved, for each k.
    pub pass: Vec<Pass>,
}

/// A problem, and who has solved it.
#[derive(Debug, Serialize)]
pub struct ProblemReport {
    /// The problem's name.
    pub problem: String,
    /// The categories that it belongs to.
    pub categories: Vec<String>,
    /// The difficulty that it is said to have.
    pub difficulty: Option<String>,
    /// The row of each engine, in the engines' order; none where it is not done.
    pub by: Vec<Option<Row>>,
}

/// The paper's table, and whether ours can be compared with it.
#[derive(Debug, Serialize)]
pub struct PaperReport {
    /// The source of the figures.
    pub source: &'static str,
    /// The paper's set that ours is, if it is one.
    pub same_set: Option<&'static str>,
    /// The comparison, in words.
    pub comparison: String,
    /// The figures.
    pub figures: &'static [Figure],
}

const METHOD: &str = "A candidate counts as a proof where Lean accepted it in the problem's own text. pass@k is the unbiased estimator of Chen et al. 2021, 1 − C(n−c, k)/C(n, k) for c proofs among n candidates, averaged over the problems that were done. A candidate that did not come within the budget, which is time on the clock, is none: a busy machine solves less; a problem that could not be tried, since Lean has an error there, is not solved. The intervals are 95 % percentile intervals of a bootstrap over the problems (2000 draws, seeded), or of Clopper and Pearson where the figure is 0 or 100 %: they tell how far another choice of problems of this kind would move the figure. `tactics` and `cascade` are one attempt a problem, which ends with the first proof.";

/// The figures of `problems` with `engines`; `row` gives what is done.
pub fn report<'a>(
    (set, splits): (&str, &[String]),
    lean: &str,
    problems: &[&Problem],
    engines: &[String],
    row: impl Fn(&str, &str) -> Option<&'a Row>,
) -> Report {
    let results: Vec<ProblemReport> = problems
        .iter()
        .map(|problem| ProblemReport {
            problem: problem.name.clone(),
            categories: problem.categories.clone(),
            difficulty: problem.difficulty.clone(),
            by: engines
                .iter()
                .map(|engine| row(engine, &problem.name).cloned())
                .collect(),
        })
        .collect();
    let engines = engines.iter().enumerate();
    let same_set = paper::same_set(set, splits);
    Report {
        set: set.to_owned(),
        problems: problems.len(),
        lean: lean.to_owned(),
        method: METHOD,
        engines: engines
            .map(|(at, name)| engine(name, at, &results))
            .collect(),
        paper: PaperReport {
            source: paper::SOURCE,
            same_set,
            comparison: comparison(set, same_set, problems.len()),
            figures: paper::FIGURES,
        },
        results,
    }
}

fn comparison(set: &str, same: Option<&str>, problems: usize) -> String {
    let whole = paper::FIGURES
        .iter()
        .find(|figure| Some(figure.set) == same);
    match (same, whole) {
        (Some(same), Some(whole)) if whole.problems != problems => format!(
            "`{set}` looks like {same}, but has {problems} problems here where the paper had {}: compare with care. The paper's Lean and Mathlib were also others.",
            whole.problems
        ),
        (Some(same), _) => format!(
            "`{set}` looks like {same}, so its rows can be compared, as far as Lean's and Mathlib's versions are alike."
        ),
        _ => format!(
            "The paper's sets are others than `{set}`: these figures show what the models did there, and can't be compared with ours."
        ),
    }
}

fn engine(name: &str, at: usize, results: &[ProblemReport]) -> EngineReport {
    let done: Vec<(&ProblemReport, &Row)> = results
        .iter()
        .filter_map(|one| Some((one, one.by.get(at)?.as_ref()?)))
        .collect();
    let rows: Vec<&Row> = done.iter().map(|(_, row)| *row).collect();
    let mut categories: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    let mut difficulties: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for (problem, row) in &done {
        for category in &problem.categories {
            categories.entry(category).or_default().push(row);
        }
        if let Some(difficulty) = &problem.difficulty {
            difficulties.entry(difficulty).or_default().push(row);
        }
    }
    let parts = |parts: BTreeMap<&str, Vec<&Row>>| -> Vec<Part> {
        let parts = parts.into_iter().map(|(name, rows)| Part {
            name: name.to_owned(),
            done: rows.len(),
            solved: solved(&rows),
            pass: passes(&rows),
        });
        parts.collect()
    };
    let mut categories = parts(categories);
    categories.sort_by_key(|part| std::cmp::Reverse(part.done));
    let mut difficulties = parts(difficulties);
    // Names such as these sort the wrong way round.
    let known = ["easy", "medium", "hard"];
    difficulties.sort_by_key(|part| known.iter().position(|one| *one == part.name));
    let tokens: u64 = rows.iter().map(|row| row.tokens).sum();
    let seconds: f64 = rows.iter().map(|row| row.seconds).sum();
    let count = solved(&rows);
    let per_solved = |sum: f64| (count > 0).then(|| sum / count as f64);
    EngineReport {
        engine: name.to_owned(),
        done: rows.len(),
        solved: count,
        samples: rows.iter().map(|row| row.samples).sum(),
        judged: rows.iter().map(|row| row.judged).sum(),
        not_tried: rows.iter().filter(|row| row.not_tried).count(),
        pass: passes(&rows),
        categories,
        difficulties,
        tokens,
        seconds: (seconds * 1000.0).round() / 1000.0,
        tokens_per_solved: per_solved(tokens as f64),
        seconds_per_solved: per_solved(seconds),
    }
}

fn solved(rows: &[&Row]) -> usize {
    rows.iter().filter(|row| row.correct > 0).count()
}

fn passes(rows: &[&Row]) -> Vec<Pass> {
    let sampled: Vec<Sampled> = rows
        .iter()
        .map(|row| Sampled {
            samples: row.samples,
            correct: row.correct,
        })
        .collect();
    let fewest = sampled.iter().map(|one| one.samples).min().unwrap_or(0);
    ks(fewest)
        .into_iter()
        .filter_map(|k| pass(k, &sampled))
        .collect()
}

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;

    use super::*;
    use unsorry_syntax::Outline;

    /// A problem for reports.
    pub fn problem(name: &str, category: &str, difficulty: &str) -> Problem {
        let text = format!("theorem {name} : 1 = 1 := sorry\n");
        Problem {
            name: name.into(),
            categories: vec![category.into()],
            difficulty: Some(difficulty.into()),
            file: "/A.lean".into(),
            outline: Arc::new(Outline::of(&text)),
            text: text.into(),
            hole: 0,
        }
    }

    /// A result for reports.
    pub fn row(engine: &str, problem: &str, samples: usize, correct: usize) -> Row {
        Row {
            engine: engine.into(),
            problem: problem.into(),
            samples,
            judged: samples,
            correct,
            tokens: 100,
            seconds: 2.0,
            proof: (correct > 0).then(|| "omega".into()),
            level: None,
            message: None,
            not_tried: false,
        }
    }

    #[test]
    fn figures_of_two_engines() {
        let problems = [
            problem("a", "logic", "hard"),
            problem("b", "logic", "easy"),
            problem("c", "order", "easy"),
        ];
        let mut not_tried = row("local", "c", 4, 0);
        not_tried.not_tried = true;
        let rows = [
            row("local", "a", 4, 1),
            row("local", "b", 4, 4),
            not_tried,
            row("tactics", "b", 1, 1),
        ];
        let problems: Vec<&Problem> = problems.iter().collect();
        let engines = ["local".to_owned(), "tactics".to_owned()];
        let report = report(
            ("core", &[]),
            "Lean 4",
            &problems,
            &engines,
            |engine, problem| {
                rows.iter()
                    .find(|row| row.engine == engine && row.problem == problem)
            },
        );
        let [local, tactics] = &report.engines[..] else {
            panic!("two engines");
        };
        let pass = |engine: &EngineReport| -> Vec<(usize, String)> {
            let pass = engine.pass.iter();
            pass.map(|one| (one.k, format!("{:.4}", one.value)))
                .collect()
        };
        let expected = [(1, "0.4167"), (2, "0.5000"), (4, "0.6667")];
        assert_eq!(pass(local), expected.map(|(k, v)| (k, v.to_owned())));
        assert_eq!((local.done, local.solved, local.not_tried), (3, 2, 1));
        assert_eq!((local.tokens, local.tokens_per_solved), (300, Some(150.0)));
        assert_eq!(local.seconds_per_solved, Some(3.0));
        let parts = |parts: &[Part]| -> Vec<(String, usize, usize)> {
            let parts = parts.iter();
            parts
                .map(|one| (one.name.clone(), one.done, one.solved))
                .collect()
        };
        let of = |name: &str, done, solved| (name.to_owned(), done, solved);
        assert_eq!(
            parts(&local.categories),
            [of("logic", 2, 2), of("order", 1, 0)]
        );
        assert_eq!(
            parts(&local.difficulties),
            [of("easy", 2, 1), of("hard", 1, 1)]
        );
        assert_eq!(pass(tactics), [(1, "1.0000".to_owned())]);
        assert_eq!((tactics.done, tactics.solved), (1, 1));
        assert!(report.results[0].by[1].is_none());
        assert!(report.paper.comparison.contains("can't be compared"));
    }

    #[test]
    fn what_can_be_compared() {
        let check = |set: &str, problems: usize, part: &str| {
            let said = comparison(set, paper::same_set(set, &[]), problems);
            assert!(said.contains(part), "{said}");
        };
        check("proverbench", 325, "can be compared");
        check("proverbench", 10, "the paper had 325");
        check("core", 325, "can't be compared");
    }
}
