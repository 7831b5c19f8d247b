//! Cuts Lean text into tokens, as far as its layout, names and brackets matter.
//!
//! This is no parser, and the texts are often unfinished: every text has tokens.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or keyword, with its dotted and `«…»` parts.
    Word,
    /// A string or a character.
    Text,
    /// A number, an operator, a bracket, or the three backticks of a fence.
    Symbol,
    /// `-- …`, `/- … -/` and `/-! … -/`.
    Comment,
    /// `/-- … -/`.
    Doc,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Its bytes.
    pub(crate) range: Range<usize>,
    /// How many characters stand before it on its line.
    pub(crate) column: usize,
    /// Whether no code stands before it on its line.
    pub(crate) first: bool,
    /// False for a string or block comment that is never closed.
    pub(crate) closed: bool,
}

impl Token {
    pub(crate) fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.range.clone()]
    }

    /// The token's text if it is a name or keyword, else nothing.
    pub(crate) fn word<'a>(&self, text: &'a str) -> &'a str {
        match self.kind {
            Kind::Word => self.text(text),
            _ => "",
        }
    }

    pub(crate) fn is_code(&self) -> bool {
        !matches!(self.kind, Kind::Comment | Kind::Doc)
    }

    /// How it changes the depth of brackets.
    pub(crate) fn brackets(&self, text: &str) -> isize {
        match self.text(text) {
            "(" | "[" | "{" | "⟨" | "⦃" | "@[" | "#[" => 1,
            ")" | "]" | "}" | "⟩" | "⦄" => -1,
            _ => 0,
        }
    }
}

/// Symbols of several characters, longer ones before what they start with.
const SYMBOLS: [&str; 22] = [
    "```", "<;>", "<|>", "|>.", ":=", "=>", "->", "<-", "<|", "|>", "::", "..", "@[", "#[", "&&",
    "||", "==", "!=", "++", "<=", ">=", "//",
];

/// The tokens of `text`, in order. Only white space lies between them.
pub(crate) fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let (mut at, mut counted, mut column, mut first) = (0, 0, 0, true);
    // Whether the character before is part of a name: a `'` after it starts no character.
    let mut named = false;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            named = false;
            continue;
        }
        if let Some(newline) = text[counted..at].rfind('\n') {
            (counted, column, first) = (counted + newline + 1, 0, true);
        }
        column += text[counted..at].chars().count();
        counted = at;
        let (kind, len, closed) = token(&text[at..], c, named);
        tokens.push(Token {
            kind,
            range: at..at + len,
            column,
            first,
            closed,
        });
        first &= matches!(kind, Kind::Comment | Kind::Doc);
        named = kind == Kind::Word;
        if kind == Kind::Text
            && let Some(newline) = text[at..at + len].rfind('\n')
        {
            (counted, column) = (at + newline + 1, 0);
        }
        at += len;
    }
    tokens
}

/// Whether more text at the end of `text` could make this token of it longer.
pub(crate) fn may_grow(token: &Token, text: &str) -> bool {
    /// More than a character needs.
    const FAR: usize = 12;
    let own = token.text(text);
    let rest = &text[token.range.end..];
    match token.kind {
        Kind::Text => !token.closed,
        _ if own == "'" => rest.len() < FAR,
        // A raw string may begin with as many as one likes.
        _ if own == "r" && rest.bytes().all(|byte| byte == b'#') => true,
        Kind::Word => rest.is_empty() || rest == ".",
        _ if own.starts_with(|c: char| c.is_ascii_digit()) => rest.is_empty(),
        _ => {
            let seen = &text[token.range.start..];
            let comments = ["--", "/-"].iter();
            let mut longer = SYMBOLS.iter().chain(comments);
            longer.any(|symbol| symbol.len() > seen.len() && symbol.starts_with(seen))
        }
    }
}

/// The token that `rest` starts with: what it is, its length, whether it is closed.
fn token(rest: &str, c: char, named: bool) -> (Kind, usize, bool) {
    if rest.starts_with("--") {
        let len = rest.find('\n').unwrap_or(rest.len());
        return (Kind::Comment, len, true);
    }
    if rest.starts_with("/-") {
        let kind = match rest.starts_with("/--") {
            true => Kind::Doc,
            false => Kind::Comment,
        };
        let (len, closed) = block_comment(rest);
        return (kind, len, closed);
    }
    if c == '"' {
        let (len, closed) = string(rest);
        return (Kind::Text, len, closed);
    }
    if let Some((len, closed)) = raw_string(rest) {
        return (Kind::Text, len, closed);
    }
    if c == '\''
        && !named
        && let Some(len) = character(rest)
    {
        return (Kind::Text, len, true);
    }
    if starts_name(c) {
        return (Kind::Word, word(rest), true);
    }
    if c.is_ascii_digit() {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        return (Kind::Symbol, end.unwrap_or(rest.len()), true);
    }
    let known = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
    let len = known.map_or(c.len_utf8(), |symbol| symbol.len());
    (Kind::Symbol, len, true)
}

