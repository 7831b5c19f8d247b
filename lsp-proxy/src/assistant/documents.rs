//! The mirror: the editor's documents as it last told them.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;
use tower_lsp_server::ls_types as lsp;

use crate::document::{Change, Hole, Outline, Position, diff};
use crate::proof::target::Target;

/// An open document.
#[derive(Debug)]
pub struct Document {
    version: i32,
    rope: Rope,
    view: Option<View>,
}

/// A document as it was at one version.
#[derive(Debug, Clone)]
pub struct View {
    /// The editor's number for it.
    pub version: i32,
    /// The text.
    pub text: Arc<str>,
    /// Of the text.
    pub outline: Arc<Outline>,
}

impl Document {
    /// A document as `didOpen` gives it.
    pub fn new(version: i32, text: &str) -> Document {
        Document {
            version,
            rope: Rope::from_str(text),
            view: None,
        }
    }

    /// Applies the changes of a `didChange`, in order, and says what each did in bytes.
    pub fn change(
        &mut self,
        version: i32,
        changes: Vec<lsp::TextDocumentContentChangeEvent>,
    ) -> Vec<Change> {
        self.version = version;
        self.view = None;
        changes
            .into_iter()
            .map(|change| {
                let Some(range) = change.range else {
                    let done = diff(&self.rope.to_string(), &change.text);
                    self.rope = Rope::from_str(&change.text);
                    return done;
                };
                let start = self.char_at(range.start);
                let end = self.char_at(range.end).max(start);
                let bytes = self.rope.char_to_byte(start)..self.rope.char_to_byte(end);
                self.rope.remove(start..end);
                self.rope.insert(start, &change.text);
                Change {
                    range: bytes,
                    text: change.text,
                }
            })
            .collect()
    }

    fn char_at(&self, position: lsp::Position) -> usize {
        let line = position.line as usize;
        if line >= self.rope.len_lines() {
            return self.rope.len_chars();
        }
        let first = self.rope.line_to_char(line);
        let mut text = self.rope.line(line);
        // A position past a line's end is its end, before the line break.
        for ending in ['\n', '\r'] {
            if text.len_chars() > 0 && text.char(text.len_chars() - 1) == ending {
                text = text.slice(..text.len_chars() - 1);
            }
        }
        let units = (position.character as usize).min(text.len_utf16_cu());
        first + text.utf16_cu_to_char(units)
    }

    /// The document as it is now.
    pub fn view(&mut self) -> View {
        let (version, rope) = (self.version, &self.rope);
        self.view
            .get_or_insert_with(|| {
                let text = rope.to_string();
                let outline = Arc::new(Outline::of(&text));
                View {
                    version,
                    text: text.into(),
                    outline,
                }
            })
            .clone()
    }

    /// The version that the editor last told.
    pub fn version(&self) -> i32 {
        self.version
    }
}

impl View {
    /// The holes that `range` touches, by index.
    pub fn holes_at(&self, range: &Range<usize>) -> impl Iterator<Item = (usize, &Hole)> {
        let Range { start, end } = *range;
        self.outline
            .holes
            .iter()
            .enumerate()
            .filter(move |(_, hole)| hole.range.start <= end && start <= hole.range.end)
    }

    /// The hole that stands exactly at `range`.
    pub fn hole(&self, range: &Range<usize>) -> Option<usize> {
        self.outline
            .holes
            .iter()
            .position(|hole| hole.range == *range)
    }

    /// The hole as a target.
    pub fn target(&self, uri: &str, hole: usize) -> Target {
        Target {
            uri: uri.into(),
            text: self.text.clone(),
            outline: self.outline.clone(),
            hole,
        }
    }

    /// The bytes of an LSP range.
    pub fn bytes(&self, range: lsp::Range) -> Range<usize> {
        let at = |p: lsp::Position| {
            self.outline.lines.offset(Position {
                line: p.line,
                character: p.character,
            })
        };
        at(range.start)..at(range.end).max(at(range.start))
    }

    /// The LSP range of bytes.
    pub fn lsp_range(&self, range: &Range<usize>) -> lsp::Range {
        let at = |offset| {
            let Position { line, character } = self.outline.lines.position(offset);
            lsp::Position { line, character }
        };
        lsp::Range {
            start: at(range.start),
            end: at(range.end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// The offset of a position, counted the slow way.
    fn naive(text: &str, (line, character): (u32, u32)) -> usize {
        let Some((start, content)) = text
            .split('\n')
            .scan(0, |at, line| {
                let start = *at;
                *at += line.len() + 1;
                Some((start, line.strip_suffix('\r').unwrap_or(line)))
            })
            .nth(line as usize)
        else {
            return text.len();
        };
        let mut units = 0;
        for (at, c) in content.char_indices() {
            if units + c.len_utf16() > character as usize {
                return start + at;
            }
            units += c.len_utf16();
        }
        start + content.len()
    }

    proptest! {
        #[test]
        fn changes_as_on_a_plain_string(
            text in "[a𝕏é\r\n]{0,30}",
            edits in prop::collection::vec(((0u32..6, 0u32..8), (0u32..6, 0u32..8), "[b𝕐\n]{0,4}"), 0..6),
        ) {
            let mut document = Document::new(1, &text);
            let mut plain = text;
            for (from, to, insert) in edits {
                let (from, to) = (from.min(to), from.max(to));
                let (start, end) = (naive(&plain, from), naive(&plain, to));
                let end = end.max(start);
                let done = document.change(2, vec![change(from, to, &insert)]);
                prop_assert_eq!(&done, &vec![Change { range: start..end, text: insert.clone() }]);
                plain.replace_range(start..end, &insert);
                prop_assert_eq!(&*document.view().text, plain.as_str());
            }
        }
    }
}
