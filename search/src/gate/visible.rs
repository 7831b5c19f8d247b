//! Nothing in a candidate is other than it looks: no hidden characters, no comments, no string that can be
//! read in two ways.

use unsorry_syntax::is_hidden;
use unsorry_syntax::lexer::{Token, TokenKind};

use super::refusal::Refusal;
use super::tokens::Tokens;

/// Refuses what hides text or shows it in another order, but within strings.
pub(super) fn characters(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    let candidate = tokens.candidate();
    let hides = |c: char| (c.is_control() && c != '\n') || is_hidden(c);
    for (at, c) in candidate.char_indices().filter(|(_, c)| hides(*c)) {
        let line_end = c == '\r' && candidate[at + 1..].starts_with('\n');
        let in_string = |token: &Token| token.range.start < at && token.kind == TokenKind::String;
        if !line_end && !tokens.ending_behind(at).is_some_and(in_string) {
            return Err(Refusal::Invisible(c.into()));
        }
    }
    Ok(())
}

/// No comment, nothing that closes one, and nothing that is never closed.
pub(super) fn comments(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    for token in tokens.iter() {
        let word = tokens.text(token);
        if !token.terminated {
            return Err(Refusal::Unclosed(word.chars().take(2).collect()));
        }
        if !token.is_code() {
            return Err(Refusal::Comment);
        }
        if token.kind == TokenKind::Symbol && matches!(word, "-/" | "»") {
            return Err(Refusal::Comment);
        }
    }
    // A `-/` with nothing to close would close a comment that the user is in the midst of.
    let closes_comment = |(at, token): (usize, &Token)| {
        tokens.touches(at)
            && tokens.text(token).ends_with('-')
            && tokens.word(at + 1).starts_with('/')
    };
    match tokens.iter().enumerate().any(closes_comment) {
        true => Err(Refusal::Comment),
        false => Ok(()),
    }
}

/// Whether a `{` in a string starts code is for the word before it to say, and imports define such
/// words. Read the wrong way, a string ends elsewhere: so it needs a word of Lean's own. Likewise a
/// `'` before a quote is a character's or, with an import, an operator's.
pub(super) fn strings(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    for (at, token) in tokens.iter().enumerate() {
        let word = tokens.text(token);
        let before = at.checked_sub(1).filter(|before| tokens.touches(*before));
        let touched = before.map_or("", |before| tokens.word(before));
        let is_symbol = before.is_some_and(|before| tokens.is(before, TokenKind::Symbol));
        let quote = matches!(token.kind, TokenKind::String | TokenKind::Char);
        let braces = word.starts_with('"') && word.contains('{');
        if (quote && touched.ends_with('\'') && is_symbol)
            || (token.kind == TokenKind::String && braces && !matches!(touched, "s!" | "f!" | "m!"))
        {
            return Err(Refusal::Ambiguous(word.to_owned()));
        }
    }
    Ok(())
}
