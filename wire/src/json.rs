//! Finding one's way in JSON text without parsing it, so that it can be passed on, or added to,
//! byte for byte. Takes what no parser of values keeps: the order of keys, numbers of any size,
//! lone surrogates, any depth. It checks no more than it needs to.

use std::borrow::Cow;
use std::ops::Range;

/// The first position at or after `at` that is not white space.
pub fn skip_space(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// The end of the value that begins at `at`; none when the text ends first or no value begins there.
pub fn value_end(text: &[u8], at: usize) -> Option<usize> {
    match *text.get(at)? {
        b'"' => string_end(text, at),
        b'{' | b'[' => {
            let mut depth = 0usize;
            let mut at = at;
            loop {
                match *text.get(at)? {
                    b'"' => {
                        at = string_end(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        b',' | b':' | b'}' | b']' => None,
        _ => {
            let mut end = at;
            while !matches!(
                text.get(end),
                None | Some(
                    b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"' | b' ' | b'\t' | b'\r' | b'\n'
                )
            ) {
                end += 1;
            }
            Some(end)
        }
    }
}

fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The keys of the object that begins at `at`, in their order, each with where its value begins. A
/// value is passed over only when the next key is asked for. Ends early when the text stops making
/// sense.
pub fn keys(text: &[u8], at: usize) -> impl Iterator<Item = (Range<usize>, usize)> {
    enum Next {
        Key(usize),
        AfterValue(usize),
        End,
    }
    let mut next = if text.get(at) == Some(&b'{') {
        Next::Key(at + 1)
    } else {
        Next::End
    };
    std::iter::from_fn(move || {
        let key = match std::mem::replace(&mut next, Next::End) {
            Next::Key(at) => at,
            Next::AfterValue(value) => {
                let comma = skip_space(text, value_end(text, value)?);
                (text.get(comma) == Some(&b',')).then_some(comma + 1)?
            }
            Next::End => return None,
        };
        let key = skip_space(text, key);
        if text.get(key) != Some(&b'"') {
            return None;
        }
        let key_end = string_end(text, key)?;
        let colon = skip_space(text, key_end);
        if text.get(colon) != Some(&b':') {
            return None;
        }
        let value = skip_space(text, colon + 1);
        next = Next::AfterValue(value);
        Some((key..key_end, value))
    })
}

/// The members of the object that begins at `at`, in their order: the key's and the value's range.
/// Ends early when the text stops making sense.
pub fn members(text: &[u8], at: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    keys(text, at).map_while(move |(key, value)| Some((key, value..value_end(text, value)?)))
}

/// Whether the string at `range`, quotes included, says `expected`.
pub fn string_is(text: &[u8], range: &Range<usize>, expected: &str) -> bool {
    string_bytes(&text[range.clone()]).as_deref() == Some(expected.as_bytes())
}

/// Reads the string `raw`, quotes included; none when it is no string or holds a lone surrogate.
pub fn string(raw: &[u8]) -> Option<Cow<'_, str>> {
    Some(match string_bytes(raw)? {
        Cow::Borrowed(bytes) => Cow::Borrowed(std::str::from_utf8(bytes).ok()?),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).ok()?),
    })
}

/// Reads a string as [`string()`] does, whether or not it is UTF-8.
pub fn string_bytes(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if !inner.contains(&b'\\') {
        return Some(Cow::Borrowed(inner));
    }
    let string = serde_json::from_slice::<String>(raw).ok()?;
    Some(Cow::Owned(string.into_bytes()))
}

/// The value of `key` in the object that begins at `at`.
pub fn member(text: &[u8], at: usize, key: &str) -> Option<Range<usize>> {
    members(text, at)
        .find(|(name, _)| string_is(text, name, key))
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_members_in_hostile_text() {
        let text =
            br#" {"a" : {"b":[1,{"c":"}\"]"}]} , "\u0062":-1.5e300,"lone":"\ud800","n":null}"#;
        let get =
            |key| member(text, 1, key).map(|r| String::from_utf8_lossy(&text[r]).into_owned());
        assert_eq!(get("a").as_deref(), Some(r#"{"b":[1,{"c":"}\"]"}]}"#));
        assert_eq!(get("b").as_deref(), Some("-1.5e300"));
        assert_eq!(get("lone").as_deref(), Some(r#""\ud800""#));
        assert_eq!(get("n").as_deref(), Some("null"));
        assert_eq!(get("none"), None);
        let deep = [vec![b'['; 1_000_000], vec![b']'; 1_000_000]].concat();
        assert_eq!(value_end(&deep, 0), Some(2_000_000));
    }

    proptest! {
        #[test]
        fn never_panics(text in prop::collection::vec(prop::sample::select(br#"{}[]":,\a1 "#.to_vec()), 0..60)) {
            for at in 0..text.len() {
                let _ = value_end(&text, at);
                members(&text, at).for_each(drop);
            }
        }
    }
}
