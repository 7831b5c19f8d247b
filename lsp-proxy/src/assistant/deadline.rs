//! The deadline of the answer to a merged request.

use std::sync::{Arc, Weak};

use tokio_util::sync::CancellationToken;

tokio::task_local! {
    /// The deadline, in the handler of a merged request.
    static DEADLINE: Deadline;
}

/// The deadline of a handler: it comes once Lean's answer to the same request waits for ours.
#[derive(Debug, Clone, Default)]
pub struct Deadline(Arc<CancellationToken>);

/// A [`Deadline`] that does not keep its handler under way.
#[derive(Debug, Clone)]
pub struct WeakDeadline(Weak<CancellationToken>);

impl Deadline {
    /// Runs a `handler` under this deadline.
    pub fn scope<F: Future>(self, handler: F) -> impl Future<Output = F::Output> {
        DEADLINE.scope(self, handler)
    }

    /// Returns a reference for whoever tells that the deadline has come.
    pub fn downgrade(&self) -> WeakDeadline {
        WeakDeadline(Arc::downgrade(&self.0))
    }
}

impl WeakDeadline {
    /// Whether the handler is still at work.
    pub fn is_awaited(&self) -> bool {
        self.0.strong_count() > 0
    }

    /// Tells the handler that its answer is due.
    pub fn has_come(&self) {
        if let Some(deadline) = self.0.upgrade() {
            deadline.cancel();
        }
    }
}

/// Returns what `work` gives, or none where the deadline of the request that is being handled comes first.
pub async fn before_deadline<T>(work: impl Future<Output = Option<T>>) -> Option<T> {
    let Ok(Deadline(deadline)) = DEADLINE.try_with(Clone::clone) else {
        return work.await;
    };
    tokio::select! {
        biased;
        done = work => done,
        () = deadline.cancelled() => None,
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn what_is_there_is_taken_and_the_rest_is_not_waited_for() {
        assert_eq!(before_deadline(ready(Some(1))).await, Some(1));
        let deadline = Deadline::default();
        let told = deadline.downgrade();
        let handler = deadline.scope(async {
            assert_eq!(before_deadline(ready(Some(1))).await, Some(1));
            assert_eq!(before_deadline(pending::<Option<u8>>()).await, None);
            assert_eq!(before_deadline(pending::<Option<u8>>()).await, None);
            assert_eq!(before_deadline(ready(Some(2))).await, Some(2));
        });
        assert!(told.is_awaited());
        told.has_come();
        handler.await;
        assert!(!told.is_awaited());
    }
}
