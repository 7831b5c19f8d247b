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

/// What is known of a declaration: nothing at first, which the first candidates change.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Together {
    /// How long it takes with its first candidate, if that is long.
    first: Option<Duration>,
    /// So many can stand together.
    most: Option<usize>,
    /// It needs more heartbeats than a candidate is given, whatever that is.
    pub unlimited: bool,
}

impl Together {
    /// How many to put together next, of `most`.
    pub fn how_many(&self, most: usize) -> usize {
        self.most.unwrap_or(1).min(most)
    }

    /// A text with one candidate took so long, and `ran_out` of the heartbeats of a screening, or not.
    pub fn took_alone(&mut self, took: Duration, ran_out: bool) {
        match (self.most, self.first) {
            (Some(_), _) => {}
            (None, _) if took <= LIGHT && self.first.is_none() => {
                self.most = Some(usize::MAX);
                self.unlimited = false;
            }
            // It may never have come to the candidate.
            (None, _) if ran_out && !self.unlimited => {
                *self = Together {
                    unlimited: true,
                    ..Together::default()
                };
            }
            (None, None) => self.first = Some(took),
            (None, Some(first)) if took <= first / 2 => self.most = Some(1),
            (None, Some(_)) => {
                let copies = TOGETHER.as_millis() / took.as_millis().max(1);
                self.most = Some(usize::try_from(copies).unwrap_or(usize::MAX).max(1));
            }
        }
    }

    /// There was no answer for so many together.
    pub fn took_too_long(&mut self, together: usize) {
        self.most = Some((together / 2).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of 16 are put together, text by text, where Lean takes so many milliseconds for each that
    /// stands alone, and runs out of heartbeats in it or not; then whether these are limited.
    #[track_caller]
    fn check(alone: &[(u64, bool)], expected: &[usize], limited: bool) {
        let mut together = Together::default();
        let mut found = Vec::new();
        for (took, ran_out) in alone {
            found.push(together.how_many(16));
            together.took_alone(Duration::from_millis(*took), *ran_out);
        }
        found.push(together.how_many(16));
        assert_eq!((found.as_slice(), !together.unlimited), (expected, limited));
    }

    #[test]
    fn as_many_as_pay() {
        check(&[(40, false)], &[1, 16], true);
        // Lean keeps what stands before the hole, or it does not.
        check(&[(1000, false), (90, false)], &[1, 1, 1], true);
        check(&[(1000, false), (900, false)], &[1, 1, 4], true);
        check(&[(9000, false), (8000, false)], &[1, 1, 1], true);
        check(&[(160, false), (150, false)], &[1, 1, 16], true);
    }

    #[test]
    fn what_is_too_much_for_a_screening() {
        let heavy = [(3000, true), (9000, false), (90, false)];
        check(&heavy, &[1, 1, 1, 1], false);
        // It was the candidate.
        check(&[(3000, true), (40, false)], &[1, 1, 16], true);
    }

    #[test]
    fn what_gets_no_answer_is_halved_for_good() {
        let mut together = Together::default();
        together.took_alone(LIGHT, false);
        together.took_too_long(16);
        assert_eq!(together.how_many(16), 8);
        together.took_too_long(1);
        assert_eq!(together.how_many(16), 1);
    }
}
