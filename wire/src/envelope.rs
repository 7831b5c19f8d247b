//! The envelope of a JSON-RPC message: its method, its id, and the ranges of its parts.

use std::borrow::Cow;
use std::ops::Range;

use super::json;

/// The outline of a message. Ranges are into the body it was read from.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Absent in a response.
    pub method: Option<Cow<'a, str>>,
    /// Absent in a notification.
    pub id: Option<Id>,
    /// The parameters of a request or notification.
    pub params: Option<Range<usize>>,
    /// The result of a response, `null` included.
    pub result: Option<Range<usize>>,
    /// The error of a response, unless it is `null`.
    pub error: Option<Range<usize>>,
}

/// A request's id, so that the same id compares equal however it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Id {
    /// A string, unescaped.
    String(String),
    /// A number: its sign, its digits without leading and trailing zeros, and the power of ten of the last.
    Number {
        /// Whether it is below zero.
        negative: bool,
        /// The digits, without leading and trailing zeros.
        digits: String,
        /// The power of ten of the last digit.
        exponent: i64,
    },
}

impl Id {
    /// Reads an id; none for `null` or anything that is neither a string nor a number.
    pub fn read(raw: &[u8]) -> Option<Id> {
        if raw.first() == Some(&b'"') {
            return json::string(raw).map(|s| Id::String(s.into_owned()));
        }
        let text = std::str::from_utf8(raw).ok()?;
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, power(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let trimmed = digits.trim_end_matches('0');
        let dropped = digits.len() - trimmed.len();
        let digits = trimmed.trim_start_matches('0').to_owned();
        let exponent = if digits.is_empty() {
            0
        } else {
            exponent
                .saturating_sub(i64::try_from(fraction.len()).ok()?)
                .saturating_add(i64::try_from(dropped).ok()?)
        };
        Some(Id::Number {
            negative: negative && !digits.is_empty(),
            digits,
            exponent,
        })
    }
}

/// The power of ten after an `e`; of absurd ones the nearest that can be told.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let absurd = match text.starts_with('-') {
        true => i64::MIN,
        false => i64::MAX,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(absurd))
}

/// Reads the outline of `body`; none when it is not an object. Of a key that is there twice the last
/// counts, as for Lean.
pub fn read(body: &[u8]) -> Option<Envelope<'_>> {
    let start = json::skip_space(body, 0);
    if body.get(start) != Some(&b'{') {
        return None;
    }
    let mut envelope = Envelope::default();
    for (key, value) in json::members(body, start) {
        if json::string_is(body, &key, "method") {
            envelope.method = json::string(&body[value]);
        } else if json::string_is(body, &key, "id") {
            envelope.id = Id::read(&body[value]);
        } else if json::string_is(body, &key, "params") {
            envelope.params = Some(value);
        } else if json::string_is(body, &key, "result") {
            envelope.result = Some(value);
        } else if json::string_is(body, &key, "error") && &body[value.clone()] != b"null" {
            envelope.error = Some(value);
        }
    }
    Some(envelope)
}

/// The kind of a message, told from its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head<'a> {
    /// A request or notification, by its method.
    Call(Cow<'a, str>),
    /// A response.
    Response {
        /// The id as it is written; see [`Id::read`].
        id: &'a [u8],
        /// Whether it has an error rather than a result.
        failed: bool,
    },
}

/// Reads the kind of the message that begins like `body`, which need not be all of it; none as long as that
/// can't be told. Reads no further than needed: with the keys in the order in which Lean and the
/// usual editors write them, neither parameters nor results.
pub fn head(body: &[u8]) -> Option<Head<'_>> {
    usual_call(body).or_else(|| any_head(body))
}

