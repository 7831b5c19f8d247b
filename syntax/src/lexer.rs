//! The tokens of a Lean text, by Lean's own lexical rules as far as they don't depend on imports.
//!
//! Lean's token table grows with every `notation`, so operators are cut by a fixed table here:
//! what matters (words, literals, comments, brackets) comes out as Lean has it.

mod interpolation;

use std::ops::Range;

use interpolation::{Interpolation, MAX_FAILURES};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// An identifier or keyword, with its dotted and `«…»` parts; also a name literal such as
    /// `` `foo.bar ``.
    Word,
    /// A numeral, or the index of a projection such as `x.1`.
    Number,
    /// A string or raw string; or, of an interpolated string, a piece of text with its delimiters:
    /// `"a {`, `} b {`, `} c"`.
    String,
    /// A character such as `'a'`.
    Char,
    /// Anything else: an operator, a bracket, a comma.
    Symbol,
    /// `-- …`, without its line end.
    LineComment,
    /// `/- … -/`.
    BlockComment,
    /// `/-- … -/` or `/-! … -/`.
    DocComment,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes.
    pub range: Range<usize>,
    /// False for a string, comment or `«` part that is never closed; also for an interpolated string
    /// that could only be read as a plain one.
    pub terminated: bool,
}

impl Token {
    /// The token's text within the text it was cut from.
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.range.clone()]
    }

    /// Whether Lean skips it: a comment that documents nothing.
    pub fn is_comment(&self) -> bool {
        matches!(self.kind, TokenKind::LineComment | TokenKind::BlockComment)
    }

    /// Whether it is code: neither comment nor documentation.
    pub fn is_code(&self) -> bool {
        !self.is_comment() && self.kind != TokenKind::DocComment
    }
}

/// The tokens of `text` in order. Only white space lies between them.
pub fn lex(text: &str) -> Vec<Token> {
    lex_as_far_as_sure(text).0
}

/// The tokens, and where the first interpolated string starts that the text's end left open, and that was
/// then read as a plain one: from there on the tokens would be others if the text went on.
pub(super) fn lex_as_far_as_sure(text: &str) -> (Vec<Token>, Option<usize>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        tokens: Vec::with_capacity(text.len() / 5),
        open: Vec::new(),
        failures: 0,
        first_failure: None,
    };
    while lexer.step() {}
    (lexer.tokens, lexer.first_failure)
}

