//! Finds the end of the block at the hole while it is written.

use super::Unread;
use super::boundary::{Boundary, goes_on, goes_on_from};
use super::layout::{laid_out, without_by};
use crate::goal::{Goal, HoleKind};
use unsorry_syntax::lexer::{lex_on, may_grow};
use unsorry_syntax::{Token, TokenKind, keyword, lex};

/// The most bytes of an answer; a longer one is given up.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// Reads what a model writes after a prefilled turn, and tells when the block at the hole has
/// ended: at a fence, at a line left of the block, at the next declaration, at a closing bracket
/// that was opened before the hole, or where the text goes on as it does after the hole.
#[derive(Debug, Clone)]
pub struct StopDetector {
    boundary: Boundary,
    text: String,
    /// The tokens of `text` that are known to belong to the block, and the comments between them.
    tokens: Vec<Token>,
    /// The end of the last of them.
    taken: usize,
    /// The block's column, once it has started, and the column that what belongs to it is right of.
    block: Option<(usize, Option<usize>)>,
    depth: isize,
    /// The last two tokens that were taken.
    last: [String; 2],
    /// Whether a `calc` was seen.
    calc: bool,
    /// Whether a word with alternatives was seen.
    alternatives: bool,
    /// Binders whose comma is still to come.
    binders: usize,
    done: bool,
    junk: bool,
    /// Whether a `sorry` is taken like any other word.
    sketch: bool,
}

/// The decision on a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The token belongs to the block.
    Take,
    /// The block ended before it.
    End,
    /// The decision needs more text.
    Wait,
    /// Nothing can come of the answer.
    Junk,
}

/// A token that is next to be taken.
struct Next<'a> {
    text: &'a str,
    /// The tokens of code of `text` from this one on.
    code: &'a [Token],
    column: usize,
    starts_line: bool,
    /// Whether no more text follows.
    last: bool,
}

impl Next<'_> {
    fn own(&self) -> &str {
        self.code[0].text(self.text)
    }

    /// Ends the block if the text goes on with these tokens, and with `whole_line` no others on their
    /// line; takes it if not.
    fn ends_at(&self, expected: &[String], whole_line: bool) -> Verdict {
        let count = expected.len().min(self.code.len());
        let (seen, more) = self.code.split_at(count);
        let Some(end) = seen.last() else {
            return Verdict::Take;
        };
        let grows = |token: &Token| !self.last && may_grow(token, self.text);
        let certain = seen.iter().position(grows).unwrap_or(count);
        let mut pairs = seen.iter().zip(expected).take(certain);
        if !pairs.all(|(token, expected)| token.text(self.text) == expected) {
            return Verdict::Take;
        }
        let line_ended = self.last || self.text[end.range.end..].contains('\n');
        match more.first() {
            _ if count < expected.len() && self.last => Verdict::Take,
            _ if certain < expected.len() => Verdict::Wait,
            // What a comment starts with may look like a token.
            Some(next) if whole_line && !next.first_on_line && grows(next) => Verdict::Wait,
            Some(next) if whole_line && !next.first_on_line => Verdict::Take,
            None if whole_line && !line_ended => Verdict::Wait,
            _ => Verdict::End,
        }
    }
}

impl StopDetector {
    /// A detector for the answer to a prompt of `goal` with a prefilled turn.
    pub fn new(goal: &Goal) -> Self {
        Self::at(Boundary::of(goal.kind, &goal.context))
    }

    pub(super) fn at(boundary: Boundary) -> Self {
        Self {
            text: String::new(),
            tokens: Vec::new(),
            taken: 0,
            boundary,
            block: None,
            depth: 0,
            last: Default::default(),
            calc: false,
            alternatives: false,
            binders: 0,
            done: false,
            junk: false,
            sketch: false,
        }
    }

    /// Makes a `sorry` turn the block into a sketch, not into junk.
    pub(super) fn takes_sorry(&mut self) {
        self.sketch = true;
    }

