//! The problems of requests that got no answer.

use super::{Problem, Remedy, shown};

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
