//! The state of a lexer: how far it has come in a text, and the tokens that it has read.

use super::token::{Token, TokenKind};

/// A lexer within a text. What it reads is told in the files beside this one.
pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    /// The byte where the next token is looked for.
    pub(super) at: usize,
    pub(super) tokens: Vec<Token>,
    /// The interpolated strings around the code that is being read, the innermost last.
    pub(super) open: Vec<Interpolation>,
    /// The number of interpolated strings that never ended, and were read again as plain ones.
    pub(super) failures: usize,
    /// The byte where the first of them starts.
    pub(super) first_failure: Option<usize>,
}

/// An interpolated string whose end is yet to come.
pub(super) struct Interpolation {
    /// The byte of the opening quote.
    pub(super) start: usize,
    /// The number of tokens before it.
    pub(super) tokens: usize,
    /// Open braces of the code being read.
    pub(super) braces: usize,
}

impl<'a> Lexer<'a> {
    /// A lexer that goes on where `tokens`, the first of `text`, end.
    pub(super) fn after(text: &'a str, tokens: Vec<Token>) -> Self {
        Lexer {
            text,
            at: tokens.last().map_or(0, |last| last.range.end),
            tokens,
            open: Vec::new(),
            failures: 0,
            first_failure: None,
        }
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Adds the token that starts here and goes up to `end`, and goes on there.
    pub(super) fn push(&mut self, kind: TokenKind, end: usize, terminated: bool) {
        let (column, first_on_line) = self.place();
        self.tokens.push(Token {
            kind,
            range: self.at..end,
            column,
            first_on_line,
            terminated,
        });
        self.at = end;
    }

    /// The column that has been reached, and whether no code stands before it on its line.
    fn place(&self) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let newline = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n');
        let last = self.tokens.last();
        let gap = &bytes[last.map_or(0, |last| last.range.end)..self.at];
        if let Some(newline) = newline(gap) {
            return (count_chars(&gap[newline + 1..]), true);
        }
        let gap = count_chars(gap);
        let Some(last) = last else {
            return (gap, true);
        };
        let own = &bytes[last.range.clone()];
        let newline = match last.kind {
            TokenKind::Word | TokenKind::Number | TokenKind::Symbol => None,
            _ => newline(own),
        };
        let column = match newline {
            Some(newline) => count_chars(&own[newline + 1..]),
            None => last.column + count_chars(own),
        };
        let first = !last.is_code() && (last.first_on_line || newline.is_some());
        (column + gap, first)
    }

    /// Whether the token that starts here is the field of a projection.
    pub(super) fn after_dot(&self, start: usize) -> bool {
        self.tokens.last().is_some_and(|last| {
            last.range.end == start && matches!(last.text(self.text), "." | "|>.")
        })
    }
}

/// The number of characters in the bytes of a text: all but the bytes that go on with one.
fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}
