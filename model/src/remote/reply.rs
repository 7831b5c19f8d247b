//! An engine's reply: one JSON object for each event of a stream, or one for a whole answer.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Buf;
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use serde_json::Value;
use sse_stream::SseByteStream;

use super::problem::{Problem, Remedy, said, shown};

/// The most bytes of one event of a stream, which is kept until it is whole.
const MAX_EVENT_BYTES: usize = 1 << 20;

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

/// Parses the events in `data`, which is one JSON object.
///
/// # Errors
/// When it is not, or tells of an error.
pub(super) fn events(data: &str) -> Result<Vec<Event>, Problem> {
    let json: Value = serde_json::from_str(data).map_err(|_| {
        let what = format!(
            "its stream has something in it that is no JSON: `{}`",
            shown(data)
        );
        Problem::new(Remedy::Retry, what)
    })?;
    if json.get("error").is_some_and(|error| !error.is_null()) || json["object"] == "error" {
        let why = said(data).unwrap_or_else(|| shown(data));
        return Err(Problem::new(Remedy::Retry, format!("it failed: {why}")));
    }
    let mut events = Vec::new();
    for choice in json["choices"].as_array().into_iter().flatten() {
        let index = choice["index"].as_u64().unwrap_or(0);
        let message = ["delta", "message"].map(|key| &choice[key]);
        let message = message.into_iter().find(|message| message.is_object());
        let of = |keys: &[&str]| -> String {
            let message = message.unwrap_or(choice);
            let text = keys.iter().find_map(|key| message[*key].as_str());
            text.unwrap_or_default().to_owned()
        };
        let end = match choice["finish_reason"].as_str() {
            None => None,
            Some("length") => Some(End::Length),
            Some(_) => Some(End::Stop),
        };
        let event = Event::Answer {
            index: usize::try_from(index).unwrap_or(usize::MAX),
            text: of(&["content", "text"]),
            reasoning: of(&["reasoning_content", "reasoning"]),
            end,
        };
        events.push(event);
    }
    if let Ok(Some(usage)) = Option::<Usage>::deserialize(&json["usage"]) {
        events.push(Event::Usage(usage));
    }
    Ok(events)
}

/// Reads a stream of server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>)
/// to its end or its `[DONE]`; `on` is told of what comes, as it comes.
///
/// # Errors
/// When the stream breaks off or makes no sense.
pub(super) async fn stream<B: Buf, E: std::error::Error + Send + Sync + 'static>(
    bytes: impl Stream<Item = Result<B, E>>,
    on: &mut (dyn FnMut(Event) + Send),
) -> Result<(), Problem> {
    // Bytes since the last event.
    let size = AtomicUsize::new(0);
    let bytes = bytes.take_while(|bytes| {
        let more = bytes.as_ref().map_or(0, Buf::remaining);
        let size = size.fetch_add(more, Ordering::Relaxed) + more;
        std::future::ready(size <= MAX_EVENT_BYTES)
    });
    let mut stream = pin!(SseByteStream::new(bytes));
    while let Some(event) = stream.next().await {
        let event = event.map_err(|error| broken(&error))?;
        size.store(0, Ordering::Relaxed);
        let Some(data) = event.data.filter(|data| !data.is_empty()) else {
            continue;
        };
        tracing::trace!(data, "event");
        if data == "[DONE]" {
            return Ok(());
        }
        events(&data)?.into_iter().for_each(&mut *on);
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
    let end = stream(futures_util::stream::iter(pieces), &mut on).now_or_never();
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
        assert_eq!(events(data).as_deref(), Ok(expected), "{data}");
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
            let problem = events(data).expect_err("a problem");
            assert_eq!(problem.remedy, Remedy::Retry);
            assert!(problem.what.contains(expected), "{problem:?}");
        };
        check(r#"{"error":{"message":"out of memory"}}"#, "out of memory");
        check(r#"{"object":"error","message":"aborted"}"#, "aborted");
        check("<html>", "no JSON: `<html>`");
        check("{\"choices\":[{\"te", "no JSON");
    }
}
