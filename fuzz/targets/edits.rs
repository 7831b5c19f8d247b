//! Edits as an editor tells them, beside the same on a plain string.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tower_lsp_server::ls_types::{Position, Range, TextDocumentContentChangeEvent};
use unsorry::assistant::state::document::Document;
use unsorry_syntax::Outline;

/// Returns the offset of a position in bytes: lines end at `\n` alone, characters are counted in UTF-16.
fn naive(text: &str, line: u32, character: u32) -> usize {
    let mut start = 0;
    for _ in 0..line {
        match text[start..].find('\n') {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let rest = &text[start..];
    let line = rest.split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').filter(|_| rest.contains('\n')).unwrap_or(line);
    let mut units = 0;
    for (at, c) in line.char_indices() {
        if units + c.len_utf16() > character as usize {
            return start + at;
        }
        units += c.len_utf16();
    }
    start + line.len()
}

type Edit<'a> = ((u8, u8), (u8, u8), &'a str);

fuzz_target!(|input: (&str, Vec<Edit>)| {
    let (text, edits) = input;
    let mut document = Document::new(1, text);
    let mut plain = text.to_owned();
    for ((line, character), (end_line, end_character), insert) in edits {
        let (from, to) = ((line, character), (end_line, end_character));
        let (from, to) = (from.min(to), from.max(to));
        let start = naive(&plain, from.0.into(), from.1.into());
        let end = naive(&plain, to.0.into(), to.1.into()).max(start);
        let position = |(line, character): (u8, u8)| Position::new(line.into(), character.into());
        let change = TextDocumentContentChangeEvent {
            range: Some(Range::new(position(from), position(to))),
            range_length: None,
            text: insert.to_owned(),
        };
        document.change(2, vec![change]);
        plain.replace_range(start..end, insert);
        let view = document.view();
        assert_eq!(**view.text(), *plain);
        let holes = Outline::of(&plain).holes.into_iter();
        assert!(view.holes().eq(holes.map(|hole| hole.range)));
    }
});
