//! Figures and texts as a page has them. Pure.

use super::statistics::Pass;

/// Returns a share of problems with its interval, in percent.
pub fn share(pass: &Pass) -> String {
    format!(
        "{} % ({}–{})",
        percent(pass.value),
        percent(pass.low),
        percent(pass.high)
    )
}

/// Returns a share in percent, without the sign.
pub fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

/// Returns `text` as it is written in HTML, where it is nothing but text.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}
