//! Storms: whatever dies, hangs, crawls or fills up at random moments of random sessions, the relay loses
//! nothing, and nothing is left. A run is drawn from its seed; `cargo test` makes a few of each class,
//! `cargo xtask faults` as many as one likes.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout)] // how far a long storm is, one wants to see

mod assistant;
mod filled;
mod model;
mod processes;
mod relay;
mod soak;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two reports of a long storm.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// Reads a number that `cargo xtask faults` has set.
fn set(name: &str) -> Option<u64> {
    let value = std::env::var(format!("UNSORRY_FAULTS_{name}")).ok()?;
    Some(value.parse().expect("a number"))
}

/// Runs the seeds from the first on, `short` of them unless asked for more, `side_by_side` at a time. The
/// first that fails ends all: what is under way is waited for. Returns the most that a run returned.
fn storm(class: &str, short: u64, side_by_side: usize, run: impl Fn(u64) -> u64 + Sync) -> u64 {
    let first = set("SEED").unwrap_or(1);
    let minutes = set("MINUTES");
    let end = minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let asked = set("RUNS").or(end.map(|_| u64::MAX));
    let runs = asked.unwrap_or(short);
    let (next, most) = (AtomicU64::new(0), AtomicU64::new(0));
    let failed = Mutex::new(Vec::new());
    let reported = Mutex::new(Instant::now());
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= runs || end.is_some_and(|end| Instant::now() >= end) {
                        return;
                    }
                    let seed = first.wrapping_add(number);
                    match catch_unwind(AssertUnwindSafe(|| run(seed))) {
                        Ok(value) => _ = most.fetch_max(value, Ordering::SeqCst),
                        Err(panic) => {
                            next.store(runs, Ordering::SeqCst);
                            let message = panic_message(&*panic);
                            let message = format!(
                                "{class}, seed {seed}: {message}\nIt alone: cargo xtask faults {class} --seed {seed} --runs 1\n"
                            );
                            failed.lock().expect("no panic").push(message);
                            return;
                        }
                    }
                    let mut reported = reported.lock().expect("no panic");
                    if asked.is_some() && reported.elapsed() > REPORT_INTERVAL {
                        *reported = Instant::now();
                        println!("{class}: {} runs", number + 1);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic");
    assert!(failed.is_empty(), "{}", failed.concat());
    most.into_inner()
}

/// Says what a run will be, where it is the only one.
fn announce(plan: &dyn std::fmt::Debug) {
    if set("RUNS") == Some(1) {
        println!("{plan:?}");
    }
}

/// Returns the message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}
