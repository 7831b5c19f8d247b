//! The language server that all relays stand before, and the relay that does nothing but copy.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The bytes read and written at once.
const BUFFER: usize = 64 << 10;

/// A notification, which comes back as it came.
pub(super) const ECHO: &str = "$/bench/echo";

/// Asks for many notifications: how many, and how long each.
pub(super) const STREAM: &str = "$/bench/stream";

/// The text before the number of a message.
const NUMBER: &[u8] = b"\"#";

/// A body with its header.
pub(super) fn frame(body: &[u8]) -> Vec<u8> {
    let header = format!("Content-Length: {}\r\n\r\n", body.len());
    [header.as_bytes(), body].concat()
}

/// A notification of `size` bytes in all: diagnostics, as most of what servers say.
pub(super) fn notification(method: &str, size: usize) -> Vec<u8> {
    let one = r#"{"range":{"start":{"line":17,"character":2},"end":{"line":17,"character":31}},"severity":1,"source":"Lean 4","message":"unsolved goals\na b : Nat\n⊢ a + b = b + a"}"#;
    let many = vec![one; size.saturating_sub(300) / (one.len() + 1)].join(",");
    let body = |padding: usize| {
        let padding = "x".repeat(padding);
        frame(
            format!(
                r##"{{"jsonrpc":"2.0","method":"{method}","params":{{"number":"#00000000","uri":"file:///{padding}","diagnostics":[{many}]}}}}"##
            )
            .as_bytes(),
        )
    };
    // The header grows with the body, by a digit at most.
    let padding = size.saturating_sub(body(0).len());
    let over = body(padding).len().saturating_sub(size);
    body(padding.saturating_sub(over))
}

/// Writes the number of a notification, 8 digits, in its place.
pub(super) fn put_number(message: &mut [u8], number: usize) {
    if let Some(at) = number_place(message) {
        message[at..at + 8].copy_from_slice(format!("{number:08}").as_bytes());
    }
}

