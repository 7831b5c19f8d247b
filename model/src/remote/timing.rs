//! The delays of jobs. Tests set shorter ones.

use std::time::Duration;

/// The waits that a test may shorten.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// The pause that an endpoint is given after its first failure; each further one is twice as long.
    pub(super) retry_pause: Duration,
    /// The time within which an endpoint has to answer again after it has failed, for a job to wait for it.
    pub(super) patience: Duration,
    /// The same for one that says that it is not ready, or is asked too often.
    pub(super) patience_when_busy: Duration,
    /// The same for one that says how long it wants to be left alone.
    pub(super) patience_when_told: Duration,
    /// A failure that takes longer than this is not looked for again by each job.
    pub(super) slow_failure: Duration,
    /// The time after which it is told that there is no answer, again and again.
    pub(super) tell_silence: Duration,
    /// An endpoint that a job has left without an answer after so long hangs.
    pub(super) hangs_after: Duration,
    /// An endpoint is slow when its first token takes longer than this, and than four times its usual.
    pub(super) slow_after: Duration,
    /// The wait for the end of a stream after the last answer in it: it has the usage.
    pub(super) usage_grace: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            retry_pause: Duration::from_millis(500),
            patience: Duration::from_secs(5),
            patience_when_busy: Duration::from_secs(10),
            patience_when_told: Duration::from_secs(30),
            slow_failure: Duration::from_secs(2),
            tell_silence: Duration::from_secs(5),
            hangs_after: Duration::from_secs(10),
            slow_after: Duration::from_secs(3),
            usage_grace: Duration::from_millis(500),
        }
    }
}
