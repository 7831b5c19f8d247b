//! A candidate's tokens, and what stands around each.

use unsorry_syntax::keyword;
use unsorry_syntax::lexer::{Token, TokenKind, lex};

/// A candidate, read as tokens.
pub(super) struct Tokens<'a> {
    candidate: &'a str,
    all: Vec<Token>,
}

impl<'a> Tokens<'a> {
    /// Reads a candidate.
    pub fn of(candidate: &'a str) -> Tokens<'a> {
        Tokens {
            candidate,
            all: lex(candidate),
        }
    }

    /// The candidate.
    pub fn candidate(&self) -> &'a str {
        self.candidate
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Token> {
        self.all.iter()
    }

    /// The token at `at`.
    pub fn get(&self, at: usize) -> Option<&Token> {
        self.all.get(at)
    }

    /// The first token that ends behind the byte `at`.
    pub fn ending_behind(&self, at: usize) -> Option<&Token> {
        let before = self.all.partition_point(|token| token.range.end <= at);
        self.all.get(before)
    }

    /// Whether there is one of this kind at `at`.
    pub fn is(&self, at: usize, kind: TokenKind) -> bool {
        self.get(at).is_some_and(|token| token.kind == kind)
    }

    /// The text of `token`.
    pub fn text(&self, token: &Token) -> &'a str {
        token.text(self.candidate)
    }

    /// The text of the token at `at`; empty where there is none.
    pub fn word(&self, at: usize) -> &'a str {
        self.get(at).map_or("", |token| self.text(token))
    }

    /// The byte behind the token at `at`.
    pub fn end(&self, at: usize) -> usize {
        let end = self.get(at).map(|token| token.range.end);
        end.unwrap_or(self.candidate.len())
    }

    /// The text of the token before the one at `at`; empty where there is none.
    pub fn before(&self, at: usize) -> &'a str {
        at.checked_sub(1).map_or("", |before| self.word(before))
    }

    /// Whether there is a token behind the one at `at`, with nothing between them.
    pub fn touches(&self, at: usize) -> bool {
        let pair = self.get(at).zip(self.get(at + 1));
        pair.is_some_and(|(a, b)| a.range.end == b.range.start)
    }

    /// Whether the token at `at` is the first of its line.
    pub fn leads(&self, at: usize) -> bool {
        self.get(at).is_some_and(|token| token.first_on_line)
    }

    /// Whether the word at `at` is a field: a dot touches it and what is before the dot. Where a tactic
    /// goes, a dot is a bullet.
    pub fn is_field(&self, at: usize) -> bool {
        if at == 0 || !self.touches(at - 1) {
            return false;
        }
        match self.word(at - 1) {
            "|>." => true,
            "." if at > 1 && self.touches(at - 2) => {
                let ends = |c: char| matches!(c, ')' | ']' | '}' | '⟩' | '›' | '»');
                matches!(self.all[at - 2].kind, TokenKind::Word | TokenKind::Number)
                    || self.word(at - 2).ends_with(ends)
            }
            _ => false,
        }
    }

    /// Whether a number ends in the word at `at`, as in `2x` and `1.x`: Lean takes that for an error.
    pub fn cuts_a_number(&self, at: usize) -> bool {
        let is_number = |at: usize| self.is(at, TokenKind::Number) && self.touches(at);
        let is_dot = |at: usize| self.touches(at) && self.word(at) == ".";
        let is_piped = |at: usize| self.touches(at) && self.word(at) == "|>.";
        let is_projection = |at: usize| at > 0 && (is_dot(at - 1) || is_piped(at - 1));
        match at {
            0 => false,
            _ if is_number(at - 1) => true,
            1 => false,
            _ => is_dot(at - 1) && is_number(at - 2) && !is_projection(at - 2),
        }
    }

    /// Whether the word at `at` is among those that an `open` opens.
    pub fn is_opened(&self, at: usize) -> bool {
        let names = self.all[..at].iter().rev();
        let mut names = names.skip_while(|token| {
            let word = self.text(token);
            token.kind == TokenKind::Word && !matches!(word, "open" | "in")
        });
        names.next().is_some_and(|token| self.text(token) == "open")
    }

    /// Whether the `open` at `at` is one of a tactic or term: `open Foo in` and then no command.
    pub fn opens_for_a_proof(&self, at: usize) -> bool {
        let names = self.all[at + 1..].iter().take_while(|token| {
            let word = self.text(token);
            match token.kind {
                TokenKind::Word => {
                    word == "scoped" || (word != "in" && keyword::reserved(word).is_none())
                }
                TokenKind::Symbol => matches!(word, "(" | ")" | "→" | "->" | ","),
                _ => false,
            }
        });
        let end = at + 1 + names.count();
        let next = self.word(end + 1);
        self.word(end) == "in"
            && !next.is_empty()
            && !keyword::MODIFIERS.contains(&next)
            && (keyword::reserved(next).is_none() || keyword::also_in_proofs(next))
    }
}
