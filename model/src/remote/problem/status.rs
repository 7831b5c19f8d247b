//! The meaning of an answer's HTTP status.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;

use super::junk::web_page;
use super::{Problem, Remedy, said};

/// Returns what an answer without success says. `address` is what was asked, `retry_after` that header's
/// value, `body` the start of what came.
pub(in crate::remote) fn of_status(
    status: StatusCode,
    address: &str,
    retry_after: Option<&str>,
    body: &str,
) -> Problem {
    let said = said(body);
    let because = match &said {
        Some(said) => format!(": {said}"),
        None => String::new(),
    };
    let lower = said.as_deref().unwrap_or_default().to_lowercase();
    let page = said.is_none() && body.trim_start().starts_with('<');
    let (remedy, what) = match status.as_u16() {
        300..400 => (
            Remedy::Nothing,
            format!("{address} redirects elsewhere, which is not followed with your code: put the address it leads to into `url`"),
        ),
        401 | 403 => (
            Remedy::Nothing,
            format!("it refuses the key (status {status}){because}: look at `api_key_env`, `api_key_file` or `api_key_command`"),
        ),
        407 => (
            Remedy::Nothing,
            "your proxy asks for a login: put it into HTTPS_PROXY, or the engine's host into NO_PROXY".into(),
        ),
        400 | 413 | 422 if is_too_long(&lower) || status.as_u16() == 413 => {
            (Remedy::Shorten, format!("the prompt is too long for it{because}"))
        }
        404 if lower.contains("model") => (Remedy::Nothing, format!("it has no such model{because}")),
        404 | 405 | 501 if !page => (
            Remedy::OtherApi,
            format!("there is no {address} (status {status}){because}: `url` usually ends in /v1"),
        ),
        429 => (
            Remedy::Wait(retry_after.and_then(wait)),
            format!("it is asked too often{because}"),
        ),
        503 if lower.contains("load") => (
            Remedy::Wait(retry_after.and_then(wait)),
            "its model is loading".into(),
        ),
        503 => (
            Remedy::Wait(retry_after.and_then(wait)),
            format!("it is not ready (status {status}){because}"),
        ),
        _ if page => (Remedy::Retry, web_page(address, body)),
        500.. | 408 => (Remedy::Retry, format!("it failed (status {status}){because}")),
        _ => (Remedy::Nothing, format!("it refuses the request (status {status}){because}")),
    };
    // Some name a field that they don't know with other statuses.
    let unknown = [
        "unexpected keyword",
        "unsupported",
        "not supported",
        "unrecognized",
        "unknown",
    ];
    let is_refusal = match status.as_u16() {
        400 | 422 => !(remedy == Remedy::Shorten && lower.contains("context")),
        500 | 501 => unknown.iter().any(|word| lower.contains(word)),
        _ => false,
    };
    Problem {
        remedy,
        what,
        refusal: is_refusal.then(|| body.chars().take(MAX_REFUSAL_CHARS).collect()),
    }
}

/// The most characters of a refusal that are looked at.
const MAX_REFUSAL_CHARS: usize = 4096;

fn is_too_long(lower: &str) -> bool {
    let about = [
        "context",
        "too long",
        "max_model_len",
        "maximum",
        "exceed",
        "longer than",
    ];
    lower.contains("token") && about.iter().any(|word| lower.contains(word))
        || lower.contains("context length")
        || lower.contains("context size")
}

/// Returns how long `Retry-After` asks to wait: a number of seconds, or until a date.
fn wait(text: &str) -> Option<Duration> {
    if let Ok(date) = httpdate::parse_http_date(text.trim()) {
        return Some(date.duration_since(SystemTime::now()).unwrap_or_default());
    }
    let seconds: f64 = text.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const AT: &str = "http://lab/v1/completions";

    fn check(status: u16, after: Option<&str>, body: &str, expected: Expect) {
        let status = StatusCode::from_u16(status).expect("a status");
        let Problem { remedy, what, .. } = of_status(status, AT, after, body);
        expected.assert_eq(&format!("{remedy:?}\n{what}\n"));
    }

    #[test]
    fn statuses() {
        check(
            401,
            None,
            r#"{"error":"Unauthorized"}"#,
            expect![[r#"
                Nothing
                it refuses the key (status 401 Unauthorized): Unauthorized: look at `api_key_env`, `api_key_file` or `api_key_command`
            "#]],
        );
        check(
            404,
            None,
            r#"{"object":"error","message":"The model `x` does not exist.","code":404}"#,
            expect![[r#"
                Nothing
                it has no such model: The model `x` does not exist.
            "#]],
        );
        check(
            404,
            None,
            r#"{"detail":"Not Found"}"#,
            expect![[r#"
                OtherApi
                there is no http://lab/v1/completions (status 404 Not Found): Not Found: `url` usually ends in /v1
            "#]],
        );
        check(
            400,
            None,
            r#"{"error":{"code":400,"message":"request (24001 tokens) exceeds the available context size (512 tokens), try increasing it","type":"exceed_context_size_error"}}"#,
            expect![[r#"
                Shorten
                the prompt is too long for it: request (24001 tokens) exceeds the available context size (512 tokens), try increasing it
            "#]],
        );
        check(
            400,
            None,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","code":400}"#,
            expect![[r#"
                Shorten
                the prompt is too long for it: This model's maximum context length is 4096 tokens. However, you requested 5000 tokens
            "#]],
        );
        check(
            400,
            None,
            r#"{"error":{"message":"top_k is unknown"}}"#,
            expect![[r#"
                Nothing
                it refuses the request (status 400 Bad Request): top_k is unknown
            "#]],
        );
        check(
            413,
            None,
            "",
            expect![[r#"
                Shorten
                the prompt is too long for it
            "#]],
        );
        check(
            429,
            Some("7"),
            r#"{"error":{"message":"slow down"}}"#,
            expect![[r#"
                Wait(Some(7s))
                it is asked too often: slow down
            "#]],
        );
        check(
            429,
            Some("soon"),
            "",
            expect![[r#"
                Wait(None)
                it is asked too often
            "#]],
        );
        check(
            429,
            Some("Wed, 21 Oct 2015 07:28:00 GMT"),
            "",
            expect![[r#"
                Wait(Some(0ns))
                it is asked too often
            "#]],
        );
        check(
            503,
            None,
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            expect![[r#"
                Wait(None)
                its model is loading
            "#]],
        );
        check(
            500,
            None,
            "oops",
            expect![[r#"
                Retry
                it failed (status 500 Internal Server Error)
            "#]],
        );
        check(
            502,
            None,
            "<html><head><title>502 Bad\n Gateway</title>",
            expect![[r#"
                Retry
                http://lab/v1/completions answered with a web page (`502 Bad Gateway`): is a proxy in between (NO_PROXY lists hosts without one), or is `url` another server's?
            "#]],
        );
        check(
            302,
            None,
            "",
            expect![[r#"
                Nothing
                http://lab/v1/completions redirects elsewhere, which is not followed with your code: put the address it leads to into `url`
            "#]],
        );
    }
}
