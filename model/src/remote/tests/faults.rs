//! Engines that fail, for a while or for good.

use super::engine::{end, fresh as writes_fresh, nobody, text};
use super::*;
use serde_json::{Value, json};

/// Returns the failure of a job that fails at once.
async fn fails(settings: EndpointSettings) -> String {
    fails_with(PATIENT, settings).await
}

/// Returns the failure of a job.
async fn fails_with(timing: Timing, settings: EndpointSettings) -> String {
    let proposals = all(&remote_with(timing, [settings]), &goal()).await;
    assert_eq!(texts(&proposals), [""; 0]);
    let why = failure(&proposals).expect("a failure").to_owned();
    assert!(why.starts_with("lab: "), "{why}");
    why
}

#[track_caller]
fn says(why: &str, words: &[&str]) {
    for word in words {
        assert!(why.contains(word), "`{word}` is not in: {why}");
    }
}

#[tokio::test]
async fn what_nothing_helps_against_fails_at_once() {
    let engine = Engine::of_all(|_| Act::status(401, json!({"error": "no key"}))).await;
    says(
        &fails(settings(&engine, 4)).await,
        &["401", "no key", "api_key_file"],
    );
    assert_eq!(engine.log.all().len(), 1);

    let engine = Engine::fresh("vllm").await;
    let other = EndpointSettings {
        model: Some("other".into()),
        ..settings(&engine, 4)
    };
    says(&fails(other).await, &["no model `other`", "`m`"]);
    let missing = json!({"error": {"message": "The model `other` does not exist."}});
    let engine = Engine::new("somebody", move |_| Act::status(404, missing.clone())).await;
    let other = EndpointSettings {
        model: Some("other".into()),
        ..settings(&engine, 4)
    };
    says(&fails(other).await, &["no such model", "`other`"]);

    // A web page at either address.
    let engine = Engine::of_all(|_| Act::page(200, "Login")).await;
    says(
        &fails(settings(&engine, 4)).await,
        &["web page", "Login", "NO_PROXY"],
    );
    let engine = Engine::new("vllm", |_| Act::page(200, "Login")).await;
    says(&fails(settings(&engine, 1)).await, &["web page", "Login"]);

    // The code is not sent where a redirect leads to, nor is the key.
    let elsewhere = Engine::fresh("vllm").await;
    let to = format!("{}/completions", elsewhere.url);
    for status in [302, 307, 308] {
        let to = to.clone();
        let engine = Engine::new("vllm", move |_| {
            Act::status(status, "").with("location", &to)
        })
        .await;
        says(&fails(settings(&engine, 1)).await, &["redirects", "`url`"]);
    }
    assert_eq!(elsewhere.log.all().len(), 0);
}

/// Each is tried four times, with pauses that grow: all of them at the same time.
#[tokio::test]
async fn what_does_not_pass_fails_after_some_tries() {
    let check = |settings: EndpointSettings, words: &'static [&'static str]| async move {
        says(&fails_with(IMPATIENT, settings).await, words);
    };
    let failing = Engine::new("vllm", |_| Act::status(500, json!({"error": "oops"}))).await;
    let page = Engine::new("vllm", |_| Act::page(502, "Bad Gateway")).await;
    let junk = Engine::new("vllm", |_| {
        Act::Stream(vec![
            Step::event(text(0, "\n  exact h1")),
            Step::Bytes(b"data: {\"x\n\n".into()),
        ])
    })
    .await;
    let error = Engine::new("vllm", |_| {
        Act::events([
            text(0, "\n  exact h1"),
            json!({"error": {"message": "out of memory"}}),
        ])
    })
    .await;
    let cut = Engine::new("vllm", |_| {
        Act::Stream(vec![
            Step::event(text(0, "\n  exact h1\n  simp")),
            Step::Cut,
        ])
    })
    .await;
    let plain = Engine::fresh("vllm").await;
    let safe = at(&plain.url.replace("http:", "https:"), 4);
    tokio::join!(
        check(
            at(&nobody().await, 4),
            &["nothing listens at http://127.0.0.1", "started?"]
        ),
        check(safe, &["connection to https://127.0.0.1"]),
        check(settings(&failing, 1), &["500", "oops"]),
        check(settings(&page, 1), &["web page", "Bad Gateway"]),
        check(settings(&junk, 1), &["no JSON"]),
        check(settings(&error, 1), &["out of memory"]),
        check(settings(&cut, 1), &["cut off"]),
    );
    assert_eq!(plain.log.all().len(), 0);
    for engine in [&failing, &page, &junk, &error, &cut] {
        assert_eq!(engine.log.posts().len(), 4);
    }
}

