//! The order of texts of several searches. Lean begins anew where two texts differ, and with another file's
//! imports: it stays with one search as long as that has work for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

/// The longest that a search may take from one text's verdict to its next text, and keep its place.
const LINGER: Duration = Duration::from_millis(50);

/// The bounds of a search's wait for another before it has its turn all the same: it waits [`WAYS`] times as
/// long as Lean needs to come to it, within these.
const PATIENCE: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(15)];

/// See [`PATIENCE`].
const WAYS: u32 = 4;

/// One search, as the checker tells it from others.
#[derive(Debug, Default)]
pub(super) struct Searcher {
    /// The longest that Lean took for a text of this search, coming from another's, in milliseconds.
    way: AtomicU64,
    urgent: bool,
}

impl Searcher {
    /// A search that goes before all others, and interrupts them.
    pub(super) fn urgent() -> Searcher {
        Searcher {
            urgent: true,
            ..Searcher::default()
        }
    }

    /// Notes how long Lean took for a text of this search, coming from another's.
    pub(super) fn came_back(&self, took: Duration) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.way.fetch_max(millis, Ordering::Relaxed);
    }

    fn way(&self) -> Duration {
        Duration::from_millis(self.way.load(Ordering::Relaxed))
    }

    /// The time that Lean may need to come back to this search, beside what a text takes.
    pub(super) fn way_back(&self) -> Duration {
        self.way().saturating_mul(2)
    }

    fn patience(&self) -> Duration {
        let [least, most] = PATIENCE;
        self.way().saturating_mul(WAYS).clamp(least, most)
    }
}

/// A text of a search.
#[derive(Debug)]
struct Waiting<T> {
    searcher: Arc<Searcher>,
    since: Instant,
    item: T,
}

/// The texts that wait, in the order in which they came.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: Vec<Waiting<T>>,
    /// The search whose text was last, and when Lean was done with that.
    last: Option<(Weak<Searcher>, Instant)>,
    /// The search whose text Lean is busy with, and since when that had waited.
    running: Option<(Arc<Searcher>, Instant)>,
}

