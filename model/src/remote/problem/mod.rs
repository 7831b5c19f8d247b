//! The problems that an engine can have, and what to do about each.

pub(super) mod junk;
pub(super) mod request;
pub(super) mod status;
pub(super) mod success;

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// A problem with an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) remedy: Remedy,
    /// The cause and what to do, without the endpoint's name.
    pub(super) what: String,
    /// The engine's own words on a request that it refuses, which may name a field of it.
    pub(super) refusal: Option<String>,
}

/// A remedy for a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Trying again later, some times.
    Retry,
    /// Waiting: it says that it will be able to, after so long if it said how long.
    Wait(Option<Duration>),
    /// A shorter prompt.
    Shorten,
    /// The other way of asking, see [`super::Api`].
    OtherApi,
    /// Nothing that we can do.
    Nothing,
}

impl Problem {
    pub(super) fn new(remedy: Remedy, what: impl Into<String>) -> Problem {
        Problem {
            remedy,
            what: what.into(),
            refusal: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The most characters of an engine's own words that are shown.
const MAX_SHOWN_CHARS: usize = 300;

/// Returns an engine's words on one line, and not endless. Whoever shows them spells out what a terminal
/// would obey.
pub(super) fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Returns what the engine says in its own words: `{"error": {"message": …}}`, `{"error": …}`,
/// `{"message": …}`, `{"detail": …}`, `{"errors": [{"message": …}]}`, `{"msg": …}`.
pub(super) fn said(body: &str) -> Option<String> {
    let json: Value = serde_json::from_str(body).ok()?;
    let places = [
        &json["error"]["message"],
        &json["error"],
        &json["message"],
        &json["detail"],
        &json["detail"][0]["msg"],
        &json["errors"][0]["message"],
        &json["errors"][0],
        &json["msg"],
    ];
    let text = places.iter().find_map(|place| place.as_str())?;
    Some(shown(text)).filter(|text| !text.is_empty())
}
