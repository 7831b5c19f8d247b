//! `unsorry cache show`.

use std::path::Path;

use anyhow::Result;
use unsorry_infer::memory::format_bytes;
use unsorry_search::memory::{Bounds, FILE, Figures, Kept};

use super::store::{date, number, open, summary};
use crate::terminal::Lines;
use unsorry_syntax::Visible;

/// The most characters of a goal in a line.
const MAX_GOAL_CHARS: usize = 100;

/// Writes where the store in `folder` is and what is in it, with `goals` each of its proofs, too.
pub(super) fn show(folder: &Path, enabled: bool, goals: bool, out: &mut Lines<'_>) -> Result<()> {
    let path = folder.join(FILE);
    let off = if enabled { "" } else { " (switched off)" };
    out.line(format_args!("{}{off}", path.display()))?;
    let Some(store) = open(folder)? else {
        out.line(summary(&Figures::default()))?;
        return Ok(());
    };
    let figures = store.figures()?;
    out.line(summary(&figures))?;
    out.line(format_args!(
        "{} of at most {}",
        on_disk(std::fs::metadata(&path).map_or(0, |file| file.len())),
        format_bytes(u64::try_from(Bounds::default().bytes).unwrap_or(0))
    ))?;
    for (engine, proofs) in &figures.by_engine {
        out.line(format_args!("{engine:<8} {}", number(*proofs, "proof")))?;
    }
    if let Some((oldest, newest)) = figures.found {
        out.line(format_args!("oldest   {}", date(oldest)))?;
        out.line(format_args!("newest   {}", date(newest)))?;
    }
    if goals {
        out.line("")?;
        let mut written = Ok(());
        store.each(true, |kept| {
            written = out.line(in_a_line(&kept));
            written.is_ok()
        })?;
        written?;
    }
    Ok(())
}

fn on_disk(bytes: u64) -> String {
    match bytes {
        ..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        _ => format_bytes(bytes),
    }
}

/// Returns a proof and its goal, shortly.
fn in_a_line(kept: &Kept) -> String {
    let goal = kept
        .goal
        .rfind('⊢')
        .map_or(&*kept.goal, |at| &kept.goal[at..]);
    format!(
        "{}  {:<8} {}  ✓ {}",
        date(kept.found),
        kept.engine,
        short(goal),
        short(&kept.proof)
    )
}

fn short(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = Visible(text).to_string();
    match text.char_indices().nth(MAX_GOAL_CHARS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