    /// Reads on. Returns whether the block has ended: nothing that comes later matters.
    pub fn push(&mut self, piece: &str) -> bool {
        if !self.done {
            self.text
                .extend(piece.chars().filter(|c| *c != '\r').flat_map(|c| {
                    let (c, count) = if c == '\t' { (' ', 2) } else { (c, 1) };
                    std::iter::repeat_n(c, count)
                }));
            self.read(false);
            if !self.done && self.text.len() > MAX_ANSWER_BYTES {
                self.give_up();
            }
        }
        self.done
    }

    /// Returns what stands in the hole's place. `complete` says that the model had ended its answer, not
    /// that it was stopped: then the last line is not whole, and what is left is tried without it.
    /// `None` if there is nothing to try: no code, a bracket left open, a `sorry`, bytes that were
    /// no text.
    pub fn finish(mut self, complete: bool) -> Option<String> {
        if !self.done && !complete {
            let whole = self.text.rfind('\n')?;
            let mut again = Self::at(self.boundary);
            again.push(&self.text[..whole]);
            return again.finish(true);
        }
        self.read(true);
        if self.junk || self.depth != 0 {
            return None;
        }
        let text = laid_out(&self.text[..self.taken], self.boundary.width);
        let text = match self.boundary.kind {
            HoleKind::Tactic => without_by(&text).0,
            HoleKind::Term => text,
        };
        (!text.is_empty()).then_some(text)
    }

    /// Returns why it is, if nothing is read.
    pub(super) fn unread(&self, complete: bool) -> Unread {
        let unproved = |token: &Token| matches!(token.word(&self.text), "sorry" | "admit");
        match lex(&self.text).iter().any(unproved) {
            true => Unread::Unproved,
            false if !complete && !self.done => Unread::CutOff,
            false => Unread::NoCode,
        }
    }

    /// Returns the block as [`StopDetector::finish`] does, if it is all of the code that was pushed.
    pub(super) fn all(mut self) -> Option<String> {
        self.read(true);
        let all = lex(&self.text).into_iter().rfind(Token::is_code)?;
        (all.range.end == self.taken).then_some(self)?.finish(true)
    }

    fn give_up(&mut self) {
        (self.done, self.junk) = (true, true);
    }

