//! Makes one answer of Lean's and ours. Lean's bytes stay as they are; ours are put between them.
//! Pure.

use std::ops::Range;

use serde_json::Value;

use super::route::Merged;
use unsorry_wire::{envelope, json};

/// The line that separates Lean's part of a hover from ours. lean.nvim shows what follows the first such
/// line.
pub const HOVER_RULE: &str = "***";

/// Returns Lean's response `body` with our `result` added; none when there is nothing to add or Lean's answer
/// is an error or of an unknown form: then it goes to the editor as it is.
pub fn merge(method: Merged, body: &[u8], ours: &Value) -> Option<Vec<u8>> {
    if ours.is_null() || ours.as_array().is_some_and(Vec::is_empty) {
        return None;
    }
    let result = envelope::read(body)
        .filter(|answer| answer.error.is_none())?
        .result?;
    match method {
        Merged::Initialize => initialize(body, result, ours),
        Merged::CodeAction => list(body, result, ours.as_array()?),
        Merged::Completion => completion(body, result, ours.as_array()?),
        Merged::Hover => hover(body, result, ours),
    }
}

fn is_null(body: &[u8], range: &Range<usize>) -> bool {
    &body[range.clone()] == b"null"
}

fn replace(body: &[u8], range: Range<usize>, with: &[u8]) -> Vec<u8> {
    [&body[..range.start], with, &body[range.end..]].concat()
}

/// Puts `members`, the inside of an array or object without its brackets, before the closing bracket
/// of the one at `range`.
fn add_inside(body: &[u8], range: Range<usize>, members: &str) -> Vec<u8> {
    let close = range.end - 1;
    let empty = json::skip_space(body, range.start + 1) == close;
    let text = format!("{}{members}", if empty { "" } else { "," });
    replace(body, close..close, text.as_bytes())
}

fn inside(value: &Value) -> String {
    let text = value.to_string();
    text[1..text.len() - 1].to_owned()
}

fn list(body: &[u8], at: Range<usize>, ours: &[Value]) -> Option<Vec<u8>> {
    let ours = Value::from(ours);
    match body[at.start] {
        b'[' => Some(add_inside(body, at, &inside(&ours))),
        _ if is_null(body, &at) => Some(replace(body, at, ours.to_string().as_bytes())),
        _ => None,
    }
}

fn completion(body: &[u8], result: Range<usize>, ours: &[Value]) -> Option<Vec<u8>> {
    if body[result.start] == b'{' {
        let items = json::member(body, result.start, "items")?;
        return list(body, items, ours);
    }
    list(body, result, ours)
}

fn hover(body: &[u8], result: Range<usize>, ours: &Value) -> Option<Vec<u8>> {
    if is_null(body, &result) {
        return Some(replace(body, result, ours.to_string().as_bytes()));
    }
    let text = ours.pointer("/contents/value")?.as_str()?;
    let contents = json::member(body, result.start, "contents")?;
    // MarkupContent and MarkedString keep their text in `value`; an array of MarkedStrings takes one more.
    match body[contents.start] {
        b'{' => {
            let value = json::member(body, contents.start, "value")?;
            let more = inside(&Value::from(format!("\n\n{HOVER_RULE}\n\n{text}")));
            (body[value.start] == b'"')
                .then(|| replace(body, value.end - 1..value.end - 1, more.as_bytes()))
        }
        b'[' => list(body, contents, &[Value::from(text)]),
        b'"' => {
            let both = format!(
                "[{},{}]",
                std::str::from_utf8(&body[contents.clone()]).ok()?,
                Value::from(text)
            );
            Some(replace(body, contents, both.as_bytes()))
        }
        _ => None,
    }
}

/// Adds our commands, and what of the merged methods Lean should not announce itself.
fn initialize(body: &[u8], result: Range<usize>, ours: &Value) -> Option<Vec<u8>> {
    let theirs = json::member(body, result.start, "capabilities")?;
    if body[theirs.start] != b'{' {
        return None;
    }
    // Positions are read and written as UTF-16; a server that chose otherwise is left alone.
    if let Some(encoding) = json::member(body, theirs.start, "positionEncoding")
        && json::string(&body[encoding]).is_none_or(|name| name != "utf-16")
    {
        return None;
    }
    let mut merged = body.to_vec();
    for (name, value) in ours.get("capabilities")?.as_object()? {
        let capabilities = json::member(&merged, result.start, "capabilities")?;
        merged = add_capability(&merged, capabilities, name, value);
    }
    Some(merged)
}

