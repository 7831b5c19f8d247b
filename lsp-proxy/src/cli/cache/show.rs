//! `unsorry cache show`.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use unsorry_infer::memory::format_bytes;
use unsorry_search::memory::{Bounds, FILE, Figures, Kept};

use super::store::{number, open, summary};
use super::text::{date, plain};

/// The most characters of a goal in a line.
const MAX_GOAL_CHARS: usize = 100;

/// Writes where the store in `folder` is and what is in it, with `goals` each of its proofs, too.
pub(super) fn show(folder: &Path, enabled: bool, goals: bool, out: &mut dyn Write) -> Result<()> {
    let path = folder.join(FILE);
    let off = if enabled { "" } else { " (switched off)" };
    writeln!(out, "{}{off}", path.display())?;
    let Some(store) = open(folder)? else {
        writeln!(out, "{}", summary(&Figures::default()))?;
        return Ok(());
    };
    let figures = store.figures()?;
    writeln!(out, "{}", summary(&figures))?;
    writeln!(
        out,
        "{} of at most {}",
        on_disk(std::fs::metadata(&path).map_or(0, |file| file.len())),
        format_bytes(u64::try_from(Bounds::default().bytes).unwrap_or(0))
    )?;
    for (engine, proofs) in &figures.by_engine {
        let line = format!("{:<8} {}", plain(engine), number(*proofs, "proof"));
        writeln!(out, "{line}")?;
    }
    if let Some((oldest, newest)) = figures.found {
        writeln!(out, "oldest   {}\nnewest   {}", date(oldest), date(newest))?;
    }
    if goals {
        writeln!(out)?;
        let mut written = Ok(());
        store.each(true, |kept| {
            written = writeln!(out, "{}", in_a_line(&kept));
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
        plain(&kept.engine),
        short(goal),
        short(&kept.proof)
    )
}

fn short(text: &str) -> String {
    let text = plain(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match text.char_indices().nth(MAX_GOAL_CHARS) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