/// The number of a message, wherever the relay has put it.
pub(super) fn number(message: &[u8]) -> Option<usize> {
    let at = number_place(message)?;
    let digits = message.get(at..at + 8)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn number_place(message: &[u8]) -> Option<usize> {
    let found = message.windows(NUMBER.len()).position(|at| at == NUMBER)?;
    Some(found + NUMBER.len())
}

/// The length that the header of the next message says; none at the end. The header is appended
/// to `message`.
pub(super) fn read_header(
    input: &mut impl BufRead,
    message: &mut Vec<u8>,
) -> Result<Option<usize>> {
    let mut length = None;
    loop {
        let start = message.len();
        if input.read_until(b'\n', message)? == 0 {
            return Ok(None);
        }
        let line = std::str::from_utf8(&message[start..])?.trim_end();
        if line.is_empty() {
            return Ok(Some(length.context("a header without a length")?));
        }
        if let Some(said) = line.strip_prefix("Content-Length: ") {
            length = Some(said.parse::<usize>()?);
        }
    }
}

/// Answers each request with its parameters, and what unsorry adds to with nothing; every hole has a goal.
pub(super) fn serve() -> Result<()> {
    let (input, mut output) = stdio()?;
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut message = Vec::new();
    let mut out = Vec::with_capacity(2 * BUFFER);
    loop {
        message.clear();
        let Some(length) = read_header(&mut input, &mut message)? else {
            return Ok(());
        };
        let body = message.len();
        message.resize(body + length, 0);
        input.read_exact(&mut message[body..])?;
        match method(&message[body..]) {
            Some(method) if method == ECHO => out.extend_from_slice(&message),
            Some(method) if method == STREAM => {
                let asked: Value = serde_json::from_slice(&message[body..])?;
                let of = |key: &str| usize::try_from(asked["params"][key].as_u64()?).ok();
                let size = of("size").context("no size")?;
                let mut notification = notification("textDocument/publishDiagnostics", size);
                for number in 0..of("times").context("no times")? {
                    put_number(&mut notification, number);
                    out.extend_from_slice(&notification);
                    if out.len() >= BUFFER {
                        output.write_all(&out)?;
                        out.clear();
                    }
                }
            }
            Some("exit") => return Ok(()),
            _ => out.extend(answer(&message[body..])?),
        }
        if input.buffer().is_empty() || out.len() >= BUFFER {
            output.write_all(&out)?;
            out.clear();
        }
    }
}

/// The method of a message, which all relays leave near its beginning.
fn method(body: &[u8]) -> Option<&str> {
    const KEY: &[u8] = b"\"method\":\"";
    let beginning = &body[..body.len().min(200)];
    let at = beginning.windows(KEY.len()).position(|at| at == KEY)? + KEY.len();
    let end = beginning[at..].iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(&beginning[at..at + end]).ok()
}

fn answer(body: &[u8]) -> Result<Vec<u8>> {
    let mut request: Value = serde_json::from_slice(body)?;
    if request.get("id").is_none() || request.get("method").is_none() {
        return Ok(Vec::new());
    }
    let result = match request["method"].as_str() {
        Some("initialize") => json!({"capabilities": {
            "textDocumentSync": 2, "hoverProvider": true, "completionProvider": {}, "codeActionProvider": true}}),
        Some("$/lean/plainGoal") => json!({"rendered": "", "goals": ["⊢ True"]}),
        Some(
            "$/lean/plainTermGoal"
            | "textDocument/hover"
            | "textDocument/completion"
            | "textDocument/codeAction",
        ) => Value::Null,
        _ => request["params"].take(),
    };
    let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
    Ok(frame(answer.to_string().as_bytes()))
}

/// The peer: `unsorry serve` without all that makes it one.
pub(super) fn copier(command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no command")?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start the command")?;
    let mut to_child = child.stdin.take().context("no stdin")?;
    let mut from_child = child.stdout.take().context("no stdout")?;
    let (mut input, mut output) = stdio()?;
    thread::spawn(move || io::copy(&mut input, &mut to_child));
    io::copy(&mut from_child, &mut output)?;
    child.wait()?;
    Ok(())
}

/// Our stdin and stdout without a buffer of std's between.
#[cfg(unix)]
fn stdio() -> io::Result<(File, File)> {
    use std::os::fd::AsFd;
    Ok((
        io::stdin().as_fd().try_clone_to_owned()?.into(),
        io::stdout().as_fd().try_clone_to_owned()?.into(),
    ))
}

/// Our stdin and stdout without a buffer of std's between.
#[cfg(windows)]
fn stdio() -> io::Result<(File, File)> {
    use std::os::windows::io::AsHandle;
    Ok((
        io::stdin().as_handle().try_clone_to_owned()?.into(),
        io::stdout().as_handle().try_clone_to_owned()?.into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_have_the_size_asked_for_and_keep_their_number() {
        for size in [1 << 10, 1 << 20] {
            let mut message = notification(ECHO, size);
            assert!(message.len().abs_diff(size) <= 1, "{}", message.len());
            put_number(&mut message, 4711);
            assert_eq!(number(&message), Some(4711));
            let mut input = &message[..];
            let length = read_header(&mut input, &mut Vec::new()).unwrap();
            assert_eq!(length, Some(input.len()));
            assert_eq!(method(input), Some(ECHO));
            serde_json::from_slice::<Value>(input).unwrap();
        }
    }

    #[test]
    fn requests_are_answered_and_notifications_are_not() {
        let request = br#"{"jsonrpc":"2.0","method":"m","params":{"a":[1]},"id":"x"}"#;
        let answered = String::from_utf8(answer(request).unwrap()).unwrap();
        assert!(answered.ends_with(r#"{"jsonrpc":"2.0","id":"x","result":{"a":[1]}}"#));
        assert!(answer(br#"{"method":"initialized"}"#).unwrap().is_empty());
    }
}