fn add_capability(body: &[u8], object: Range<usize>, name: &str, ours: &Value) -> Vec<u8> {
    let whole = || format!("{}:{ours}", Value::from(name));
    let Some(theirs) = json::member(body, object.start, name) else {
        return add_inside(body, object, &whole());
    };
    match (body[theirs.start], ours) {
        (b'{', Value::Object(ours)) => {
            let mut merged = body.to_vec();
            for (name, value) in ours {
                let Some(end) = json::value_end(&merged, theirs.start) else {
                    return body.to_vec();
                };
                merged = add_capability(&merged, theirs.start..end, name, value);
            }
            merged
        }
        (b'[', Value::Array(ours)) if !ours.is_empty() => {
            add_inside(body, theirs, &inside(&Value::from(ours.clone())))
        }
        (b'f' | b'n', _) => replace(body, theirs, ours.to_string().as_bytes()),
        // Lean announces it already.
        _ => body.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(method: Merged, lean: &str, ours: Value, expected: Option<&str>) {
        let body = format!(r#"{{"id":18446744073709551616,"result":{lean},"x":"\ud800"}}"#);
        let expected =
            expected.map(|e| format!(r#"{{"id":18446744073709551616,"result":{e},"x":"\ud800"}}"#));
        let merged =
            merge(method, body.as_bytes(), &ours).map(|b| String::from_utf8(b).expect("UTF-8"));
        assert_eq!(merged, expected);
    }

    #[test]
    fn lists() {
        use Merged::{CodeAction, Completion};
        check(CodeAction, "[]", json!([{"a": 1}]), Some(r#"[{"a":1}]"#));
        check(CodeAction, "[ 1.0 ]", json!([2, 3]), Some("[ 1.0 ,2,3]"));
        check(CodeAction, "null", json!([2]), Some("[2]"));
        check(CodeAction, "[1]", json!([]), None);
        check(CodeAction, "[1]", json!(null), None);
        check(CodeAction, "7", json!([1]), None);
        check(
            Completion,
            r#"{"isIncomplete":true,"items":[1]}"#,
            json!([2]),
            Some(r#"{"isIncomplete":true,"items":[1,2]}"#),
        );
        check(Completion, "[]", json!([2]), Some("[2]"));
    }

    #[test]
    fn hovers() {
        let ours = json!({"contents": {"kind": "markdown", "value": "a\"b"}});
        let hover = |lean, expected| check(Merged::Hover, lean, ours.clone(), Some(expected));
        hover("null", r#"{"contents":{"kind":"markdown","value":"a\"b"}}"#);
        hover(
            r#"{"contents":{"kind":"markdown","value":"x\ud800"},"range":1}"#,
            r#"{"contents":{"kind":"markdown","value":"x\ud800\n\n***\n\na\"b"},"range":1}"#,
        );
        hover(r#"{"contents":"x"}"#, r#"{"contents":["x","a\"b"]}"#);
        hover(r#"{"contents":["x"]}"#, r#"{"contents":["x","a\"b"]}"#);
    }

    #[test]
    fn capabilities() {
        let ours = json!({"capabilities": {
            "executeCommandProvider": {"commands": ["unsorry.prove"]},
            "codeActionProvider": {"codeActionKinds": ["source.unsorry"]},
            "hoverProvider": true,
        }});
        check(
            Merged::Initialize,
            r#"{"capabilities":{"hoverProvider":true,"codeActionProvider":{"resolveProvider":true,"codeActionKinds":["quickfix"]}},"serverInfo":{"version":"0.3.0"}}"#,
            ours.clone(),
            Some(
                r#"{"capabilities":{"hoverProvider":true,"codeActionProvider":{"resolveProvider":true,"codeActionKinds":["quickfix","source.unsorry"]},"executeCommandProvider":{"commands":["unsorry.prove"]}},"serverInfo":{"version":"0.3.0"}}"#,
            ),
        );
        check(
            Merged::Initialize,
            r#"{"capabilities":{"hoverProvider":false,"executeCommandProvider":{"commands":[]},"codeActionProvider":true}}"#,
            ours.clone(),
            Some(
                r#"{"capabilities":{"hoverProvider":true,"executeCommandProvider":{"commands":["unsorry.prove"]},"codeActionProvider":true}}"#,
            ),
        );
        check(
            Merged::Initialize,
            r#"{"capabilities":{"positionEncoding":"utf-8"}}"#,
            ours,
            None,
        );
    }

    #[test]
    fn an_error_is_left_alone() {
        let body = br#"{"id":1,"error":{"code":-32800}}"#;
        assert_eq!(merge(Merged::CodeAction, body, &json!([1])), None);
    }
}
