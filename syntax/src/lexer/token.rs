//! A token of a text: its kind, its place, and what it tells by itself.

use std::ops::Range;

/// The kind of a token.
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
    /// Anything else: an operator, a bracket, a comma, the backticks of a Markdown fence.
    Symbol,
    /// `-- …`, without its line end.
    LineComment,
    /// `/- … -/`.
    BlockComment,
    /// `/-- … -/` or `/-! … -/`.
    DocComment,
}

/// A token of a text, and where it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The kind of the token.
    pub kind: TokenKind,
    /// The bytes of the token.
    pub range: Range<usize>,
    /// The number of characters before it on its line.
    pub column: usize,
    /// Whether no code stands before it on its line.
    pub first_on_line: bool,
    /// Whether it ends in the text. A string, comment or `«` part that is never closed does not, nor does
    /// an interpolated string that could only be read as a plain one.
    pub terminated: bool,
}

impl Token {
    /// The token's text within the text it was cut from.
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.range.clone()]
    }

    /// The token's text if it is a [`TokenKind::Word`], else nothing.
    pub fn word<'a>(&self, text: &'a str) -> &'a str {
        match self.kind {
            TokenKind::Word => self.text(text),
            _ => "",
        }
    }

    /// The number of brackets that the token opens, less those that it closes. The pieces of an
    /// interpolated string hold the braces of the code in it.
    pub fn bracket_depth(&self, text: &str) -> isize {
        let own = self.text(text);
        match self.kind {
            TokenKind::String if self.terminated => {
                isize::from(own.ends_with('{')) - isize::from(own.starts_with('}'))
            }
            TokenKind::Symbol => match own.chars().next_back() {
                Some('(' | '[' | '{' | '⟨' | '⦃' | '⟦') => 1,
                Some(')' | ']' | '}' | '⟩' | '⦄' | '⟧') => -1,
                _ => 0,
            },
            _ => 0,
        }
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
