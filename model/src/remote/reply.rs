//! An engine's reply: one JSON object for each event of a stream, or one for a whole answer.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use sse_stream::SseByteStream;

use super::problem::junk::of_junk;
use super::problem::success::{of_error_event, of_success};
use super::problem::{Problem, Remedy, shown};

/// The most bytes of one event of a stream, which is kept until it is whole.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// The most bytes of a reply that is read whole.
const MAX_REPLY_BYTES: usize = 1 << 22;

/// The most answers of a stream whose ends are waited for.
const MAX_OPEN: usize = 1 << 10;

/// The content of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A piece of an answer, or its end, or both.
    Answer {
        /// The answer's place among the request's.
        index: usize,
        text: String,
        /// The model's reasoning before its answer.
        reasoning: String,
        end: Option<End>,
    },
    /// The tokens that it took.
    Usage(Usage),
}

/// The way in which an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The model ended it, or a stop word did.
    Stop,
    /// The token limit cut it off.
    Length,
}

/// Numbers of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    pub(super) prompt_tokens: u64,
    pub(super) completion_tokens: u64,
}

/// Parses the events in `data`, which is one JSON object; `is_whole` says that it is the whole reply, not an
/// event of a stream.
///
/// # Errors
/// When it is not, or tells of an error.
pub(super) fn events(data: &str, is_whole: bool) -> Result<Vec<Event>, Problem> {
    let json: Value = serde_json::from_str(data).map_err(|_| {
        let what = format!(
            "its stream has something in it that is no JSON: `{}`",
            shown(data)
        );
        Problem::new(Remedy::Retry, what)
    })?;
    if let Some(problem) = of_success(&json, is_whole) {
        return Err(problem);
    }
    let mut events = Vec::new();
    let choices = json["choices"].as_array().into_iter().flatten();
    for (at, choice) in choices.enumerate() {
        let index = choice["index"].as_u64().unwrap_or(at as u64);
        let message = ["delta", "message"].map(|key| &choice[key]);
        let message = message.into_iter().find(|message| message.is_object());
        let message = message.unwrap_or(choice);
        let mut content = Content::default();
        let first = |keys: &[&str]| {
            let mut values = keys.iter().map(|key| &message[*key]);
            values
                .find(|value| !value.is_null())
                .cloned()
                .unwrap_or_default()
        };
        content.add(&first(&["content", "text"]), false);
        content.add(
            &first(&["reasoning_content", "reasoning", "thinking"]),
            true,
        );
        let reason = choice["finish_reason"].as_str().unwrap_or_default();
        let end = match &*reason.to_ascii_lowercase() {
            "" if is_whole => Some(End::Stop),
            "" => None,
            "length" | "max_tokens" | "max_output_tokens" => Some(End::Length),
            _ => Some(End::Stop),
        };
        let event = Event::Answer {
            index: usize::try_from(index).unwrap_or(usize::MAX),
            text: content.text,
            reasoning: content.reasoning,
            end,
        };
        events.push(event);
    }
    if let Ok(Some(usage)) = Option::<Usage>::deserialize(&json["usage"]) {
        events.push(Event::Usage(usage));
    }
    Ok(events)
}

/// The texts of a message.
#[derive(Debug, Default)]
struct Content {
    text: String,
    reasoning: String,
}

impl Content {
    /// Adds a text, or a list of parts, each with its text and perhaps its type.
    fn add(&mut self, value: &Value, is_reasoning: bool) {
        match value {
            Value::String(text) if is_reasoning => self.reasoning += text,
            Value::String(text) => self.text += text,
            Value::Array(parts) => parts.iter().for_each(|part| self.add(part, is_reasoning)),
            Value::Object(part) => {
                let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
                let thinks = ["thinking", "reasoning"]
                    .iter()
                    .any(|word| kind.contains(word));
                let texts = ["text", "content", "value", "thinking", "reasoning"];
                if let Some(text) = texts.iter().find_map(|key| part.get(*key)) {
                    self.add(text, is_reasoning || thinks);
                }
            }
            _ => {}
        }
    }
}

