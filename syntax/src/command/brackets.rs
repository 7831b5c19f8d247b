//! Which brackets are open at a token: no command starts within any.

use crate::lexer::{Token, TokenKind};

/// The brackets that are open, and the `@[…]` that was closed last.
#[derive(Default)]
pub(super) struct Brackets {
    pub(super) open: Vec<(char, usize)>,
    attribute: Option<(usize, usize)>,
}

impl Brackets {
    pub(super) fn read(&mut self, at: usize, token: &Token, text: &str) {
        if token.kind != TokenKind::Symbol && token.kind != TokenKind::String {
            return;
        }
        let word = token.text(text);
        if token.kind == TokenKind::String {
            // The pieces of an interpolated string hold its braces.
            if word.starts_with('}') {
                self.close('{', at);
            }
            if !word.ends_with('{') || !token.terminated {
                return;
            }
        }
        match word.chars().next_back() {
            Some(open @ ('(' | '[' | '{' | '⟨' | '⦃' | '⟦')) => {
                let attribute = word == "@[";
                self.open.push((if attribute { '@' } else { open }, at));
            }
            Some(')') => self.close('(', at),
            Some(']') => self.close('[', at),
            Some('}') => self.close('{', at),
            Some('⟩') => self.close('⟨', at),
            Some('⦄') => self.close('⦃', at),
            Some('⟧') => self.close('⟦', at),
            _ => {}
        }
    }

    /// A bracket that closes nothing is passed over, and one that closes an outer one closes what
    /// is open in it.
    fn close(&mut self, open: char, at: usize) {
        let matches = |(c, _): &(char, usize)| *c == open || (open == '[' && *c == '@');
        // A stray one in deep brackets is looked for no further than a person would.
        const FURTHEST: usize = 256;
        let found = self.open.iter().rev().take(FURTHEST).position(matches);
        if let Some(found) = found {
            let index = self.open.len() - 1 - found;
            let (c, first) = self.open[index];
            self.open.truncate(index);
            if c == '@' {
                self.attribute = Some((first, at));
            }
        }
    }

    /// The first token of the `@[…]` that ends right before `at`.
    pub(super) fn attribute_before(&self, at: usize) -> Option<usize> {
        let (first, last) = self.attribute?;
        (last + 1 == at).then_some(first)
    }
}
