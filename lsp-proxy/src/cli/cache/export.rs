//! `unsorry cache export`.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use unsorry_search::memory::{Figures, Kept, Store};

use super::store::{number, open};
use super::text::{date, is_obeyed};

/// Writes the proofs as JSON lines to `file`, or to `out` where none is named; without `jsonl`, only says
/// what would be written.
pub(super) fn export(
    folder: &Path,
    jsonl: bool,
    file: Option<&Path>,
    out: &mut dyn Write,
) -> Result<()> {
    let store = open(folder)?;
    if !jsonl {
        let figures = match &store {
            Some(store) => store.figures()?,
            None => Figures::default(),
        };
        writeln!(
            out,
            "{} would be written, each with its goal and up to 8 KB of your text before it, as one JSON object a line. \
             To do it: unsorry cache export --jsonl {}",
            number(figures.proofs, "proof"),
            file.map_or_else(|| "FILE".into(), |file| file.display().to_string())
        )?;
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
    let written = rows(store.as_ref(), &mut BufWriter::new(&mut new)).with_context(failed)?;
    if new.persist_noclobber(path).is_err() {
        bail!(failed());
    }
    writeln!(
        out,
        "{} written to {}",
        number(written, "proof"),
        path.display()
    )?;
    Ok(())
}

/// Writes a line for each proof, and returns how many.
fn rows(store: Option<&Store>, out: &mut dyn Write) -> Result<i64> {
    let mut written = Ok(());
    let mut lines = 0;
    if let Some(store) = store {
        store.each(false, |kept| {
            written = writeln!(out, "{}", row(&kept));
            lines += 1;
            written.is_ok()
        })?;
    }
    written?;
    out.flush()?;
    Ok(lines)
}

fn row(kept: &Kept) -> String {
    let imports: Vec<&str> = kept
        .imports
        .split(' ')
        .filter(|one| !one.is_empty())
        .collect();
    let row = json!({
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
    });
    let mut line = String::new();
    // JSON leaves some of them as they are, and stdout may be a terminal.
    for c in row.to_string().chars() {
        match is_obeyed(c) {
            true => line += &format!("\\u{:04x}", u32::from(c)),
            false => line.push(c),
        }
    }
    line
}
