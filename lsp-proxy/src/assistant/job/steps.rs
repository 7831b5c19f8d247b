//! The steps of a search, as they are told and acted on.

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Duration, Instant, sleep_until};
use unsorry_search::search::Step;
use unsorry_search::search::wording::progress;

use super::apply::{Applied, apply};
use super::display::Display;
use super::worker::Worker;

/// The least time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// Tells what is being done about the `n`th hole, now that `proved` are proved.
pub async fn tell(worker: &Worker, display: &Display, n: usize, proved: usize, what: &str) {
    let state = &worker.assistant.state;
    state.with(|state| state.set_progress(worker.job, what, proved));
    display.report(n, what).await;
}

/// Tells the `steps` of the search for the `n`th hole, and applies the first proof that is verified. Returns
/// what came of that.
pub async fn watch(
    worker: &Worker,
    display: &Display,
    n: usize,
    proved: usize,
    steps: &mut UnboundedReceiver<Step>,
) -> Option<Applied> {
    let mut applied = None;
    let mut untold: Option<String> = None;
    let mut next_report = Instant::now();
    loop {
        let step = tokio::select! {
            step = steps.recv() => step,
            () = sleep_until(next_report), if untold.is_some() => {
                next_report = Instant::now() + REPORT_EVERY;
                let what = untold.take().unwrap_or_default();
                tell(worker, display, n, proved, &what).await;
                continue;
            }
        };
        let Some(step) = step else { break };
        let told = progress(&step);
        match step {
            Step::Verified(proof) if applied.is_none() => {
                applied = Some(apply(worker, n, proof).await);
                continue;
            }
            Step::Plan(plan) => worker.change(|job| {
                job.details.plan = Some(plan);
                job.details.delay = None;
            }),
            Step::Delayed { .. } => worker.change(|job| job.details.delay.clone_from(&told)),
            Step::Working { .. } => worker.change(|job| job.details.delay = None),
            Step::Sketch(steps) => worker.change(|job| job.details.sketch = Some(steps)),
            _ => {}
        }
        untold = told.or(untold);
    }
    applied
}
