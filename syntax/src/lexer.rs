//! The tokens of a Lean text, by Lean's own lexical rules as far as they don't depend on imports.
//!
//! Lean's token table grows with every `notation`, so operators are cut by a fixed table here:
//! what matters (words, literals, comments, brackets) comes out as Lean has it.

mod growth;
mod identifier;
mod interpolation;
mod literal;
mod state;
mod token;

pub use growth::may_grow;
pub use identifier::is_identifier_rest;
pub use token::{Token, TokenKind};

use identifier::is_identifier_start;
use literal::is_raw_string;
use state::Lexer;

/// The tokens of `text` in order. Only white space lies between them.
pub fn lex(text: &str) -> Vec<Token> {
    lex_as_far_as_sure(text).0
}

/// The tokens of `text` that stand outside all brackets, opening brackets included.
pub fn outside_brackets(text: &str) -> impl Iterator<Item = Token> {
    let mut depth = 0;
    lex(text).into_iter().filter(move |token| {
        let outside = depth == 0;
        depth = (depth + token.bracket_depth(text)).max(0);
        outside
    })
}

/// Reads on where `tokens` end: the first tokens of `text`, none of which [`may_grow`]. Costs as much as
/// the rest of the text is long.
pub fn lex_on(text: &str, tokens: &mut Vec<Token>) {
    let mut lexer = Lexer::after(text, std::mem::take(tokens));
    while lexer.step() {}
    *tokens = lexer.tokens;
}

/// The words that a text starts with, comments aside, up to the first token that is none; read as they
/// are asked for.
pub(crate) fn leading_words(text: &str) -> impl Iterator<Item = &str> {
    let mut lexer = Lexer::after(text, Vec::new());
    std::iter::from_fn(move || {
        while lexer.step() {
            let last = lexer.tokens.last()?;
            if last.is_code() {
                return (last.kind == TokenKind::Word).then(|| last.text(text));
            }
        }
        None
    })
}

/// The tokens, and where the first interpolated string starts that the text's end left open, and that was
/// then read as a plain one: from there on the tokens would be others if the text went on.
pub(super) fn lex_as_far_as_sure(text: &str) -> (Vec<Token>, Option<usize>) {
    let mut lexer = Lexer::after(text, Vec::with_capacity(text.len() / 5));
    while lexer.step() {}
    (lexer.tokens, lexer.first_failure)
}

/// Operators of several characters, longest first. A `'` belongs to some: it starts no character.
const SYMBOLS: &[&str] = &[
    "```", "<;>", "<|>", "|>.", "...", "<$>", "<*>", ">>=", "=<<", "⁻¹'", ":=", "=>", "->", "<-",
    "<|", "|>", "..", "::", "==", "!=", "&&", "||", "<=", ">=", "++", "''", "@[", "#[", "`(", "`[",
    ".{", "//",
];

impl Lexer<'_> {
    /// Reads one token; false at the end.
    fn step(&mut self) -> bool {
        while let Some(c) = self.peek() {
            if !c.is_whitespace() {
                break;
            }
            self.at += c.len_utf8();
        }
        let start = self.at;
        let Some(c) = self.peek() else {
            return !self.open.is_empty() && self.give_up();
        };
        let rest = &self.text[start..];
        match c {
            '"' => self.string(),
            '-' if rest.starts_with("--") => {
                let len = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
                let len = rest[..len].strip_suffix('\r').map_or(len, str::len);
                self.push(TokenKind::LineComment, start + len, true);
            }
            '/' if rest.starts_with("/-") => self.block_comment(),
            '\'' => {
                if !self.char() {
                    self.symbol(c);
                }
            }
            'r' if is_raw_string(rest) => self.raw_string(),
            '0'..='9' => self.number(),
            '`' => self.name_literal(),
            '«' => self.word(start),
            c if is_identifier_start(c) => self.word(start),
            _ => self.symbol(c),
        }
        true
    }

    /// `«…»` and plain parts with dots between, from `start` on; `at` may stand before it.
    fn word(&mut self, start: usize) {
        let mut end = start;
        let mut terminated = true;
        loop {
            let rest = &self.text[end..];
            if let Some(inner) = rest.strip_prefix('«') {
                // Lean reads on to the `»` over line ends; to stop at the line loses less of a
                // text that is being typed, and no name has a line end in it.
                match inner.find(['»', '\n']) {
                    Some(len) if inner[len..].starts_with('»') => end += 2 * '«'.len_utf8() + len,
                    Some(len) => (end, terminated) = (end + '«'.len_utf8() + len, false),
                    None => (end, terminated) = (self.text.len(), false),
                }
            } else {
                let len = rest.find(|c| !is_identifier_rest(c)).unwrap_or(rest.len());
                end += len;
            }
            let mut after = self.text[end..].chars();
            let dotted = after.next() == Some('.')
                && after
                    .next()
                    .is_some_and(|c| c == '«' || is_identifier_start(c));
            if !terminated || !dotted {
                break;
            }
            end += 1;
        }
        self.close_before_command(start, end);
        self.push(TokenKind::Word, end, terminated);
    }

    /// `` `foo ``, or the symbols that start a quotation.
    fn name_literal(&mut self) {
        let rest = &self.text[self.at..];
        let ticks = rest.bytes().take_while(|byte| *byte == b'`').count();
        let name = self.at + ticks;
        match self.text[name..].chars().next() {
            _ if ticks > 2 => self.symbol('`'),
            Some(c) if c == '«' || is_identifier_start(c) => self.word(name),
            _ => self.symbol('`'),
        }
    }

    fn symbol(&mut self, first: char) {
        let rest = &self.text[self.at..];
        let long = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
        let len = long.map_or(first.len_utf8(), |symbol| symbol.len());
        if let Some(open) = self.open.last_mut() {
            match rest.as_bytes()[len - 1] {
                b'{' => open.braces += 1,
                b'}' if open.braces == 0 => return self.interpolated_text(),
                b'}' => open.braces -= 1,
                _ => {}
            }
        }
        let end = self.at + len;
        self.close_before_command(self.at, end);
        self.push(TokenKind::Symbol, end, true);
    }

    fn block_comment(&mut self) {
        let bytes = self.text.as_bytes();
        let kind = match bytes.get(self.at + 2) {
            Some(b'-' | b'!') => TokenKind::DocComment,
            _ => TokenKind::BlockComment,
        };
        // As Lean reads it: `/--/` is still open, for the second `-` belongs to the opener.
        let mut at = self.at + 2 + usize::from(kind == TokenKind::DocComment);
        let mut depth = 1;
        while depth > 0 {
            let Some(found) = memchr::memchr2(b'-', b'/', &bytes[at.min(bytes.len())..]) else {
                return self.push(kind, bytes.len(), false);
            };
            at += found;
            match &bytes[at..(at + 2).min(bytes.len())] {
                b"-/" => (depth, at) = (depth - 1, at + 2),
                b"/-" => (depth, at) = (depth + 1, at + 2),
                _ => at += 1,
            }
        }
        self.push(kind, at, true);
    }
}

#[cfg(test)]
mod tests;
