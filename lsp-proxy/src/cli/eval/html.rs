//! `report.html`: one page that needs nothing else. Pure.

use std::fmt::Write;

use super::markup::{escaped, percent, share};
use super::plot::{bars, colour, curves};
use super::report::{EngineReport, ProblemReport, Report};
use super::results::Row;

const STYLE: &str = include_str!("report.css");

/// The most parts that are shown as a picture: more are a list.
const MAX_PARTS: usize = 40;

/// The page.
pub fn page(report: &Report) -> String {
    let mut body = String::new();
    let set = escaped(&report.set);
    let _ = write!(
        body,
        "<h1>{set}</h1><p class=\"lead\">{} problems · {} · every proof checked by Lean</p>",
        report.problems,
        escaped(&short(&report.lean))
    );
    if report.engines.len() > 1 {
        body += &legend(&report.engines);
    }
    body += "<div class=\"cards\">";
    for (at, engine) in report.engines.iter().enumerate() {
        body += &card(at, engine);
    }
    body += "</div>";
    if report.engines.iter().any(|engine| engine.pass.len() > 1) {
        let _ = write!(body, "<h2>pass@k</h2>{}", curves(&report.engines));
    }
    body += &passes(&report.engines);
    let parts = |engine: &EngineReport| engine.categories.len();
    let most = report.engines.iter().map(parts).max().unwrap_or(0);
    if (2..=MAX_PARTS).contains(&most) {
        let bars = bars(&report.engines, |engine| &engine.categories);
        let _ = write!(
            body,
            "<h2>Solved, by category</h2>{bars}{}",
            categories(&report.engines)
        );
    }
    if report
        .engines
        .iter()
        .any(|engine| engine.difficulties.len() > 1)
    {
        let bars = bars(&report.engines, |engine| &engine.difficulties);
        let _ = write!(body, "<h2>Solved, by difficulty</h2>{bars}");
    }
    body += &costs(&report.engines);
    body += &problems(report);
    body += &paper(report);
    let _ = write!(
        body,
        "<h2>How it is counted</h2><p>{}</p>",
        escaped(report.method)
    );
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{set}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
}

/// `Lean (version 4.28.0, …, commit …)` without what nobody reads.
fn short(version: &str) -> String {
    let first = version.split(',').next().unwrap_or(version);
    first.replace("(version ", "")
}

fn legend(engines: &[EngineReport]) -> String {
    let items = engines.iter().enumerate().map(|(at, engine)| {
        format!(
            "<span><i style=\"background:{}\"></i>{}</span>",
            colour(at),
            escaped(&engine.engine)
        )
    });
    format!("<p class=\"legend\">{}</p>", items.collect::<String>())
}

fn card(at: usize, engine: &EngineReport) -> String {
    let mut notes = format!("{} of {} solved", engine.solved, engine.done);
    if engine.not_tried > 0 {
        let _ = write!(notes, " · {} could not be tried", engine.not_tried);
    }
    let shown = engine.pass.last().map_or_else(String::new, |last| {
        let (low, high) = (percent(last.low), percent(last.high));
        format!(
            "<b>{} %</b><small>pass@{}, 95 %: {low}–{high}</small>",
            percent(last.value),
            last.k
        )
    });
    format!(
        "<div class=\"card\" style=\"border-color:{}\"><h3>{}</h3>{shown}<p>{notes}</p></div>",
        colour(at),
        escaped(&engine.engine)
    )
}

fn passes(engines: &[EngineReport]) -> String {
    let mut ks: Vec<usize> = engines
        .iter()
        .flat_map(|e| e.pass.iter().map(|p| p.k))
        .collect();
    ks.sort_unstable();
    ks.dedup();
    let heads = ks.iter().map(|k| format!("pass@{k}"));
    let rows = engines.iter().map(|engine| {
        let cell = |k: &usize| {
            let pass = engine.pass.iter().find(|pass| pass.k == *k);
            // The interval goes on a line of its own.
            pass.map_or_else(String::new, |pass| share(pass).replacen(" (", "\n(", 1))
        };
        std::iter::once(engine.engine.clone())
            .chain(ks.iter().map(cell))
            .collect()
    });
    table(
        "figures",
        std::iter::once("engine".to_owned()).chain(heads).collect(),
        rows.collect(),
    )
}

fn categories(engines: &[EngineReport]) -> String {
    let heads = ["category", "engine", "problems", "pass"];
    let rows = engines.iter().flat_map(|engine| {
        engine.categories.iter().map(|part| {
            let pass: Vec<String> = part
                .pass
                .iter()
                .map(|one| format!("@{}: {}", one.k, share(one)))
                .collect();
            vec![
                part.name.clone(),
                engine.engine.clone(),
                part.done.to_string(),
                pass.join(" · "),
            ]
        })
    });
    let table = table("figures", heads.map(str::to_owned).to_vec(), rows.collect());
    format!("<details><summary>pass@k by category</summary>{table}</details>")
}

fn costs(engines: &[EngineReport]) -> String {
    let heads = [
        "engine",
        "solved",
        "candidates",
        "tokens",
        "tokens a solved problem",
        "seconds",
        "seconds a solved problem",
    ];
    let rows = engines.iter().map(|engine| {
        let per = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
        };
        vec![
            engine.engine.clone(),
            format!("{} of {}", engine.solved, engine.done),
            match engine.is_sampled() {
                true => format!("{} of {}", engine.judged, engine.samples),
                false => engine.judged.to_string(),
            },
            engine.tokens.to_string(),
            per(engine.tokens_per_solved.filter(|_| engine.tokens > 0), 0),
            format!("{:.1}", engine.seconds),
            per(engine.seconds_per_solved, 2),
        ]
    });
    let table = table("figures", heads.map(str::to_owned).to_vec(), rows.collect());
    format!("<h2>What it cost</h2>{table}")
}

