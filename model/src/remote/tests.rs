//! Tests with engines that follow a script, on real sockets.

mod down;
mod engine;
mod faults;
mod junk;
mod keys;
mod several;
mod streams;

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio::time::timeout;

use super::*;
use engine::{Act, Asked, Engine, Log, Step};
use unsorry_prover::{Context, GenerationParams, Goal, HoleKind};

/// The time after which a test hangs.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// The timing with which retries are immediate.
const IMPATIENT: Timing = Timing {
    retry_pause: Duration::from_millis(1),
    patience: HANGS_AFTER,
    patience_when_busy: HANGS_AFTER,
    patience_when_told: HANGS_AFTER,
    slow_failure: HANGS_AFTER,
    tell_silence: HANGS_AFTER,
    hangs_after: HANGS_AFTER,
    slow_after: HANGS_AFTER,
    usage_grace: HANGS_AFTER,
};

/// The timing with which a retry hangs.
const PATIENT: Timing = Timing {
    retry_pause: HANGS_AFTER,
    ..IMPATIENT
};

fn goal() -> Goal {
    goal_after("")
}

/// A goal with this above its declaration.
fn goal_after(above: &str) -> Goal {
    let head = "theorem pick (p q r : Prop) (h1 : p) (h2 : q) (h3 : r) : q := by\n  ";
    let context = Context {
        before: format!("{above}{head}"),
        declaration: above.len(),
        after: "\n".into(),
    };
    let shown = "p q r : Prop\nh1 : p\nh2 : q\nh3 : r\n⊢ q".to_owned();
    Goal::parse(HoleKind::Tactic, &[shown], Vec::new(), context).expect("a goal")
}

/// Settings for an engine, called `lab`, that is asked for so many candidates.
fn settings(engine: &Engine, candidates: usize) -> EndpointSettings {
    at(&engine.url, candidates)
}

fn at(url: &str, candidates: usize) -> EndpointSettings {
    EndpointSettings {
        template: Template::ProverV2,
        generation: GenerationParams {
            candidates,
            ..GenerationParams::default()
        },
        ..EndpointSettings::new("lab".into(), url.into())
    }
}

fn remote(settings: impl IntoIterator<Item = EndpointSettings>) -> Remote {
    remote_with(IMPATIENT, settings)
}

fn remote_with(timing: Timing, settings: impl IntoIterator<Item = EndpointSettings>) -> Remote {
    Remote::with_timing(settings.into_iter().collect(), timing).expect("a prover")
}

/// All that comes.
async fn all(remote: &Remote, goal: &Goal) -> Vec<Proposal> {
    timeout(HANGS_AFTER, propose(remote, goal).collect())
        .await
        .expect("an end")
}

/// The proposals after the one that says who is asked.
fn propose(remote: &Remote, goal: &Goal) -> BoxStream<'static, Proposal> {
    let told =
        |one: &Proposal| matches!(one, Proposal::Progress(what) if what.starts_with("asking "));
    let rest = remote
        .propose(&goal.clone().into())
        .skip_while(move |one| std::future::ready(told(one)));
    rest.boxed()
}

/// The candidates, in the order of the alphabet; nothing may have failed.
async fn candidates(settings: impl IntoIterator<Item = EndpointSettings>) -> Vec<String> {
    let proposals = all(&remote(settings), &goal()).await;
    assert_eq!(failure(&proposals), None);
    texts(&proposals)
}

fn texts(proposals: &[Proposal]) -> Vec<String> {
    let texts = proposals.iter().filter_map(|proposal| match proposal {
        Proposal::Candidate(candidate) => {
            assert_eq!(candidate.engine, unsorry_prover::Engine::Remote(None));
            Some(candidate.text.clone())
        }
        _ => None,
    });
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts
}

fn failure(proposals: &[Proposal]) -> Option<&str> {
    let (last, before) = proposals.split_last()?;
    let failed = |one: &Proposal| matches!(one, Proposal::Failed(_));
    assert!(!before.iter().any(failed), "{proposals:?}");
    match last {
        Proposal::Failed(why) => Some(why),
        _ => None,
    }
}

fn progress(proposals: &[Proposal]) -> Vec<&str> {
    let told = proposals.iter().filter_map(|proposal| match proposal {
        Proposal::Progress(what) if what == "lab answers" => None,
        Proposal::Progress(what) | Proposal::Delayed(what) => Some(&**what),
        _ => None,
    });
    told.collect()
}

/// `exact h0`, `exact h1`, … as [`Engine::fresh`] writes them.
fn fresh(count: usize) -> Vec<String> {
    let mut all: Vec<String> = (0..count).map(|at| format!("exact h{at}")).collect();
    all.sort();
    all
}

/// Waits until something has happened at an engine.
async fn soon(what: &str, log: &Log, happened: impl Fn(&Log) -> bool) {
    let waits = async {
        loop {
            let mut changed = std::pin::pin!(log.changed.notified());
            changed.as_mut().enable();
            if happened(log) {
                return;
            }
            changed.await;
        }
    };
    let outcome = timeout(HANGS_AFTER, waits).await;
    assert!(outcome.is_ok(), "this did not happen: {what}");
}
