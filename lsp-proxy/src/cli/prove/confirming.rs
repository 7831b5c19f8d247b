//! The holes of a file, of which one after the other is searched, until the referee has judged what passed: all
//! of it in one pass.

use std::sync::Arc;
use std::time::{Duration, Instant};

use unsorry_prover::Candidate;
use unsorry_search::check::baseline::HEAD_LIMIT;
use unsorry_search::referee::{Claim, Claimed, FileAsItStands, NoWord, Word};
use unsorry_search::search::{Ended, Outcome, Search};
use unsorry_search::target::Target;
use unsorry_search::verify::{Level, VerifiedProof, confirmed};
use unsorry_syntax::{Change, LineIndex, Outline};

/// The most that wait for the referee, and for how long.
const MAX_WAITING: usize = 16;
const MAX_WAIT: Duration = Duration::from_secs(30);

/// A file whose holes are filled one after the other.
pub struct Filling {
    uri: Arc<str>,
    text: Arc<str>,
    outline: Arc<Outline>,
    /// What has gone in, as changes of the file's text, by their holes.
    filled: Vec<(usize, Change)>,
    waiting: Vec<Waiting>,
    since: Option<Instant>,
}

/// What has passed at a hole.
struct Waiting {
    hole: usize,
    target: Target,
    change: Change,
    outcome: Outcome,
}

/// What the referee has said of what passed at a hole.
pub enum Judged {
    /// It is proved; or that can't be known this time.
    Told(Box<Outcome>),
    /// It is not, or leans on what is not proved: the candidate, which may be one of several.
    Again(Candidate),
}

impl Filling {
    /// The file, with nothing filled in.
    pub fn of(uri: Arc<str>, text: &str) -> Filling {
        Filling {
            uri,
            text: text.into(),
            outline: Arc::new(Outline::of(text)),
            filled: Vec::new(),
            waiting: Vec::new(),
            since: None,
        }
    }

    /// The file's outline.
    pub fn outline(&self) -> Arc<Outline> {
        self.outline.clone()
    }

    /// The text with all in it that has passed: what comes later may use it.
    pub fn current(&self) -> String {
        let mut changes = self.changes();
        changes.sort_by_key(|change| std::cmp::Reverse(change.range.start));
        changes
            .iter()
            .fold(self.text.to_string(), |text, change| change.apply(&text))
    }

    /// Whether anything has gone in.
    pub fn is_changed(&self) -> bool {
        !self.filled.is_empty()
    }

    fn changes(&self) -> Vec<Change> {
        let waiting = self.waiting.iter().map(|waiting| &waiting.change);
        self.filled
            .iter()
            .map(|(_, change)| change)
            .chain(waiting)
            .cloned()
            .collect()
    }

    /// The hole with this number in the file, in the text as it is now.
    pub fn target(&self, hole: usize) -> Target {
        let text = self.current();
        let waiting = self.waiting.iter().map(|waiting| waiting.hole);
        let mut filled = self
            .filled
            .iter()
            .map(|(hole, _)| *hole)
            .chain(waiting)
            .collect::<Vec<_>>();
        filled.retain(|filled| *filled < hole);
        Target {
            uri: self.uri.clone(),
            outline: Arc::new(Outline::of(&text)),
            text: text.into(),
            hole: hole - filled.len(),
        }
    }

    /// Keeps a search's outcome until the referee is asked; or gives it back, if that need not be.
    pub fn wait(&mut self, hole: usize, target: Target, outcome: Outcome) -> Option<Outcome> {
        let Some(passed) = &outcome.passed else {
            return Some(outcome);
        };
        let change = self.original(passed.change());
        self.since.get_or_insert_with(Instant::now);
        self.waiting.push(Waiting {
            hole,
            target,
            change,
            outcome,
        });
        None
    }

    /// Puts in what needs no referee any more, given as a change of the text as it is now.
    pub fn fill(&mut self, hole: usize, change: &Change) {
        let change = self.original(change);
        self.filled.push((hole, change));
    }

    /// Takes out the last proof that begins in front of this line of the text as it is now, or else the last one; its
    /// hole, if there was one.
    pub fn take_out(&mut self, line: u32) -> Option<usize> {
        self.filled.sort_by_key(|(_, change)| change.range.start);
        let now = LineIndex::new(&self.current());
        let mut grown = 0isize;
        let mut before = None;
        for (at, (_, change)) in self.filled.iter().enumerate() {
            let start = change.range.start.saturating_add_signed(grown);
            if now.position(start).line <= line {
                before = Some(at);
            }
            grown += change.text.len() as isize - change.range.len() as isize;
        }
        let last = self.filled.len().checked_sub(1);
        let (hole, _) = self.filled.remove(before.or(last)?);
        Some(hole)
    }

