//! Envelopes: of what is JSON they say what a full parse says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use unsorry::wire::envelope::{self, Id};

fuzz_target!(|body: &[u8]| {
    let read = envelope::read(body);
    let _ = (envelope::head(body), envelope::method(body), envelope::response_id(body));
    let Ok(Value::Object(whole)) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let read = read.expect("it is an object");
    let part = |range: &Option<std::ops::Range<usize>>| {
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
});
