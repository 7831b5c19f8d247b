//! The order in which Lean is shown texts.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::queue::{Next, Queue};
use super::request::{CheckError, Reply, Request};
use crate::lean::elaboration::Elaboration;

/// A Lean that elaborates one text at a time. A text that is dropped half-way is forgotten.
pub(super) trait Lean: Send + 'static {
    /// Elaborates a text, for which it `comes_back` from another search's.
    fn elaborate(
        &mut self,
        request: &Request,
        comes_back: bool,
    ) -> impl Future<Output = Result<Elaboration, CheckError>> + Send;

    /// Rests, as nobody has asked for anything for long.
    fn rest(&mut self);
}

/// Has `lean` elaborate what is asked for, until nobody can ask any more.
pub(super) async fn run(
    mut lean: impl Lean,
    idle: Duration,
    mut requests: UnboundedReceiver<(Request, Reply)>,
) {
    let mut queue = Queue::new();
    loop {
        while let Ok(request) = requests.try_recv() {
            push(&mut queue, request);
        }
        queue.retain(|(_, reply): &(Request, Reply)| !reply.is_closed());
        let ((request, mut reply), comes_back) = match queue.next(Instant::now()) {
            Next::Take(request, comes_back) => (request, comes_back),
            Next::Wait(until) => {
                if let Ok(Some(request)) = tokio::time::timeout_at(until, requests.recv()).await {
                    push(&mut queue, request);
                }
                continue;
            }
            Next::Nothing => {
                let request = match tokio::time::timeout(idle, requests.recv()).await {
                    Ok(request) => request,
                    Err(_) => {
                        lean.rest();
                        requests.recv().await
                    }
                };
                let Some(request) = request else { return };
                push(&mut queue, request);
                continue;
            }
        };
        tokio::select! {
            biased;
            outcome = lean.elaborate(&request, comes_back) => {
                let _ = reply.send(outcome);
            }
            // Nobody waits any more. The next text makes Lean drop this one.
            () = reply.closed() => {}
            () = overtaken(&mut requests, &mut queue) => {
                queue.put_back((request, reply));
                continue;
            }
        }
        queue.done(Instant::now());
    }
}

fn push(queue: &mut Queue<(Request, Reply)>, request: (Request, Reply)) {
    queue.push(request.0.searcher.clone(), Instant::now(), request);
}

/// Takes in what is asked for meanwhile, until something of it goes before what Lean is busy with.
async fn overtaken(
    requests: &mut UnboundedReceiver<(Request, Reply)>,
    queue: &mut Queue<(Request, Reply)>,
) {
    while let Some(request) = requests.recv().await {
        push(queue, request);
        if queue.is_overtaken() {
            return;
        }
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::check::checker::Checker;
    use crate::check::script::Script;

    fn elaborated() -> Elaboration {
        Elaboration {
            diagnostics: Vec::new(),
            answers: Vec::new(),
            took: Duration::ZERO,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_urgent_text_interrupts_a_search_which_goes_on_afterwards() {
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let (began, mut begun) = tokio::sync::mpsc::unbounded_channel();
        let log = seen.clone();
        let checker = Checker::with(
            Script(move |text: &str| {
                let (text, log) = (text.to_owned(), log.clone());
                let _ = began.send(text.clone());
                async move {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    log.lock().expect("no panic").push(text);
                    Ok(elaborated())
                }
            }),
            std::path::Path::new("/"),
            Duration::MAX,
        );
        let search = checker.for_one_search();
        let ask = |checker: Checker, text: &'static str| async move {
            let limit = Duration::from_secs(90);
            let uri = "file:///A.lean";
            checker
                .elaborate(uri, text.to_owned(), Vec::new(), limit)
                .await
        };
        let start = Instant::now();
        let slow = tokio::spawn(ask(search, "slow"));
        assert_eq!(begun.recv().await.as_deref(), Some("slow"));
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert!(ask(checker.clone(), "an edit").await.is_ok());
        assert_eq!(start.elapsed().as_secs(), 30 + 60);
        // It was interrupted, and is neither lost nor failed.
        assert!(slow.await.expect("no panic").is_ok());
        assert_eq!(*seen.lock().expect("no panic"), ["an edit", "slow"]);
    }
}
