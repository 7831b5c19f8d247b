//! The text of what was kept, as a terminal may show it: anybody may have written it.

use std::time::SystemTime;

/// Returns `text` without what a terminal would obey, or what would make it read otherwise than it is.
pub(super) fn plain(text: &str) -> String {
    let shown = |c| if is_obeyed(c) { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// Returns whether a terminal obeys `c`, or shows what stands beside it otherwise than it is.
pub(super) fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes a time to the second.
pub(super) fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}
