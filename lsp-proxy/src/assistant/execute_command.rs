//! `workspace/executeCommand`

use serde_json::Value;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types as lsp;

use super::commands::{self, Command};
use super::context::Assistant;
use super::job;
use super::state::State;
use super::state::document::View;
use super::status::status;

/// Answers `workspace/executeCommand` for a command of ours. A job's is answered when it has begun.
///
/// # Errors
/// When there is no such command or its arguments make no sense.
pub async fn execute_command(
    assistant: &Assistant,
    params: lsp::ExecuteCommandParams,
) -> Result<Option<Value>> {
    let command = commands::find(&params.command).map_err(|known| {
        Error::invalid_params(format!(
            "unsorry has no command `{}`; it has {}",
            params.command,
            known.join(", ")
        ))
    })?;
    let mut arguments = params.arguments.into_iter();
    let first = arguments.next();
    match command {
        Command::Status => {
            let since = first.as_ref().and_then(|options| options.get("since"));
            return Ok(Some(status(assistant, since.and_then(Value::as_u64)).await));
        }
        Command::Settings => {
            let set = assistant.settings.set(first.unwrap_or_default()).await;
            assistant.state.with(State::changed);
            set.map_err(|error| Error::invalid_params(format!("{error:#}")))?;
        }
        Command::Stop => {
            let uri = match first {
                None => None,
                Some(_) => Some(document(assistant, first)?.0),
            };
            assistant
                .state
                .with(|state| state.stop_jobs(uri.as_deref()));
        }
        Command::Prove => {
            let (uri, view) = document(assistant, first)?;
            let position: lsp::Position = arguments
                .next()
                .and_then(|position| serde_json::from_value(position).ok())
                .ok_or_else(|| {
                    Error::invalid_params("the second argument must be a position in the document")
                })?;
            let at = view.bytes(lsp::Range {
                start: position,
                end: position,
            });
            let Some(hole) = view.holes_at(&at).next() else {
                return Err(Error::invalid_params("there is no sorry at this position"));
            };
            job::start(assistant, uri, vec![hole]);
        }
        Command::ProveAll => {
            let (uri, view) = document(assistant, first)?;
            job::start(assistant, uri, view.holes().collect());
        }
    }
    Ok(None)
}

/// The document that an argument names.
fn document(assistant: &Assistant, argument: Option<Value>) -> Result<(String, View)> {
    let Some(Value::String(uri)) = argument else {
        return Err(Error::invalid_params(
            "the first argument must be the document's URI",
        ));
    };
    match assistant.state.with(|state| state.documents.view(&uri)) {
        Some(view) => Ok((uri, view)),
        None => Err(Error::invalid_params(format!(
            "unsorry does not know the document {uri}: is it open?"
        ))),
    }
}
