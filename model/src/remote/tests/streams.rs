//! Answers in all the ways they come.

use super::engine::{end, fresh as writes_fresh, text};
use super::*;
use serde_json::json;

#[tokio::test]
async fn a_stream_may_be_split_anywhere() {
    let engine = Engine::new("vllm", |_| {
        let body = [
            ": ping\n\n".to_owned(),
            format!("data: {}\n\n", text(0, "\n  exact ⟨h1, ")),
            ": ping\n\n".to_owned(),
            format!("data: {}\r\n\r\n", text(0, "α⟩\n")),
            // Several in one.
            format!(
                "data: {}\n\ndata: {}\n\n",
                text(0, "  simp"),
                end(0, "stop")
            ),
        ]
        .concat()
        .into_bytes();
        // A byte each, then all the rest at once; `[DONE]` is missing.
        let (slow, fast) = body.split_at(80);
        let steps = slow.iter().map(|byte| Step::Bytes(vec![*byte]));
        Act::Stream(steps.chain([Step::Bytes(fast.to_vec())]).collect())
    })
    .await;
    assert_eq!(
        candidates([settings(&engine, 1)]).await,
        ["exact ⟨h1, α⟩\nsimp"]
    );
    let bytewise = Engine::new("vllm", |_| {
        let body = format!(
            "data: {}\n\ndata: {}\n\n",
            text(0, "\n  exact ⟨α⟩"),
            end(0, "stop")
        );
        Act::Stream(body.bytes().map(|byte| Step::Bytes(vec![byte])).collect())
    })
    .await;
    assert_eq!(candidates([settings(&bytewise, 1)]).await, ["exact ⟨α⟩"]);
    assert_eq!(engine.log.posts().len(), 1);
}

#[tokio::test]
async fn an_engine_may_answer_all_at_once() {
    let engine = Engine::new("llamacpp", |asked| {
        let choices = (0..asked.n()).map(|index| {
            let text = format!("\n  exact h{}", asked.before + index);
            json!({"index": index, "text": text, "finish_reason": "stop"})
        });
        let choices: Vec<_> = choices.collect();
        Act::status(
            200,
            json!({"choices": choices, "usage": {"prompt_tokens": 3}}),
        )
    })
    .await;
    assert_eq!(candidates([settings(&engine, 5)]).await, fresh(5));
}

#[tokio::test]
async fn what_a_chat_calls_reasoning_may_be_the_answer() {
    let code = "theorem pick (p q r : Prop) (h1 : p) (h2 : q) (h3 : r) : q := by\n  exact h2";
    let answer = format!("So:\n```lean4\n{code}\n```\n");
    for (field, candidate) in [("content", "exact h2"), ("reasoning_content", "exact h2")] {
        let answer = answer.clone();
        let engine = Engine::new("vllm", move |asked| {
            assert_eq!(asked.path, "/v1/chat/completions");
            assert!(asked.body["messages"][0]["content"].is_string());
            let (first, rest) = answer.split_at(30);
            Act::events([
                json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}),
                json!({"choices": [{"index": 0, "delta": {field: first}}]}),
                json!({"choices": [{"index": 0, "delta": {field: rest}}]}),
                json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
            ])
        })
        .await;
        let chat = EndpointSettings {
            template: Template::Chat,
            ..settings(&engine, 1)
        };
        assert_eq!(candidates([chat]).await, [candidate], "{field}");
    }
    // Thoughts are not mixed into an answer.
    let engine = Engine::new("vllm", move |_| {
        Act::events([
            json!({"choices": [{"index": 0, "delta": {"reasoning_content": "```lean4\nno\n```\n"}}]}),
            json!({"choices": [{"index": 0, "delta": {"content": answer}}]}),
            json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        ])
    })
    .await;
    let chat = EndpointSettings {
        template: Template::Chat,
        ..settings(&engine, 1)
    };
    assert_eq!(candidates([chat]).await, ["exact h2"]);
}

#[tokio::test]
async fn several_answers_come_with_one_request() {
    let engine = Engine::fresh("vllm").await;
    assert_eq!(candidates([settings(&engine, 8)]).await, fresh(8));
    let posts = engine.log.posts();
    // The first alone, until it is known what engine it is.
    assert!(posts.len() <= 3, "{}", posts.len());
    assert_eq!(posts.iter().map(Asked::n).sum::<usize>(), 8);

    let engine = Engine::fresh("library").await;
    assert_eq!(candidates([settings(&engine, 8)]).await, fresh(8));
    assert_eq!(engine.log.posts().len(), 8);
}

#[tokio::test]
async fn each_answer_has_its_own_seed() {
    let engine = Engine::fresh("vllm").await;
    let mut seeded = settings(&engine, 6);
    seeded.generation.seed = Some(40);
    assert_eq!(candidates([seeded]).await, fresh(6));
    let posts = engine.log.posts();
    assert!(posts.iter().all(|asked| asked.body.get("n").is_none()));
    let mut seeds: Vec<_> = posts
        .iter()
        .filter_map(|asked| asked.body["seed"].as_u64())
        .collect();
    seeds.sort_unstable();
    assert_eq!(seeds, [40, 41, 42, 43, 44, 45]);
}

#[tokio::test]
async fn who_gives_one_answer_a_request_is_asked_one_by_one() {
    let refuses = Engine::new("vllm", |asked| match asked.n() {
        1 => Act::answers([format!("\n  exact r{}", asked.number)]),
        _ => Act::status(
            400,
            json!({"error": {"message": "only n = 1 is supported"}}),
        ),
    })
    .await;
    let first = Engine::new("vllm", |asked| {
        Act::answers([format!("\n  exact f{}", asked.number)])
    })
    .await;
    for engine in [&refuses, &first] {
        let remote = remote([settings(engine, 6)]);
        let proposals = all(&remote, &goal()).await;
        assert_eq!(failure(&proposals), None);
        assert_eq!(texts(&proposals).len(), 6, "{proposals:?}");
        assert!(engine.log.posts().iter().any(|asked| asked.n() > 1));
        // It is known now.
        let before = engine.log.posts().len();
        assert_eq!(texts(&all(&remote, &goal()).await).len(), 6);
        let after = engine.log.posts();
        assert!(after[before..].iter().all(|asked| asked.n() == 1));
    }
}

#[tokio::test]
async fn two_jobs_learn_together_that_an_engine_gives_one_answer_a_request() {
    let engine = Engine::new("vllm", |asked| match asked.n() {
        1 => writes_fresh(asked),
        _ => Act::status(400, json!({"error": {"message": "n"}})),
    })
    .await;
    let remote = remote([EndpointSettings {
        concurrency: 64,
        ..settings(&engine, 5)
    }]);
    remote.facts().await;
    let goal = goal();
    let jobs = (0..4).map(|_| all(&remote, &goal));
    for proposals in join_all(jobs).await {
        assert_eq!(failure(&proposals), None);
        assert_eq!(texts(&proposals).len(), 5);
    }
    assert!(
        engine
            .log
            .posts()
            .iter()
            .filter(|asked| asked.n() > 1)
            .count()
            > 1
    );
}
