//! The problems of requests that got no answer.

use std::time::Duration;

use super::{Problem, Remedy, shown};

/// Returns the words on an engine that says nothing for so long; `has_begun` says that it had begun to answer.
pub(in crate::remote) fn of_silence(silence: Duration, has_begun: bool) -> String {
    let seconds = silence.as_secs_f64();
    match has_begun {
        true => format!("no more of its answer for {seconds:.0} s"),
        false => format!("no answer after {seconds:.0} s"),
    }
}

/// Returns what a request without an answer failed with.
pub(in crate::remote) fn of_request(address: &str, error: &reqwest::Error) -> Problem {
    // The innermost cause says most; the others repeat the address.
    let mut cause: &dyn std::error::Error = error;
    let mut all = String::new();
    while let Some(inner) = cause.source() {
        cause = inner;
        all.push_str(&cause.to_string().to_lowercase());
        all.push(' ');
    }
    let why = shown(&cause.to_string());
    let what = if all.contains("refused") {
        format!("nothing listens at {address}: is the engine started?")
    } else if all.contains("certificate") || all.contains("tls") || all.contains("handshake") {
        format!(
            "no safe connection to {address}: {why}; SSL_CERT_FILE names more certificates to trust"
        )
    } else if error.is_timeout() || all.contains("timed out") {
        format!("{address} does not answer in time")
    } else if all.contains("dns") || all.contains("lookup") || all.contains("name") {
        format!("there is no such host: {address} ({why})")
    } else {
        format!("the connection to {address} broke: {why}")
    };
    Problem::new(Remedy::Retry, what)
}