#[tokio::test]
async fn what_passes_is_waited_for() {
    let check = |mut acts: Vec<Act>, told: &'static str| async move {
        let failures = acts.len();
        acts.reverse();
        let acts = std::sync::Mutex::new(acts);
        let engine = Engine::new("vllm", move |asked| {
            let act = acts.lock().expect("unpoisoned").pop();
            act.unwrap_or_else(|| writes_fresh(asked))
        })
        .await;
        let proposals = all(&remote([settings(&engine, 1)]), &goal()).await;
        assert_eq!(failure(&proposals), None);
        assert_eq!(texts(&proposals), [format!("exact h{failures}")]);
        let progress = progress(&proposals);
        assert_eq!(progress.len(), failures, "{progress:?}");
        for one in progress {
            says(one, &["lab: ", told]);
        }
    };
    let oops = || Act::status(500, "oops");
    let loading = json!({"error": {"code": 503, "message": "Loading model"}});
    let cut = Act::Stream(vec![
        Step::event(text(0, "\n  exact h9\n  simp\n")),
        Step::Cut,
    ]);
    let early = Act::Stream(vec![Step::event(text(0, "\n  exact h9\n  simp\n"))]);
    let junk = Act::Stream(vec![Step::Bytes(b"data: <html>\n\n".into())]);
    let error = Act::events([json!({"error": {"message": "out of memory"}})]);
    tokio::join!(
        check(vec![oops(), oops()], "500"),
        check(vec![Act::status(503, loading)], "its model is loading"),
        check(vec![Act::page(502, "Bad Gateway")], "web page"),
        check(vec![cut], "cut off"),
        check(vec![early], "cut off"),
        check(vec![junk], "no JSON"),
        check(vec![error], "out of memory"),
    );
}

#[tokio::test]
async fn an_engine_says_how_long_it_wants_to_be_left_alone() {
    for (after, at_least) in [("0.2", 200), ("0", 50)] {
        let engine = Engine::new("vllm", move |asked| match asked.number {
            0 => Act::status(429, json!({"error": "slow down"})).with("retry-after", after),
            _ => writes_fresh(asked),
        })
        .await;
        let began = std::time::Instant::now();
        // A pause of our own choice would hang.
        let proposals = all(&remote_with(PATIENT, [settings(&engine, 1)]), &goal()).await;
        let took = began.elapsed();
        assert_eq!(texts(&proposals), ["exact h1"]);
        says(progress(&proposals)[0], &["asked too often", "slow down"]);
        assert!(took >= Duration::from_millis(at_least), "{after}: {took:?}");
    }
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_shortened_once() {
    const LIMIT: usize = 12_000;
    let lemma = |at| format!("theorem l{at} : {at} + {at} = 2 * {at} := by simp\n");
    let above: String = (0..600).map(lemma).collect();
    let goal = goal_after(&above);
    let too_long = |status: u16| {
        let said = json!({"error": {"message": "maximum context length is 99 tokens"}});
        Act::status(status, said)
    };
    for status in [400, 413] {
        // One by one, so that several are under way when the first is refused.
        let engine = Engine::new("library", move |asked| match asked.prompt().len() > LIMIT {
            true => too_long(status),
            false => writes_fresh(asked),
        })
        .await;
        let proposals = all(&remote([settings(&engine, 6)]), &goal).await;
        assert_eq!(failure(&proposals), None);
        assert_eq!(texts(&proposals).len(), 6);
        let long = engine
            .log
            .posts()
            .into_iter()
            .filter(|one| one.prompt().len() > LIMIT);
        assert!((1..=6).contains(&long.count()));

        let engine = Engine::new("library", move |_| too_long(status)).await;
        let proposals = all(&remote([settings(&engine, 6)]), &goal).await;
        let why = failure(&proposals).expect("a failure");
        says(why, &["lab: the prompt is too long for it", "99 tokens"]);
        let lengths: Vec<usize> = engine
            .log
            .posts()
            .iter()
            .map(|one| one.prompt().len())
            .collect();
        assert!(lengths.iter().min() < lengths.iter().max(), "{lengths:?}");
        assert!(lengths.len() <= 12);
    }
}

#[tokio::test]
async fn who_has_no_completions_is_asked_in_a_chat() {
    let code = "theorem pick (p q r : Prop) (h1 : p) (h2 : q) (h3 : r) : q := by\n  exact h";
    let engine = Engine::of_all(move |asked| match &*asked.path {
        "/v1/models" => Act::status(
            200,
            json!({"data": [{"id": "lab/DeepSeek-Prover-V2-7B", "owned_by": "library"}]}),
        ),
        "/v1/chat/completions" => {
            let content = format!("```lean4\n{code}{}\n```\n", asked.number);
            Act::status(
                200,
                json!({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}),
            )
        }
        _ => Act::status(404, json!({"detail": "Not Found"})),
    })
    .await;
    let auto = EndpointSettings {
        template: Template::Auto,
        ..settings(&engine, 6)
    };
    let proposals = all(&remote([auto]), &goal()).await;
    assert_eq!(failure(&proposals), None);
    assert_eq!(texts(&proposals).len(), 6, "{proposals:?}");

    // But not if our own template is asked for.
    says(
        &fails(settings(&engine, 4)).await,
        &["there is no ", "/v1/completions", "404"],
    );
}

#[tokio::test]
async fn an_error_of_one_answer_loses_no_other() {
    let engine = Engine::new("vllm", |asked| match asked.number {
        // The second request is for several: one of them is whole when it breaks.
        1 => Act::Stream(
            [
                text(0, "\n  exact a"),
                end(0, "stop"),
                text(1, "\n  exact part\n"),
            ]
            .into_iter()
            .map(|event: Value| Step::event(event))
            .chain([Step::Cut])
            .collect(),
        ),
        _ => writes_fresh(asked),
    })
    .await;
    let all = candidates([settings(&engine, 6)]).await;
    assert_eq!(all.len(), 6, "{all:?}");
    assert!(all.contains(&"exact a".into()));
    assert!(!all.iter().any(|one| one.contains("part")), "{all:?}");
    let asked = engine.log.posts().iter().map(Asked::n).sum::<usize>();
    assert_eq!(asked, 6 + engine.log.posts()[1].n() - 1);
}
