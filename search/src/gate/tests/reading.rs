//! However Lean comes to read a candidate that the gate lets through, it finds no command in it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use unsorry_syntax::{HoleKind, keyword};

use crate::gate::forbidden_words::WORDS;
use crate::gate::{Harm, gate};

/// The words that a reader of `text` finds who begins at any place but within a name, reads tokens one after the
/// other as Lean does, and, where there is none, goes on both there and a character behind its beginning.
fn found(text: &str) -> BTreeSet<&str> {
    let within = |c: char| is_rest(c) || matches!(c, '.' | '«');
    let mut starts: Vec<usize> = text
        .char_indices()
        .filter(|&(at, _)| !text[..at].ends_with(within))
        .map(|(at, _)| at)
        .collect();
    let mut seen = BTreeSet::new();
    let mut words = BTreeSet::new();
    while let Some(start) = starts.pop() {
        if start >= text.len() || !seen.insert(start) {
            continue;
        }
        let first = text[start..].chars().next().map_or(0, char::len_utf8);
        match token(&text[start..]) {
            Ok(len) => {
                words.insert(&text[start..start + len]);
                starts.push(start + len);
            }
            Err(at) => starts.extend([start + first, start + at]),
        }
    }
    words
}

/// Whether Leans of all ages take a character for part of a name.
fn is_rest(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_'!?αₗ".contains(c)
}

fn is_first(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == 'α'
}

/// The length of the token that `text` begins with, or where it is found to be none.
fn token(text: &str) -> Result<usize, usize> {
    let rest = |from: usize, is: fn(char) -> bool| {
        let tail = &text[from..];
        from + tail.find(|c| !is(c)).unwrap_or(tail.len())
    };
    let mut chars = text.chars();
    let (first, second) = (chars.next().unwrap_or(' '), chars.next());
    match first {
        '"' => string(text),
        '\'' if second != Some('\'') => {
            let at = match second {
                Some('\\') => 2 + escape(&text[2..]).map_err(|at| 2 + at)?,
                Some(c) => 1 + c.len_utf8(),
                None => return Err(1),
            };
            match text[at..].chars().next() {
                Some('\'') => Ok(at + 1),
                Some(c) => Err(at + c.len_utf8()),
                None => Err(at),
            }
        }
        '0' if matches!(second, Some('x' | 'b' | 'o')) => {
            let digits: fn(char) -> bool = match second {
                Some('x') => |c| c.is_ascii_hexdigit() || c == '_',
                Some('b') => |c| matches!(c, '0' | '1' | '_'),
                _ => |c| c.is_digit(8) || c == '_',
            };
            match rest(2, digits) {
                2 => Err(2),
                end => Ok(end),
            }
        }
        '0'..='9' => {
            let digits = |c: char| c.is_ascii_digit() || c == '_';
            let mut end = rest(0, digits);
            if text[end..].starts_with('.') {
                end = rest(end + 1, digits);
            }
            if text[end..].starts_with(['e', 'E']) {
                match rest(end + 1, digits) {
                    same if same == end + 1 => return Err(same),
                    more => end = more,
                }
            }
            Ok(end)
        }
        '?' if second == Some('_') => Ok(2),
        '-' if second == Some('-') => Ok(text.find('\n').unwrap_or(text.len())),
        '«' => name(text),
        c if is_first(c) => name(text),
        c => Ok(c.len_utf8()),
    }
}

fn string(text: &str) -> Result<usize, usize> {
    let mut at = 1;
    loop {
        match text[at..].chars().next() {
            None => return Err(0),
            Some('"') => return Ok(at + 1),
            Some('\\') => at += 1 + escape(&text[at + 1..]).map_err(|bad| at + 1 + bad)?,
            Some(c) => at += c.len_utf8(),
        }
    }
}

/// The length of an escape behind its `\`, or where it is found to be none.
fn escape(text: &str) -> Result<usize, usize> {
    let digits = match text.chars().next() {
        Some('n' | 't' | '"' | '\'' | '\\') => return Ok(1),
        Some('x') => 2,
        Some('u') => 4,
        _ => return Err(0),
    };
    let bad = (1..=digits).find(|&at| !text[at..].starts_with(|c: char| c.is_ascii_hexdigit()));
    bad.map_or(Ok(1 + digits), Err)
}

fn name(text: &str) -> Result<usize, usize> {
    let mut end = 0;
    loop {
        let rest = &text[end..];
        end += match rest.strip_prefix('«') {
            Some(quoted) => quoted.find('»').ok_or(2usize)? + 4,
            None => rest.find(|c| !is_rest(c)).unwrap_or(rest.len()),
        };
        let more = text[end..].strip_prefix('.');
        if !more.is_some_and(|more| more.starts_with(|c| c == '«' || is_first(c))) {
            return Ok(end);
        }
        end += 1;
    }
}

/// Whether Lean, looking for a command, would take a word for the beginning of one, or for what runs code.
fn does_harm(word: &str) -> bool {
    let known = WORDS.iter().find(|(known, _)| *known == word);
    let runs = known.is_some_and(|(_, harm)| *harm != Harm::Suffix);
    let begins = keyword::reserved(word).is_some() && !keyword::also_in_proofs(word);
    // It closes what is open behind a `.`, and nothing more.
    (runs || begins) && word != "end"
}

#[test]
fn the_reader_finds_what_is_there() {
    let check = |text: &str, word: &str| assert!(found(text).contains(word), "{text}: {word}");
    check("\"\\q def\"", "def");
    check("\"\\xopaque\"", "opaque");
    check("'xrun_cmd", "un_cmd");
    check("'xyrun_cmd", "run_cmd");
    check("0x1axiom", "xiom");
    check("«a def", "def");
    check("2def", "def");
    check("(x).def", "def");
    assert!(!found("append x.def \"a\" «def»").contains("def"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn no_reading_finds_a_command(candidate in texts()) {
        if gate(HoleKind::Tactic, &candidate).is_ok() {
            let harmful: Vec<_> = found(&candidate).into_iter().filter(|word| does_harm(word)).collect();
            prop_assert!(harmful.is_empty(), "{candidate:?} {harmful:?}");
        }
    }
}

fn texts() -> impl Strategy<Value = String> {
    let words =
        "def theorem example run_cmd opaque instance macro elab sorry simproc x end h_def append";
    let glue =
        "\" \" \" \\ \\n \\x \\q ' « » 1 0x 1e é α ₗ . _ ? ! { } s! r# # -- /- → ⁻¹' ( ) [ ] ,";
    let parts = words.split(' ').chain(glue.split(' '));
    let parts: Vec<_> = parts.chain([" ", " ", "\n"]).collect();
    proptest::collection::vec(proptest::sample::select(parts), 1..9)
        .prop_map(|parts| format!("exact {}", parts.concat()))
}