/// The head of a request or notification as nearly everyone writes it.
fn usual_call(body: &[u8]) -> Option<Head<'_>> {
    let mut rest = body.strip_prefix(br#"{"jsonrpc":"2.0","#)?;
    if let Some(id) = rest.strip_prefix(br#""id":"#) {
        let end = id.iter().position(|byte| !byte.is_ascii_digit())?;
        rest = id[end..].strip_prefix(b",").filter(|_| end > 0)?;
    }
    let method = rest.strip_prefix(br#""method":""#)?;
    let end = memchr::memchr2(b'"', b'\\', method)?;
    if method[end] == b'\\' {
        return None;
    }
    let method = std::str::from_utf8(&method[..end]).ok()?;
    Some(Head::Call(Cow::Borrowed(method)))
}

fn any_head(body: &[u8]) -> Option<Head<'_>> {
    let start = json::skip_space(body, 0);
    let mut id = None;
    let mut failed = None;
    for (key, value) in json::keys(body, start) {
        match json::string_bytes(&body[key]).as_deref() {
            Some(b"method") => {
                let end = json::value_end(body, value)?;
                return json::string(&body[value..end]).map(Head::Call);
            }
            Some(b"id") => id = Some(&body[value..json::value_end(body, value)?]),
            Some(b"result") => failed = Some(false),
            Some(b"error") => failed = Some(body.get(value) != Some(&b'n')),
            _ => {}
        }
        if let (Some(id), Some(failed)) = (id, failed) {
            return Some(Head::Response { id, failed });
        }
    }
    None
}

/// The method of a request or notification.
pub fn method(body: &[u8]) -> Option<Cow<'_, str>> {
    match head(body)? {
        Head::Call(method) => Some(method),
        Head::Response { .. } => None,
    }
}

/// The id of a response, unless it is `null`.
pub fn response_id(body: &[u8]) -> Option<Id> {
    match head(body)? {
        Head::Response { id, .. } => Id::read(id),
        Head::Call(_) => None,
    }
}

