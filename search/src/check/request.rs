//! A text for Lean, and what can come of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use unsorry_syntax::Position;

use super::queue::Searcher;
use crate::lean::diagnostic::Diagnostic;
use crate::lean::elaboration::{Elaboration, Unknown};

/// The reasons why the checker can't say anything of a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Lean gave no full report of this text.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// There is no Lean to ask.
    #[error("{0}")]
    NoLean(String),
}

/// A text to elaborate.
#[derive(Debug)]
pub(super) struct Request {
    pub searcher: Arc<Searcher>,
    /// The document that it is to be the text of.
    pub uri: String,
    pub text: String,
    /// The positions whose goals are asked for.
    pub questions: Vec<Position>,
    /// The longest that Lean may take, where the file's imports are loaded already.
    pub limit: Duration,
    /// Whoever looks on.
    pub watch: Option<Watch>,
}

/// Somebody who looks on while Lean elaborates a text.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The channel for what Lean says on the way. That is no evidence, but a hint where to look.
    pub interim: mpsc::UnboundedSender<Vec<Diagnostic>>,
    /// Cancelled when there is nothing to wait for any more: Lean then counts as too slow with this text.
    pub give_up: CancellationToken,
}

/// The channel for the answer; closed when nobody waits for it any more.
pub(super) type Reply = oneshot::Sender<Result<Elaboration, CheckError>>;
