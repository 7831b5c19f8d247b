//! The texts that were proposed for a goal, and what came of each. Pure.

use std::collections::HashMap;

/// The texts that were proposed for a goal, and what came of each: a text is checked once, however
/// often it is proposed.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<String, Text>);

#[derive(Debug, Default)]
struct Text {
    /// The number of times it was proposed since its verdict was told.
    untold: usize,
    verdict: Option<Judged>,
    /// The number of times that a model has repaired what it comes from.
    round: u8,
}

/// The error in a text, if there is one.
pub(super) type Judged = Option<String>;

/// The standing of a proposed text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Proposed {
    /// It is to be checked.
    New,
    /// It waits for its verdict.
    Waits,
    /// It was judged before.
    Known(Judged),
}

impl Seen {
    /// Takes in that `text` is proposed, from what a model has repaired `round` times.
    pub fn propose(&mut self, text: &str, round: u8) -> Proposed {
        let seen = self.0.entry(text.to_owned()).or_default();
        let first = seen.untold == 0;
        seen.untold += 1;
        match &seen.verdict {
            Some(verdict) => Proposed::Known(verdict.clone()),
            None if first => {
                seen.round = round;
                Proposed::New
            }
            None => Proposed::Waits,
        }
    }

    /// Keeps a text's verdict, and returns how often that is to be told.
    pub fn judge(&mut self, text: &str, verdict: Judged) -> usize {
        let seen = self.0.entry(text.to_owned()).or_default();
        seen.verdict = Some(verdict);
        std::mem::take(&mut seen.untold)
    }

    /// The number of times that a model has repaired what a text comes from.
    pub fn round(&self, text: &str) -> u8 {
        self.0.get(text).map_or(0, |seen| seen.round)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_told_as_often_as_its_text_was_proposed() {
        let mut seen = Seen::default();
        assert_eq!(seen.propose("a", 1), Proposed::New);
        assert_eq!(seen.propose("a", 2), Proposed::Waits);
        assert_eq!((seen.round("a"), seen.round("b")), (1, 0));
        let wrong = Some("no".to_owned());
        assert_eq!(seen.judge("a", wrong.clone()), 2);
        assert_eq!(seen.propose("a", 0), Proposed::Known(wrong.clone()));
        assert_eq!(seen.judge("a", wrong), 1);
    }
}
