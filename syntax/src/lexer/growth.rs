//! Which tokens of an unfinished text are certain.

use super::SYMBOLS;
use super::token::{Token, TokenKind};

/// Whether more text after `text` could make this token of it another. The tokens before the first
/// such one stay what they are, whatever follows.
pub fn may_grow(token: &Token, text: &str) -> bool {
    let own = token.text(text);
    let rest = &text[token.range.end..];
    match token.kind {
        TokenKind::Char => false,
        TokenKind::String | TokenKind::BlockComment | TokenKind::DocComment => !token.terminated,
        TokenKind::LineComment => matches!(rest, "" | "\r"),
        // A raw string may begin with as many as one likes.
        TokenKind::Word if own == "r" => rest == "." || rest.bytes().all(|byte| byte == b'#'),
        TokenKind::Word => matches!(rest, "" | "."),
        TokenKind::Number => {
            let radix = own == "0" && matches!(rest, "x" | "X" | "b" | "B" | "o" | "O");
            let more = ["", ".", "e", "E", "e+", "e-", "E+", "E-"];
            radix || more.contains(&rest)
        }
        TokenKind::Symbol if own == "'" => may_be_a_character(rest),
        TokenKind::Symbol => {
            let seen = &text[token.range.start..];
            let comments = ["--", "/-"];
            let mut longer = SYMBOLS.iter().chain(&comments);
            longer.any(|symbol| symbol.len() > seen.len() && symbol.starts_with(seen))
        }
    }
}

/// Whether a quote with `rest` behind it may still be that of a character.
fn may_be_a_character(rest: &str) -> bool {
    let mut chars = rest.chars();
    let escape = match (chars.next(), chars.as_str()) {
        (None, _) => return true,
        (Some('\\'), escape) => escape,
        (Some(_), rest) => return rest.is_empty(),
    };
    let mut chars = escape.chars();
    match (chars.next(), chars.as_str()) {
        (Some('x' | 'u'), digits) => {
            let digit = |c: char| c.is_ascii_hexdigit() || matches!(c, '{' | '}');
            digits.chars().all(digit)
        }
        (_, rest) => rest.is_empty(),
    }
}
