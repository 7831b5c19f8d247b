//! Rows as a picture: SVG that can be read on a light page and on a dark one. Pure.

use std::fmt::Write;

use super::{Row, rounded};

const WIDTH: f64 = 720.0;

/// Where the bars begin, and what is left for the figures behind them.
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

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::Better;
    use super::*;

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
