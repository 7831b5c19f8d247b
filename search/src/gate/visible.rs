//! Nothing in a candidate is other than it looks: no hidden characters, no comments.

use unsorry_syntax::is_hidden;
use unsorry_syntax::lexer::{Token, TokenKind};

use super::refusal::Refusal;
use super::tokens::Tokens;

/// Refuses what hides text, shows it in another order or tells a terminal what to do, within strings, too.
pub(super) fn characters(candidate: &str) -> Result<(), Refusal> {
    let hides = |c: char| (c.is_control() && c != '\n') || is_hidden(c);
    let hidden = candidate.char_indices().find(|&(at, c)| {
        let line_end = c == '\r' && candidate[at + 1..].starts_with('\n');
        hides(c) && !line_end
    });
    hidden.map_or(Ok(()), |(_, c)| Err(Refusal::Invisible(c.into())))
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
