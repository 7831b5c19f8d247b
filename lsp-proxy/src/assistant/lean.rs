//! Questions to the user's Lean, about goals only.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;
use unsorry_prover::HoleKind;

use crate::proxy::Injector;
use unsorry_search::lean::elaboration::Goals;
use unsorry_syntax::Position;
use unsorry_wire::frame::Message;

/// The longest that a goal is waited for. Lean answers once it has elaborated so far.
const ANSWERS_WITHIN: Duration = Duration::from_secs(600);

const TACTIC: &str = "$/lean/plainGoal";
const TERM: &str = "$/lean/plainTermGoal";

/// The user's Lean.
#[derive(Clone)]
pub struct Lean {
    session: Arc<str>,
    to_lean: Injector,
    waiting: Arc<Mutex<HashMap<String, oneshot::Sender<Value>>>>,
    next: Arc<AtomicU64>,
}

impl Lean {
    /// Asks through `to_lean`, with ids that begin with `session`.
    pub fn new(session: Arc<str>, to_lean: Injector) -> Lean {
        Lean {
            session,
            to_lean,
            waiting: Arc::default(),
            next: Arc::default(),
        }
    }

    /// Asks for the goals at `position`, of one `kind` where those suffice. The question is sent now; what is
    /// returned waits for the answer, and gives none when Lean can't tell.
    pub fn goals(
        &self,
        uri: &str,
        position: Position,
        kind: Option<HoleKind>,
    ) -> impl Future<Output = Option<Goals>> + Send + use<> {
        let ask = |of: HoleKind, method: &str| {
            let asked = kind.is_none_or(|kind| kind == of);
            asked.then(|| self.ask_at(method, uri, position))
        };
        let tactic = ask(HoleKind::Tactic, TACTIC);
        let term = ask(HoleKind::Term, TERM);
        let answers = async move {
            let answer = async |asked: Option<oneshot::Receiver<Value>>| match asked {
                Some(asked) => asked.await.ok(),
                None => Some(Value::Null),
            };
            Some(Goals::read(&answer(tactic).await?, &answer(term).await?))
        };
        async move {
            tokio::time::timeout(ANSWERS_WITHIN, answers)
                .await
                .ok()
                .flatten()
        }
    }

    fn ask_at(&self, method: &str, uri: &str, position: Position) -> oneshot::Receiver<Value> {
        let params = json!({"textDocument": {"uri": uri}, "position": position});
        self.ask(method, params)
    }

    fn ask(&self, method: &str, params: Value) -> oneshot::Receiver<Value> {
        let id = format!(
            "{}lean:{}",
            self.session,
            self.next.fetch_add(1, Ordering::Relaxed)
        );
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.retain(|_, sender| !sender.is_closed());
            waiting.insert(id.clone(), sender);
        }
        self.to_lean
            .send_json(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        receiver
    }

    /// Notes that Lean answers the request `id` of ours. An error is no answer.
    pub fn answered(&self, id: &str, message: &Message) {
        let sender = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
        let Some(sender) = sender else { return };
        if let Ok(mut body) = serde_json::from_slice::<Value>(message.body())
            && body.get("error").is_none()
        {
            let _ = sender.send(body["result"].take());
        }
    }
}
