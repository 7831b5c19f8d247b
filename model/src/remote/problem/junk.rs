//! The meaning of answers that make no sense.

use super::{Problem, Remedy, shown};

/// Returns what an engine is that answers with something other than JSON or a stream.
pub(in crate::remote) fn of_junk(address: &str, body: &str) -> Problem {
    if body.trim_start().starts_with('<') {
        return Problem::new(Remedy::Nothing, web_page(address, body));
    }
    let what = format!(
        "{address} is no OpenAI-compatible engine: it answered `{}`",
        shown(body)
    );
    Problem::new(Remedy::Nothing, what)
}

pub(super) fn web_page(address: &str, body: &str) -> String {
    let title = body
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"));
    let title = title.map_or(String::new(), |(title, _)| format!(" (`{}`)", shown(title)));
    format!(
        "{address} answered with a web page{title}: is a proxy in between (NO_PROXY lists hosts without one), or is `url` another server's?"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    const AT: &str = "http://lab/v1/completions";

    #[test]
    fn junk() {
        let check = |body: &str, expected: Expect| expected.assert_eq(&of_junk(AT, body).what);
        check(
            "<!DOCTYPE html><html><title>Login</title>",
            expect![
                "http://lab/v1/completions answered with a web page (`Login`): is a proxy in between (NO_PROXY lists hosts without one), or is `url` another server's?"
            ],
        );
        check(
            "hello\n\u{7}there",
            expect![
                "http://lab/v1/completions is no OpenAI-compatible engine: it answered `hello \u{7}there`"
            ],
        );
        assert!(of_junk(AT, &"x".repeat(5000)).what.chars().count() < 500);
    }
}
