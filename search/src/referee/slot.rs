//! A place for something warm, which goes when nobody has used it for a while.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

/// A place for a `T`, or none.
#[derive(Debug)]
pub struct Slot<T> {
    shared: Arc<Mutex<Kept<T>>>,
    idle: Duration,
}

/// What is in the place.
#[derive(Debug)]
struct Kept<T> {
    value: Option<T>,
    /// Counts its uses.
    uses: u64,
}

/// The place, while it is used.
pub struct Use<'a, T>(MutexGuard<'a, Kept<T>>);

impl<T> Deref for Use<'_, T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.0.value
    }
}

impl<T> DerefMut for Use<'_, T> {
    fn deref_mut(&mut self) -> &mut Option<T> {
        &mut self.0.value
    }
}

impl<T: Send + 'static> Slot<T> {
    /// An empty place. What is in it goes when it was `idle` for so long.
    pub fn new(idle: Duration) -> Slot<T> {
        let kept = Kept {
            value: None,
            uses: 0,
        };
        Slot {
            shared: Arc::new(Mutex::new(kept)),
            idle,
        }
    }

    /// Uses the place, when nobody else does.
    pub async fn lock(&self) -> Use<'_, T> {
        let mut kept = self.shared.lock().await;
        kept.uses += 1;
        let (uses, idle) = (kept.uses, self.idle);
        let shared = Arc::downgrade(&self.shared);
        tokio::spawn(async move {
            tokio::time::sleep(idle).await;
            if let Some(shared) = shared.upgrade() {
                let mut kept = shared.lock().await;
                if kept.uses == uses {
                    kept.value = None;
                }
            }
        });
        Use(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_idle_goes() {
        let slot = Slot::new(Duration::from_secs(10));
        *slot.lock().await = Some(1);
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert_eq!(*slot.lock().await, Some(1));
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert_eq!(*slot.lock().await, Some(1));
        tokio::time::sleep(Duration::from_secs(11)).await;
        assert_eq!(*slot.lock().await, None);
    }
}