fn block_comment(rest: &str) -> (usize, bool) {
    let bytes = rest.as_bytes();
    // `/--/` is open: the second `-` belongs to the opener.
    let opener = 2 + usize::from(matches!(bytes.get(2), Some(b'-' | b'!')));
    let (mut at, mut depth) = (opener, 1);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/-" => (depth, at) = (depth + 1, at + 2),
            b"-/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return (at, true);
        }
    }
    (rest.len(), false)
}

fn string(rest: &str) -> (usize, bool) {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return (at + 1, true),
            _ => {}
        }
    }
    (rest.len(), false)
}

/// `r"…"`, `r#"…"#`.
fn raw_string(rest: &str) -> Option<(usize, bool)> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inner = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(match inner.find(&end) {
        Some(at) => (2 + hashes + at + end.len(), true),
        None => (rest.len(), false),
    })
}

fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, c) = chars.next()?;
    if c == '\\' {
        // The longest escape is `\u{10ffff}`; what is escaped may be a quote itself.
        return chars
            .skip(1)
            .take(10)
            .find(|(_, c)| *c == '\'')
            .map(|(at, _)| at + 1);
    }
    let (at, close) = chars.next()?;
    (c != '\'' && c != '\n' && close == '\'').then_some(at + 1)
}

fn starts_name(c: char) -> bool {
    (c.is_alphabetic() && !matches!(c, 'λ' | 'Π' | 'Σ')) || matches!(c, '_' | '«')
}

fn word(rest: &str) -> usize {
    let mut at = 0;
    loop {
        let part = &rest[at..];
        at += match part.strip_prefix('«') {
            Some(inner) => match inner.find(['»', '\n']) {
                Some(end) if inner[end..].starts_with('»') => end + 2 * '«'.len_utf8(),
                Some(end) => return at + end + '«'.len_utf8(),
                None => return rest.len(),
            },
            None => part
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '\'' | '!' | '?' | '✝')))
                .unwrap_or(part.len()),
        };
        match rest[at..].strip_prefix('.') {
            Some(next) if next.starts_with(starts_name) => at += 1,
            _ => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(text: &str, expected: Expect) {
        let mut shown = String::new();
        for token in lex(text) {
            let first = if token.first { "|" } else { "" };
            let end = if token.closed { "" } else { "…" };
            shown += &format!(
                "{first}{} {:?} {:?}{end}\n",
                token.column,
                token.kind,
                token.text(text)
            );
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn names_symbols_and_columns() {
        check(
            "/-- d -/ theorem «a b».c' : x₁.1 ≤ λx <;> (f'') := by\n  ·  simp\n",
            expect![[r#"
                |0 Doc "/-- d -/"
                |9 Word "theorem"
                17 Word "«a b».c'"
                26 Symbol ":"
                28 Word "x₁"
                30 Symbol "."
                31 Symbol "1"
                33 Symbol "≤"
                35 Symbol "λ"
                36 Word "x"
                38 Symbol "<;>"
                42 Symbol "("
                43 Word "f''"
                46 Symbol ")"
                48 Symbol ":="
                51 Word "by"
                |2 Symbol "·"
                5 Word "simp"
            "#]],
        );
    }

    #[test]
    fn comments_strings_and_characters() {
        check(
            "a -- b \"\n/- /- -/ \n c -/ d \"x\\\" -- \n y\" e '(' f' '\\'' r#\"\"\"#\n/-! m -/ /- open",
            expect![[r##"
                |0 Word "a"
                2 Comment "-- b \""
                |0 Comment "/- /- -/ \n c -/"
                |6 Word "d"
                8 Text "\"x\\\" -- \n y\""
                4 Word "e"
                6 Text "'('"
                10 Word "f'"
                13 Text "'\\''"
                18 Text "r#\"\"\"#"
                |0 Comment "/-! m -/"
                |9 Comment "/- open"…
            "##]],
        );
    }

    proptest! {
        #[test]
        fn every_text_has_tokens_with_only_blanks_between(text in r#"[ -~\n«»λ·⟨⟩é✝]{0,60}"#) {
            let mut at = 0;
            for token in lex(&text) {
                prop_assert!(text[at..token.range.start].chars().all(char::is_whitespace));
                prop_assert!(!token.range.is_empty());
                let line = text[..token.range.start].rfind('\n').map_or(0, |newline| newline + 1);
                prop_assert_eq!(token.column, text[line..token.range.start].chars().count());
                at = token.range.end;
            }
            prop_assert!(text[at..].chars().all(char::is_whitespace));
        }
    }
}