fn problems(report: &Report) -> String {
    let results = &report.results;
    // What all problems share needs no column.
    let differs = |of: &dyn Fn(&ProblemReport) -> String| {
        let first = results.first().map(of);
        results.iter().any(|one| Some(of(one)) != first)
    };
    let category = |one: &ProblemReport| one.categories.join(", ");
    let difficulty = |one: &ProblemReport| one.difficulty.clone().unwrap_or_default();
    type Column<'a> = (&'a str, &'a dyn Fn(&ProblemReport) -> String);
    let columns: [Column; 2] = [("category", &category), ("difficulty", &difficulty)];
    let columns: Vec<Column> = columns.into_iter().filter(|(_, of)| differs(*of)).collect();
    let mut heads = "<th>problem</th>".to_owned();
    let engines = report.engines.iter().map(|engine| engine.engine.as_str());
    for head in columns.iter().map(|(head, _)| *head).chain(engines) {
        let _ = write!(heads, "<th>{}</th>", escaped(head));
    }
    let mut rows = String::new();
    for one in results {
        let _ = write!(rows, "<tr><td>{}</td>", escaped(&one.problem));
        for (_, of) in &columns {
            let _ = write!(rows, "<td>{}</td>", escaped(&of(one)));
        }
        rows.extend(one.by.iter().map(|row| cell(row.as_ref())));
        rows += "</tr>";
    }
    format!(
        "<h2>Problems</h2><details><summary>{} problems, and who solved them</summary><div class=\"wide\"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>",
        results.len()
    )
}

fn cell(row: Option<&Row>) -> String {
    let Some(row) = row else {
        return "<td class=\"none\">not done</td>".to_owned();
    };
    let count = match row.samples {
        1 => String::new(),
        samples => format!(" {}/{samples}", row.correct),
    };
    match &row.proof {
        Some(proof) => format!(
            "<td class=\"yes\"><details><summary>✓{count}</summary><pre>{}</pre></details></td>",
            escaped(proof)
        ),
        None => {
            let message = escaped(row.message.as_deref().unwrap_or_default());
            let word = if row.not_tried { "not tried" } else { "✗" };
            format!("<td class=\"no\" title=\"{message}\">{word}{count}</td>")
        }
    }
}

fn paper(report: &Report) -> String {
    let theirs = report.paper.figures.iter().map(|figure| {
        let pass = figure.pass.iter();
        let pass: Vec<String> = pass
            .map(|(k, value)| format!("@{k}: {value:.1} %"))
            .collect();
        vec![
            format!("{} ({})", figure.set, figure.problems),
            format!("DeepSeek-Prover-V2 {}", figure.model),
            pass.join(" · "),
            figure
                .tokens
                .map_or_else(String::new, |tokens| tokens.to_string()),
        ]
    });
    let ours = report.engines.iter().map(|engine| {
        let pass = engine.pass.iter();
        let pass: Vec<String> = pass
            .map(|one| format!("@{}: {} %", one.k, percent(one.value)))
            .collect();
        let tokens = match engine.is_sampled() {
            true => format!("{:.0}", engine.tokens as f64 / engine.judged.max(1) as f64),
            false => String::new(),
        };
        vec![
            format!("{} ({})", report.set, engine.done),
            format!("here: {}", engine.engine),
            pass.join(" · "),
            tokens,
        ]
    });
    let rows = theirs.chain(ours).collect();
    let heads = ["set (problems)", "model", "pass", "tokens an answer"];
    format!(
        "<h2>Beside the paper</h2><p>{} (Source: {}.)</p>{}",
        escaped(&report.paper.comparison),
        report.paper.source,
        table("words", heads.map(str::to_owned).to_vec(), rows)
    )
}

fn table(kind: &str, heads: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let cells = |tag: &str, cells: &[String]| -> String {
        let cells = cells
            .iter()
            .map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)));
        format!("<tr>{}</tr>", cells.collect::<String>())
    };
    let rows: String = rows.iter().map(|row| cells("td", row)).collect();
    format!(
        "<div class=\"wide\"><table class=\"{kind}\"><thead>{}</thead><tbody>{rows}</tbody></table></div>",
        cells("th", &heads)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::eval::report::report;
    use crate::cli::eval::report::tests::{problem, row};
    use crate::cli::eval::set::Problem;

    #[test]
    fn a_page_needs_nothing_and_runs_nothing() {
        let evil = "<script>alert('x')</script>";
        let problems = [problem("a", evil, "easy"), problem("b", "logic", "hard")];
        let problems: Vec<&Problem> = problems.iter().collect();
        let mut first = row("local", "a", 4, 1);
        first.proof = Some(evil.into());
        let mut second = row("local", "b", 4, 0);
        second.message = Some(format!("\"{evil}"));
        let rows = [first, second];
        let engines = ["local".to_owned(), "tactics".to_owned()];
        let report = report((evil, &[]), evil, &problems, &engines, |engine, name| {
            rows.iter()
                .find(|row| row.engine == engine && row.problem == name)
        });
        let page = page(&report);
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("url("));
        for part in [
            "pass@4",
            "<svg",
            "prefers-color-scheme",
            "1 of 2 solved",
            "can&#39;t be compared",
            "@8192: 88.9 %",
            "not done",
            "✓ 1/4",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }
}
