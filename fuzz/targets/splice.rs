//! A file's tokens, read at once and as it is written, its positions and holes; and that a proof in a
//! hole changes nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_syntax::lexer::{lex_on, may_grow};
use unsorry_syntax::{LineIndex, Outline, lex, splice};
use unsorry_prover::HoleKind;

fuzz_target!(|input: (&str, &str, bool)| {
    let (text, proof, tactic) = input;
    let outline = Outline::of(text);
    let mut end = 0;
    for token in &outline.tokens {
        assert!(token.range.start >= end && token.range.start < token.range.end);
        assert!(text[end..token.range.start].chars().all(char::is_whitespace));
        end = token.range.end;
    }
    let mut certain = outline.tokens.clone();
    let grows = certain.iter().position(|token| may_grow(token, text));
    certain.truncate(grows.unwrap_or(certain.len()));
    let longer = format!("{text}{proof}");
    let all = lex(&longer);
    assert_eq!(certain, all[..certain.len()]);
    lex_on(&longer, &mut certain);
    assert_eq!(certain, all);
    let lines = LineIndex::new(text);
    for (at, _) in text.char_indices() {
        let is_line_end = text[at..].starts_with('\n') && text[..at].ends_with('\r');
        if !is_line_end {
            assert_eq!(lines.offset(lines.position(at)), at);
        }
    }
    let kind = if tactic { HoleKind::Tactic } else { HoleKind::Term };
    for hole in &outline.holes {
        assert!(matches!(&text[hole.range.clone()], "sorry" | "admit"));
        let change = splice(text, hole, kind, proof);
        assert_eq!(change.range.end, hole.range.end);
        assert!(text[change.range.start..hole.range.start].trim().is_empty());
        let after = change.apply(text);
        assert!(after.starts_with(&text[..change.range.start]));
        assert!(after.ends_with(&text[change.range.end..]));
    }
});