/// Operators of several characters, longest first. A `'` belongs to some: it starts no character.
const SYMBOLS: &[&str] = &[
    "<;>", "<|>", "|>.", "...", "<$>", "<*>", ">>=", "=<<", "⁻¹'", ":=", "=>", "->", "<-", "<|",
    "|>", "..", "::", "==", "!=", "&&", "||", "<=", ">=", "++", "''", "@[", "#[", "`(", "`[", ".{",
];

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    open: Vec<Interpolation>,
    failures: usize,
    first_failure: Option<usize>,
}

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
            '\'' => self.char(),
            'r' if is_raw_string(rest) => self.raw_string(),
            '0'..='9' => self.number(),
            '`' => self.name_literal(),
            '«' => self.word(start),
            c if is_identifier_start(c) => self.word(start),
            _ => self.symbol(c),
        }
        true
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn push(&mut self, kind: TokenKind, end: usize, terminated: bool) {
        self.tokens.push(Token {
            kind,
            range: self.at..end,
            terminated,
        });
        self.at = end;
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
        let ticks = if self.text[self.at..].starts_with("``") {
            2
        } else {
            1
        };
        let name = self.at + ticks;
        match self.text[name..].chars().next() {
            Some(c) if c == '«' || is_identifier_start(c) => self.word(name),
            _ => self.symbol('`'),
        }
    }

    fn number(&mut self) {
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

    fn char(&mut self) {
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
        match end {
            Some(end) => self.push(TokenKind::Char, end, true),
            None => self.symbol('\''),
        }
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

    fn raw_string(&mut self) {
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

    fn string(&mut self) {
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

    fn plain_string(&mut self) {
        match self.string_end(self.at + 1, false) {
            Some(end) => self.push(TokenKind::String, end, true),
            None => self.push(TokenKind::String, self.text.len(), false),
        }
    }

    /// The end of string text that goes on at `from`.
    fn string_end(&self, from: usize, interpolated: bool) -> Option<usize> {
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

    /// Whether the token that starts here is the field of a projection.
    fn after_dot(&self, start: usize) -> bool {
        self.tokens.last().is_some_and(|last| {
            last.range.end == start && matches!(last.text(self.text), "." | "|>.")
        })
    }
}

fn is_raw_string(rest: &str) -> bool {
    rest[1..].trim_start_matches('#').starts_with('"')
}

/// Lean's `isLetterLike`.
fn is_letter_like(c: char) -> bool {
    matches!(c,
        'α'..='ω' if c != 'λ')
        || matches!(c, 'Α'..='Ω' if c != 'Π' && c != 'Σ')
        || matches!(c,
            '\u{3ca}'..='\u{3fb}'
            | '\u{1f00}'..='\u{1ffe}'
            | '\u{2100}'..='\u{214f}'
            | '\u{1d49c}'..='\u{1d59f}'
            | '\u{c0}'..='\u{ff}'
            | '\u{100}'..='\u{17f}' if c != '×' && c != '÷')
}

fn is_subscript(c: char) -> bool {
    matches!(c, '\u{2080}'..='\u{2089}' | '\u{2090}'..='\u{209c}' | '\u{1d62}'..='\u{1d6a}' | '\u{2c7c}')
}

/// Lean's `isIdFirst`.
pub(crate) fn is_identifier_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || is_letter_like(c)
}

/// Lean's `isIdRest`.
pub fn is_identifier_rest(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '_' | '\'' | '!' | '?')
        || is_letter_like(c)
        || is_subscript(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    /// A line a kind, its tokens apart; what the text ends in is marked with `…`.
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut shown = String::new();
        let mut kind = None;
        for token in lex(text) {
            if kind != Some(token.kind) {
                shown.push_str(if kind.is_some() { "\n" } else { "" });
                shown.push_str(&format!("{:?}", token.kind));
                kind = Some(token.kind);
            }
            let end = if token.terminated { "" } else { "…" };
            shown.push_str(&format!(" ⟦{}⟧{end}", token.text(text)));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn words() {
        check(
            "sorry sorry' sorry? sorry! sorry_lemma sorry.foo foo.sorry",
            expect![
                "Word ⟦sorry⟧ ⟦sorry'⟧ ⟦sorry?⟧ ⟦sorry!⟧ ⟦sorry_lemma⟧ ⟦sorry.foo⟧ ⟦foo.sorry⟧"
            ],
        );
        check(
            "@sorry (sorry) ⟨sorry⟩ -sorry·sorry",
            expect![[r#"
            Symbol ⟦@⟧
            Word ⟦sorry⟧
            Symbol ⟦(⟧
            Word ⟦sorry⟧
            Symbol ⟦)⟧ ⟦⟨⟧
            Word ⟦sorry⟧
            Symbol ⟦⟩⟧ ⟦-⟧
            Word ⟦sorry⟧
            Symbol ⟦·⟧
            Word ⟦sorry⟧"#]],
        );
        check(
            "(f x).sorry x |>.sorry .sorry Nat.rec.{u} x.1.2.sorry",
            expect![[r#"
                Symbol ⟦(⟧
                Word ⟦f⟧ ⟦x⟧
                Symbol ⟦)⟧ ⟦.⟧
                Word ⟦sorry⟧ ⟦x⟧
                Symbol ⟦|>.⟧
                Word ⟦sorry⟧
                Symbol ⟦.⟧
                Word ⟦sorry⟧ ⟦Nat.rec⟧
                Symbol ⟦.{⟧
                Word ⟦u⟧
                Symbol ⟦}⟧
                Word ⟦x⟧
                Symbol ⟦.⟧
                Number ⟦1⟧
                Symbol ⟦.⟧
                Number ⟦2⟧
                Symbol ⟦.⟧
                Word ⟦sorry⟧"#]],
        );
        check(
            "«a b».c x.«sorry».y «sorry» «never\nsorry",
            expect!["Word ⟦«a b».c⟧ ⟦x.«sorry».y⟧ ⟦«sorry»⟧ ⟦«never⟧… ⟦sorry⟧"],
        );
        check(
            "`sorry ``Nat.sorry `(sorry) `[sorry]",
            expect![[r#"
            Word ⟦`sorry⟧ ⟦``Nat.sorry⟧
            Symbol ⟦`(⟧
            Word ⟦sorry⟧
            Symbol ⟦)⟧ ⟦`[⟧
            Word ⟦sorry⟧
            Symbol ⟦]⟧"#]],
        );
        check(
            "λ x ↦ α.β₁' Πx Σy 𝒜.𝓑 ℕ x₁ₐ é",
            expect![[r#"
            Symbol ⟦λ⟧
            Word ⟦x⟧
            Symbol ⟦↦⟧
            Word ⟦α.β₁'⟧
            Symbol ⟦Π⟧
            Word ⟦x⟧
            Symbol ⟦Σ⟧
            Word ⟦y⟧ ⟦𝒜.𝓑⟧ ⟦ℕ⟧ ⟦x₁ₐ⟧ ⟦é⟧"#]],
        );
    }

    #[test]
    fn numbers() {
        check(
            "1.5e3 1e-3 0xFF 0b10 1..2 1.foo 1_000 [1:2] x.1.5 2sorry 0xg",
            expect![[r#"
                Number ⟦1.5e3⟧ ⟦1e-3⟧ ⟦0xFF⟧ ⟦0b10⟧ ⟦1⟧
                Symbol ⟦..⟧
                Number ⟦2⟧ ⟦1⟧
                Symbol ⟦.⟧
                Word ⟦foo⟧
                Number ⟦1_000⟧
                Symbol ⟦[⟧
                Number ⟦1⟧
                Symbol ⟦:⟧
                Number ⟦2⟧
                Symbol ⟦]⟧
                Word ⟦x⟧
                Symbol ⟦.⟧
                Number ⟦1⟧
                Symbol ⟦.⟧
                Number ⟦5⟧ ⟦2⟧
                Word ⟦sorry⟧
                Number ⟦0⟧
                Word ⟦xg⟧"#]],
        );
    }

    #[test]
    fn characters() {
        check(
            r"f 'a' h' '\'' '\\' '\n' '\x41' '\u{1F600}' '😀' x'y'",
            expect![[r#"
                Word ⟦f⟧
                Char ⟦'a'⟧
                Word ⟦h'⟧
                Char ⟦'\''⟧ ⟦'\\'⟧ ⟦'\n'⟧ ⟦'\x41'⟧ ⟦'\u{1F600}'⟧ ⟦'😀'⟧
                Word ⟦x'y'⟧"#]],
        );
        check(
            "f '' s, f ⁻¹' t, f ' x '\"' sorry '\"'",
            expect![[r#"
            Word ⟦f⟧
            Symbol ⟦''⟧
            Word ⟦s⟧
            Symbol ⟦,⟧
            Word ⟦f⟧
            Symbol ⟦⁻¹'⟧
            Word ⟦t⟧
            Symbol ⟦,⟧
            Word ⟦f⟧
            Symbol ⟦'⟧
            Word ⟦x⟧
            Char ⟦'"'⟧
            Word ⟦sorry⟧
            Char ⟦'"'⟧"#]],
        );
    }

    #[test]
    fn comments() {
        check(
            "a -- sorry\nb /- /- sorry -/ - / -/ c /-- doc -/ /-! mod -/ --",
            expect![[r#"
                Word ⟦a⟧
                LineComment ⟦-- sorry⟧
                Word ⟦b⟧
                BlockComment ⟦/- /- sorry -/ - / -/⟧
                Word ⟦c⟧
                DocComment ⟦/-- doc -/⟧ ⟦/-! mod -/⟧
                LineComment ⟦--⟧"#]],
        );
        check(
            "a -- crlf\r\nb /-/ c -/ d /--/ e -/ f /-",
            expect![[r#"
            Word ⟦a⟧
            LineComment ⟦-- crlf⟧
            Word ⟦b⟧
            BlockComment ⟦/-/ c -/⟧
            Word ⟦d⟧
            DocComment ⟦/--/ e -/⟧
            Word ⟦f⟧
            BlockComment ⟦/-⟧…"#]],
        );
        check(
            "a /- /- -/ sorry",
            expect![[r#"
            Word ⟦a⟧
            BlockComment ⟦/- /- -/ sorry⟧…"#]],
        );
    }

    #[test]
    fn strings() {
        check(
            r#""a \" sorry" "\\" "gap \
           sorry" "{sorry}" x"#,
            expect![[r#"
                String ⟦"a \" sorry"⟧ ⟦"\\"⟧ ⟦"gap \
                           sorry"⟧ ⟦"{sorry}"⟧
                Word ⟦x⟧"#]],
        );
        check(
            r##"r"\" r#"a " sorry "# r#foo r"x" for"##,
            expect![[r##"
            String ⟦r"\"⟧ ⟦r#"a " sorry "#⟧
            Word ⟦r⟧
            Symbol ⟦#⟧
            Word ⟦foo⟧
            String ⟦r"x"⟧
            Word ⟦for⟧"##]],
        );
        check("\"never sorry", expect![[r#"String ⟦"never sorry⟧…"#]]);
    }

    #[test]
    fn interpolated_strings() {
        check(
            r#"s!"a {f "b}" sorry} c" sorry"#,
            expect![[r#"
            Word ⟦s!⟧
            String ⟦"a {⟧
            Word ⟦f⟧
            String ⟦"b}"⟧
            Word ⟦sorry⟧
            String ⟦} c"⟧
            Word ⟦sorry⟧"#]],
        );
        check(
            r#"m!"\{ {s!"{sorry}"} {{x}}" html!"{x}""#,
            expect![[r#"
            Word ⟦m!⟧
            String ⟦"\{ {⟧
            Word ⟦s!⟧
            String ⟦"{⟧
            Word ⟦sorry⟧
            String ⟦}"⟧ ⟦} {⟧
            Symbol ⟦{⟧
            Word ⟦x⟧
            Symbol ⟦}⟧
            String ⟦}"⟧
            Word ⟦html!⟧
            String ⟦"{⟧
            Word ⟦x⟧
            String ⟦}"⟧"#]],
        );
        check(
            r#"throwError "a {x}"; panic! "a {x}"; throwErrorAt stx[1] "{y}""#,
            expect![[r#"
                Word ⟦throwError⟧
                String ⟦"a {⟧
                Word ⟦x⟧
                String ⟦}"⟧
                Symbol ⟦;⟧
                Word ⟦panic!⟧
                String ⟦"a {x}"⟧
                Symbol ⟦;⟧
                Word ⟦throwErrorAt⟧ ⟦stx⟧
                Symbol ⟦[⟧
                Number ⟦1⟧
                Symbol ⟦]⟧
                String ⟦"{⟧
                Word ⟦y⟧
                String ⟦}"⟧"#]],
        );
        check(
            r#"trace[Meta.foo] "{x}" throwErrorAt (f x) "{y}" f x "{y}""#,
            expect![[r#"
                Word ⟦trace⟧
                Symbol ⟦[⟧
                Word ⟦Meta.foo⟧
                Symbol ⟦]⟧
                String ⟦"{⟧
                Word ⟦x⟧
                String ⟦}"⟧
                Word ⟦throwErrorAt⟧
                Symbol ⟦(⟧
                Word ⟦f⟧ ⟦x⟧
                Symbol ⟦)⟧
                String ⟦"{⟧
                Word ⟦y⟧
                String ⟦}"⟧
                Word ⟦f⟧ ⟦x⟧
                String ⟦"{y}"⟧"#]],
        );
    }

    #[test]
    fn an_interpolated_string_that_is_being_typed_ends_before_the_next_command() {
        check(
            "s!\"a {x\n  y\n\ntheorem t := sorry",
            expect![[r#"
            Word ⟦s!⟧
            String ⟦"a {x
              y⟧…
            Word ⟦theorem⟧ ⟦t⟧
            Symbol ⟦:=⟧
            Word ⟦sorry⟧"#]],
        );
        check(
            "s!\"a {x sorry",
            expect![[r#"
            Word ⟦s!⟧
            String ⟦"a {x sorry⟧…"#]],
        );
        check(
            "html!\"{\" sorry",
            expect![[r#"
                Word ⟦html!⟧
                String ⟦"{"⟧…
                Word ⟦sorry⟧"#]],
        );
    }

    proptest! {
        #[test]
        fn only_blanks_lie_between_tokens(text in lean_like()) {
            let mut at = 0;
            for token in lex(&text) {
                prop_assert!(token.range.start >= at && token.range.start < token.range.end);
                prop_assert!(text[at..token.range.start].trim().is_empty());
                at = token.range.end;
            }
            prop_assert!(text[at..].trim().is_empty());
        }

        #[test]
        fn any_text_can_be_read(text in "\\PC{0,40}") {
            lex(&text);
        }
    }

    fn lean_like() -> impl Strategy<Value = String> {
        let parts =
            r##"sorry theorem " { } s! r#" "# \ /- -/ -- ' « » . ` 1.5 α 😀 ( ) @[ trace[ ] x"##;
        let parts: Vec<_> = parts
            .split(' ')
            .chain([" ", "\n", "\r\n", "throwErrorAt "])
            .collect();
        proptest::collection::vec(proptest::sample::select(parts), 0..24)
            .prop_map(|parts| parts.concat())
    }
}
