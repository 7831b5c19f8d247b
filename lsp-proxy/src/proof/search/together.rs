//! How many candidates for a goal stand in one text, by what Lean takes for one. Pure.
//!
//! Copies of the declaration are elaborated side by side, and are told about once. But what stands before
//! the hole in its declaration is elaborated for each. Where that takes long, a candidate is better off
//! alone in the place of the one before it: of a block of tactics, Lean keeps what stands before the change.

use std::time::Duration;

/// Copies of a declaration that takes no longer than this are elaborated together.
const LIGHT: Duration = Duration::from_millis(150);

/// Copies of one that does, where Lean keeps nothing of it, are as many as it elaborates in this time.
const TOGETHER: Duration = Duration::from_secs(4);

/// What is known of a declaration.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Together {
    /// Nothing yet.
    #[default]
    Unknown,
    /// It takes so long with its first candidate.
    Heavy(Duration),
    /// So many can stand together.
    AtMost(usize),
}

impl Together {
    /// Of a declaration for which Lean took so long with all that stands before it, as far as it did not
    /// have that already.
    pub fn before(took: Duration) -> Together {
        match took <= LIGHT {
            true => Together::AtMost(usize::MAX),
            false => Together::Unknown,
        }
    }

    /// How many to put together next, of `most`.
    pub fn how_many(self, most: usize) -> usize {
        match self {
            Together::AtMost(n) => n.min(most),
            Together::Unknown | Together::Heavy(_) => 1,
        }
    }

    /// What is known after a text with one candidate, which took so long.
    pub fn after_one(self, took: Duration) -> Together {
        match self {
            Together::Unknown if took > LIGHT => Together::Heavy(took),
            Together::Unknown => Together::AtMost(usize::MAX),
            Together::Heavy(first) if took <= first / 2 => Together::AtMost(1),
            Together::Heavy(_) => {
                let copies = TOGETHER.as_millis() / took.as_millis().max(1);
                Together::AtMost(usize::try_from(copies).unwrap_or(usize::MAX).max(1))
            }
            known => known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 16 are put together, text by text, where Lean takes so many milliseconds for the first,
    /// and so many for each after it that stands alone.
    #[track_caller]
    fn check(before: u64, alone: [u64; 2], expected: [usize; 3]) {
        let mut together = Together::before(Duration::from_millis(before));
        let mut found = [0; 3];
        for (at, found) in found.iter_mut().enumerate() {
            *found = together.how_many(16);
            if let (1, Some(took)) = (*found, alone.get(at)) {
                together = together.after_one(Duration::from_millis(*took));
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn as_many_as_pay() {
        check(30, [0, 0], [16, 16, 16]);
        // There was much before, and it is light.
        check(5000, [40, 40], [1, 16, 16]);
        // Lean keeps what stands before the hole, or it does not.
        check(5000, [1000, 90], [1, 1, 1]);
        check(5000, [1000, 900], [1, 1, 4]);
        check(5000, [9000, 8000], [1, 1, 1]);
        check(5000, [160, 150], [1, 1, 16]);
    }
}
