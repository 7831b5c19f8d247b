//! Several endpoints, several jobs, and what is left when nobody listens any more.

use super::engine::{end, fresh as writes_fresh, text};
use super::*;
use futures_util::FutureExt;
use serde_json::{Value, json};
use std::ops::Range;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

fn seed(asked: &Asked) -> u64 {
    asked.body["seed"].as_u64().expect("a seed")
}

#[tokio::test]
async fn what_one_endpoint_loses_the_other_is_asked_for() {
    // Both are asked before the one dies, and the other answers only then.
    let dying = CancellationToken::new();
    let dies = Engine::new("vllm", {
        let dying = dying.clone();
        move |asked: &Asked| match asked.number {
            0 => Act::answers([format!("\n  exact s{}", seed(asked))]),
            _ => Act::Stream(vec![
                Step::event(text(0, "\n  exact part\n")),
                Step::Until(dying.clone()),
                Step::Cut,
            ]),
        }
    })
    .await;
    let lives = Engine::new("vllm", {
        let dying = dying.clone();
        move |asked: &Asked| {
            Act::Stream(vec![
                Step::Until(dying.clone()),
                Step::event(text(0, &format!("\n  exact s{}", seed(asked)))),
                Step::event(end(0, "stop")),
                Step::done(),
            ])
        }
    })
    .await;
    let endpoints = [&dies, &lives].map(|engine| {
        let mut settings = EndpointSettings {
            concurrency: 4,
            ..settings(engine, 24)
        };
        settings.generation.seed = Some(0);
        settings
    });
    let remote = remote(endpoints);
    let goal = goal();
    let job = all(&remote, &goal);
    let log = dies.log.clone();
    let port = async {
        soon("it is asked", &log, |log| log.posts().len() > 3).await;
        // Its port is closed, too.
        dying.cancel();
        drop(dies);
    };
    let (proposals, ()) = tokio::join!(job, port);
    assert_eq!(failure(&proposals), None);
    let mut expected: Vec<String> = (0..24).map(|at| format!("exact s{at}")).collect();
    expected.sort();
    assert_eq!(texts(&proposals), expected);
    let mut all: Vec<u64> = lives.log.posts().iter().map(seed).collect();
    // Each is asked for once of who lives: none twice.
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count);
    for lost in log.posts().iter().skip(1).map(seed) {
        assert!(all.contains(&lost), "{lost}");
    }
}

#[tokio::test]
async fn the_least_busy_endpoint_is_asked() {
    let slow = |asked: &Asked| {
        Act::Stream(vec![
            Step::Wait(Duration::from_millis(30)),
            Step::event(text(0, &format!("\n  exact s{}", seed(asked)))),
            Step::event(end(0, "stop")),
        ])
    };
    let engines = [
        Engine::new("vllm", slow).await,
        Engine::new("vllm", slow).await,
    ];
    let endpoints = [(&engines[0], 6), (&engines[1], 2)].map(|(engine, concurrency)| {
        let mut settings = EndpointSettings {
            concurrency,
            ..settings(engine, 32)
        };
        settings.generation.seed = Some(0);
        settings
    });
    assert_eq!(candidates(endpoints).await.len(), 32);
    let [many, few] = engines.each_ref().map(|engine| engine.log.posts().len());
    assert_eq!(many + few, 32);
    assert!(few >= 4 && many > few, "{many} and {few}");
    assert!(engines[0].log.most() <= 6 && engines[1].log.most() <= 2);
}

#[tokio::test]
async fn a_silent_endpoint_is_hedged() {
    let silent = Engine::new("vllm", |_| Act::Silence).await;
    let other = Engine::fresh("vllm").await;
    let timing = Timing {
        slow_after: Duration::from_millis(100),
        ..IMPATIENT
    };
    let remote = remote_with(timing, [settings(&silent, 1), settings(&other, 1)]);
    let began = Instant::now();
    let proposals = all(&remote, &goal()).await;
    assert!(began.elapsed() >= timing.slow_after);
    assert_eq!(texts(&proposals), fresh(1));
    assert_eq!(silent.log.posts().len(), 1);
    soon("the silent one is left", &silent.log, |log| log.left() == 1).await;
}

