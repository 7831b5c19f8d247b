//! The number of candidates for a goal in one text, by what Lean says of those before. Pure.

use std::time::Duration;

use crate::check::screen::Judged;
use crate::check::verdict::Verdict;

/// The number of candidates in the first text: the likeliest come first, and in some places Lean says nothing
/// before it is done with all.
const FIRST_BATCH: usize = 4;

/// The least time that Lean may be busy with one candidate.
const CANDIDATE_PATIENCE: Duration = Duration::from_secs(3);

/// The least time that Lean may be busy with a text, besides [`EACH_PATIENCE`] for each of its candidates.
const TEXT_PATIENCE: Duration = Duration::from_secs(4);

/// See [`TEXT_PATIENCE`].
const EACH_PATIENCE: Duration = Duration::from_millis(500);

/// The most times that patience is doubled.
const MAX_CUTS: u32 = 4;

/// The size of a goal's batches, by what Lean said of those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchSizer {
    /// Whether there was no text yet.
    first: bool,
    /// The most candidates that can stand in one text.
    most: usize,
    /// Whether what stands before the hole needs more than a screening may take.
    unlimited: bool,
    /// The longest that Lean took for a candidate.
    pace: Duration,
    /// The number of texts that it was not waited for since it took any time that is known: it may be slow
    /// with all.
    cuts: u32,
}

impl Default for BatchSizer {
    fn default() -> BatchSizer {
        BatchSizer {
            first: true,
            most: usize::MAX,
            unlimited: false,
            pace: Duration::ZERO,
            cuts: 0,
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

    /// Takes in that Lean took so long for a candidate.
    pub fn took(&mut self, time: Duration) {
        self.pace = self.pace.max(time);
        self.cuts = 0;
    }

    /// Takes in that Lean was not waited for to the end.
    pub fn cut(&mut self) {
        self.cuts = (self.cuts + 1).min(MAX_CUTS);
    }

    /// The longest that Lean may be busy with one candidate before the others go on without it. What it does
    /// within a screening's heartbeats takes no longer, or it counts none.
    pub fn patience(&self) -> Duration {
        let most = CANDIDATE_PATIENCE * (1 << MAX_CUTS);
        (CANDIDATE_PATIENCE * (1 << self.cuts))
            .max(self.pace * 4)
            .min(most)
    }

    /// The longest that Lean may take for a text of so many candidates of which it says nothing before it is
    /// done with all.
    pub fn text_patience(&self, size: usize) -> Duration {
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let least = TEXT_PATIENCE + EACH_PATIENCE.saturating_mul(size);
        least.saturating_mul(1 << self.cuts) + self.pace * 4
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

    #[test]
    fn who_is_slow_with_all_is_waited_for() {
        let seconds = Duration::from_secs;
        let mut sizer = BatchSizer::default();
        assert_eq!(
            (sizer.patience(), sizer.text_patience(4)),
            (seconds(3), seconds(6))
        );
        sizer.cut();
        assert_eq!(
            (sizer.patience(), sizer.text_patience(4)),
            (seconds(6), seconds(12))
        );
        sizer.took(seconds(1));
        assert_eq!(
            (sizer.patience(), sizer.text_patience(4)),
            (seconds(4), seconds(10))
        );
        (0..100).for_each(|_| sizer.cut());
        assert!(sizer.patience() < seconds(60));
        // Whoever sleeps makes nobody wait for ever longer.
        sizer.took(seconds(1000));
        assert!(sizer.patience() < seconds(60));
    }
}
