//! The mirror: the editor's documents as it last told them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ropey::{Rope, RopeSlice};
use tower_lsp_server::ls_types as lsp;

use unsorry_search::target::Target;
use unsorry_syntax::{Change, Outline, Pieces, Position, diff};

/// An open document.
#[derive(Debug)]
pub struct Document {
    now: View,
}

/// A document as it was at one version. What is asked at every key costs no more in a long one.
#[derive(Debug, Clone)]
pub struct View {
    /// The editor's number for it.
    pub version: i32,
    rope: Rope,
    pieces: Arc<Pieces>,
    whole: Arc<OnceLock<Whole>>,
}

/// The whole of a text, for what needs all of it.
#[derive(Debug)]
struct Whole {
    text: Arc<str>,
    outline: Arc<Outline>,
}

impl Document {
    /// A document as `didOpen` gives it.
    pub fn new(version: i32, text: &str) -> Document {
        Document {
            now: View::new(version, text),
        }
    }

    /// Applies the changes of a `didChange`, in order, and says what each did in bytes.
    pub fn change(
        &mut self,
        version: i32,
        changes: Vec<lsp::TextDocumentContentChangeEvent>,
    ) -> Vec<Change> {
        self.now.version = version;
        self.now.whole = Arc::default();
        changes
            .into_iter()
            .map(|change| {
                let change = match change.range {
                    Some(range) => Change {
                        range: self.now.bytes(range),
                        text: change.text,
                    },
                    None => diff(&self.now.rope.to_string(), &change.text),
                };
                self.now.replace(&change);
                change
            })
            .collect()
    }

    /// The document as it is now.
    pub fn view(&self) -> View {
        self.now.clone()
    }

    /// The version that the editor last told.
    pub fn version(&self) -> i32 {
        self.now.version
    }
}

impl View {
    fn new(version: i32, text: &str) -> View {
        View {
            version,
            rope: Rope::from_str(text),
            pieces: Arc::new(Pieces::of(text)),
            whole: Arc::default(),
        }
    }

    fn replace(&mut self, change: &Change) {
        let start = self.rope.byte_to_char(change.range.start);
        let end = self.rope.byte_to_char(change.range.end);
        self.rope.remove(start..end);
        self.rope.insert(start, &change.text);
        Arc::make_mut(&mut self.pieces).change(&self.rope, change);
    }

    /// Whether both are of one document at one version.
    pub fn is(&self, other: &View) -> bool {
        Arc::ptr_eq(&self.whole, &other.whole)
    }

    fn whole(&self) -> &Whole {
        self.whole.get_or_init(|| {
            let text = self.rope.to_string();
            Whole {
                outline: Arc::new(Outline::of(&text)),
                text: text.into(),
            }
        })
    }

    /// The text.
    #[cfg(any(test, fuzzing))]
    pub fn text(&self) -> &Arc<str> {
        &self.whole().text
    }

    /// The text of a part.
    pub fn part(&self, range: &Range<usize>) -> String {
        self.rope.byte_slice(range.clone()).to_string()
    }

    /// The holes that `range` touches.
    pub fn holes_at(&self, range: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        self.pieces.holes(range.clone())
    }

    /// Returns all holes.
    pub fn holes(&self) -> impl Iterator<Item = Range<usize>> {
        self.pieces.holes(0..self.rope.len_bytes())
    }

    /// Whether there is any hole.
    pub fn has_holes(&self) -> bool {
        self.pieces.have_holes()
    }

    /// Whether a hole stands exactly at `range`.
    pub fn is_hole(&self, range: &Range<usize>) -> bool {
        self.pieces.is_hole(range)
    }

    /// The declaration that `at` is in: all that Lean says there depends on the text up to its end.
    pub fn declaration(&self, at: usize) -> Option<Range<usize>> {
        self.pieces.declaration(at)
    }

    /// Whether the text begins with `head`, which ends as a declaration does that starts at or before `at`.
    pub fn begins_with(&self, head: &str, at: usize) -> bool {
        if self.declaration(at).map(|declaration| declaration.end) != Some(head.len()) {
            return false;
        }
        let mut rest = head.as_bytes();
        for chunk in self.rope.chunks() {
            let (here, after) = rest.split_at(rest.len().min(chunk.len()));
            if !chunk.as_bytes().starts_with(here) {
                return false;
            }
            rest = after;
        }
        rest.is_empty()
    }

    /// The hole that stands exactly at `range`, as a target.
    pub fn target(&self, uri: &str, range: &Range<usize>) -> Option<Target> {
        let Whole { text, outline } = self.whole();
        let hole = outline.holes.iter().position(|hole| hole.range == *range)?;
        Some(Target {
            uri: uri.into(),
            text: text.clone(),
            outline: outline.clone(),
            hole,
        })
    }