/// Reads a reply, whatever its type is said to be (`is_stream` says whether that of a stream): its first
/// character tells a stream of events from one JSON object, or from several, a line each. `on` is told of what
/// comes, as it comes; `address` is where it comes from.
///
/// # Errors
/// When it breaks off, makes no sense, or tells of an error.
pub(super) async fn reply<B: Buf, E: std::error::Error + Send + Sync + 'static>(
    bytes: impl Stream<Item = Result<B, E>> + Send,
    is_stream: bool,
    address: &str,
    on: &mut (dyn FnMut(Event) + Send),
) -> Result<(), Problem> {
    let bytes = bytes.map_ok(|mut bytes| bytes.copy_to_bytes(bytes.remaining()));
    let bytes = bytes.map_err(|error| sse_stream::Error::Body(Box::new(error)));
    let mut bytes = pin!(bytes);
    let mut start: Vec<u8> = Vec::new();
    // A field's name is no longer than this.
    while text_of(&start).len() < 6 && start.len() <= MAX_REPLY_BYTES {
        let Some(more) = bytes.next().await else {
            break;
        };
        start.extend_from_slice(&more.map_err(|error| broken(&error))?);
    }
    let begin = text_of(&start);
    if begin.is_empty() {
        return Err(Problem::new(Remedy::Retry, "its answer is empty"));
    }
    let is_json = begin.starts_with(b"{") || begin.starts_with(b"[");
    let has_field = ["data", "event", "id", "retry", ""].iter().any(|field| {
        let rest = begin.strip_prefix(field.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b":"))
    });
    if has_field || is_stream && !is_json && !begin.starts_with(b"<") {
        let start = futures_util::stream::iter([Ok(Bytes::from(start))]);
        return stream(start.chain(bytes), on).await;
    }
    while let Some(more) = bytes.next().await {
        start.extend_from_slice(&more.map_err(|error| broken(&error))?);
        if start.len() > MAX_REPLY_BYTES {
            let what = format!("{address} answered with more than {MAX_REPLY_BYTES} bytes");
            return Err(Problem::new(Remedy::Nothing, what));
        }
    }
    let text = String::from_utf8_lossy(text_of(&start));
    if !is_json {
        return Err(of_junk(address, &text));
    }
    if serde_json::from_str::<IgnoredAny>(&text).is_ok() {
        let events = events(&text, true)?;
        if events.is_empty() {
            return Err(of_junk(address, &text));
        }
        events.into_iter().for_each(on);
        return Ok(());
    }
    let mut open = Open::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        open.events(line, on)?;
    }
    Ok(())
}

/// Returns bytes without the blanks that they begin with.
fn text_of(bytes: &[u8]) -> &[u8] {
    let mark = "\u{feff}".as_bytes();
    bytes.strip_prefix(mark).unwrap_or(bytes).trim_ascii_start()
}

/// The answers of a stream that have begun and have no end.
#[derive(Debug, Default)]
struct Open(BTreeSet<usize>);

impl Open {
    /// Tells the events in an event's data.
    fn events(&mut self, data: &str, on: &mut (dyn FnMut(Event) + Send)) -> Result<(), Problem> {
        for event in events(data, false)? {
            if let Event::Answer { index, end, .. } = &event {
                match end {
                    Some(_) => self.0.remove(index),
                    None => self.0.len() < MAX_OPEN && self.0.insert(*index),
                };
            }
            on(event);
        }
        Ok(())
    }

    /// Ends them all: the stream has said that it is done.
    fn end(self, on: &mut (dyn FnMut(Event) + Send)) {
        for index in self.0 {
            on(Event::Answer {
                index,
                text: String::new(),
                reasoning: String::new(),
                end: Some(End::Stop),
            });
        }
    }
}

/// Reads a stream of server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>)
/// to its end or its `[DONE]`; `on` is told of what comes, as it comes.
///
/// # Errors
/// When the stream breaks off or makes no sense.
async fn stream(
    bytes: impl Stream<Item = Result<Bytes, sse_stream::Error>>,
    on: &mut (dyn FnMut(Event) + Send),
) -> Result<(), Problem> {
    // Bytes since the last event.
    let size = AtomicUsize::new(0);
    let has_ended = AtomicBool::new(false);
    // The last event may have no line behind it.
    let end = futures_util::stream::once(async {
        has_ended.store(true, Ordering::Relaxed);
        Ok(Bytes::from_static(b"\n\n"))
    });
    let bytes = bytes.chain(end);
    let bytes = bytes.take_while(|bytes| {
        let more = bytes.as_ref().map_or(0, Buf::remaining);
        let size = size.fetch_add(more, Ordering::Relaxed) + more;
        std::future::ready(size <= MAX_EVENT_BYTES)
    });
    let mut stream = pin!(SseByteStream::new(bytes));
    let mut open = Open::default();
    while let Some(event) = stream.next().await {
        let event = event.map_err(|error| broken(&error))?;
        size.store(0, Ordering::Relaxed);
        let Some(data) = event.data.filter(|data| !data.is_empty()) else {
            continue;
        };
        tracing::trace!(data, "event");
        if data.trim() == "[DONE]" {
            open.end(on);
            return Ok(());
        }
        if has_ended.load(Ordering::Relaxed) && serde_json::from_str::<IgnoredAny>(&data).is_err() {
            break; // It was cut off.
        }
        if event.event.as_deref() == Some("error") {
            return Err(of_error_event(&data));
        }
        open.events(&data, on)?;
    }
    if size.load(Ordering::Relaxed) > MAX_EVENT_BYTES {
        let what =
            format!("it wrote more than {MAX_EVENT_BYTES} bytes without the end of an event");
        return Err(Problem::new(Remedy::Nothing, what));
    }
    Ok(())
}

