//! The optional fields of a request: which of them an engine is sent, and under which names. The user says it, or
//! the engine, when it refuses one by its name. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Fields without which a request is none.
const NEEDED: [&str; 3] = ["model", "messages", "prompt"];

/// The fields that say how tokens are drawn: who refuses one may refuse them all.
const SAMPLING: [&str; 7] = [
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "seed",
    "repetition_penalty",
    "repeat_penalty",
];

const LIMIT: &str = "max_tokens";
const NEW_LIMIT: &str = "max_completion_tokens";

/// What becomes of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// It is left out.
    Omitted,
    /// It has this name.
    Renamed(String),
    /// It has this value, whether we would send it or not.
    Value(Value),
}

/// What becomes of the fields of which not all are sent as they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    fields: BTreeMap<String, Field>,
    /// The most tokens that an answer may be said to have.
    most_tokens: Option<u64>,
}

impl Fields {
    /// Reads what the user says: `false` leaves a field out, a string renames one of ours, any other value is sent.
    ///
    /// # Errors
    /// When a field is named that every request needs: which.
    pub fn of_settings(settings: &BTreeMap<String, Value>) -> Result<Fields, String> {
        if let Some(needed) = NEEDED.iter().find(|name| settings.contains_key(**name)) {
            return Err((*needed).to_owned());
        }
        let ours = |name: &str| {
            SAMPLING.contains(&name)
                || [LIMIT, "n", "stop", "stream", "stream_options"].contains(&name)
        };
        let field = |(name, value): (&String, &Value)| {
            let field = match value {
                Value::Bool(false) if ours(name) => Field::Omitted,
                Value::String(other) if ours(name) => Field::Renamed(other.clone()),
                value => Field::Value(value.clone()),
            };
            (name.clone(), field)
        };
        Ok(Fields {
            fields: settings.iter().map(field).collect(),
            most_tokens: None,
        })
    }

    /// Changes a request's body accordingly.
    pub(super) fn apply(&self, body: &mut Value) {
        let Value::Object(body) = body else {
            return;
        };
        for (name, field) in &self.fields {
            match field {
                Field::Omitted => {
                    body.remove(name);
                }
                Field::Renamed(other) => {
                    if let Some(value) = body.remove(name) {
                        body.insert(other.clone(), value);
                    }
                }
                Field::Value(value) => {
                    body.insert(name.clone(), value.clone());
                }
            }
        }
        if !body.contains_key("stream") {
            body.remove("stream_options");
        }
        for name in [LIMIT, NEW_LIMIT] {
            if let (Some(most), Some(value)) = (self.most_tokens, body.get_mut(name))
                && value.as_u64().is_some_and(|now| now > most)
            {
                *value = json!(most);
            }
        }
    }

    /// Takes in that an engine refused the `sent` body with these words. Returns what is done otherwise from now on,
    /// if that is anything.
    pub(super) fn learn(&mut self, refusal: &str, sent: &Value) -> Option<String> {
        let sent = sent.as_object()?;
        let words = words(refusal);
        let names: BTreeSet<&str> = words
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        // Some spell them `maxTokens`.
        let bare = |name: &str| name.to_lowercase().replace('_', "");
        let squeezed: BTreeSet<String> = names.iter().map(|name| bare(name)).collect();
        let is_named = |name: &str| {
            squeezed.contains(&bare(name)) || name == "stream" && squeezed.contains("streaming")
        };
        if let Some(told) = self.learn_limit(&words, sent, is_named) {
            return Some(told);
        }
        let is_optional =
            |name: &&str| !NEEDED.contains(name) && ![LIMIT, NEW_LIMIT, "n"].contains(name);
        let ours = || sent.keys().map(String::as_str).filter(is_optional);
        let mut refused: Vec<&str> = ours().filter(|name| is_named(name)).collect();
        // It names one that it was not sent, by the name that its own code has for a group of them.
        if refused.is_empty() && SAMPLING.iter().any(|name| is_named(name)) {
            refused = ours().filter(|name| SAMPLING.contains(name)).collect();
        }
        for name in &refused {
            self.fields.insert((*name).to_owned(), Field::Omitted);
        }
        let refused: Vec<String> = refused.iter().map(|name| format!("`{name}`")).collect();
        (!refused.is_empty()).then(|| {
            format!(
                "asked without {} from now on, which it refuses",
                refused.join(", ")
            )
        })
    }

    /// The same of the limit of tokens: it may be too large, or have a new name, or none.
    fn learn_limit(
        &mut self,
        words: &str,
        sent: &Map<String, Value>,
        is_named: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let name = [LIMIT, NEW_LIMIT]
            .into_iter()
            .find(|name| sent.contains_key(*name))?;
        if ![LIMIT, NEW_LIMIT].iter().any(|name| is_named(name)) {
            return None;
        }
        let now = sent[name].as_u64()?;
        let bounds = [
            "at most",
            "maximum",
            "less than",
            "<=",
            "exceed",
            "up to",
            "between",
            "range",
            "too large",
            "limit",
        ];
        let numbers = words
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|digits| digits.parse().ok());
        let most = numbers
            .filter(|number: &u64| (16..now).contains(number))
            .max();
        if let Some(most) = most.filter(|_| bounds.iter().any(|bound| words.contains(bound))) {
            self.most_tokens = Some(most);
            return Some(format!("asked for at most {most} tokens from now on"));
        }
        if name == LIMIT {
            self.fields
                .insert(LIMIT.into(), Field::Renamed(NEW_LIMIT.into()));
            return Some(format!(
                "asked with `{NEW_LIMIT}` for `{LIMIT}` from now on"
            ));
        }
        is_named(NEW_LIMIT).then(|| {
            self.fields.insert(LIMIT.into(), Field::Omitted);
            "asked without a limit of tokens from now on, which it refuses".to_owned()
        })
    }
}

