//! What a bench gives: rows of figures, ours beside a peer's.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use crate::workspace::built;

/// The programs that are measured, in optimised builds.
pub(crate) struct Programs {
    pub(crate) unsorry: PathBuf,
    pub(crate) xtask: PathBuf,
}

impl Programs {
    /// Builds them.
    pub(crate) fn build() -> Result<Programs> {
        let build = |package: &str| built(&["build", "--release", "--package", package], package);
        Ok(Programs {
            unsorry: build("unsorry")?,
            xtask: build("xtask")?,
        })
    }
}

/// One thing measured, of ours and of the peer in the same run.
pub(crate) struct Row {
    pub(crate) bench: &'static str,
    pub(crate) row: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
    pub(crate) ours: f64,
    pub(crate) peer_name: &'static str,
    /// The peer's figure, or why it has none.
    pub(crate) peer: Result<f64, String>,
}

/// The direction in which figures are better.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    /// Less is better, as of time and memory.
    Less,
    /// More is better, as of speed.
    More,
}

impl Row {
    /// Returns how many times as good ours is as the peer's; none of nothing.
    fn ratio(&self) -> Option<f64> {
        let peer = *self.peer.as_ref().ok()?;
        let ratio = match self.better {
            Better::Less => peer / self.ours,
            Better::More => self.ours / peer,
        };
        ratio.is_finite().then_some(ratio)
    }
}

/// Prints `rows` for people, or `as_json`.
pub(crate) fn print(rows: &[Row], as_json: bool) {
    if as_json {
        for row in rows {
            let object = json!({
                "bench": row.bench,
                "row": row.row,
                "unit": row.unit,
                "ours": rounded(row.ours),
                "peer": row.peer.as_ref().ok().map(|peer| rounded(*peer)),
                "peer_name": row.peer_name,
                "ratio": row.ratio().map(rounded),
                "why": row.peer.as_ref().err(),
            });
            println!("{object}");
        }
        return;
    }
    for rows in rows.chunk_by(|a, b| a.peer_name == b.peer_name) {
        let peer = rows[0].peer_name;
        println!("{:60}{:>10}{peer:>33}{:>9}", "", "unsorry", "ratio");
        for row in rows {
            let shown = |figure: Option<f64>| {
                figure.map_or("–".to_owned(), |figure| rounded(figure).to_string())
            };
            println!(
                "{:60}{:>10}{:>33}{:>9}",
                format!("{} ({})", row.row, row.unit),
                rounded(row.ours),
                shown(row.peer.as_ref().ok().copied()),
                shown(row.ratio())
            );
        }
        let mut whys: Vec<&String> = rows
            .iter()
            .filter_map(|row| row.peer.as_ref().err())
            .collect();
        whys.dedup();
        for why in whys {
            println!("  –: {why}");
        }
    }
}

/// Returns the one of `values` below which this share of them is.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

/// Returns a figure with three significant digits, which is more than can be measured.
pub(crate) fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_above_1_are_in_our_favour() {
        let row = |better, ours, peer| Row {
            bench: "",
            row: "",
            unit: "",
            better,
            ours,
            peer_name: "",
            peer,
        };
        assert_eq!(row(Better::Less, 2.0, Ok(4.0)).ratio(), Some(2.0));
        assert_eq!(row(Better::More, 2.0, Ok(4.0)).ratio(), Some(0.5));
        assert_eq!(row(Better::More, 2.0, Err("it died".into())).ratio(), None);
        assert_eq!(row(Better::More, 0.0, Ok(0.0)).ratio(), None);
    }

    #[test]
    fn quantiles_are_of_the_values_in_order() {
        let values = [3.0, 1.0, 2.0, 5.0, 4.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 0.99), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
