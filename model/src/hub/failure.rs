//! The ways in which a download can fail, and what to do about each.

use std::io::ErrorKind;

use anyhow::{Error, anyhow};
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};

/// Why a download ended.
#[derive(Debug)]
pub(super) struct Failure {
    /// The cause, and what to do.
    pub(super) why: Error,
    /// Whether trying again at once may help.
    pub(super) again: bool,
}

/// The file that is asked for, as messages name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    /// The hub's address.
    pub(super) hub: &'a str,
    pub(super) repository: &'a str,
    pub(super) file: &'a str,
}

impl Target<'_> {
    /// Says that the repository has no such file.
    pub(super) fn no_file(self) -> String {
        let Target {
            hub,
            repository,
            file,
        } = self;
        format!("{repository} has no file {file}: look at {hub}/{repository}/tree/main")
    }
}

impl Failure {
    /// The failure of a file on this machine.
    pub(super) fn of_disk(error: std::io::Error) -> Failure {
        let full = matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded
        );
        let why = Error::new(error).context(match full {
            true => "the disk is full: make room",
            false => "can't write the file",
        });
        Failure { why, again: false }
    }

    /// The failure of a request that got no whole answer.
    pub(super) fn of_request(target: Target<'_>, error: reqwest::Error) -> Failure {
        let hub = target.hub;
        let again = !(error.is_builder() || error.is_redirect());
        let advice = match again {
            true => format!(
                "{hub} can't be reached: are you online? Behind a proxy set HTTPS_PROXY, with a mirror \
                 HF_ENDPOINT"
            ),
            false => no_usable_answer(hub),
        };
        let what = without_queries(&format!("{:#}", Error::new(error)));
        let why = anyhow!(what).context(advice);
        Failure { why, again }
    }

    /// The failure of an answer that makes no sense.
    pub(super) fn of_junk(target: Target<'_>, error: serde_json::Error) -> Failure {
        Failure {
            why: Error::new(error).context(no_usable_answer(target.hub)),
            again: false,
        }
    }

    /// The failure that an answer without success tells of.
    pub(super) fn of_response(target: Target<'_>, response: &Response) -> Failure {
        let (status, headers) = (response.status(), response.headers());
        let again = status.is_server_error()
            || matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
            );
        let text = |name| header(headers, name);
        let said = text("x-error-message").map_or(String::new(), |said| format!(": {said}"));
        let what = without_queries(&format!("status {status} of {}{said}", response.url()));
        let why = anyhow!(what).context(advice(target, status, text("x-error-code")));
        Failure { why, again }
    }
}

fn no_usable_answer(hub: &str) -> String {
    format!("{hub} gave no usable answer")
}

/// Returns what to do about a status; `code` is the hub's own name for what is wrong.
fn advice(target: Target<'_>, status: StatusCode, code: Option<&str>) -> String {
    let Target {
        hub, repository, ..
    } = target;
    match status.as_u16() {
        401 => format!(
            "{hub} has no {repository} for everybody: check the name, and if the model asks for a login, \
             set HF_TOKEN to a token of yours, or log in with `hf auth login`"
        ),
        403 => format!(
            "{hub} does not let you have {repository}: open its page there and accept its terms, or use \
             the token of somebody who has"
        ),
        404 if code == Some("RepoNotFound") => {
            format!("{hub} has no {repository}: check the name")
        }
        404 => target.no_file(),
        407 => "your proxy asks for a login: put it into HTTPS_PROXY".into(),
        429 => format!("{hub} has had too many requests: wait some minutes"),
        _ => format!("{hub} is in trouble: try again later"),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `text` with its addresses cut at `?`: what follows may be a signature that opens the file.
fn without_queries(text: &str) -> String {
    let mut cut = String::new();
    for (at, part) in text.split("://").enumerate() {
        if at == 0 {
            cut += part;
            continue;
        }
        let end = part.find([' ', ')', '"', '\n']).unwrap_or(part.len());
        let (address, rest) = part.split_at(end);
        cut += "://";
        cut += address.split('?').next().unwrap_or_default();
        cut += rest;
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_not_shown() {
        let check = |text: &str, expected: &str| assert_eq!(without_queries(text), expected);
        check("no address? none", "no address? none");
        check(
            "error (https://cdn.example/file?Signature=abc&Key=d) at https://hub.example/x: why?",
            "error (https://cdn.example/file) at https://hub.example/x: why?",
        );
    }

    #[test]
    fn the_hub_tells_a_missing_repository_from_a_missing_file() {
        let target = Target {
            hub: "http://HUB",
            repository: "owner/model",
            file: "a.gguf",
        };
        let check = |code, expected| {
            assert_eq!(advice(target, StatusCode::NOT_FOUND, code), expected);
        };
        check(
            Some("RepoNotFound"),
            "http://HUB has no owner/model: check the name",
        );
        let no_file = "owner/model has no file a.gguf: look at http://HUB/owner/model/tree/main";
        check(Some("EntryNotFound"), no_file);
        check(None, no_file);
    }
}
