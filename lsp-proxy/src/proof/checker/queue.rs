//! Whose text is next. Lean begins anew where two texts differ, and with another file's imports: it stays
//! with one search as long as that has work for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How long a search may take from one text's verdict to its next text, and keep its place.
const LINGER: Duration = Duration::from_millis(50);

/// One search, as the checker tells it from others.
#[derive(Debug, Default)]
pub(super) struct Searcher {
    /// How long its first text took, in milliseconds: as long as Lean needs to come back to it.
    first: AtomicU64,
}

impl Searcher {
    /// A text of it took so long.
    pub(super) fn took(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let _ = self
            .first
            .compare_exchange(0, millis.max(1), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// How long Lean may need to come back to it, beside what a text takes.
    pub(super) fn way_back(&self) -> Duration {
        Duration::from_millis(self.first.load(Ordering::Relaxed)).saturating_mul(2)
    }
}

/// What waits, in the order in which it came.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: Vec<(Option<Arc<Searcher>>, T)>,
    /// The search whose text was last, and when Lean was done with that.
    last: Option<(Weak<Searcher>, Instant)>,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    /// This, for which Lean has to come back from something else, or not.
    Take(T, bool),
    /// Wait until then, or for what comes.
    Wait(Instant),
    /// There is nothing.
    Nothing,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Queue<T> {
        Queue {
            waiting: Vec::new(),
            last: None,
        }
    }

    /// Something of a search, or of nobody's in particular: that goes before all others.
    pub(super) fn push(&mut self, searcher: Option<Arc<Searcher>>, item: T) {
        self.waiting.push((searcher, item));
    }

    /// Keeps only what is still `wanted`.
    pub(super) fn retain(&mut self, wanted: impl Fn(&T) -> bool) {
        self.waiting.retain(|(_, item)| wanted(item));
    }

    /// What is next at this moment.
    pub(super) fn next(&mut self, now: Instant) -> Next<T> {
        let last = self
            .last
            .as_ref()
            .filter(|(last, _)| last.strong_count() > 0);
        let is_last = |searcher: &Arc<Searcher>| {
            last.is_some_and(|(last, _)| Weak::as_ptr(last) == Arc::as_ptr(searcher))
        };
        let mut waiting = self.waiting.iter();
        let urgent = waiting.position(|(searcher, _)| searcher.is_none());
        let at = urgent.or_else(|| {
            let mut waiting = self.waiting.iter();
            waiting.position(|(searcher, _)| searcher.as_ref().is_some_and(is_last))
        });
        match (at, last) {
            _ if self.waiting.is_empty() => return Next::Nothing,
            (None, Some((_, done))) if now < *done + LINGER => return Next::Wait(*done + LINGER),
            _ => {}
        }
        let (searcher, item) = self.waiting.remove(at.unwrap_or(0));
        let comes_back = !searcher.as_ref().is_some_and(is_last);
        self.last = searcher.map(|searcher| (Arc::downgrade(&searcher), now));
        Next::Take(item, comes_back)
    }

    /// Lean is done with what was taken last.
    pub(super) fn done(&mut self, now: Instant) {
        if let Some((_, done)) = &mut self.last {
            *done = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_with_a_search_that_has_work() {
        let (one, two) = (Arc::<Searcher>::default(), Arc::<Searcher>::default());
        let mut queue = Queue::new();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(queue.next(at(0)), Next::Nothing);
        queue.push(Some(one.clone()), "1a");
        queue.push(Some(two.clone()), "2a");
        queue.push(Some(one.clone()), "1b");
        assert_eq!(queue.next(at(0)), Next::Take("1a", true));
        queue.done(at(1000));
        assert_eq!(queue.next(at(1000)), Next::Take("1b", false));
        queue.done(at(2000));
        // Its next text comes soon, or it does not.
        assert_eq!(queue.next(at(2000)), Next::Wait(at(2050)));
        queue.push(Some(one.clone()), "1c");
        assert_eq!(queue.next(at(2030)), Next::Take("1c", false));
        queue.done(at(3000));
        assert_eq!(queue.next(at(3050)), Next::Take("2a", true));
        queue.push(Some(one.clone()), "1d");
        queue.push(None, "an edit waits");
        queue.done(at(4000));
        assert_eq!(queue.next(at(4000)), Next::Take("an edit waits", true));
        queue.done(at(4100));
        assert_eq!(queue.next(at(4100)), Next::Take("1d", true));
        // Nobody waits for a search that has ended.
        queue.push(Some(two.clone()), "2b");
        drop(one);
        queue.done(at(5000));
        assert_eq!(queue.next(at(5000)), Next::Take("2b", true));
        queue.push(Some(two), "2c");
        queue.retain(|item| *item != "2c");
        assert_eq!(queue.next(at(5000)), Next::Nothing);
    }

    #[test]
    fn the_way_back_is_as_long_as_the_first_time() {
        let searcher = Searcher::default();
        assert_eq!(searcher.way_back(), Duration::ZERO);
        searcher.took(Duration::from_secs(30));
        searcher.took(Duration::from_secs(1));
        assert_eq!(searcher.way_back(), Duration::from_secs(60));
    }
}