    /// The bytes of an LSP range.
    pub fn bytes(&self, range: lsp::Range) -> Range<usize> {
        let start = self.offset(range.start);
        start..self.offset(range.end).max(start)
    }

    fn offset(&self, position: lsp::Position) -> usize {
        let line = position.line as usize;
        if line >= self.rope.len_lines() {
            return self.rope.len_bytes();
        }
        let text = self.rope.line(line);
        // A position past a line's end is its end, before the line break.
        let text = text.slice(..text.len_chars() - line_break(text));
        let units = (position.character as usize).min(text.len_utf16_cu());
        self.rope.line_to_byte(line) + text.char_to_byte(text.utf16_cu_to_char(units))
    }

    /// The LSP range of bytes.
    pub fn lsp_range(&self, range: &Range<usize>) -> lsp::Range {
        lsp::Range {
            start: self.position(range.start),
            end: self.position(range.end),
        }
    }

    /// The positions of a byte range's start and end.
    pub fn positions(&self, range: &Range<usize>) -> Range<Position> {
        let at = |offset| {
            let lsp::Position { line, character } = self.position(offset);
            Position { line, character }
        };
        at(range.start)..at(range.end)
    }

    /// The LSP position of an offset: past the end it is the end's, within a character the character's
    /// start's, within a `\r\n` the line's end's.
    pub fn position(&self, offset: usize) -> lsp::Position {
        let rope = &self.rope;
        let at = rope.byte_to_char(offset.min(rope.len_bytes()));
        let line = rope.char_to_line(at);
        let start = rope.line_to_char(line);
        let text = rope.line(line);
        let end = start + text.len_chars() - line_break(text);
        let character = rope.char_to_utf16_cu(at.min(end)) - rope.char_to_utf16_cu(start);
        lsp::Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            character: u32::try_from(character).unwrap_or(u32::MAX),
        }
    }
}

/// The length of the `\n` or `\r\n` at the end of a line, in characters.
fn line_break(line: RopeSlice<'_>) -> usize {
    let last = |back: usize| {
        line.len_chars()
            .checked_sub(back)
            .and_then(|at| line.get_char(at))
    };
    match (last(2), last(1)) {
        (Some('\r'), Some('\n')) => 2,
        (_, Some('\n')) => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unsorry_syntax::LineIndex;

    fn change(from: (u32, u32), to: (u32, u32), text: &str) -> lsp::TextDocumentContentChangeEvent {
        let at = |(line, character)| lsp::Position { line, character };
        lsp::TextDocumentContentChangeEvent {
            range: Some(lsp::Range {
                start: at(from),
                end: at(to),
            }),
            range_length: None,
            text: text.to_owned(),
        }
    }

    proptest! {
        #[test]
        fn changes_as_on_a_plain_string(
            text in "[a𝕏é\r\n]{0,30}",
            edits in prop::collection::vec(((0u32..6, 0u32..8), (0u32..6, 0u32..8), "[b𝕐\r\n]{0,4}"), 0..6),
        ) {
            let mut document = Document::new(1, &text);
            let mut plain = text;
            for (from, to, insert) in edits {
                let (from, to) = (from.min(to), from.max(to));
                let lines = LineIndex::new(&plain);
                let offset = |(line, character)| lines.offset(Position { line, character });
                let (start, end) = (offset(from), offset(to));
                let done = document.change(2, vec![change(from, to, &insert)]);
                prop_assert_eq!(&done, &vec![Change { range: start..end, text: insert.clone() }]);
                plain.replace_range(start..end, &insert);
                let view = document.view();
                prop_assert_eq!(&**view.text(), plain.as_str());
            }
            let lines = LineIndex::new(&plain);
            for offset in 0..plain.len() + 2 {
                prop_assert_eq!(document.view().positions(&(offset..offset)), lines.positions(&(offset..offset)));
            }
        }
    }

    #[test]
    fn the_beginning_of_a_text() {
        let text = format!(
            "{}theorem t : True := by\n  trivial\n\ntheorem u : T := x\n",
            "-- ∀ x\n".repeat(1000)
        );
        let view = Document::new(1, &text).view();
        let head = &text[..text.find("\n\ntheorem u").expect("it is there")];
        let at = head.len() - "trivial".len();
        assert!(view.begins_with(head, at));
        assert!(!view.begins_with(&head[..head.len() - 1], at));
        assert!(!view.begins_with(&head.replacen("∀ x", "∀ y", 1), at));
        assert!(!view.begins_with(&format!("{text}theorem u : T := x"), at));
    }
}
