//! The delays of jobs. Tests set shorter ones.

use std::time::Duration;

/// The waits that a test may shorten.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// The pause that an endpoint is given after its first failure; each further one is twice as long.
    pub(super) retry_pause: Duration,
    /// An endpoint is slow when its first token takes longer than this, and than four times its usual.
    pub(super) slow_after: Duration,
    /// The wait for the end of a stream after the last answer in it: it has the usage.
    pub(super) usage_grace: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            retry_pause: Duration::from_millis(500),
            slow_after: Duration::from_secs(3),
            usage_grace: Duration::from_millis(500),
        }
    }
}
