//! Pictures for the report, as SVG that takes its colours from the page. Pure.

use std::fmt::Write;

use super::markup::{escaped, share};
use super::report::{EngineReport, Part};

const WIDTH: f64 = 720.0;

/// Draws pass@k over k, a line and its interval for each engine.
pub fn curves(engines: &[EngineReport]) -> String {
    const HEIGHT: f64 = 320.0;
    const LEFT: f64 = 46.0;
    const RIGHT: f64 = 16.0;
    const TOP: f64 = 12.0;
    const BOTTOM: f64 = 42.0;
    let ks = engines
        .iter()
        .flat_map(|engine| engine.pass.iter().map(|pass| pass.k));
    let mut ks: Vec<usize> = ks.collect();
    ks.sort_unstable();
    ks.dedup();
    let most = ks.last().copied().unwrap_or(1).max(2) as f64;
    let x = |k: usize| LEFT + (WIDTH - LEFT - RIGHT) * (k as f64).log2() / most.log2();
    let y = |share: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share);
    let mut svg = open(HEIGHT, "pass@k of each engine");
    for tenth in (0..=10).step_by(2) {
        let at = y(f64::from(tenth) / 10.0);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{} %</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0,
            tenth * 10
        );
    }
    for k in &ks {
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{k}</text>",
            x(*k),
            HEIGHT - BOTTOM + 18.0
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">k, candidates a problem</text>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 6.0
    );
    for (at, engine) in engines.iter().enumerate() {
        let colour = colour(at);
        let points = |of: &dyn Fn(&super::statistics::Pass) -> f64| -> Vec<String> {
            let pass = engine.pass.iter();
            pass.map(|one| format!("{:.1},{:.1}", x(one.k), y(of(one))))
                .collect()
        };
        let mut band = points(&|one| one.low);
        band.extend(points(&|one| one.high).into_iter().rev());
        if engine.pass.len() > 1 {
            let _ = write!(
                svg,
                "<polygon points=\"{}\" fill=\"{colour}\" opacity=\"0.14\"/><polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>",
                band.join(" "),
                points(&|one| one.value).join(" ")
            );
        }
        for one in &engine.pass {
            // Where the band has no width it would not be seen.
            if engine.pass.len() == 1 {
                let _ = write!(
                    svg,
                    "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{1:.1}\" y2=\"{2:.1}\" stroke=\"{colour}\" stroke-width=\"2\" opacity=\"0.5\"/>",
                    x(one.k),
                    y(one.low),
                    y(one.high)
                );
            }
            let _ = write!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\"><title>{}, pass@{}: {}</title></circle>",
                x(one.k),
                y(one.value),
                escaped(&engine.engine),
                one.k,
                share(one)
            );
        }
    }
    svg + "</svg>"
}

/// Draws the share that was solved of each part, a bar for each engine.
pub fn bars(engines: &[EngineReport], parts: impl Fn(&EngineReport) -> &[Part]) -> String {
    const LABEL: f64 = 170.0;
    const END: f64 = 70.0;
    const BAR: f64 = 13.0;
    const GAP: f64 = 12.0;
    let mut names: Vec<&str> = Vec::new();
    for part in engines.iter().flat_map(&parts) {
        if !names.contains(&part.name.as_str()) {
            names.push(&part.name);
        }
    }
    let row = BAR * engines.len() as f64 + GAP;
    let mut svg = open(row * names.len() as f64 + GAP, "solved by part");
    for (at, name) in names.iter().enumerate() {
        let top = GAP + row * at as f64;
        let middle = top + BAR * engines.len() as f64 / 2.0;
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LABEL - 10.0,
            middle + 4.0,
            escaped(name)
        );
        for (which, engine) in engines.iter().enumerate() {
            let Some(part) = parts(engine).iter().find(|part| part.name == *name) else {
                continue;
            };
            let share = part.solved as f64 / part.done.max(1) as f64;
            let (y, whole) = (top + BAR * which as f64, WIDTH - LABEL - END);
            let _ = write!(
                svg,
                "<rect class=\"rest\" x=\"{LABEL}\" y=\"{y:.1}\" width=\"{whole}\" height=\"{h}\" rx=\"2\"/><rect x=\"{LABEL}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{h}\" rx=\"2\" fill=\"{}\"><title>{}, {}</title></rect><text x=\"{:.1}\" y=\"{:.1}\">{}/{}</text>",
                whole * share,
                colour(which),
                escaped(&engine.engine),
                escaped(name),
                LABEL + whole + 8.0,
                y + BAR - 3.0,
                part.solved,
                part.done,
                h = BAR - 2.0,
            );
        }
    }
    svg + "</svg>"
}

/// The colour of the engine at that place.
pub fn colour(at: usize) -> String {
    format!("var(--e{})", at % 6)
}

fn open(height: f64, title: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{}\">",
        escaped(title)
    )
}