/// The words of a refusal, without what it repeats of the request.
fn words(refusal: &str) -> String {
    fn collect(value: &Value, words: &mut String) {
        match value {
            Value::String(text) => words.extend([text, " "]),
            Value::Number(number) => words.extend([&number.to_string(), " "]),
            Value::Array(list) => list.iter().for_each(|one| collect(one, words)),
            Value::Object(map) => {
                let own = map
                    .iter()
                    .filter(|(key, _)| !matches!(&***key, "input" | "ctx" | "body" | "url"));
                own.for_each(|(_, value)| collect(value, words));
            }
            _ => {}
        }
    }
    match serde_json::from_str(refusal) {
        Ok(json) => {
            let mut words = String::new();
            collect(&json, &mut words);
            words
        }
        Err(_) => refusal.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn sent() -> Value {
        json!({"model": "m", "messages": [], "max_tokens": 1024, "temperature": 1.0, "top_p": 0.95, "n": 4,
            "stream": true, "stream_options": {"include_usage": true}, "top_k": -1, "min_p": 0.0})
    }

    /// Checks what is sent after these refusals, one after the other.
    fn check(refusals: &[&str], expected: Expect) {
        let mut fields = Fields::default();
        let mut told = Vec::new();
        let mut body = sent();
        for refusal in refusals {
            told.push(fields.learn(refusal, &body).unwrap_or("nothing".into()));
            body = sent();
            fields.apply(&mut body);
        }
        let body = body.as_object().expect("an object").iter();
        let body = body.filter(|(name, value)| sent().get(name) != Some(value));
        let new: Vec<String> = body
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut gone = sent();
        fields.apply(&mut gone);
        let gone: Vec<String> = sent()
            .as_object()
            .expect("an object")
            .keys()
            .filter(|name| gone.get(name).is_none())
            .cloned()
            .collect();
        expected.assert_eq(&format!(
            "{}\n-{} +{}\n",
            told.join("\n"),
            gone.join(" -"),
            new.join(" +")
        ));
    }

    #[test]
    fn what_an_engine_refuses_it_is_not_sent() {
        check(
            &[
                "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.\",\"param\":\"max_tokens\"}}",
            ],
            expect![[r#"
                asked with `max_completion_tokens` for `max_tokens` from now on
                -max_tokens +max_completion_tokens=1024
            "#]],
        );
        check(
            &[
                "max_tokens: unknown field",
                "max_completion_tokens: unknown field",
            ],
            expect![[r#"
                asked with `max_completion_tokens` for `max_tokens` from now on
                asked without a limit of tokens from now on, which it refuses
                -max_tokens +
            "#]],
        );
        check(
            &[
                "max_tokens is too large: 1024. This model supports at most 512 completion tokens, whereas you provided 1024.",
            ],
            expect![[r#"
                asked for at most 512 tokens from now on
                - +max_tokens=512
            "#]],
        );
        check(
            &["Unrecognized request argument supplied: stream_options"],
            expect![[r#"
                asked without `stream_options` from now on, which it refuses
                -stream_options +
            "#]],
        );
        check(
            &["Streaming is off: 'stream' must be false"],
            expect![[r#"
            asked without `stream` from now on, which it refuses
            -stream -stream_options +
        "#]],
        );
        check(
            &[
                "Unsupported value: 'temperature' does not support this value with this model.",
                "Unsupported value: 'temperature' does not support this value with this model.",
            ],
            expect![[r#"
                asked without `temperature` from now on, which it refuses
                asked without `min_p`, `top_p`, `top_k` from now on, which it refuses
                -temperature -top_p -top_k -min_p +
            "#]],
        );
        check(
            &["Unrecognized request arguments supplied: min_p, top_k"],
            expect![[r#"
                asked without `top_k`, `min_p` from now on, which it refuses
                -top_k -min_p +
            "#]],
        );
        check(
            &[
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","top_k"],"msg":"Extra inputs are not permitted","input":{"min_p":0.0,"top_p":1}}]}"#,
            ],
            expect![[r#"
                asked without `top_k` from now on, which it refuses
                -top_k +
            "#]],
        );
        check(
            &[
                "Unknown name \"topK\" at 'request'",
                "Streaming is not supported",
            ],
            expect![[r#"
                asked without `top_k` from now on, which it refuses
                asked without `stream` from now on, which it refuses
                -stream -stream_options -top_k +
            "#]],
        );
        check(
            &["the model is not there", "n must be 1", ""],
            expect![[r#"
                nothing
                nothing
                nothing
                - +
            "#]],
        );
    }

    #[test]
    fn what_the_user_says() {
        let settings = json!({"temperature": false, "max_tokens": "max_completion_tokens", "reasoning_effort": "low", "think": false, "top_k": 3});
        let settings = serde_json::from_value(settings).expect("a table");
        let mut body = sent();
        Fields::of_settings(&settings)
            .expect("valid")
            .apply(&mut body);
        expect![[r#"{"model":"m","messages":[],"min_p":0.0,"reasoning_effort":"low","top_p":0.95,"n":4,"stream":true,"stream_options":{"include_usage":true},"top_k":3,"max_completion_tokens":1024,"think":false}"#]].assert_eq(&body.to_string());
        let model = serde_json::from_value(json!({"model": "x"})).expect("a table");
        assert_eq!(Fields::of_settings(&model), Err("model".into()));
    }
}
