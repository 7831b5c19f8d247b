//! One change of a text, and where a range stands after it.

use std::ops::Range;

/// A replacement of one range of a text. Offsets are bytes of the text before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The bytes that are taken out.
    pub range: Range<usize>,
    /// The text that stands there instead.
    pub text: String,
}

impl Change {
    /// `text` with this change made. The range must lie in it, on character boundaries.
    pub fn apply(&self, text: &str) -> String {
        let mut changed = String::with_capacity(text.len() + self.text.len());
        changed.push_str(&text[..self.range.start]);
        changed.push_str(&self.text);
        changed.push_str(&text[self.range.end..]);
        changed
    }
}

/// The change that makes `new` of `old`: all but their common start and end. Where there is a
/// choice (a repeated letter), the common start is the longest.
pub fn diff(old: &str, new: &str) -> Change {
    let shorter = old.len().min(new.len());
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let mut start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let mut tail = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(shorter - start)
        .take_while(|(a, b)| a == b)
        .count();
    while !old.is_char_boundary(old.len() - tail) || !new.is_char_boundary(new.len() - tail) {
        tail -= 1;
    }
    Change {
        range: start..old.len() - tail,
        text: new[start..new.len() - tail].to_owned(),
    }
}

/// Returns where `range` stands after `change`; none when the change touches what is in it.
///
/// A pure insertion at the range's very start or end leaves it whole: whether the new text joins
/// an identifier there is for the caller to see.
pub fn shift(range: Range<usize>, change: &Change) -> Option<Range<usize>> {
    if change.range.start >= range.end {
        return Some(range);
    }
    if change.range.end <= range.start {
        let moved = |offset: usize| offset - change.range.len() + change.text.len();
        return Some(moved(range.start)..moved(range.end));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(old: &str, new: &str, range: Range<usize>, text: &str) {
        let change = diff(old, new);
        assert_eq!((change.range, change.text.as_str()), (range, text));
    }

    #[test]
    fn a_difference_is_one_change() {
        check("", "", 0..0, "");
        check("abc", "abc", 3..3, "");
        check("abc", "axc", 1..2, "x");
        check("aa", "aaa", 2..2, "a");
        check("aaa", "aa", 2..3, "");
        check("by sorry", "by simp", 4..8, "imp");
    }

    #[test]
    fn a_character_is_never_cut() {
        check("αx", "βx", 0..2, "β");
        check("∀", "∃", 0..3, "∃");
        check("é", "à", 0..2, "à");
    }

    #[test]
    fn an_insertion_at_an_edge_leaves_a_range_whole() {
        let insert = |at: usize| Change {
            range: at..at,
            text: "xy".into(),
        };
        assert_eq!(shift(3..8, &insert(3)), Some(5..10));
        assert_eq!(shift(3..8, &insert(8)), Some(3..8));
        assert_eq!(shift(3..8, &insert(4)), None);
    }

    proptest! {
        #[test]
        fn the_change_makes_the_new_text(old in "[aé∀😀\n]{0,12}", new in "[aé∀😀\n]{0,12}") {
            let change = diff(&old, &new);
            prop_assert_eq!(change.apply(&old), new);
        }

        #[test]
        fn a_range_that_survives_has_the_same_text(
            old in "[abé∀]{0,16}", text in "[abé]{0,4}",
            cut in (0usize..17, 0usize..17), kept in (0usize..17, 0usize..17),
        ) {
            let on = |a: usize, b: usize| {
                let place = |at: usize| old.char_indices().map(|(i, _)| i).nth(at).unwrap_or(old.len());
                place(a.min(b))..place(a.max(b))
            };
            let (change, range) = (Change { range: on(cut.0, cut.1), text }, on(kept.0, kept.1));
            let overlaps = change.range.start < range.end && range.start < change.range.end;
            match shift(range.clone(), &change) {
                Some(moved) => {
                    prop_assert!(!overlaps);
                    prop_assert_eq!(&change.apply(&old)[moved], &old[range]);
                }
                None => prop_assert!(overlaps),
            }
        }
    }
}
