//! The errors in answers that are called a success.

use reqwest::StatusCode;
use serde_json::Value;

use super::status::of_status;
use super::{Problem, Remedy, said, shown};

/// Returns the error that an event tells of, or an answer if it `is_whole`; none if it tells of none.
pub(in crate::remote) fn of_success(json: &Value, is_whole: bool) -> Option<Problem> {
    let choices = json["choices"].as_array();
    let mut of_choices = choices.into_iter().flatten();
    let failed = of_choices.find_map(|choice| {
        let is_error = choice["finish_reason"] == "error";
        let error = choice.get("error").filter(|error| !error.is_null());
        error.or_else(|| is_error.then_some(choice))
    });
    if let Some(choice) = failed {
        return Some(of_error(&serde_json::json!({ "error": choice })));
    }
    let has_error = ["error", "errors"].iter().any(|key| {
        let error = &json[*key];
        let is_none = error.is_null() || *error == false || *error == "";
        !is_none && error.as_array().is_none_or(|list| !list.is_empty())
    });
    let says = || is_whole && choices.is_none() && said(&json.to_string()).is_some();
    (has_error || json["object"] == "error" || says()).then(|| of_error(json))
}

/// Returns the problem of an event that is called an error.
pub(in crate::remote) fn of_error_event(data: &str) -> Problem {
    match serde_json::from_str(data) {
        Ok(json) => of_error(&json),
        Err(_) => Problem::new(Remedy::Retry, format!("it failed: {}", shown(data))),
    }
}

fn of_error(json: &Value) -> Problem {
    let text = json.to_string();
    if let Some(status) = status(json).and_then(|status| StatusCode::from_u16(status).ok()) {
        return of_status(status, "this address", None, &text);
    }
    let why = said(&text).unwrap_or_else(|| shown(&text));
    Problem::new(Remedy::Retry, format!("it failed: {why}"))
}

/// Returns the HTTP status that an error has, or that its kind would have.
fn status(json: &Value) -> Option<u16> {
    let error = &json["error"];
    let places = [
        &error["code"],
        &error["status"],
        &error["type"],
        &json["code"],
        &json["status"],
        &json["type"],
    ];
    places.into_iter().find_map(|place| {
        let number = place.as_u64().or_else(|| place.as_str()?.parse().ok());
        let number = number.and_then(|number| u16::try_from(number).ok());
        if let Some(number) = number.filter(|number| (400..600).contains(number)) {
            return Some(number);
        }
        let word = place.as_str()?.to_lowercase();
        let is = |words: &[&str]| words.iter().any(|one| word.contains(one));
        match () {
            () if is(&["rate_limit", "quota", "too_many"]) => Some(429),
            () if is(&["authentication", "api_key", "permission"]) => Some(401),
            () if is(&["overloaded", "unavailable"]) => Some(503),
            () if is(&["invalid_request"]) => Some(400),
            () => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_in_a_success() {
        let check = |text: &str, is_whole, expected: Option<(Remedy, &str)>| {
            let json = serde_json::from_str(text).expect("JSON");
            let problem = of_success(&json, is_whole);
            let told = problem
                .as_ref()
                .map(|problem| (problem.remedy, &*problem.what));
            match (told, expected) {
                (Some((remedy, what)), Some((of, words))) => {
                    assert_eq!(remedy, of, "{text}: {what}");
                    assert!(what.contains(words), "{text}: {what}");
                }
                (told, expected) => assert_eq!(told, expected, "{text}"),
            }
        };
        let retry = |words| Some((Remedy::Retry, words));
        check(r#"{"choices":[{"text":"a"}]}"#, true, None);
        check(r#"{"choices":[],"error":null}"#, true, None);
        check(r#"{"choices":[],"error":false,"errors":[]}"#, false, None);
        check(r#"{"usage":{"prompt_tokens":1}}"#, false, None);
        check(
            r#"{"error":{"message":"out of memory"}}"#,
            false,
            retry("out of memory"),
        );
        check(r#"{"error":"no memory"}"#, true, retry("no memory"));
        check(
            r#"{"error":true,"message":"no memory"}"#,
            true,
            retry("no memory"),
        );
        check(
            r#"{"errors":[{"message":"no memory"}]}"#,
            true,
            retry("no memory"),
        );
        check(r#"{"detail":"worker died"}"#, true, retry("worker died"));
        check(
            r#"{"code":500,"msg":"worker died"}"#,
            true,
            retry("worker died"),
        );
        check(r#"{"detail":"queued"}"#, false, None);
        check(
            r#"{"choices":[{"finish_reason":"error","error":{"message":"upstream"}}]}"#,
            false,
            retry("upstream"),
        );
        check(
            r#"{"error":{"code":429,"message":"slow down"}}"#,
            true,
            Some((Remedy::Wait(None), "slow down")),
        );
        check(
            r#"{"error":{"type":"overloaded_error","message":"busy"}}"#,
            false,
            Some((Remedy::Wait(None), "busy")),
        );
        check(
            r#"{"error":{"code":"invalid_api_key","message":"who?"}}"#,
            true,
            Some((Remedy::Nothing, "who?")),
        );
    }
}
