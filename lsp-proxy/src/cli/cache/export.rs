//! `unsorry cache export`.

use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use unsorry_search::memory::{Figures, Kept, Store};

use super::store::{date, number, open};
use crate::terminal::Lines;

/// Writes the proofs as JSON lines to `file`, or to `out` where none is named; without `jsonl`, only says
/// what would be written.
pub(super) fn export(
    folder: &Path,
    jsonl: bool,
    file: Option<&Path>,
    out: &mut Lines<'_>,
) -> Result<()> {
    let store = open(folder)?;
    if !jsonl {
        let figures = match &store {
            Some(store) => store.figures()?,
            None => Figures::default(),
        };
        out.line(format_args!(
            "{} would be written, each with its goal and up to 8 KB of your text before it, as one JSON object a line. \
             To do it: unsorry cache export --jsonl {}",
            number(figures.proofs, "proof"),
            file.map_or_else(|| "FILE".into(), |file| file.display().to_string())
        ))?;
        return Ok(());
    }
    let Some(path) = file else {
        return rows(store.as_ref(), out).map(drop);
    };
    ensure!(
        !path.exists(),
        "there is already a {}: remove it, or name another file",
        path.display()
    );
    let place = path.parent().filter(|place| !place.as_os_str().is_empty());
    let failed = || format!("can't write {}", path.display());
    let new = tempfile::NamedTempFile::new_in(place.unwrap_or(Path::new(".")));
    let mut new = new.with_context(failed)?;
    let written = {
        let mut out = BufWriter::new(&mut new);
        rows(store.as_ref(), &mut Lines(&mut out)).with_context(failed)?
    };
    if new.persist_noclobber(path).is_err() {
        bail!(failed());
    }
    out.line(format_args!(
        "{} written to {}",
        number(written, "proof"),
        path.display()
    ))?;
    Ok(())
}

/// Writes a line for each proof, and returns how many.
fn rows(store: Option<&Store>, out: &mut Lines<'_>) -> Result<i64> {
    let mut written = Ok(());
    let mut lines = 0;
    if let Some(store) = store {
        store.each(false, |kept| {
            written = out.json(&row(&kept));
            lines += 1;
            written.is_ok()
        })?;
    }
    written?;
    out.flush()?;
    Ok(lines)
}

fn row(kept: &Kept) -> Value {
    let imports: Vec<&str> = kept
        .imports
        .split(' ')
        .filter(|one| !one.is_empty())
        .collect();
    json!({
        "goal": kept.goal,
        "context": kept.context,
        "hole": kept.hole,
        "proof": kept.proof,
        "kind": kept.kind,
        "engine": kept.engine,
        "level": kept.level,
        "lean": kept.lean,
        "imports": imports,
        "found": date(kept.found),
    })
}
