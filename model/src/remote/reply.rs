//! What comes back: one JSON object for each event of a stream, or one for a whole answer.

use serde::Deserialize;
use serde_json::Value;

use super::problem::{Problem, Remedy, said, shown};

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// Text of an answer, or its end, or both.
    Answer {
        /// Which of the request's answers.
        index: usize,
        text: String,
        /// What the model thought before it answered.
        reasoning: String,
        end: Option<End>,
    },
    /// How many tokens it took.
    Usage(Usage),
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By the model itself, or a stop.
    Stop,
    /// It was cut off.
    Length,
}

/// Tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Usage {
    pub(super) prompt_tokens: u64,
    pub(super) completion_tokens: u64,
}

/// The events in `data`, which is one JSON object.
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

#[cfg(test)]
mod tests {
    use super::*;

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
