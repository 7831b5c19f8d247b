//! Positions as LSP counts: lines, and UTF-16 units within a line.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A place in a text as LSP writes it, both parts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// UTF-16 units since the line's start.
    pub character: u32,
}

/// Turns byte offsets of one text into positions and back, without keeping the text.
///
/// A line ends with `\n` or `\r\n`. LSP also ends one at a lone `\r`, but Lean does not (it drops
/// the `\r` of `\r\n` when a text arrives and counts `\n`), and every position we handle has to
/// mean to Lean what it means to us. A file with a lone `\r` is an error to Lean anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    /// The start of each line, and the end of its text (before the line end).
    lines: Vec<(usize, usize)>,
    /// The characters that are not one byte and one unit, in order.
    wide: Vec<Wide>,
    len: usize,
}

/// A character outside ASCII: its end in bytes and in UTF-16 units since the text's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wide {
    end: usize,
    end_units: usize,
    bytes: u8,
    units: u8,
}

impl LineIndex {
    /// The index of `text`.
    pub fn new(text: &str) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for newline in memchr::memchr_iter(b'\n', text.as_bytes()) {
            let end = if text[start..newline].ends_with('\r') {
                newline - 1
            } else {
                newline
            };
            lines.push((start, end));
            start = newline + 1;
        }
        lines.push((start, text.len()));

        let mut wide = Vec::new();
        let mut saved = 0;
        for (at, c) in text.char_indices().filter(|(_, c)| !c.is_ascii()) {
            let end = at + c.len_utf8();
            saved += c.len_utf8() - c.len_utf16();
            wide.push(Wide {
                end,
                end_units: end - saved,
                bytes: c.len_utf8() as u8,
                units: c.len_utf16() as u8,
            });
        }
        Self {
            lines,
            wide,
            len: text.len(),
        }
    }

    /// The number of lines; a text without a line end has one.
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// The position of a byte offset. Past the end it is the end's; within a character, the
    /// character's start's; within a `\r\n`, the line's end's.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.len);
        let line = self.lines.partition_point(|&(start, _)| start <= offset) - 1;
        let (start, end) = self.lines[line];
        let character = self.units(offset.min(end)) - self.units(start);
        Position {
            line: line as u32,
            character: character as u32,
        }
    }

    /// The positions of a byte range's start and end, see [`LineIndex::position`].
    pub fn positions(&self, bytes: &Range<usize>) -> Range<Position> {
        self.position(bytes.start)..self.position(bytes.end)
    }

    /// The byte offset of a position. Past its line's end it is that end, past the last line the
    /// text's end, and within a surrogate pair the start of the character.
    pub fn offset(&self, position: Position) -> usize {
        let Some(&(start, end)) = self.lines.get(position.line as usize) else {
            return self.len;
        };
        let target = self.units(start) + position.character as usize;
        if target >= self.units(end) {
            return end;
        }
        let before = self.wide.partition_point(|wide| wide.end_units <= target);
        let saved = match before.checked_sub(1) {
            Some(last) => self.wide[last].end - self.wide[last].end_units,
            None => 0,
        };
        let offset = target + saved;
        match self.wide.get(before) {
            Some(next) => offset.min(next.end - usize::from(next.bytes)),
            None => offset,
        }
    }

    /// The UTF-16 units before a byte offset.
    fn units(&self, offset: usize) -> usize {
        let before = self.wide.partition_point(|wide| wide.end <= offset);
        let saved = match before.checked_sub(1) {
            Some(last) => self.wide[last].end - self.wide[last].end_units,
            None => 0,
        };
        let inside = self.wide.get(before).map_or(offset, |next| {
            offset.min(next.end - usize::from(next.bytes))
        });
        inside - saved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The position by walking the text, character by character.
    fn naive_position(text: &str, offset: usize) -> Position {
        let (mut line, mut character) = (0, 0);
        for (at, c) in text.char_indices() {
            if at + c.len_utf8() > offset {
                break;
            }
            match c {
                '\n' => (line, character) = (line + 1, 0),
                '\r' if text[at + 1..].starts_with('\n') => {}
                c => character += c.len_utf16() as u32,
            }
        }
        Position { line, character }
    }

    fn naive_offset(text: &str, position: Position) -> usize {
        let mut rest = 0;
        for _ in 0..position.line {
            match text[rest..].find('\n') {
                Some(newline) => rest += newline + 1,
                None => return text.len(),
            }
        }
        let line = text[rest..].split('\n').next().unwrap_or("");
        let line = match line.strip_suffix('\r') {
            Some(line) if rest + line.len() + 1 < text.len() => line,
            _ => line,
        };
        let mut units = 0;
        for (at, c) in line.char_indices() {
            units += c.len_utf16() as u32;
            if units > position.character {
                return rest + at;
            }
        }
        rest + line.len()
    }

    fn texts() -> impl Strategy<Value = String> {
        proptest::collection::vec(
            prop_oneof![
                Just("\n"),
                Just("\r\n"),
                Just("\r"),
                Just("a"),
                Just("é"),
                Just("∀"),
                Just("𝒜"),
                Just("😀"),
                Just("xyz"),
            ],
            0..40,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn positions_equal_the_naive_ones(text in texts()) {
            let index = LineIndex::new(&text);
            for offset in 0..text.len() + 2 {
                prop_assert_eq!(index.position(offset), naive_position(&text, offset), "at {}", offset);
            }
        }

        #[test]
        fn offsets_equal_the_naive_ones(text in texts()) {
            let index = LineIndex::new(&text);
            for line in 0..index.lines() as u32 + 2 {
                for character in 0..20 {
                    let position = Position { line, character };
                    let offset = index.offset(position);
                    prop_assert_eq!(offset, naive_offset(&text, position), "at {:?}", position);
                    prop_assert!(text.is_char_boundary(offset));
                }
            }
        }

        #[test]
        fn there_and_back(text in texts()) {
            let index = LineIndex::new(&text);
            for (offset, _) in text.char_indices() {
                if !text[..offset].ends_with('\r') || !text[offset..].starts_with('\n') {
                    prop_assert_eq!(index.offset(index.position(offset)), offset);
                }
            }
        }
    }

    #[test]
    fn a_position_within_a_surrogate_pair_is_its_character() {
        let index = LineIndex::new("a😀b\r\nc");
        let at = |line, character| index.offset(Position { line, character });
        assert_eq!([at(0, 1), at(0, 2), at(0, 3)], [1, 1, 5]);
        assert_eq!([at(0, 4), at(0, 99), at(1, 0), at(9, 9)], [6, 6, 8, 9]);
    }
}
