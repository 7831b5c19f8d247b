//! An engine that does what a script says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// A request as it was received.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
    /// The number of answers asked for before it came.
    pub(super) before: usize,
    /// The number of requests for answers before it.
    pub(super) number: usize,
}

impl Asked {
    /// The number of answers it asks for.
    pub(super) fn n(&self) -> usize {
        self.body["n"].as_u64().map_or(1, |n| n as usize)
    }

    /// The text to go on with.
    pub(super) fn prompt(&self) -> &str {
        self.body["prompt"].as_str().expect("a prompt")
    }
}

/// The engine's reaction to a request.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// It answers with this at once.
    Whole {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// It answers with a stream of events.
    Stream(Vec<Step>),
    /// It says nothing, not even that it has understood.
    Silence,
}

/// A part of a stream.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A chunk of bytes.
    Bytes(Vec<u8>),
    Wait(Duration),
    /// Silence until that is over.
    Until(CancellationToken),
    /// Silence for ever: the connection stays.
    Hang,
    /// The connection breaks.
    Cut,
    /// These bytes for ever.
    Endless(Vec<u8>),
}

impl Act {
    pub(super) fn status(status: u16, body: impl ToString) -> Act {
        Act::Whole {
            status,
            headers: vec![("content-type", "application/json".into())],
            body: body.to_string(),
        }
    }

    pub(super) fn page(status: u16, title: &str) -> Act {
        Act::Whole {
            status,
            headers: vec![("content-type", "text/html".into())],
            body: format!("<!DOCTYPE html><html><title>{title}</title></html>"),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Act {
        if let Act::Whole { headers, .. } = &mut self {
            headers.push((name, value.to_string()));
        }
        self
    }

    /// A stream of these events, one chunk each.
    pub(super) fn events(events: impl IntoIterator<Item = Value>) -> Act {
        Act::Stream(events.into_iter().map(Step::event).collect())
    }

    /// Answers with these texts, each in one piece.
    pub(super) fn answers<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Act {
        let texts = texts.into_iter().enumerate();
        let mut steps: Vec<Step> = texts
            .flat_map(|(index, one)| [text(index, one.as_ref()), end(index, "stop")])
            .map(Step::event)
            .collect();
        steps.push(Step::done());
        Act::Stream(steps)
    }
}

impl Step {
    pub(super) fn event(event: Value) -> Step {
        Step::Bytes(format!("data: {event}\n\n").into_bytes())
    }

    pub(super) fn done() -> Step {
        Step::Bytes(b"data: [DONE]\n\n".to_vec())
    }
}

/// A piece of an answer.
pub(super) fn text(index: usize, text: &str) -> Value {
    json!({"choices": [{"index": index, "text": text, "finish_reason": null}]})
}

/// The end of an answer.
pub(super) fn end(index: usize, why: &str) -> Value {
    json!({"choices": [{"index": index, "text": "", "finish_reason": why}]})
}

/// The list of one model, `m`.
pub(super) fn models(owner: &str) -> Act {
    Act::status(
        200,
        json!({"data": [{"id": "m", "owned_by": owner, "max_model_len": 8192}]}),
    )
}

pub(super) struct Engine {
    pub(super) url: String,
    pub(super) log: Arc<Log>,
    /// The task that serves; dropped, the port is closed.
    _serving: AbortOnDropHandle<()>,
}

/// The record of what an engine has seen.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Notified when something below has changed.
    pub(super) changed: Notify,
    asked: Mutex<Vec<Asked>>,
    /// Answers that it is writing, and the most at once.
    writing: AtomicUsize,
    most: AtomicUsize,
    /// Requests for answers under way, and those that were left before they ended.
    open: AtomicUsize,
    left: AtomicUsize,
}

/// A request under way.
struct Open {
    log: Arc<Log>,
    n: usize,
    ended: bool,
}

impl Open {
    fn new(log: &Arc<Log>, n: usize) -> Open {
        let writing = log.writing.fetch_add(n, Ordering::SeqCst) + n;
        log.most.fetch_max(writing, Ordering::SeqCst);
        log.open.fetch_add(1, Ordering::SeqCst);
        log.changed.notify_waiters();
        Open {
            log: log.clone(),
            n,
            ended: false,
        }
    }
}

impl Open {
    fn written(&mut self, bytes: &[u8]) {
        let said = String::from_utf8_lossy(bytes);
        let ends = said.matches(r#""finish_reason":"stop""#).count();
        let ends = ends.min(self.n);
        self.n -= ends;
        self.log.writing.fetch_sub(ends, Ordering::SeqCst);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.log.writing.fetch_sub(self.n, Ordering::SeqCst);
        self.log.open.fetch_sub(1, Ordering::SeqCst);
        if !self.ended {
            self.log.left.fetch_add(1, Ordering::SeqCst);
        }
        self.log.changed.notify_waiters();
    }
}

impl Log {
    /// The requests for answers.
    pub(super) fn posts(&self) -> Vec<Asked> {
        let asked = self.all();
        let posts = asked.into_iter().filter(|asked| !asked.body.is_null());
        posts.collect()
    }

