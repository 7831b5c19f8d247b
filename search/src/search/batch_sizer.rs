//! How many candidates for a goal stand in one text, by what Lean says of those before. Pure.

use crate::check::screen::Judged;
use crate::check::verdict::Verdict;

/// How many stand in the first text: what is likeliest to do comes first, and in some places Lean says nothing
/// before it is done with all.
const FIRST: usize = 4;

/// What is known of a goal's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchSizer {
    /// Nothing is: there was no text yet.
    first: bool,
    /// So many candidates can stand in one.
    most: usize,
    /// What stands before the hole needs more than a screening may take.
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
    /// How many to put together next, of `most`.
    pub fn how_many(&self, most: usize) -> usize {
        match self.first {
            true => most.min(FIRST),
            false => most.min(self.most),
        }
    }

    /// Whether what Lean may spend on a text is limited.
    pub fn is_limited(&self) -> bool {
        !self.unlimited
    }

    /// Lean has said this of so many together: their verdicts. Those that have none are to be asked about
    /// again, of one alone there always is one.
    pub fn heard(&mut self, together: usize, judged: Judged) -> Vec<Option<Verdict>> {
        let verdicts = match judged {
            Judged::Verdicts(verdicts) => verdicts,
            Judged::TooMuch => {
                self.unlimited = true;
                return vec![None; together];
            }
        };
        self.first = false;
        if verdicts.iter().all(Option::is_none) {
            self.no_answer(together);
        }
        verdicts
    }

    /// Nothing is known of so many together: that is too many, for good.
    pub fn no_answer(&mut self, together: usize) {
        self.first = false;
        self.most = (together / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_no_answer_is_halved_for_good() {
        let mut together = BatchSizer::default();
        let failed = Some(Verdict::Failed(Vec::new()));
        let some = vec![failed, None];
        assert_eq!((together.how_many(16), together.how_many(3)), (4, 3));
        assert_eq!(together.heard(2, Judged::Verdicts(some.clone())), some);
        assert_eq!(together.how_many(16), 16);
        together.heard(16, Judged::Verdicts(vec![None; 16]));
        assert_eq!(together.how_many(16), 8);
        together.no_answer(3);
        together.no_answer(1);
        assert_eq!(together.how_many(16), 1);
    }

    #[test]
    fn what_is_too_much_for_a_screening() {
        let mut together = BatchSizer::default();
        assert_eq!(together.heard(2, Judged::TooMuch), [None, None]);
        assert_eq!((together.how_many(16), together.is_limited()), (4, false));
    }
}