/// Returns what is wrong with a stream that broke off, or is none.
fn broken(error: &sse_stream::Error) -> Problem {
    let why = match error {
        sse_stream::Error::Body(error) => {
            let error = error.downcast_ref::<reqwest::Error>();
            match error.is_some_and(reqwest::Error::is_timeout) {
                true => "it said nothing for minutes".to_owned(),
                false => "its answer was cut off".to_owned(),
            }
        }
        other => format!("its stream is broken: {}", shown(&other.to_string())),
    };
    Problem::new(Remedy::Retry, why)
}

/// Returns what is read of a stream that comes in these pieces, and how it ends.
#[cfg(any(test, fuzzing))]
pub fn heard(pieces: &[&[u8]]) -> String {
    use futures_util::FutureExt as _;
    let mut heard = Vec::new();
    let pieces = pieces
        .iter()
        .copied()
        .map(Ok::<_, std::convert::Infallible>);
    let mut on = |event| heard.push(event);
    let pieces = futures_util::stream::iter(pieces);
    let end = reply(pieces, true, "http://lab/v1", &mut on).now_or_never();
    format!("{heard:?} {end:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(index: usize, text: &str, reasoning: &str, end: Option<End>) -> Event {
        Event::Answer {
            index,
            text: text.into(),
            reasoning: reasoning.into(),
            end,
        }
    }

    fn check(data: &str, expected: &[Event]) {
        assert_eq!(events(data, false).as_deref(), Ok(expected), "{data}");
    }

    #[test]
    fn answers() {
        check(
            r#"{"choices":[{"text":"simp","index":1,"logprobs":null,"finish_reason":null}]}"#,
            &[answer(1, "simp", "", None)],
        );
        check(
            r#"{"choices":[{"delta":{"role":"assistant","content":null,"reasoning_content":"hm"},"index":0}]}"#,
            &[answer(0, "", "hm", None)],
        );
        check(
            r#"{"choices":[{"delta":{},"index":0,"finish_reason":"length"}],"usage":null}"#,
            &[answer(0, "", "", Some(End::Length))],
        );
        check(
            r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"},{"index":1,"message":{"content":"b"},"finish_reason":"eos"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
            &[
                answer(0, "a", "", Some(End::Stop)),
                answer(1, "b", "", Some(End::Stop)),
                Event::Usage(Usage {
                    prompt_tokens: 3,
                    completion_tokens: 4,
                }),
            ],
        );
        check(
            r#"{"choices":[],"usage":{"prompt_tokens":1}}"#,
            &[Event::Usage(Usage {
                prompt_tokens: 1,
                completion_tokens: 0,
            })],
        );
        check(r#"{"choices":3}"#, &[]);
        check("[]", &[]);
    }

    #[test]
    fn contents_of_any_form() {
        let check = |message: &str, text: &str, reasoning: &str| {
            let data =
                format!(r#"{{"choices":[{{"index":0,"delta":{message},"finish_reason":""}}]}}"#);
            check(&data, &[answer(0, text, reasoning, None)]);
        };
        check(
            r#"{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
            "ab",
            "",
        );
        check(r#"{"content":["a","b"]}"#, "ab", "");
        check(r#"{"content":{"type":"text","text":"a"}}"#, "a", "");
        check(
            r#"{"content":[{"type":"text","text":{"value":"a"}}]}"#,
            "a",
            "",
        );
        check(
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}]}"#,
            "a",
            "hm",
        );
        check(
            r#"{"content":[{"type":"image_url","image_url":{}}]}"#,
            "",
            "",
        );
        check(r#"{"content":null,"reasoning":"hm"}"#, "", "hm");
        check(
            r#"{"content":"","reasoning_content":[{"text":"hm"}]}"#,
            "",
            "hm",
        );
        check(r#"{"content":3}"#, "", "");
    }

    #[test]
    fn replies_of_any_type() {
        let omega = r#"{"choices":[{"index":0,"delta":{"content":"omega"},"finish_reason":null}]}"#;
        let stop = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
        let whole = r#"{"choices":[{"message":{"content":"omega"},"finish_reason":null}]}"#;
        let read = |text: &str, is_stream: bool| {
            use futures_util::FutureExt as _;
            let pieces = text
                .as_bytes()
                .chunks(3)
                .map(Ok::<_, std::convert::Infallible>);
            let (mut said, mut ended) = (String::new(), None);
            let mut on = |event| {
                if let Event::Answer { text, end, .. } = event {
                    said += &text;
                    ended = ended.or(end);
                }
            };
            let pieces = futures_util::stream::iter(pieces);
            let end = reply(pieces, is_stream, "http://lab", &mut on).now_or_never();
            end.expect("it does not wait")
                .map(|()| (said, ended))
                .map_err(|problem| problem.what)
        };
        for is_stream in [true, false] {
            let check = |text: &str, end: Option<End>| {
                assert_eq!(
                    read(text, is_stream),
                    Ok(("omega".to_owned(), end)),
                    "{text}"
                );
            };
            check(
                &format!("data: {omega}\n\ndata: {stop}\n\ndata: [DONE]\n\n"),
                Some(End::Stop),
            );
            check(
                &format!("data: {omega}\n\ndata: [DONE]\n\n"),
                Some(End::Stop),
            );
            check(&format!("data:{omega}\n\ndata:[DONE]"), Some(End::Stop));
            check(
                &format!("\u{feff}: hello\r\n\r\ndata: {omega}\r\n\r\ndata: [DONE] \r\n"),
                Some(End::Stop),
            );
            check(&format!("event: message\ndata: {omega}\n\n"), None);
            check(&format!("data: {omega}\n\ndata: {{\"choi"), None);
            check(whole, Some(End::Stop));
            check(&format!("\n\n {whole}\n"), Some(End::Stop));
            check(&format!("{omega}\n{stop}\n"), Some(End::Stop));
            let refused = |text: &str, why: &str| {
                let told = read(text, is_stream).expect_err(text);
                assert!(told.contains(why), "{text}: {told}");
            };
            refused("<html><title>Login</title>", "Login");
            refused("{\"error\":{\"message\":\"no memory\"}}", "no memory");
            refused(
                "event: error\ndata: {\"message\":\"no memory\"}\n\n",
                "no memory",
            );
            refused("{}", "no OpenAI-compatible engine");
        }
        assert!(read("hello there", false).is_err());
    }

    proptest! {
        #[test]
        fn a_stream_is_the_same_in_any_pieces(
            scraps in prop::collection::vec(prop::sample::select(vec![
                "data:", "data: ", "\n", "\r\n", "\r", ":", ": ping\n\n", "event: x\n", "id: 1\n", "[DONE]", "\u{feff}", "∀",
                "data: {\"choices\":[{\"text\":\"simp\"}]}\n\n", "data: {\"error\":\"no\"}\n\n", "{}", "{\"choices\":[",
            ]), 0..12),
            junk in prop::collection::vec(any::<u8>(), 0..3),
            sizes in prop::collection::vec(1usize..9, 1..20),
        ) {
            let bytes = [scraps.concat().as_bytes(), &junk].concat();
            let mut pieces = Vec::new();
            let mut rest = &bytes[..];
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, behind) = rest.split_at(rest.len().min(*size));
                pieces.push(piece);
                rest = behind;
            }
            prop_assert_eq!(heard(&pieces), heard(&[&bytes]));
        }
    }

    #[test]
    fn errors_in_a_stream() {
        let check = |data: &str, expected: &str| {
            let problem = events(data, false).expect_err("a problem");
            assert_eq!(problem.remedy, Remedy::Retry);
            assert!(problem.what.contains(expected), "{problem:?}");
        };
        check(r#"{"error":{"message":"out of memory"}}"#, "out of memory");
        check(r#"{"object":"error","message":"aborted"}"#, "aborted");
        check("<html>", "no JSON: `<html>`");
        check("{\"choices\":[{\"te", "no JSON");
    }
}