#[tokio::test]
async fn a_silent_endpoint_is_hedged_by_one_that_gives_one_answer_a_request() {
    let silent = Engine::new("vllm", |_| Act::Silence).await;
    let other = Engine::new("library", |asked| {
        Act::answers([format!("\n  exact o{}", asked.number)])
    })
    .await;
    let timing = Timing {
        slow_after: Duration::from_millis(100),
        ..IMPATIENT
    };
    let remote = remote_with(timing, [settings(&silent, 6), settings(&other, 6)]);
    remote.facts().await;
    let proposals = all(&remote, &goal()).await;
    assert_eq!(texts(&proposals).len(), 6, "{proposals:?}");
    soon("the silent one is left", &silent.log, |log| log.open() == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_limit_holds_for_all_jobs_together() {
    let engine = Engine::new("vllm", |asked| {
        let texts = (0..asked.n()).map(|at| format!("\n  exact h{}", asked.before + at));
        let Act::Stream(mut steps) = Act::answers(texts) else {
            unreachable!("a stream")
        };
        steps.insert(0, Step::Wait(Duration::from_millis(5)));
        Act::Stream(steps)
    })
    .await;
    let remote = remote([EndpointSettings {
        concurrency: 3,
        ..settings(&engine, 8)
    }]);
    let jobs = (0..12).map(|_| {
        let remote = remote.clone();
        tokio::spawn(async move { texts(&all(&remote, &goal()).await).len() })
    });
    for job in join_all(jobs).await {
        assert_eq!(job.expect("no panic"), 8);
    }
    assert_eq!(engine.log.most(), 3);
}

#[tokio::test]
async fn tokens_of_a_minute_stop_requests() {
    let engine = Engine::new("vllm", |asked| {
        // All in one chunk: who hears the end knows the tokens.
        let events = [
            text(0, &format!("\n  exact h{}", asked.number)),
            end(0, "stop"),
            json!({"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 30}}),
        ];
        let events = events.map(|event| format!("data: {event}\n\n"));
        Act::Stream(vec![Step::Bytes(events.concat().into_bytes())])
    })
    .await;
    let mut limited = EndpointSettings {
        tokens_per_minute: Some(200),
        concurrency: 1,
        ..settings(&engine, 8)
    };
    limited.generation.seed = Some(0);
    let remote = remote([limited]);
    let mut stream = propose(&remote, &goal());
    for _ in 0..2 {
        let one = stream.next().await;
        assert!(matches!(one, Some(Proposal::Candidate(_))), "{one:?}");
    }
    let endpoint = &remote.pool.endpoints[0];
    let now = Instant::now();
    assert_eq!(endpoint.room(now).0, 0);
    assert!(endpoint.wakes(now).is_some_and(|at| at > now));
    // Neither this job nor another asks.
    let mut other = propose(&remote, &goal());
    for _ in 0..1000 {
        assert!(stream.next().now_or_never().is_none());
        assert!(other.next().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    assert_eq!(engine.log.posts().len(), 2);
}

#[tokio::test]
async fn what_an_engine_says_of_its_tokens_is_bounded() {
    let check = async |usages: Vec<&'static str>, written: usize, expected: Range<u64>| {
        let script = usages.clone();
        let engine = Engine::new("vllm", move |_| {
            let words = "h".repeat(written);
            let mut steps = vec![Step::event(text(0, &format!("\n  exact {words}")))];
            steps.extend(script.iter().map(|usage| {
                let usage: Value = serde_json::from_str(usage).expect("JSON");
                Step::event(json!({"choices": [], "usage": usage}))
            }));
            // Nobody has asked for this.
            steps.push(Step::event(text(7, &words)));
            steps.extend([Step::event(end(0, "stop")), Step::done()]);
            Act::Stream(steps)
        })
        .await;
        let mut one = settings(&engine, 1);
        one.generation.max_tokens = Some(200);
        one.price = Price {
            read: 0.0,
            written: 1.0,
        };
        let ask = Ask::from(goal());
        let proposals: Vec<Proposal> = remote([one]).propose(&ask).collect().await;
        assert_eq!(failure(&proposals), None);
        let spent = ask.meter.spent();
        assert!(expected.contains(&spent.tokens), "{usages:?}: {spent:?}");
        assert!(
            spent.money < expected.end as f64 / 1e6,
            "{usages:?}: {spent:?}"
        );
    };
    let honest = r#"{"prompt_tokens": 150, "completion_tokens": 40}"#;
    let much =
        r#"{"prompt_tokens": 18446744073709551615, "completion_tokens": 18446744073709551615}"#;
    let none = r#"{"prompt_tokens": 0, "completion_tokens": 0}"#;
    let negative = r#"{"prompt_tokens": -5, "completion_tokens": -1000000000000}"#;
    check(vec![honest], 90, 40..70).await;
    check(vec![], 90, 60..70).await;
    check(vec![none], 90, 60..70).await;
    check(vec![negative], 90, 60..70).await;
    check(vec![much], 90, 200..201).await;
    check(vec![much, none, much, none, much], 90, 200..201).await;
    check(vec![none], 3000, 2000..2010).await;
}

#[tokio::test]
async fn a_stream_that_is_dropped_closes_its_connections() {
    let engine = Engine::new("vllm", |asked| match asked.number {
        0 => writes_fresh(asked),
        at if at % 2 == 0 => Act::Silence,
        _ => Act::Stream(vec![Step::event(text(0, "\n  exact h")), Step::Hang]),
    })
    .await;
    let mut several = settings(&engine, 8);
    several.generation.seed = Some(0);
    let remote = remote([several]);
    let mut stream = propose(&remote, &goal());
    let first = stream.next().await;
    assert!(matches!(first, Some(Proposal::Candidate(_))), "{first:?}");
    soon("it writes", &engine.log, |log| log.open() == 7).await;
    drop(stream);
    soon("all are left", &engine.log, |log| {
        log.open() == 0 && log.left() == 7
    })
    .await;
    // There is room for the next.
    assert_eq!(remote.pool.endpoints[0].room(Instant::now()).0, 8);
}

#[tokio::test]
async fn equal_endpoints_get_equal_shares() {
    let engines = [Engine::fresh("vllm").await, Engine::fresh("vllm").await];
    let endpoints = engines.each_ref().map(|engine| {
        let mut settings = settings(engine, 8);
        settings.generation.seed = Some(0);
        settings
    });
    let remote = remote(endpoints);
    remote.facts().await;
    all(&remote, &goal()).await;
    let counts = engines.each_ref().map(|engine| engine.log.posts().len());
    assert_eq!(counts, [4, 4]);
}

#[tokio::test]
async fn what_nobody_reads_is_not_written() {
    let engine = Engine::new("vllm", |asked| match asked.number {
        0 => Act::Stream(vec![
            Step::event(text(0, "\n  simp\n```\nmore")),
            Step::Endless(b"data: {\"choices\":[{\"index\":0,\"text\":\" more\"}]}\n\n".into()),
        ]),
        _ => Act::Silence,
    })
    .await;
    let remote = remote([settings(&engine, 2)]);
    let mut stream = propose(&remote, &goal());
    let first = stream.next().await;
    assert!(
        matches!(&first, Some(Proposal::Candidate(one)) if one.text == "simp"),
        "{first:?}"
    );
    // While the job goes on.
    soon("it is left", &engine.log, |log| {
        log.left() == 1 && log.open() == 1
    })
    .await;
}

#[tokio::test]
async fn an_endless_answer_ends() {
    let big = json!({"choices": [{"index": 0, "text": "x ".repeat(1 << 15)}]});
    let said = json!({"choices": [{"index": 0, "delta": {"content": "x ".repeat(1 << 15)}}]});
    let line = [b"data: ".to_vec(), vec![b'x'; 1 << 16]].concat();
    let comment = vec![b':'; 1 << 16];
    for (bytes, template) in [
        (format!("data: {big}\n\n").into_bytes(), Template::ProverV2),
        (format!("data: {said}\n\n").into_bytes(), Template::Chat),
        // One event without an end.
        (line, Template::ProverV2),
        (comment, Template::ProverV2),
    ] {
        let engine = Engine::new("vllm", move |_| {
            Act::Stream(vec![Step::Endless(bytes.clone())])
        })
        .await;
        let endless = EndpointSettings {
            template,
            ..settings(&engine, 1)
        };
        let proposals = all(&remote([endless]), &goal()).await;
        assert_eq!(texts(&proposals), [""; 0]);
        soon("it is left", &engine.log, |log| log.left() == 1).await;
        assert_eq!(engine.log.posts().len(), 1);
    }
    // A whole answer without an end.
    let engine = Engine::new("vllm", |_| Act::Whole {
        status: 200,
        headers: vec![("content-type", "application/json".into())],
        body: "{".repeat(5 << 20),
    })
    .await;
    let proposals = all(&remote([settings(&engine, 1)]), &goal()).await;
    assert!(failure(&proposals).is_some_and(|why| why.contains("more than")));
}

#[tokio::test]
async fn equal_answers_are_all_told() {
    let engine = Engine::new("vllm", |asked| Act::answers(vec!["\n  simp"; asked.n()])).await;
    let proposals = all(&remote([settings(&engine, 6)]), &goal()).await;
    assert_eq!(texts(&proposals), ["simp"; 6]);
    assert_eq!(engine.log.posts().iter().map(Asked::n).sum::<usize>(), 6);
}