    /// All requests.
    pub(super) fn all(&self) -> Vec<Asked> {
        self.asked.lock().expect("unpoisoned").clone()
    }

    /// Requests that are not ended.
    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Requests whose connection was closed before they ended.
    pub(super) fn left(&self) -> usize {
        self.left.load(Ordering::SeqCst)
    }

    /// The most answers that it wrote at once.
    pub(super) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

impl Engine {
    /// One that has the model `m` and says that it is `owner`'s.
    pub(super) async fn new(
        owner: &'static str,
        script: impl Fn(&Asked) -> Act + Send + Sync + 'static,
    ) -> Engine {
        Engine::of_all(move |asked| match &*asked.path {
            "/v1/models" => models(owner),
            _ => script(asked),
        })
        .await
    }

    /// One whose answers are all different, see [`super::fresh`].
    pub(super) async fn fresh(owner: &'static str) -> Engine {
        Engine::new(owner, fresh).await
    }

    /// One whose every word is scripted.
    pub(super) async fn of_all(script: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let log = Arc::<Log>::default();
        let (script, seen) = (Arc::new(script), log.clone());
        let app = axum::Router::new().fallback(move |request: Request| {
            let (script, seen) = (script.clone(), seen.clone());
            async move { answer(request, &*script, seen).await }
        });
        let serving = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("served");
        });
        Engine {
            url: format!("http://{address}/v1"),
            log,
            _serving: AbortOnDropHandle::new(serving),
        }
    }
}

/// Different answers to everything.
pub(super) fn fresh(asked: &Asked) -> Act {
    Act::answers((asked.before..asked.before + asked.n()).map(|at| format!("\n  exact h{at}")))
}

/// An address where nothing listens.
pub(super) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    format!("http://{address}/v1")
}

async fn answer(
    request: Request,
    script: &(dyn Fn(&Asked) -> Act + Send + Sync),
    log: Arc<Log>,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 24).await.expect("a body");
    let asked = {
        let mut all = log.asked.lock().expect("unpoisoned");
        let posts = || all.iter().filter(|asked| !asked.body.is_null());
        let asked = Asked {
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
            before: posts().map(Asked::n).sum(),
            number: posts().count(),
        };
        all.push(asked.clone());
        asked
    };
    let mut open = (!asked.body.is_null()).then(|| Open::new(&log, asked.n()));
    // Each request has a connection of its own, so that a closed port is closed at once.
    let response = Response::builder().header(header::CONNECTION, "close");
    match script(&asked) {
        Act::Silence => std::future::pending().await,
        Act::Whole {
            status,
            headers,
            body,
        } => {
            if let Some(open) = &mut open {
                open.ended = true;
            }
            let response = headers
                .into_iter()
                .fold(response.status(status), |response, (name, value)| {
                    response.header(name, value)
                });
            response.body(Body::from(body)).expect("a response")
        }
        Act::Stream(steps) => {
            let steps = stream::unfold((steps.into_iter(), None, open), next);
            let response = response.header(header::CONTENT_TYPE, "text/event-stream");
            response.body(Body::from_stream(steps)).expect("a response")
        }
    }
}

type Left = (std::vec::IntoIter<Step>, Option<Vec<u8>>, Option<Open>);

async fn next((mut steps, endless, mut open): Left) -> Option<(Result<Vec<u8>, Broken>, Left)> {
    // What is there goes out before the next chunk.
    tokio::task::yield_now().await;
    if let Some(bytes) = endless {
        return Some((Ok(bytes.clone()), (steps, Some(bytes), open)));
    }
    loop {
        match steps.next() {
            None => {
                if let Some(open) = &mut open {
                    open.ended = true;
                }
                return None;
            }
            Some(Step::Bytes(bytes)) => {
                if let Some(open) = &mut open {
                    // An answer is written when that is said, a stream has ended with its last chunk:
                    // who has heard it need not wait.
                    open.written(&bytes);
                    open.ended |= steps.len() == 0;
                }
                return Some((Ok(bytes), (steps, None, open)));
            }
            Some(Step::Endless(bytes)) => {
                return Some((Ok(bytes.clone()), (steps, Some(bytes), open)));
            }
            Some(Step::Wait(time)) => tokio::time::sleep(time).await,
            Some(Step::Until(over)) => over.cancelled().await,
            Some(Step::Hang) => std::future::pending().await,
            Some(Step::Cut) => return Some((Err(Broken), (steps, None, open))),
        }
    }
}

/// A connection's break, as an error.
#[derive(Debug, thiserror::Error)]
#[error("scripted")]
struct Broken;
