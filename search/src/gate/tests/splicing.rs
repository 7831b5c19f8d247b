//! Candidates that the gate lets through change nothing around the hole.

use proptest::prelude::*;
use unsorry_syntax::HoleKind::{Tactic, Term};
use unsorry_syntax::{Outline, TokenKind, lex, splice};

use crate::gate::gate;

fn places() -> impl Strategy<Value = String> {
    let places = [
        "example : T := by\n  SORRY\n  done",
        "example : T := by SORRY",
        "example := SORRY",
        "example : T := by\r\n  · have x : T := by SORRY\r\n    skip",
        "example := f SORRY x",
        "example := (SORRY)",
        "example := ⟨SORRY,SORRY⟩",
        "example := by\n  a<;>SORRY<;>b",
        "example := SORRY.1",
        "example := -SORRY+1",
        "example := s!\"a{SORRY}b\"",
        "example := by first|SORRY|b",
        "example := 1SORRY«x»",
        "example := @SORRY",
        "example := by cases x with | a => SORRY | b => c",
        "example := \"s\"SORRY\"c\"",
    ];
    proptest::sample::select(places.to_vec()).prop_map(|place| place.replace("SORRY", "sorry"))
}

fn proofs() -> impl Strategy<Value = String> {
    let parts = [
        "simp",
        "by",
        "fun x =>",
        "exact h",
        "x",
        "1",
        "(a, b)",
        "⟨a, b⟩",
        "[h,\n  k]",
        "-",
        "+",
        "·",
        "|",
        ";",
        "<;>",
        ":=",
        "\"s\n t\"",
        "s!\"{x}\n{y}\"",
        "'c'",
        "\n",
        "\n  ",
        "\n    ",
        "\r\n",
        "h.1",
        "«a b»",
        "use",
        "calc",
        "match x with",
        "_",
        "λ",
        "∀",
        "#[x]",
    ];
    proptest::collection::vec(proptest::sample::select(parts.to_vec()), 1..8)
        .prop_map(|parts| parts.join(" "))
}

proptest! {
    #[test]
    fn nothing_else_changes_and_the_proof_is_there(
        text in places(), proof in proofs(), term: bool, which: prop::sample::Index,
    ) {
        let kind = if term { Term } else { Tactic };
        let outline = Outline::of(&text);
        let hole = which.get(&outline.holes);
        let change = splice(&text, hole, kind, &proof);
        prop_assert_eq!(change.range.end, hole.range.end);
        prop_assert!(text[change.range.start..hole.range.start].chars().all(|c| c == ' '));
        if gate(kind, &proof).is_err() {
            return Ok(());
        }

        let plain = |text: &str| text.replace('\r', "");
        let texts = |text: &str| -> Vec<String> {
            let code = |kind: TokenKind| kind != TokenKind::Symbol;
            lex(text).iter().map(|token| {
                let word = plain(token.text(text));
                if code(token.kind) || !"();".contains(&word) { word } else { String::new() }
            }).filter(|word| !word.is_empty()).collect()
        };
        let mut expected = texts(&text[..hole.range.start]);
        expected.extend(texts(&proof));
        let before = texts(&text);
        let after = before.len() - texts(&text[..hole.range.start]).len() - 1;
        expected.extend(before[before.len() - after..].iter().cloned());
        prop_assert_eq!(texts(&change.apply(&text)), expected);
    }
}
