//! The store of a folder, and how much is in it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use unsorry_search::memory::{Bounds, FILE, Figures, Store, StoreError};
use unsorry_search::search::wording::count;

/// The time that other processes' writing is waited for.
pub(super) const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the store in `folder`; none where nothing was ever kept.
pub(super) fn open(folder: &Path) -> Result<Option<Store>, StoreError> {
    if !folder.join(FILE).is_file() {
        return Ok(None);
    }
    Store::open(folder, Bounds::default(), WRITE_TIMEOUT).map(Some)
}

/// Says what there is, in a few words, for those who only want to know whether it works.
///
/// # Errors
/// When the file can't be used.
pub fn state(folder: &Path) -> Result<String> {
    let figures = match open(folder)? {
        Some(store) => store.figures()?,
        None => Figures::default(),
    };
    let path = folder.join(FILE);
    Ok(format!("{}: {}", path.display(), summary(&figures)))
}

/// Says how many proofs there are.
pub(super) fn summary(figures: &Figures) -> String {
    match figures.proofs {
        0 => "no proofs yet".into(),
        _ => format!(
            "{} of {}, used again {}",
            number(figures.proofs, "proof"),
            number(figures.goals, "goal"),
            number(figures.hits, "time")
        ),
    }
}

/// Writes a time to the second.
pub(super) fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Returns a number with its noun.
pub(super) fn number(n: i64, what: &str) -> String {
    count(usize::try_from(n).unwrap_or(0), what)
}