    /// Whether enough has passed for the referee to be asked.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= MAX_WAITING
            || self.since.is_some_and(|since| since.elapsed() > MAX_WAIT)
    }

    /// The number of proofs that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// A change of the text as it is now, as one of the file's text.
    fn original(&self, change: &Change) -> Change {
        let mut others = self.changes();
        others.sort_by_key(|other| other.range.start);
        let moved = |offset: usize| {
            let mut grown = 0isize;
            for other in &others {
                let place = other.range.start.saturating_add_signed(grown);
                if place >= offset {
                    break;
                }
                grown += other.text.len() as isize - other.range.len() as isize;
            }
            offset.saturating_add_signed(-grown)
        };
        Change {
            range: moved(change.range.start)..moved(change.range.end),
            text: change.text.clone(),
        }
    }

    /// Asks the referee about all that has passed. What does not hold is taken out again.
    pub async fn judge(&mut self, search: &Search) -> Vec<(usize, Judged)> {
        let waiting = std::mem::take(&mut self.waiting);
        self.since = None;
        let claim = |(hole, change): (usize, &Change)| Claim {
            hole,
            is: Claimed::Proof(change.clone()),
        };
        let known = self.filled.len();
        let filled = self
            .filled
            .iter()
            .map(|(hole, change)| claim((*hole, change)));
        let new = waiting
            .iter()
            .map(|waiting| claim((waiting.hole, &waiting.change)));
        let claims: Vec<Claim> = filled.chain(new).collect();
        let words = match &search.requirements.referee {
            Some(referee) => {
                let file = FileAsItStands {
                    uri: &self.uri,
                    text: &self.text,
                };
                referee
                    .judge(file, &claims, HEAD_LIMIT + search.limits.check)
                    .await
            }
            None => vec![Err(NoWord::NoReferee("there is none".into())); claims.len()],
        };
        let mut judged = Vec::new();
        for (waiting, word) in waiting.into_iter().zip(words.into_iter().skip(known)) {
            let Waiting {
                hole,
                target,
                change,
                mut outcome,
            } = waiting;
            let Some(passed) = outcome.passed.take() else {
                continue;
            };
            let candidate = passed.candidate().clone();
            if let Err(NoWord::Unknown(why)) = &word {
                outcome.unconfirmed.push((candidate, why.clone()));
                outcome.ended = Ended::Exhausted;
                judged.push((hole, Judged::Told(Box::new(outcome))));
                continue;
            }
            let proof = word
                .as_ref()
                .ok()
                .filter(|word| Word::unproved(word).is_empty())
                .map(|word| confirmed(&target, passed, word.clone()));
            match proof.filter(|proof: &VerifiedProof| proof.level() >= Level::KernelReplayed) {
                Some(proof) => {
                    outcome.proofs.push(Arc::new(proof));
                    outcome.ended = Ended::Proved;
                    search.keep(&outcome).await;
                    self.filled.push((hole, change));
                    judged.push((hole, Judged::Told(Box::new(outcome))));
                }
                None => {
                    tracing::debug!(hole, ?word, "what passed is not confirmed");
                    judged.push((hole, Judged::Again(candidate)));
                }
            }
        }
        judged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_the_file() {
        let text = "theorem a : p := sorry\ntheorem b : p := sorry\ntheorem c : p := sorry\n";
        let mut filling = Filling::of("file:///A.lean".into(), text);
        // In any order, each as it is seen in the text as it is then.
        for (hole, proof) in [(1, "long long proof"), (2, "x"), (0, "y y y y")] {
            let target = filling.target(hole);
            let range = target.hole().range.clone();
            filling.fill(
                hole,
                &Change {
                    range,
                    text: proof.to_owned(),
                },
            );
        }
        assert_eq!(
            filling.current(),
            "theorem a : p := y y y y\ntheorem b : p := long long proof\ntheorem c : p := x\n"
        );
        // The one that an error is due to, most likely, is the last before it.
        assert_eq!(filling.take_out(1), Some(1));
        assert_eq!(
            filling.current(),
            "theorem a : p := y y y y\ntheorem b : p := sorry\ntheorem c : p := x\n"
        );
        assert_eq!(filling.take_out(1), Some(0));
        assert_eq!(filling.take_out(0), Some(2));
        assert_eq!(filling.take_out(0), None);
        assert_eq!(filling.current(), text);
    }
}
