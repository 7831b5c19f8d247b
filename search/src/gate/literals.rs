//! Strings, characters and `«…»` are such that all who read them see the same end.

use unsorry_syntax::lexer::{Token, TokenKind, is_identifier_rest};

use super::refusal::{Harm, Refusal};
use super::tokens::Tokens;

/// Whether a `{` in a string starts code is for the word before it to say, and imports define such
/// words. So, but for Lean's own, each is closed within the string, with nothing between that could end
/// elsewhere: then the string ends in the same place either way. Likewise a `'` before a quote is a
/// character's or, with an import, an operator's.
pub(super) fn strings(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    for (at, token) in tokens.iter().enumerate() {
        let word = tokens.text(token);
        let before = at.checked_sub(1).filter(|before| tokens.touches(*before));
        let touched = before.map_or("", |before| tokens.word(before));
        let is_symbol = before.is_some_and(|before| tokens.is(before, TokenKind::Symbol));
        let quote = matches!(token.kind, TokenKind::String | TokenKind::Char);
        let braces = token.kind == TokenKind::String
            && word.starts_with('"')
            && !matches!(touched, "s!" | "f!" | "m!")
            && !has_plain_braces(word);
        if (quote && touched.ends_with('\'') && is_symbol) || braces {
            return Err(Refusal::Ambiguous(word.to_owned()));
        }
    }
    Ok(())
}

/// Whether what stands in braces in a string could be code, and ends within it.
fn has_plain_braces(string: &str) -> bool {
    let is_plain = |c: char| is_identifier_rest(c) && c != '\'' || " .,:+*=()".contains(c);
    string.split('{').skip(1).all(|rest| {
        let code = rest.split_once('}').map(|(code, _)| code);
        code.is_some_and(|code| !code.trim().is_empty() && code.chars().all(is_plain))
    })
}

/// The candidate with its strings opened: what is in them as code, and none of it as a comment.
pub(super) fn opened(candidate: &str) -> String {
    let marks = [("--", "  "), ("/-", "  "), ("-/", "  "), ("\"", " ")];
    let open = |text: String, (mark, blank): &(&str, &str)| text.replace(mark, blank);
    marks.iter().fold(candidate.to_owned(), open)
}

/// Only escapes that every reader knows, so that no error is in the midst of a string. Outside of strings a `\`
/// stands before a blank: it is a difference of sets.
pub(super) fn escapes(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    let candidate = tokens.candidate();
    let mut from = 0;
    while let Some(at) = candidate[from..].find('\\').map(|at| from + at) {
        let escaped = candidate[at + 1..].chars().next().unwrap_or(' ');
        let literal = |token: &Token| {
            token.range.start < at && matches!(token.kind, TokenKind::String | TokenKind::Char)
        };
        let is_literal = tokens.ending_behind(at).is_some_and(literal);
        let is_known = match is_literal {
            true => matches!(escaped, 'n' | 't' | '"' | '\'' | '\\'),
            false => escaped.is_whitespace(),
        };
        if !is_known {
            return Err(Refusal::Forbidden {
                word: format!("\\{escaped}"),
                harm: Harm::Escape,
            });
        }
        from = at + 1 + escaped.len_utf8().min(candidate.len() - at - 1);
    }
    Ok(())
}

/// Plain characters in strings and names, and a blank or bracket before a character: otherwise what is a quote to
/// one reader is part of an operator to another.
pub(super) fn plain(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    let candidate = tokens.candidate();
    if candidate.contains('`') {
        return Err(Refusal::Forbidden {
            word: "`".into(),
            harm: Harm::Quotation,
        });
    }
    for token in tokens.iter() {
        let text = tokens.text(token);
        let is_plain = match token.kind {
            TokenKind::String => {
                !text.contains(['«', '»']) && !text.contains("/-") && !text.contains("-/")
            }
            TokenKind::Char => {
                let before = candidate[..token.range.start].chars().next_back();
                before.is_none_or(|c| c.is_whitespace() || "([,⟨".contains(c))
                    && !text.contains(['«', '»'])
            }
            TokenKind::Word => text.split('«').skip(1).all(|quoted| {
                let name = quoted.split('»').next().unwrap_or_default();
                let is_plain = |c: char| c.is_alphanumeric() || "_'!? .+*-<>=".contains(c);
                !name.is_empty() && !name.contains("--") && name.chars().all(is_plain)
            }),
            _ => true,
        };
        if !is_plain {
            return Err(Refusal::Ambiguous(text.to_owned()));
        }
    }
    Ok(())
}
