//! Cutting text.

/// `text` cut at `at`, or at the character that is there.
pub(crate) fn split(text: &str, at: usize) -> (&str, &str) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.split_at(at)
}
