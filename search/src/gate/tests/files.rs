//! The candidates of the end-to-end tests, as far as the gate alone judges them.

use unsorry_syntax::HoleKind;

use crate::gate::gate;

/// Calls `judge` with the kind of the hole, what is said of the candidate, and the candidate, for each of a
/// file's. The form of these files is told in `hostile.txt`.
fn each(file: &str, mut judge: impl FnMut(HoleKind, &str, &str)) {
    for case in file.split("\n=== ").skip(1) {
        let mut parts = case.split("\n--- ");
        let text = parts.next().unwrap_or_default();
        let before = text.rfind("sorry").map_or("", |at| text[..at].trim_end());
        let opened = before.ends_with(" in") && before.contains(":= by\n");
        let kind = match before.ends_with("by") || opened {
            true => HoleKind::Tactic,
            false => HoleKind::Term,
        };
        for part in parts {
            let (said, candidates) = part.split_once('\n').unwrap_or_default();
            for candidate in candidates.trim_end_matches('\n').split("\n+++\n") {
                judge(kind, said, &unescaped(candidate));
            }
        }
    }
}

/// The text with each `\u{…}` as the character that it names.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').expect("a brace");
        let code = u32::from_str_radix(code, 16).expect("a number");
        plain.push(char::from_u32(code).expect("a character"));
        plain += rest;
    }
    plain
}

#[test]
fn what_is_hostile_is_refused_for_its_reason() {
    let mut wrong = String::new();
    let file = include_str!("../../../../tests/candidates/hostile.txt");
    each(file, |kind, said, candidate| {
        let told = gate(kind, candidate).map_or_else(|no| no.to_string(), |()| "ok".into());
        let expected = said.strip_prefix("gate: ");
        let as_expected = match expected {
            Some(why) => told != "ok" && told.contains(why.trim()),
            None => told == "ok",
        };
        if !as_expected {
            wrong += &format!("{candidate:?}: {told} (expected {said})\n");
        }
    });
    assert_eq!(wrong, "");
}

#[test]
fn what_is_honest_passes() {
    let mut wrong = String::new();
    let file = include_str!("../../../../tests/candidates/honest.txt");
    each(file, |kind, _, candidate| {
        if let Err(refusal) = gate(kind, candidate) {
            wrong += &format!("{candidate:?}: {refusal}\n");
        }
    });
    assert_eq!(wrong, "");
}
