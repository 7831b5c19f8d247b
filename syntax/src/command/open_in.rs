//! `open … in` and `set_option … in`: prefixes of commands, and tactics and terms.

use super::Scan;
use crate::keyword;
use crate::lexer::TokenKind;

impl Scan<'_> {
    /// The end of a chain of `open … in` and `set_option … in`, and whether it belongs to a command and not
    /// to a tactic or term.
    pub(super) fn local_chain(&self, first: usize) -> (usize, bool) {
        let mut at = first;
        loop {
            let end = match self.word(at) {
                "set_option" if self.word(at + 2) == "in" => at + 2,
                "set_option" => at + 3,
                _ => self.open_end(at),
            };
            if self.word(end) != "in" {
                return (at + 1, true);
            }
            at = end + 1;
            if !keyword::also_in_proofs(self.word(at)) {
                // A command that an import defines: no tactic starts a line at its very start.
                let command = self.starts_command(at) || self.at_line_start(first);
                return (at, command);
            }
        }
    }

    /// The token after an `open` and what it names.
    fn open_end(&self, open: usize) -> usize {
        let mut at = open + 1;
        while at < self.tokens.len() {
            // What it names stands right of it.
            if self.tokens[at].first_on_line && self.tokens[at].column <= self.tokens[open].column {
                break;
            }
            match (self.tokens[at].kind, self.text_of(at)) {
                (TokenKind::Symbol, "(" | ")" | "→" | "->" | ",") => {}
                (TokenKind::Word, "in") => break,
                (TokenKind::Word, word) if keyword::reserved(word).is_none() => {}
                _ => break,
            }
            at += 1;
        }
        at
    }

    /// Whether a command's first token stands here, for sure.
    fn starts_command(&self, at: usize) -> bool {
        keyword::starts_command(self.text_of(at))
            || self
                .tokens
                .get(at)
                .is_some_and(|token| token.kind == TokenKind::DocComment)
    }
}