/// Panics where the outline of `body`, which is JSON, is not what a full parse says.
#[cfg(any(test, fuzzing))]
#[allow(clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]
pub fn agrees_with_a_full_parse(body: &[u8]) {
    use serde_json::Value;
    let read = read(body);
    let _ = (head(body), method(body), response_id(body));
    let Ok(Value::Object(whole)) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let read = read.expect("it is an object");
    let part = |range: &Option<Range<usize>>| {
        let bytes = &body[range.clone()?];
        Some(serde_json::from_slice::<Value>(bytes).expect("a value"))
    };
    let method = whole.get("method").and_then(Value::as_str);
    assert_eq!(read.method.as_deref(), method);
    assert_eq!(part(&read.params).as_ref(), whole.get("params"));
    assert_eq!(part(&read.result).as_ref(), whole.get("result"));
    if whole.get("error").is_none_or(|error| !error.is_null()) {
        assert_eq!(part(&read.error).as_ref(), whole.get("error"));
    }
    match (whole.get("id"), &read.id) {
        (Some(Value::String(text)), Some(Id::String(id))) => assert_eq!(text, id),
        (Some(Value::Number(_)), Some(Id::Number { .. })) => {}
        (Some(Value::String(_) | Value::Number(_)), id) => panic!("{id:?}"),
        (_, id) => assert_eq!(*id, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn as_a_full_parse_has_it(
            members in prop::collection::vec((
                prop::sample::select(vec!["id", "method", "params", "result", "error", "i\\u0064", "x", "jsonrpc"]),
                prop::sample::select(vec!["", " ", "\n"]),
                prop::sample::select(vec![
                    "null", "1", "-1.50e3", "1e999", "\"a\\/b\"", "\"\\ud83c\\udf4e\"", "\"id\"", "{}", "[]", "{\"id\":2}",
                    "[{\"method\":\"x\"},\"}\"]", "true", "\"\"", "",
                ]),
            ), 0..7),
        ) {
            let members: Vec<String> = members
                .into_iter()
                .map(|(key, space, value)| format!("{space}\"{key}\"{space}:{space}{value}"))
                .collect();
            agrees_with_a_full_parse(format!("{{{}}}", members.join(",")).as_bytes());
        }
    }

    /// `body` reads as `method`, `id` (as another way to write it) and these present parts.
    fn check(body: &str, method: Option<&str>, id: Option<&str>, parts: &str) {
        let envelope = read(body.as_bytes()).expect("an object");
        assert_eq!(envelope.method.as_deref(), method);
        assert_eq!(envelope.id, id.and_then(|id| Id::read(id.as_bytes())));
        let seen: String = [
            ("p", envelope.params),
            ("r", envelope.result),
            ("e", envelope.error),
        ]
        .into_iter()
        .filter_map(|(name, part)| part.map(|_| name))
        .collect();
        assert_eq!(seen, parts);
    }

    #[test]
    fn envelopes() {
        check(
            r#"{"jsonrpc":"2.0","id":1,"method":"a/b","params":{}}"#,
            Some("a/b"),
            Some("1"),
            "p",
        );
        check(
            r#"{"params":[{"id":3,"method":"no"}],"method":"a\/b"}"#,
            Some("a/b"),
            None,
            "p",
        );
        check(r#"{"id":null,"result":null}"#, None, None, "r");
        check(
            r#"{"id":"x\u0041","error":{"code":1}}"#,
            None,
            Some(r#""xA""#),
            "e",
        );
        check(
            r#"{"id":10e-1,"result":1,"error":null}"#,
            None,
            Some("1.0"),
            "r",
        );
        check(r#" {"id":3000000000.50}"#, None, Some("30000000005e-1"), "");
        check(r#"{"id":{},"method":7}"#, None, None, "");
    }

    #[test]
    fn response_ids() {
        let id = |body: &str| response_id(body.as_bytes());
        assert_eq!(
            id(r#"{"id":7,"jsonrpc":"2.0","result":[1,"#),
            Id::read(b"7")
        );
        assert_eq!(id(r#"{"result":null,"id":"a"}"#), Id::read(b"\"a\""));
        assert_eq!(id(r#"{"id":7,"method":"x","result":1}"#), None);
        assert_eq!(id(r#"{"id":7}"#), None);
        assert_eq!(id(r#"{"id":null,"error":{}}"#), None);
        // Numbers, however far out.
        let far = "9".repeat(30);
        assert_eq!(
            id(&format!(r#"{{"id":0e{far},"result":1}}"#)),
            Id::read(b"0")
        );
        assert!(id(&format!(r#"{{"id":1e-{far},"result":1}}"#)).is_some());
        assert_eq!(Id::read(b"1e"), None);
        assert_eq!(Id::read(b"1e+-1"), None);
        assert_eq!(
            method(br#"{"params":{"method":"no"},"method":"yes""#).as_deref(),
            Some("yes")
        );
    }

    #[test]
    fn the_usual_is_nothing_special() {
        let ids = [
            "",
            r#""id":"#,
            r#""id":1,"#,
            r#""id":-1,"#,
            r#""id":,"#,
            r#""id":"1","#,
        ];
        let methods = [
            r#""method":"a/b""#,
            r#""method":"a\/b""#,
            r#""method":"""#,
            r#""method":7"#,
            "",
        ];
        for id in ids {
            for method in methods {
                let body = format!(r#"{{"jsonrpc":"2.0",{id}{method},"params":{{}}}}"#);
                for end in 0..body.len() {
                    let body = &body.as_bytes()[..end];
                    assert_eq!(head(body), any_head(body), "{}", body.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn what_is_no_message() {
        assert_eq!(read(b"[]"), None);
        assert_eq!(read(b""), None);
        assert_eq!(
            read(b"{\"id\":1"),
            Some(Envelope {
                id: Id::read(b"1"),
                ..Envelope::default()
            })
        );
        assert_ne!(Id::read(b"1"), Id::read(b"\"1\""));
        assert_ne!(Id::read(b"1"), Id::read(b"10"));
        assert_eq!(Id::read(b"0"), Id::read(b"-0.0e5"));
    }
}