/// The next thing to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    /// Elaborate this text, for which Lean has to come back from another search's, or not.
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
            running: None,
        }
    }

    /// Adds a text of a search, which waits `since` then.
    pub(super) fn push(&mut self, searcher: Arc<Searcher>, since: Instant, item: T) {
        self.waiting.push(Waiting {
            searcher,
            since,
            item,
        });
    }

    /// Keeps only what is still `wanted`.
    pub(super) fn retain(&mut self, wanted: impl Fn(&T) -> bool) {
        self.waiting.retain(|waiting| wanted(&waiting.item));
    }

    /// Takes what is next at this moment.
    pub(super) fn next(&mut self, now: Instant) -> Next<T> {
        let last = self
            .last
            .as_ref()
            .filter(|(last, _)| last.strong_count() > 0);
        let is_last = |searcher: &Arc<Searcher>| {
            last.is_some_and(|(last, _)| Weak::as_ptr(last) == Arc::as_ptr(searcher))
        };
        let overdue = |waiting: &Waiting<T>| {
            let waited = now.saturating_duration_since(waiting.since);
            waited >= waiting.searcher.patience()
        };
        let first = |is: &dyn Fn(&Waiting<T>) -> bool| self.waiting.iter().position(is);
        let at = first(&|waiting| waiting.searcher.urgent)
            .or_else(|| first(&overdue))
            .or_else(|| first(&|waiting| is_last(&waiting.searcher)));
        match (at, last) {
            _ if self.waiting.is_empty() => return Next::Nothing,
            (None, Some((_, done))) if now < *done + LINGER => return Next::Wait(*done + LINGER),
            _ => {}
        }
        let Waiting {
            searcher,
            since,
            item,
        } = self.waiting.remove(at.unwrap_or(0));
        let comes_back = !is_last(&searcher);
        self.last = Some((Arc::downgrade(&searcher), now));
        self.running = Some((searcher, since));
        Next::Take(item, comes_back)
    }

    /// Whether something that waits is to interrupt what Lean is busy with.
    pub(super) fn is_overtaken(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|(running, _)| !running.urgent)
            && self.waiting.iter().any(|waiting| waiting.searcher.urgent)
    }

    /// Puts back what was taken last and was interrupted: it waits again, before all that came after it.
    pub(super) fn put_back(&mut self, item: T) {
        if let Some((searcher, since)) = self.running.take() {
            let interrupted = Waiting {
                searcher,
                since,
                item,
            };
            self.waiting.insert(0, interrupted);
        }
    }

    /// Notes that Lean is done with what was taken last.
    pub(super) fn done(&mut self, now: Instant) {
        self.running = None;
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
        let edit = Arc::new(Searcher::urgent());
        let mut queue = Queue::new();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(queue.next(at(0)), Next::Nothing);
        queue.push(one.clone(), at(0), "1a");
        queue.push(two.clone(), at(0), "2a");
        queue.push(one.clone(), at(0), "1b");
        assert_eq!(queue.next(at(0)), Next::Take("1a", true));
        queue.done(at(1000));
        assert_eq!(queue.next(at(1000)), Next::Take("1b", false));
        queue.done(at(2000));
        // Its next text comes soon, or it does not.
        assert_eq!(queue.next(at(2000)), Next::Wait(at(2050)));
        queue.push(one.clone(), at(2030), "1c");
        assert_eq!(queue.next(at(2030)), Next::Take("1c", false));
        queue.done(at(3000));
        assert_eq!(queue.next(at(3050)), Next::Take("2a", true));
        queue.push(one.clone(), at(3050), "1d");
        queue.push(edit.clone(), at(3050), "an edit");
        queue.done(at(4000));
        assert_eq!(queue.next(at(4000)), Next::Take("an edit", true));
        queue.done(at(4100));
        assert_eq!(queue.next(at(4100)), Next::Wait(at(4150)));
        queue.push(edit, at(4120), "an edit");
        assert_eq!(queue.next(at(4120)), Next::Take("an edit", false));
        queue.done(at(4200));
        assert_eq!(queue.next(at(4250)), Next::Take("1d", true));
        // Nobody waits for a search that has ended.
        queue.push(two.clone(), at(5000), "2b");
        drop(one);
        queue.done(at(5000));
        assert_eq!(queue.next(at(5000)), Next::Take("2b", true));
        queue.push(two, at(5000), "2c");
        queue.retain(|item| *item != "2c");
        assert_eq!(queue.next(at(5000)), Next::Nothing);
    }

    #[test]
    fn what_is_urgent_interrupts_a_search_and_nothing_else() {
        let (one, two) = (Arc::<Searcher>::default(), Arc::<Searcher>::default());
        let edit = Arc::new(Searcher::urgent());
        let mut queue = Queue::new();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        queue.push(one.clone(), at(0), "1a");
        queue.push(two.clone(), at(0), "2a");
        assert_eq!(queue.next(at(0)), Next::Take("1a", true));
        queue.push(two.clone(), at(10), "2b");
        assert!(!queue.is_overtaken());
        queue.push(edit.clone(), at(20), "an edit");
        assert!(queue.is_overtaken());
        queue.put_back("1a");
        assert_eq!(queue.next(at(20)), Next::Take("an edit", true));
        queue.push(edit, at(30), "another");
        assert!(!queue.is_overtaken());
        queue.done(at(40));
        assert_eq!(queue.next(at(40)), Next::Take("another", false));
        queue.done(at(50));
        // Whoever was interrupted is next, before whoever has waited as long.
        assert_eq!(queue.next(at(100)), Next::Take("1a", true));
        queue.done(at(200));
        assert!(!queue.is_overtaken());
        assert_eq!(queue.next(at(250)), Next::Take("2a", true));
    }

    #[test]
    fn nobody_waits_for_ever() {
        let (one, two) = (Arc::<Searcher>::default(), Arc::<Searcher>::default());
        let mut queue = Queue::new();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let more = |queue: &mut Queue<_>, now| queue.push(one.clone(), now, "1");
        more(&mut queue, at(0));
        assert_eq!(queue.next(at(0)), Next::Take("1", true));
        one.came_back(Duration::from_secs(3));
        queue.push(two.clone(), at(1), "2");
        more(&mut queue, at(5));
        assert_eq!(queue.next(at(5)), Next::Take("1", false));
        more(&mut queue, at(6));
        assert_eq!(queue.next(at(6)), Next::Take("2", true));
        // It stays with that one now, four times as long as it takes to come back.
        queue.push(two.clone(), at(10), "2");
        assert_eq!(queue.next(at(17)), Next::Take("2", false));
        queue.push(two, at(17), "2");
        assert_eq!(queue.next(at(18)), Next::Take("1", true));
    }

    #[test]
    fn the_way_back_is_as_long_as_it_ever_was() {
        let searcher = Searcher::default();
        assert_eq!(searcher.way_back(), Duration::ZERO);
        searcher.came_back(Duration::from_secs(30));
        searcher.came_back(Duration::from_secs(1));
        assert_eq!(searcher.way_back(), Duration::from_secs(60));
        assert_eq!(searcher.patience(), PATIENCE[1]);
    }
}
