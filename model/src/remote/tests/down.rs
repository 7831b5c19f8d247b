//! Engines that don't answer: what each job hears of it, and when they are asked again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::engine::{fresh as writes_fresh, nobody};
use super::*;
use serde_json::json;

/// The timing in which milliseconds are seconds.
fn fast() -> Timing {
    let usual = Timing::default();
    let faster = |time: Duration| time / 50;
    Timing {
        retry_pause: faster(usual.retry_pause),
        patience: faster(usual.patience),
        patience_when_busy: faster(usual.patience_when_busy),
        patience_when_told: faster(usual.patience_when_told),
        slow_failure: HANGS_AFTER,
        tell_silence: faster(usual.tell_silence),
        hangs_after: faster(usual.hangs_after),
        slow_after: HANGS_AFTER,
        usage_grace: faster(usual.usage_grace),
    }
}

/// Returns why a job fails, and how long it takes.
async fn fails(remote: &Remote) -> (String, Duration) {
    let began = Instant::now();
    let proposals = all(remote, &goal()).await;
    let why = failure(&proposals).expect("a failure").to_owned();
    (why, began.elapsed())
}

#[tokio::test]
async fn every_job_hears_why_and_soon() {
    let loading = json!({"error": {"code": 503, "message": "Loading model"}});
    let acts = [
        ("oops", Act::status(500, json!({"error": "oops"}))),
        (
            "for the day",
            Act::status(429, json!({"error": "limit for the day"})),
        ),
        ("not ready", Act::status(503, "")),
    ];
    for (word, act) in acts {
        let engine = Engine::new("vllm", move |_| act.clone()).await;
        let remote = remote_with(fast(), [settings(&engine, 4)]);
        let (why, _) = fails(&remote).await;
        assert!(why.contains(word), "{why}");
        for _ in 0..3 {
            let before = engine.log.posts().len();
            let (why, took) = fails(&remote).await;
            assert!(why.contains(word), "{why}");
            assert!(took < Duration::from_secs(2), "{took:?}");
            assert_eq!(engine.log.posts().len(), before + 1, "{word}");
        }
    }
    let remote = remote_with(fast(), [at(&nobody().await, 4)]);
    for _ in 0..3 {
        assert!(fails(&remote).await.0.contains("nothing listens"));
    }
    let engine = Engine::new("vllm", move |_| Act::status(503, loading.clone())).await;
    let remote = remote_with(fast(), [settings(&engine, 4)]);
    assert!(fails(&remote).await.0.contains("its model is loading"));
}

#[tokio::test]
async fn who_is_back_is_asked_again() {
    let is_down = Arc::new(AtomicBool::new(true));
    let down = is_down.clone();
    let engine = Engine::new("vllm", move |asked| match down.load(Ordering::Relaxed) {
        true => Act::status(500, json!({"error": "oops"})),
        false => writes_fresh(asked),
    })
    .await;
    let remote = remote_with(fast(), [settings(&engine, 1)]);
    for _ in 0..3 {
        fails(&remote).await;
    }
    is_down.store(false, Ordering::Relaxed);
    let proposals = all(&remote, &goal()).await;
    assert_eq!(failure(&proposals), None);
    assert_eq!(texts(&proposals).len(), 1);
}

#[tokio::test]
async fn who_asks_for_a_pause_has_it() {
    let limited = || Act::status(429, json!({"error": "slow down"}));
    let engine = Engine::new("vllm", move |_| limited().with("retry-after", "100")).await;
    let remote = remote_with(fast(), [settings(&engine, 4)]);
    let (why, took) = fails(&remote).await;
    assert!(
        why.contains("slow down") && took < Duration::from_secs(2),
        "{why}: {took:?}"
    );
    let asked = engine.log.posts().len();
    let (why, _) = fails(&remote).await;
    assert!(why.contains("slow down (asked again in "), "{why}");
    assert_eq!(engine.log.posts().len(), asked);
}

#[tokio::test]
async fn silence_is_told() {
    let engine = Engine::new("vllm", |_| Act::Silence).await;
    let settings = EndpointSettings {
        silence: Duration::from_millis(450),
        ..settings(&engine, 1)
    };
    let remote = remote_with(fast(), [settings]);
    let proposals = all(&remote, &goal()).await;
    let why = failure(&proposals).expect("a failure");
    assert!(why.contains("no answer after"), "{why}");
    let told = progress(&proposals);
    assert!(
        told.iter().any(|one| one.contains("lab: no answer after")),
        "{told:?}"
    );
}

#[tokio::test]
async fn silence_in_an_answer_is_told() {
    let begun = json!({"choices": [{"index": 0, "text": "\n  exact"}]});
    let engine = Engine::new("vllm", move |_| {
        Act::Stream(vec![Step::event(begun.clone()), Step::Hang])
    })
    .await;
    let settings = EndpointSettings {
        silence: Duration::from_millis(250),
        ..settings(&engine, 1)
    };
    let proposals = all(&remote_with(fast(), [settings]), &goal()).await;
    let why = failure(&proposals).expect("a failure");
    assert!(why.contains("no more of its answer"), "{why}");
    assert_eq!(engine.log.posts().len(), 4);
}

#[tokio::test]
async fn a_job_that_ends_in_silence_spares_the_next() {
    let engine = Engine::new("vllm", |_| Act::Silence).await;
    let remote = remote_with(fast(), [settings(&engine, 1)]);
    let goal = goal();
    let ends = timeout(Duration::from_millis(600), all(&remote, &goal));
    assert!(ends.await.is_err());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let (why, took) = fails(&remote).await;
    assert!(why.contains("no answer after"), "{why}");
    assert!(took < Duration::from_millis(500), "{took:?}");
}
