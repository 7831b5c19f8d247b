//! The route of a message: where it goes. Pure.

use unsorry_wire::envelope::{self, Head};
use unsorry_wire::json;

/// The prefix of the names of our commands.
pub const COMMAND_PREFIX: &str = "unsorry.";

/// A key of the `data` of our code actions and completion items, by which a resolve request is known
/// to be for us.
pub const DATA_KEY: &str = "unsorry";

/// A method that Lean and the assistant answer together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Merged {
    /// `initialize`
    Initialize,
    /// `textDocument/codeAction`
    CodeAction,
    /// `textDocument/completion`
    Completion,
    /// `textDocument/hover`
    Hover,
}

/// The destination of a message from the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// To Lean.
    Lean,
    /// To Lean, and the assistant reads it too.
    Both,
    /// To both as [`Route::Both`], and Lean hears nothing of ours any more: it takes only `exit` from here
    /// on.
    Shutdown,
    /// To Lean and to the assistant; their answers become one.
    Merge(Merged),
    /// To the assistant alone.
    Assistant,
    /// Answered with its own parameters: the resolve of an item that is ours and whole.
    Echo,
}

/// Routes the message `body` from the editor. `session` is the prefix of the ids and tokens
/// that are ours.
pub fn from_editor(session: &str, body: &[u8]) -> Route {
    let Some(head) = envelope::head(body) else {
        return Route::Lean;
    };
    by_head(session, &head).unwrap_or_else(|method| match method {
        ByParams::Resolve if is_our_item(body) => Route::Echo,
        ByParams::Command if param_starts(body, "command", COMMAND_PREFIX) => Route::Assistant,
        ByParams::Cancel if param_starts(body, "token", session) => Route::Assistant,
        _ => Route::Lean,
    })
}

/// Whether a message from the editor is for Lean alone, whatever comes after this beginning of its
/// body.
pub fn is_for_lean(session: &str, beginning: &[u8]) -> bool {
    envelope::head(beginning).is_some_and(|head| by_head(session, &head) == Ok(Route::Lean))
}

/// A method whose parameters tell whose it is.
#[derive(Debug, PartialEq, Eq)]
enum ByParams {
    Resolve,
    Command,
    Cancel,
}

fn by_head(session: &str, head: &Head<'_>) -> Result<Route, ByParams> {
    Ok(match head {
        Head::Response { id, .. } if is_ours(session, id) => Route::Assistant,
        Head::Response { .. } => Route::Lean,
        Head::Call(method) => match method.as_ref() {
            "textDocument/didOpen"
            | "textDocument/didChange"
            | "textDocument/didClose"
            | "workspace/didChangeConfiguration"
            | "workspace/didChangeWatchedFiles"
            | "$/cancelRequest"
            | "initialized" => Route::Both,
            "shutdown" => Route::Shutdown,
            "initialize" => Route::Merge(Merged::Initialize),
            "textDocument/codeAction" => Route::Merge(Merged::CodeAction),
            "textDocument/completion" => Route::Merge(Merged::Completion),
            "textDocument/hover" => Route::Merge(Merged::Hover),
            "codeAction/resolve" | "completionItem/resolve" => return Err(ByParams::Resolve),
            "workspace/executeCommand" => return Err(ByParams::Command),
            "window/workDoneProgress/cancel" => return Err(ByParams::Cancel),
            _ => Route::Lean,
        },
    })
}

/// Whether the raw `id` of a response is that of a request of ours.
pub fn is_ours(session: &str, id: &[u8]) -> bool {
    id.first() == Some(&b'"') && json::string(id).is_some_and(|id| id.starts_with(session))
}

fn param_starts(body: &[u8], key: &str, prefix: &str) -> bool {
    let value = envelope::read(body)
        .and_then(|message| message.params)
        .and_then(|params| json::member(body, params.start, key));
    value
        .and_then(|value| json::string(&body[value]))
        .is_some_and(|value| value.starts_with(prefix))
}

fn is_our_item(body: &[u8]) -> bool {
    let data = envelope::read(body)
        .and_then(|message| message.params)
        .and_then(|params| json::member(body, params.start, "data"));
    data.is_some_and(|data| json::member(body, data.start, DATA_KEY).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Route) {
        assert_eq!(
            from_editor("unsorry:1:", body.as_bytes()),
            expected,
            "{body}"
        );
    }

    #[test]
    fn routes() {
        check(
            r#"{"id":1,"method":"textDocument/hover","params":{}}"#,
            Route::Merge(Merged::Hover),
        );
        check(
            r#"{"id":1,"method":"textDocument/definition","params":{}}"#,
            Route::Lean,
        );
        check(
            r#"{"method":"textDocument/didChange","params":{}}"#,
            Route::Both,
        );
        check(
            r#"{"method":"workspace/didChangeConfiguration","params":{}}"#,
            Route::Both,
        );
        check(
            r#"{"method":"$/cancelRequest","params":{"id":4}}"#,
            Route::Both,
        );
        check(r#"{"id":"unsorry:1:4","result":null}"#, Route::Assistant);
        check(r#"{"id":"unsorry:2:4","result":null}"#, Route::Lean);
        check(r#"{"id":4,"result":null}"#, Route::Lean);
        check(
            r#"{"id":1,"method":"workspace/executeCommand","params":{"command":"unsorry.prove.7"}}"#,
            Route::Assistant,
        );
        check(
            r#"{"id":1,"method":"workspace/executeCommand","params":{"command":"other","arguments":["unsorry."]}}"#,
            Route::Lean,
        );
        check(
            r#"{"method":"window/workDoneProgress/cancel","params":{"token":"unsorry:1:p"}}"#,
            Route::Assistant,
        );
        check(
            r#"{"method":"window/workDoneProgress/cancel","params":{"token":3}}"#,
            Route::Lean,
        );
        check(
            r#"{"id":1,"method":"completionItem/resolve","params":{"label":"x","data":{"unsorry":1}}}"#,
            Route::Echo,
        );
        check(
            r#"{"id":1,"method":"completionItem/resolve","params":{"label":"x","data":{"params":{}}}}"#,
            Route::Lean,
        );
        check(
            r#"{"id":1,"method":"codeAction/resolve","params":{}}"#,
            Route::Lean,
        );
        check("not json", Route::Lean);
        check(r#"{"id":1,"method":"shutdown"}"#, Route::Shutdown);
    }

    #[test]
    fn what_is_for_lean_is_known_from_its_beginning() {
        let check = |beginning: &str, expected: bool| {
            assert_eq!(
                is_for_lean("unsorry:1:", beginning.as_bytes()),
                expected,
                "{beginning}"
            );
        };
        check(r#"{"id":1,"method":"textDocument/definition","par"#, true);
        check(r#"{"id":1,"method":"textDocument/hover","par"#, false);
        check(r#"{"id":1,"method":"textDocument/defi"#, false);
        check(r#"{"id":1,"method":"workspace/executeCommand","par"#, false);
        check(r#"{"id":1,"params":{"method":"a"}"#, false);
        check(r#"{"id":1,"result":[1,"#, true);
        check(r#"{"id":"unsorry:1:7","result":[1,"#, false);
        check("", false);
    }
}
