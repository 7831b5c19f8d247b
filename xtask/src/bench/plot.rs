//! Rows as a picture: SVG that can be read on a light page and on a dark one. Pure.

use std::fmt::Write;

use super::row::{Row, rounded};

const WIDTH: f64 = 720.0;

/// The start of the bars, and the room for the figures behind them.
const LABEL: f64 = 190.0;
const FIGURE: f64 = 110.0;

const LINE: f64 = 20.0;
const TITLE: f64 = 26.0;
const GAP: f64 = 10.0;

/// Greys and blue that stand out from white and from black.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#7d8590}.row{font-weight:600}.ours{fill:#2f81f7}.peer{fill:#8b949e}";

/// Each row's figures as bars: ours, then each peer's.
pub(super) fn bars(rows: &[&Row]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row.row) {
            names.push(row.row);
        }
    }
    let mut body = String::new();
    let mut y = GAP;
    for name in names {
        let same: Vec<&Row> = rows.iter().copied().filter(|row| row.row == name).collect();
        y = group(&mut body, &same, y) + GAP;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y:.0}\" role=\"img\"><style>{STYLE}</style>{body}</svg>\n"
    )
}

/// Draws rows of one name from `y` down. Gives where they end.
fn group(svg: &mut String, rows: &[&Row], mut y: f64) -> f64 {
    let Some(first) = rows.first() else {
        return y;
    };
    let title = format!("{} ({})", first.row, first.unit);
    // Nothing that is written to a string fails.
    let _ = write!(
        svg,
        "<text class=\"row\" x=\"{GAP}\" y=\"{:.0}\">{}</text>",
        y + 15.0,
        escaped(&title)
    );
    y += TITLE;
    let ours = std::iter::once(("unsorry", Some(first.ours), "ours"));
    let peers = rows
        .iter()
        .map(|row| (row.peer_name, row.peer.as_ref().ok().copied(), "peer"));
    let bars: Vec<_> = ours.chain(peers).collect();
    let most = bars.iter().filter_map(|bar| bar.1).fold(0.0, f64::max);
    for (name, figure, class) in bars {
        let width = (WIDTH - LABEL - FIGURE) * figure.unwrap_or(0.0) / most.max(f64::MIN_POSITIVE);
        let said = figure.map_or("–".to_owned(), |figure| rounded(figure).to_string());
        let _ = write!(
            svg,
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text><rect class=\"{class}\" x=\"{LABEL}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"14\" rx=\"2\"/><text x=\"{:.1}\" y=\"{1:.0}\">{said}</text>",
            LABEL - 8.0,
            y + 11.5,
            escaped(name),
            LABEL + width + 8.0,
        );
        y += LINE;
    }
    y
}

/// The height of the field of curves, and the margins left of it and below.
const FIELD: f64 = 240.0;
const MARGIN: f64 = 56.0;

/// Values at each `at`, both axes from 0, a line for each of what is measured.
pub(super) fn curves(at: &[usize], across: &str, up: &str, lines: &[(&str, &[f64])]) -> String {
    let most_at = at.last().copied().unwrap_or(1) as f64;
    let values = lines.iter().flat_map(|(_, values)| values.iter().copied());
    let most = values.fold(f64::MIN_POSITIVE, f64::max) * 1.1;
    let width = WIDTH - 2.0 * MARGIN;
    let x = |at: f64| MARGIN + width * at / most_at;
    let y = |value: f64| GAP + FIELD * (1.0 - value / most);
    let mut body = String::new();
    // Nothing that is written to a string fails.
    let _ = write!(
        body,
        "<path class=\"axis\" d=\"M{MARGIN} {GAP}V{:.0}H{:.0}\"/>",
        GAP + FIELD,
        MARGIN + width
    );
    let step = step(most);
    let ticks = (0..).map(|n| f64::from(n) * step);
    for value in ticks.take_while(|value| *value < most) {
        let _ = write!(
            body,
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            MARGIN - 6.0,
            y(value) + 4.0,
            rounded(value)
        );
    }
    let _ = write!(
        body,
        "<text x=\"{:.0}\" y=\"{:.0}\">{}</text><text x=\"{MARGIN}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>",
        MARGIN + 6.0,
        GAP + 12.0,
        escaped(up),
        GAP + FIELD + 18.0,
        escaped(across)
    );
    for at in at {
        let _ = write!(
            body,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{at}</text>",
            x(*at as f64),
            GAP + FIELD + 18.0
        );
    }
    for (number, (name, values)) in lines.iter().enumerate() {
        let points = at.iter().zip(*values);
        let points: Vec<String> = points
            .map(|(at, value)| format!("{:.1},{:.1}", x(*at as f64), y(*value)))
            .collect();
        let hue = number * 360 / lines.len();
        let legend = GAP + FIELD + 44.0 + LINE * number as f64;
        let _ = write!(
            body,
            "<polyline points=\"{}\" stroke=\"hsl({hue} 65% 52%)\"/><path d=\"M{MARGIN} {1:.0}h24\" stroke=\"hsl({hue} 65% 52%)\"/><text x=\"{2:.0}\" y=\"{3:.0}\">{4}</text>",
            points.join(" "),
            legend - 4.0,
            MARGIN + 32.0,
            legend,
            escaped(name)
        );
    }
    let height = GAP + FIELD + 44.0 + LINE * lines.len() as f64;
    let title = escaped(&format!("{up} by {across}"));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\"><title>{title}</title><style>{STYLE}polyline,path{{fill:none;stroke-width:2}}.axis{{stroke:#8b949e;stroke-width:1}}</style>{body}</svg>\n"
    )
}

/// A round number, a third to a sixth of `most`.
fn step(most: f64) -> f64 {
    let power = 10f64.powf((most / 3.0).log10().floor());
    let fits = |step: &f64| step * 3.0 <= most;
    let steps = [power, 2.0 * power, 5.0 * power];
    steps.into_iter().rfind(fits).unwrap_or(power)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::row::Better;

    #[test]
    fn steps_are_round() {
        assert_eq!(
            [3.3, 569.0, 700.0, 0.04].map(step),
            [1.0, 100.0, 200.0, 0.01]
        );
    }

    #[test]
    fn a_curve_has_a_point_for_each() {
        let svg = curves(
            &[1, 2],
            "lines",
            "µs",
            &[("a < b", &[1.0, 2.0]), ("c", &[3.0, 3.0])],
        );
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains("a &lt; b</text>"));
        // Half of the way, and all of it.
        assert!(svg.contains(r#"points="360.0,177.3 664.0,104.5""#), "{svg}");
    }

    #[test]
    fn a_row_has_a_bar_for_each() {
        let row = |peer_name, peer| Row {
            bench: "relay",
            row: "a < b",
            unit: "µs",
            better: Better::Less,
            ours: 5.0,
            peer_name,
            peer,
        };
        let svg = bars(&[&row("one", Ok(10.0)), &row("two", Err("it died".into()))]);
        assert_eq!(svg.matches("a &lt; b (µs)").count(), 1);
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains(r#"width="420.0""#) && svg.contains(r#"width="210.0""#));
        assert!(svg.contains(">–</text>"));
    }
}
