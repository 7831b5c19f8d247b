//! The number of candidates for a goal in one text, by what Lean says of those before. Pure.

use crate::check::screen::Judged;
use crate::check::verdict::Verdict;

/// The number of candidates in the first text: the likeliest come first, and in some places Lean says nothing
/// before it is done with all.
const FIRST_BATCH: usize = 4;

/// The size of a goal's batches, by what Lean said of those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchSizer {
    /// Whether there was no text yet.
    first: bool,
    /// The most candidates that can stand in one text.
    most: usize,
    /// Whether what stands before the hole needs more than a screening may take.
    unlimited: bool,
}

impl Default for BatchSizer {
    fn default() -> BatchSizer {
        BatchSizer {
            first: true,
            most: usize::MAX,
            unlimited: false,
        }
    }
}

impl BatchSizer {
    /// The number to put together next, of `most`.
    pub fn how_many(&self, most: usize) -> usize {
        match self.first {
            true => most.min(FIRST_BATCH),
            false => most.min(self.most),
        }
    }

    /// Whether what Lean may spend on a text is limited.
    pub fn is_limited(&self) -> bool {
        !self.unlimited
    }

    /// Takes in what Lean has said of `size` candidates in one text. Returns their verdicts: those that have
    /// none are to be asked about again, and one alone always has one.
    pub fn heard(&mut self, size: usize, judged: Judged) -> Vec<Option<Verdict>> {
        let verdicts = match judged {
            Judged::Verdicts(verdicts) => verdicts,
            Judged::TooMuch => {
                self.unlimited = true;
                return vec![None; size];
            }
        };
        self.first = false;
        if verdicts.iter().all(Option::is_none) {
            self.no_answer(size);
        }
        verdicts
    }

    /// Takes in that Lean says nothing of `size` candidates together: that is too many, for good.
    pub fn no_answer(&mut self, size: usize) {
        self.first = false;
        self.most = (size / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_no_answer_is_halved_for_good() {
        let mut sizer = BatchSizer::default();
        let failed = Some(Verdict::Failed(Vec::new()));
        let some = vec![failed, None];
        assert_eq!((sizer.how_many(16), sizer.how_many(3)), (4, 3));
        assert_eq!(sizer.heard(2, Judged::Verdicts(some.clone())), some);
        assert_eq!(sizer.how_many(16), 16);
        sizer.heard(16, Judged::Verdicts(vec![None; 16]));
        assert_eq!(sizer.how_many(16), 8);
        sizer.no_answer(3);
        sizer.no_answer(1);
        assert_eq!(sizer.how_many(16), 1);
    }

    #[test]
    fn what_is_too_much_for_a_screening() {
        let mut sizer = BatchSizer::default();
        assert_eq!(sizer.heard(2, Judged::TooMuch), [None, None]);
        assert_eq!((sizer.how_many(16), sizer.is_limited()), (4, false));
    }
}
