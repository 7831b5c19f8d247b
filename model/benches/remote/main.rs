//! The time that our client adds to requests of a real engine, for the rows of `cargo xtask bench remote`,
//! which starts one. By hand: `cargo bench -p unsorry-model --bench remote -- ADDRESS`.
#![allow(clippy::print_stdout)] // its figures are its purpose

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::StreamExt;
use serde_json::{Value, json};
use unsorry_model::remote::{EndpointSettings, Remote, Template};
use unsorry_prover::{GenerationParams, Goal, HoleKind, Prover};

/// Answers to one goal.
const ANSWERS: usize = 4;

/// Requests at once, of ours and of the peer's.
const TOGETHER: usize = 64;

/// The number of answers that are timed.
const ROUNDS: usize = 200;

fn main() -> Result<()> {
    // `cargo test` builds and starts benches as well, with no such argument.
    let Some(address) = std::env::args().nth(1).filter(|it| it.starts_with("http")) else {
        return Ok(());
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(run(&address))
}

async fn run(address: &str) -> Result<()> {
    let client = unsorry_model::http::client().build()?;
    let url = format!("{address}/v1/completions");

    // One answer, the same in both ways: the likeliest.
    let likeliest = GenerationParams {
        temperature: 0.0,
        ..generation()
    };
    let body = body(likeliest.clone()).await?;
    let ours = Remote::new(vec![settings(address, likeliest)])?;
    let (mut own_times, mut raw_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        job(&ours).await?;
        own_times.push(start.elapsed());
        let start = Instant::now();
        raw(&client, &url, &body).await?;
        raw_times.push(start.elapsed());
    }
    // Names as `xtask/src/bench/remote.rs` has them.
    row("one answer", "ms", median(own_times)?, median(raw_times)?);

    let body = self::body(generation()).await?;
    let ours = Remote::new(vec![settings(address, generation())])?;
    for jobs in [1, 8, 64] {
        let rounds = (64 / jobs).max(2);
        let mut seconds = [f64::MAX; 2];
        // The better of three each, in turn.
        for _ in 0..3 {
            let start = Instant::now();
            for _ in 0..rounds {
                let all = (0..jobs).map(|_| job(&ours));
                futures_util::future::try_join_all(all).await?;
            }
            seconds[0] = seconds[0].min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            for _ in 0..rounds {
                let all = (0..jobs * ANSWERS).map(|_| raw(&client, &url, &body));
                let mut all = futures_util::stream::iter(all).buffer_unordered(TOGETHER);
                while let Some(done) = all.next().await {
                    done?;
                }
            }
            seconds[1] = seconds[1].min(start.elapsed().as_secs_f64());
        }
        let answers = (rounds * jobs * ANSWERS) as f64;
        let [ours, raw] = seconds.map(|seconds| answers / seconds);
        row(&format!("{jobs} jobs at once"), "answers/s", ours, raw);
    }
    Ok(())
}

fn row(row: &str, unit: &str, ours: f64, raw: f64) {
    println!(
        "{}",
        json!({"row": row, "unit": unit, "ours": ours, "raw": raw})
    );
}

fn median(mut times: Vec<Duration>) -> Result<f64> {
    times.sort();
    let median = times.get(times.len() / 2).context("nothing was measured")?;
    Ok(median.as_secs_f64() * 1e3)
}

/// A seed, so that each answer has a request of its own, as the peer's have.
fn generation() -> GenerationParams {
    GenerationParams {
        candidates: ANSWERS,
        max_tokens: Some(16),
        seed: Some(1),
        ..GenerationParams::default()
    }
}

fn settings(address: &str, generation: GenerationParams) -> EndpointSettings {
    EndpointSettings {
        template: Template::ProverV2,
        concurrency: TOGETHER,
        generation,
        ..EndpointSettings::new("engine".into(), address.into())
    }
}

/// All of a job.
async fn job(prover: &Remote) -> Result<()> {
    let context = unsorry_prover::Context {
        before: "theorem pick (p q r : Prop) (h1 : p) (h2 : q) (h3 : r) : q := by\n  ".into(),
        declaration: 0,
        after: "\n".into(),
    };
    let shown = "p q r : Prop\nh1 : p\nh2 : q\nh3 : r\n⊢ q".to_owned();
    let goal = Goal::parse(HoleKind::Tactic, &[shown], Vec::new(), context);
    let mut proposals = prover.propose(&goal.context("no goal")?.into());
    while let Some(proposal) = proposals.next().await {
        if let unsorry_prover::Proposal::Failed(why) = proposal {
            anyhow::bail!(why);
        }
    }
    Ok(())
}

/// Sends our request by the HTTP library alone.
async fn raw(client: &reqwest::Client, url: &str, body: &str) -> Result<()> {
    let request = || {
        let request = client.post(url).header("content-type", "application/json");
        request.body(body.to_owned()).send()
    };
    // The server closes a connection after some requests, which may cross the next ones.
    let mut response = request().await;
    for _ in 0..9 {
        if response.is_ok() {
            break;
        }
        response = request().await;
    }
    let response = response?;
    response.error_for_status()?.bytes().await?;
    Ok(())
}

/// Returns the body that our client sends for the first answer, recorded by a server that never answers.
async fn body(generation: GenerationParams) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let heard = tokio::task::spawn_blocking(move || -> Result<String> {
        loop {
            let (mut stream, _) = listener.accept()?;
            let mut request = Vec::new();
            let mut bytes = [0; 4096];
            loop {
                let read = stream.read(&mut bytes)?;
                request.extend_from_slice(&bytes[..read]);
                let text = String::from_utf8_lossy(&request);
                if text.starts_with("GET") && text.ends_with("\r\n\r\n") {
                    let list = r#"{"data":[{"id":"pocket","owned_by":"llamacpp"}]}"#;
                    let length = list.len();
                    write!(
                        stream,
                        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{list}"
                    )?;
                    break;
                }
                let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                if serde_json::from_str::<Value>(body).is_ok() {
                    return Ok(body.to_owned());
                }
                anyhow::ensure!(read > 0, "the request was cut off");
            }
        }
    });
    let prover = Remote::new(vec![settings(&address, generation)])?;
    tokio::select! {
        heard = heard => heard?,
        _ = async { loop { let _ = job(&prover).await; } } => unreachable!("it goes on"),
    }
}
