//! `workspace/executeCommand`

use serde_json::Value;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types as lsp;

use super::{Assistant, job};
use crate::proxy::route::COMMAND_PREFIX;

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Proves the hole at `[uri, position]`.
    Prove,
    /// Proves every hole of `[uri]`.
    ProveAll,
    /// Stops every job of `[uri]`.
    Stop,
}

const COMMANDS: [(&str, Command); 3] = [
    ("prove", Command::Prove),
    ("proveAll", Command::ProveAll),
    ("stop", Command::Stop),
];

/// The name under which a command is announced. It differs from process to process: VS Code refuses
/// a second client that announces the same one. The plain name, `unsorry.prove`, is obeyed as well.
pub fn announced(command: Command) -> String {
    let name = COMMANDS
        .iter()
        .find(|(_, c)| *c == command)
        .map_or("", |(name, _)| name);
    format!("{COMMAND_PREFIX}{name}.{}", std::process::id())
}

/// All announced names.
pub fn command_names() -> Vec<String> {
    COMMANDS
        .iter()
        .map(|(_, command)| announced(*command))
        .collect()
}

/// `workspace/executeCommand`, of a command of ours. Answers when the job has begun.
///
/// # Errors
/// When there is no such command or its arguments make no sense.
pub fn execute_command(assistant: &Assistant, params: lsp::ExecuteCommandParams) -> Result<()> {
    let name = params
        .command
        .strip_prefix(COMMAND_PREFIX)
        .unwrap_or_default();
    let suffix = format!(".{}", std::process::id());
    let name = name.strip_suffix(&suffix).unwrap_or(name);
    let Some((_, command)) = COMMANDS.iter().find(|(known, _)| *known == name) else {
        return Err(Error::invalid_params(format!(
            "unsorry has no command `{}`; it has unsorry.prove, unsorry.proveAll and unsorry.stop",
            params.command
        )));
    };
    let mut arguments = params.arguments.into_iter();
    let uri = arguments
        .next()
        .as_ref()
        .and_then(Value::as_str)
        .map(str::to_owned);
    let uri =
        uri.ok_or_else(|| Error::invalid_params("the first argument must be the document's URI"))?;
    let Some(view) = assistant.state.view(&uri) else {
        return Err(Error::invalid_params(format!(
            "unsorry does not know the document {uri}: is it open?"
        )));
    };
    match command {
        Command::Stop => assistant.state.stop_in(&uri),
        Command::Prove => {
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
            let Some((_, hole)) = view.holes_at(&at).next() else {
                return Err(Error::invalid_params("there is no sorry at this position"));
            };
            job::start(assistant, uri, vec![hole.range.clone()]);
        }
        Command::ProveAll => {
            let holes = view
                .outline
                .holes
                .iter()
                .map(|hole| hole.range.clone())
                .collect();
            job::start(assistant, uri, holes);
        }
    }
    Ok(())
}
