//! Strings with code in them: which strings they are, and what becomes of one that never ends.

use super::state::{Interpolation, Lexer};
use super::token::TokenKind;
use crate::keyword;

/// Words that take an interpolated string, and how many arguments stand before it.
const INTERPOLATING: &[(&str, usize)] = &[
    ("s!", 0),
    ("f!", 0),
    ("m!", 0),
    ("println!", 0),
    ("dbg_trace", 0),
    ("throwError", 0),
    ("throwErrorAt", 1),
    ("throwNamedError", 1),
    ("throwNamedErrorAt", 2),
    ("logNamedError", 1),
    ("logNamedErrorAt", 2),
    ("logNamedWarning", 1),
    ("logNamedWarningAt", 2),
];

/// Words with a `!` that take a plain string.
const PLAIN: &[&str] = &["panic!", "unreachable!", "assert!", "dbg!"];

/// The most times that an interpolated string that never ends is read again as a plain one; a limit keeps a
/// text of many such strings linear.
const MAX_FAILURES: usize = 8;

impl Lexer<'_> {
    /// A string, or the first piece of an interpolated one.
    pub(super) fn string(&mut self) {
        if self.failures < MAX_FAILURES && self.interpolates() {
            self.open.push(Interpolation {
                start: self.at,
                tokens: self.tokens.len(),
                braces: 0,
            });
            self.interpolated_text();
        } else {
            self.plain_string();
        }
    }

    /// A piece of an interpolated string, from its `"` or `}` up to a `{` or its `"`.
    pub(super) fn interpolated_text(&mut self) {
        match self.string_end(self.at + 1, true) {
            Some(end) => {
                self.push(TokenKind::String, end, true);
                match (self.text[..end].ends_with('"'), self.open.last_mut()) {
                    (false, Some(open)) => open.braces = 0,
                    _ => drop(self.open.pop()),
                }
            }
            None => {
                self.give_up();
            }
        }
    }

    /// Takes back what was read of the interpolated strings that are open, and reads the first of
    /// them as a plain string: the text ended before it did.
    pub(super) fn give_up(&mut self) -> bool {
        let Some(first) = self.open.drain(..).next() else {
            return false;
        };
        self.failures += 1;
        self.first_failure.get_or_insert(first.start);
        self.tokens.truncate(first.tokens);
        self.at = first.start;
        self.plain_string();
        if let Some(plain) = self.tokens.last_mut() {
            plain.terminated = false;
        }
        true
    }

    /// No command starts within a term: one at the start of a line means that an interpolated
    /// string was never closed (it is being typed), so it ends here and the rest is read as ever.
    pub(super) fn close_before_command(&mut self, start: usize, end: usize) {
        let line_start = start == 0 || self.text.as_bytes()[start - 1] == b'\n';
        if self.open.is_empty() || !line_start {
            return;
        }
        let word = &self.text[start..end];
        if keyword::starts_declaration(word) || word == "@[" {
            let Some(first) = self.open.drain(..).next() else {
                return;
            };
            self.tokens.truncate(first.tokens);
            self.at = first.start;
            let cut = self.text[..start].trim_end().len();
            self.push(TokenKind::String, cut, false);
            self.at = start;
        }
    }

    /// Whether a string that starts here is an interpolated one.
    fn interpolates(&self) -> bool {
        let Some(last) = self.tokens.last() else {
            return false;
        };
        let word = last.text(self.text);
        if last.kind == TokenKind::Word {
            if INTERPOLATING.contains(&(word, 0)) {
                return true;
            }
            // Macros of one's own are written the same way: `html!"…"`.
            if last.range.end == self.at && word.ends_with('!') && !PLAIN.contains(&word) {
                return true;
            }
        }
        let mut end = self.tokens.len();
        for arguments in 1..=2 {
            let Some(start) = self.argument_start(end) else {
                return false;
            };
            // `trace[Some.Class] "…"`
            let head = self.tokens[start].text(self.text);
            if arguments == 1 && head == "trace" && end - start == 4 {
                return true;
            }
            let Some(before) = start.checked_sub(1) else {
                return false;
            };
            if INTERPOLATING.contains(&(self.tokens[before].text(self.text), arguments)) {
                return true;
            }
            end = start;
        }
        false
    }

    /// The start of the argument that ends before token `end`: a word, literal or bracketed term and what is
    /// written right after it.
    fn argument_start(&self, end: usize) -> Option<usize> {
        const FURTHEST: usize = 64;
        let mut start = end.checked_sub(1)?;
        loop {
            let mut depth = 0usize;
            loop {
                let token = &self.tokens[start];
                match token.text(self.text).as_bytes().last() {
                    _ if token.kind != TokenKind::Symbol => {}
                    Some(b')' | b']') => depth += 1,
                    Some(b'(' | b'[') => depth = depth.checked_sub(1)?,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                start = start.checked_sub(1)?;
                if end - start > FURTHEST {
                    return None;
                }
            }
            match start.checked_sub(1) {
                Some(before) if self.tokens[before].range.end == self.tokens[start].range.start => {
                    start = before;
                }
                _ => return Some(start),
            }
            if end - start > FURTHEST {
                return None;
            }
        }
    }
}