    /// Takes the tokens that are certain; `last` says that no text follows.
    fn read(&mut self, last: bool) {
        if self.done {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let mut tokens = std::mem::take(&mut self.tokens);
        let known = tokens.len();
        lex_on(&text, &mut tokens);
        // What the answer starts with stands on the hole's line.
        let first_line = text.find('\n').unwrap_or(text.len());
        let code = tokens[known..].iter().filter(|token| token.is_code());
        let code: Vec<Token> = code.cloned().collect();
        for (at, token) in code.iter().enumerate() {
            if is_junk(token, &text, last) {
                self.give_up();
                break;
            }
            if !last && may_grow(token, &text) {
                break;
            }
            let start = token.range.start;
            let on_hole_line = start <= first_line;
            let next = Next {
                text: &text,
                code: &code[at..],
                column: token.column + if on_hole_line { self.boundary.width } else { 0 },
                starts_line: text[self.taken..start].contains('\n'),
                last,
            };
            match self.verdict(&next) {
                Verdict::Take => self.take(&next),
                Verdict::End => self.done = true,
                Verdict::Wait => break,
                Verdict::Junk => self.give_up(),
            }
            if self.done {
                break;
            }
            self.taken = token.range.end;
        }
        tokens.truncate(tokens.partition_point(|token| token.range.end <= self.taken));
        self.tokens = tokens;
        self.text = text;
    }

    fn verdict(&self, next: &Next<'_>) -> Verdict {
        let own = next.own();
        let closes = next.code[0].bracket_depth(next.text) < 0;
        if own == "```" || (self.depth == 0 && closes) {
            return Verdict::End;
        }
        let unproved = own == "admit" || (own == "sorry" && !self.sketch);
        if unproved || own.contains(char::REPLACEMENT_CHARACTER) {
            return Verdict::Junk;
        }
        if next.starts_line && next.column == 0 && keyword::starts_command(own) {
            return Verdict::End;
        }
        let Some((block, floor)) = self.block else {
            // Tactics stand before the hole: what does not stand below them is no more of them.
            let elsewhere = |block| !next.starts_line || next.column < block;
            return match self.boundary.block.is_some_and(elsewhere) {
                true => Verdict::End,
                false => Verdict::Take,
            };
        };
        if self.depth > 0 {
            return Verdict::Take;
        }
        if next.starts_line {
            let right = floor.is_none_or(|floor| next.column > floor);
            let inside = match self.boundary.kind {
                HoleKind::Tactic => next.column >= block,
                HoleKind::Term => right,
            };
            let goes_on = self.hangs(next) || (right && self.goes_on_from(own));
            let suffix = matches!(own, "where" | "termination_by" | "decreasing_by");
            if suffix || !(inside || goes_on) {
                return Verdict::End;
            }
            if let Some(line) = &self.boundary.next
                && line.column == next.column
            {
                let verdict = next.ends_at(&line.tokens, line.whole);
                if verdict != Verdict::Take {
                    return verdict;
                }
            }
        }
        if own == "," && self.binders > 0 {
            return Verdict::Take;
        }
        let rest = &self.boundary.rest;
        match rest.first() {
            // After a comma there is another term, which may be written in many ways.
            Some(first) if own == "," && first == "," => Verdict::End,
            _ => next.ends_at(rest, false),
        }
    }

    fn take(&mut self, next: &Next<'_>) {
        let own = next.own();
        let column = next.column;
        let hangs = self.depth == 0 && next.starts_line && self.hangs(next);
        self.block = Some(match self.block {
            None => {
                let indent = Some(self.boundary.indent);
                let left = column.checked_sub(1);
                (
                    column,
                    if next.starts_line {
                        left.min(indent)
                    } else {
                        indent
                    },
                )
            }
            // What hangs may have more lines.
            Some((block, floor)) if hangs => {
                (block.min(column), floor.map(|floor| floor.min(column - 1)))
            }
            Some(block) => block,
        });
        match own {
            "," if self.depth == 0 => self.binders = self.binders.saturating_sub(1),
            "∀" | "∃" | "∑" | "∏" | "⋃" | "⋂" if self.depth == 0 => self.binders += 1,
            "calc" => self.calc = true,
            "with" | "match" | "fun" | "λ" | "rintro" => self.alternatives = true,
            _ => {}
        }
        self.depth += next.code[0].bracket_depth(next.text);
        self.last.swap(0, 1);
        self.last[1] = own.to_owned();
    }

    /// Whether what was taken wants a line like this after it.
    fn hangs(&self, next: &Next<'_>) -> bool {
        next.column > 0 && self.goes_on()
    }

    /// Whether what was taken wants more after it.
    fn goes_on(&self) -> bool {
        let [before, last] = &self.last;
        // `simp at *`
        goes_on(last) && !(before == "at" && last == "*")
    }

    /// Whether a line that starts with this token belongs to what was taken.
    fn goes_on_from(&self, token: &str) -> bool {
        goes_on_from(token) || (token == "_" && self.calc) || (token == "|" && self.alternatives)
    }
}

/// Whether nothing can come of an answer with this token: no answer goes on after its fence, whatever is
/// open there.
fn is_junk(token: &Token, text: &str, last: bool) -> bool {
    let literal = matches!(token.kind, TokenKind::String | TokenKind::Char);
    literal && (token.text(text).contains("\n```") || last && !token.terminated)
}

#[cfg(test)]
mod tests;
