//! Numbers, characters and strings.

use super::state::Lexer;
use super::token::TokenKind;

impl Lexer<'_> {
    pub(super) fn number(&mut self) {
        let bytes = self.text.as_bytes();
        let digits = |from: usize, is: fn(&u8) -> bool| {
            let run = bytes[from..].iter().take_while(|b| is(b) || **b == b'_');
            from + run.count()
        };
        let projection = self.after_dot(self.at);
        let (radix, is): (bool, fn(&u8) -> bool) = match bytes.get(self.at + 1) {
            Some(b'x' | b'X') => (true, u8::is_ascii_hexdigit),
            Some(b'b' | b'B') => (true, |b| matches!(b, b'0' | b'1')),
            Some(b'o' | b'O') => (true, |b| matches!(b, b'0'..=b'7')),
            _ => (false, u8::is_ascii_digit),
        };
        if radix && bytes[self.at] == b'0' && bytes.get(self.at + 2).is_some_and(is) {
            return self.push(TokenKind::Number, digits(self.at + 2, is), true);
        }
        let digit_at = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let mut end = digits(self.at, u8::is_ascii_digit);
        if !projection {
            if bytes.get(end) == Some(&b'.') && digit_at(end + 1) {
                end = digits(end + 1, u8::is_ascii_digit);
            }
            if matches!(bytes.get(end), Some(b'e' | b'E')) {
                let sign = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
                let first = end + 1 + usize::from(sign);
                if digit_at(first) {
                    end = digits(first, u8::is_ascii_digit);
                }
            }
        }
        self.push(TokenKind::Number, end, true);
    }

    /// Reads a character. Returns whether there is one: if not, the quote is a symbol.
    pub(super) fn char(&mut self) -> bool {
        let mut chars = self.text[self.at..].char_indices().skip(1);
        let end = match chars.next() {
            Some((_, '\\')) => {
                // An escape is short; the longest is `\u{10FFFF}`.
                let rest = &self.text[self.at + 2..];
                let kind = rest.chars().next();
                let digits = kind.map_or(0, char::len_utf8);
                let escape = match kind {
                    Some('x' | 'u') => {
                        let tail = rest[digits..]
                            .find(|c: char| !c.is_ascii_hexdigit() && c != '{' && c != '}');
                        digits + tail.unwrap_or(rest.len() - digits)
                    }
                    _ => digits,
                };
                rest[escape..]
                    .starts_with('\'')
                    .then_some(self.at + 2 + escape + 1)
            }
            Some((_, '\'')) | None => None,
            Some(_) => match chars.next() {
                Some((at, '\'')) => Some(self.at + at + 1),
                _ => None,
            },
        };
        if let Some(end) = end {
            self.push(TokenKind::Char, end, true);
        }
        end.is_some()
    }

    pub(super) fn raw_string(&mut self) {
        let rest = &self.text.as_bytes()[self.at + 1..];
        let hashes = rest.iter().take_while(|b| **b == b'#').count();
        let mut at = self.at + 1 + hashes + 1;
        let bytes = self.text.as_bytes();
        loop {
            let Some(found) = memchr::memchr(b'"', &bytes[at..]) else {
                return self.push(TokenKind::String, bytes.len(), false);
            };
            at += found + 1;
            let closing = bytes[at..].iter().take(hashes).take_while(|b| **b == b'#');
            if closing.count() == hashes {
                return self.push(TokenKind::String, at + hashes, true);
            }
        }
    }

    pub(super) fn plain_string(&mut self) {
        match self.string_end(self.at + 1, false) {
            Some(end) => self.push(TokenKind::String, end, true),
            None => self.push(TokenKind::String, self.text.len(), false),
        }
    }

    /// The end of string text that goes on at `from`.
    pub(super) fn string_end(&self, from: usize, interpolated: bool) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            at += memchr::memchr3(b'"', b'\\', b'{', bytes.get(at..)?)?;
            match bytes[at] {
                b'"' => return Some(at + 1),
                b'{' if interpolated => return Some(at + 1),
                b'{' => at += 1,
                // What is escaped may be longer than a byte; no part of it is looked for here.
                _ => at += 2,
            }
        }
    }
}

pub(super) fn is_raw_string(rest: &str) -> bool {
    rest[1..].trim_start_matches('#').starts_with('"')
}
