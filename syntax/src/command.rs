//! The commands of a Lean text, found by its tokens.
//!
//! Lean reserves the words that start a command, so one of them outside brackets ends whatever
//! came before, wherever it stands on its line. What takes care is told where it is done: `open`
//! and `set_option` are tactics too, `deriving` and `instance` belong to others' syntax, some words
//! are reserved only by an import, and an import's own commands are not known here at all.

mod brackets;
mod open_in;

use std::ops::Range;

use crate::keyword::{self, CommandKind, DeclarationKind};
use crate::lexer::{Token, TokenKind};
use brackets::Brackets;

/// A command of a text. The numbers count the tokens that it was found among, comments included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The kind of the command.
    pub kind: CommandKind,
    /// The command's tokens, from its doc comment, attributes, modifiers or `… in` prefix up to the next
    /// command.
    pub tokens: Range<usize>,
    /// The token that is its keyword: `theorem`, `#`, …
    pub keyword: usize,
    /// The token that names what it declares, opens or ends.
    pub name: Option<usize>,
    /// Whether it starts here whatever stands before it.
    pub(crate) sure: bool,
}

impl Command {
    /// The name of what the command declares, opens or ends, as written; empty if it has none.
    pub fn name<'a>(&self, text: &'a str, tokens: &[Token]) -> &'a str {
        let name = self.name.and_then(|name| tokens.get(name));
        name.map_or("", |name| name.text(text))
    }

    /// The bytes of the command up to its last token of code.
    pub fn extent(&self, tokens: &[Token]) -> Range<usize> {
        let own = &tokens[self.keyword..self.tokens.end];
        let last = own.iter().rfind(|token| token.is_code());
        let last = last.unwrap_or(&tokens[self.keyword]);
        tokens[self.tokens.start].range.start..last.range.end
    }
}

/// The commands among the tokens of `text`, in order, up to an `#exit`. What stands before the first
/// belongs to none.
pub fn commands(text: &str, tokens: &[Token]) -> Vec<Command> {
    let scan = Scan::new(text, tokens);
    let (starts, end) = scan.starts();
    let all = |at: usize| scan.numbers.get(at).copied().unwrap_or(tokens.len());
    let command = |(at, start): (usize, &Start)| {
        let next = starts.get(at + 1).map_or(end, |next| next.start);
        Command {
            kind: start.kind,
            tokens: all(start.start)..all(next),
            keyword: all(start.keyword),
            name: scan.name(start, next).map(all),
            sure: start.sure,
        }
    };
    starts.iter().enumerate().map(command).collect()
}

/// The start of a command; the numbers count the tokens that are no comments.
struct Start {
    /// The first token, prefixes included.
    start: usize,
    keyword: usize,
    kind: CommandKind,
    /// Whether it is one whatever stands before it.
    sure: bool,
}

struct Scan<'a> {
    text: &'a str,
    /// The tokens but for comments; doc comments stay.
    tokens: Vec<&'a Token>,
    /// The number of each among all tokens.
    numbers: Vec<usize>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        let (numbers, tokens) = tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| !token.is_comment())
            .unzip();
        Self {
            text,
            tokens,
            numbers,
        }
    }

    /// All commands, `… in` prefixes merged into the one they precede, and where they end.
    fn starts(&self) -> (Vec<Start>, usize) {
        let mut found: Vec<Start> = Vec::new();
        let mut brackets = Brackets::default();
        // Up to where `open … in` and `set_option … in` are known to be a command's, or a term's.
        let (mut of_command, mut of_term) = (0, 0);
        // Whether the last command goes on at the very start of lines, as some people's proofs do.
        let mut flush = false;
        // Interpolated strings that are open.
        let mut strings = 0usize;
        for at in 0..self.tokens.len() {
            let outside = brackets.open.is_empty() || self.at_line_start(at);
            let mut sure = strings == 0;
            let kind = match self.command_at(at, outside, &brackets) {
                Some(kind) if keyword::also_in_proofs(self.word(at)) => {
                    if at >= of_command && at >= of_term {
                        let (end, command) = self.local_chain(at);
                        match command {
                            true => of_command = end,
                            false => of_term = end,
                        }
                    }
                    (at < of_command).then_some(kind)
                }
                None if !flush && outside && self.may_be_an_imports(at) => {
                    sure = false;
                    Some(CommandKind::Other)
                }
                kind => kind,
            };
            flush = kind.is_none() && (flush || self.goes_on_flush(at));
            if let Some(kind) = kind {
                let mut command = self.with_prefix(at, kind, found.last(), &brackets);
                command.sure = sure;
                if self.text_of(at) == "#" && self.text_of(at + 1) == "exit" {
                    return (found, command.start);
                }
                if self.at_line_start(command.start) {
                    brackets.open.clear();
                }
                match found.last_mut() {
                    Some(last) if self.is_prefix(last, &command) => {
                        last.keyword = command.keyword;
                        last.kind = command.kind;
                    }
                    _ => found.push(command),
                }
            }
            brackets.read(at, self.tokens[at], self.text);
            if self.tokens[at].kind == TokenKind::String && self.tokens[at].terminated {
                let text = self.text_of(at);
                match (text.starts_with('}'), text.ends_with('{')) {
                    (false, true) => strings += 1,
                    (true, false) => strings = strings.saturating_sub(1),
                    _ => {}
                }
            }
        }
        (found, self.tokens.len())
    }

    /// The kind of the command whose keyword stands here, if one does.
    fn command_at(&self, at: usize, outside: bool, brackets: &Brackets) -> Option<CommandKind> {
        let line_start = self.at_line_start(at);
        match self.tokens[at].kind {
            TokenKind::DocComment if self.text_of(at).starts_with("/-!") => {
                outside.then_some(CommandKind::Other)
            }
            TokenKind::Symbol if self.text_of(at) == "#" && outside => {
                let name = self.text_of(at + 1);
                let joined = self.tokens.get(at + 1).is_some_and(|next| {
                    next.kind == TokenKind::Word && next.range.start == self.tokens[at].range.end
                });
                let command = keyword::HASH_COMMANDS.contains(&name) || line_start;
                (joined && command).then_some(CommandKind::Other)
            }
            TokenKind::Word if outside => {
                let word = self.word(at);
                let before = at.checked_sub(1).map_or("", |before| self.word(before));
                if let Some(kind) = keyword::reserved(word) {
                    let other = match word {
                        "deriving" => self.word(at + 1) != "instance",
                        "instance" => before == "deriving",
                        "inductive" | "abbrev" => before == "class",
                        _ => false,
                    };
                    return (!other).then_some(kind);
                }
                if let Some(kind) = keyword::leading(word) {
                    let leads = self.tokens[at].first_on_line
                        || before == "in"
                        || keyword::MODIFIERS.contains(&before)
                        || self.ends_attributes(at, brackets);
                    return (leads && self.opens_something(at + 1)).then_some(kind);
                }
                (line_start && keyword::is_header(word)).then_some(CommandKind::Header)
            }
            _ => None,
        }
    }

    /// Whether a word at the very start of a line is no part of any command known here.
    fn is_flush(&self, at: usize) -> bool {
        let word = self.word(at);
        self.at_line_start(at)
            && !word.is_empty()
            && !keyword::MODIFIERS.contains(&word)
            && !keyword::CONTINUATIONS.contains(&word)
    }

    /// Whether a command that an import defines seems to start here: after a blank line.
    fn may_be_an_imports(&self, at: usize) -> bool {
        self.is_flush(at)
            && keyword::reserved(self.word(at)).is_none()
            && self.blank_line_before(at)
    }

    fn goes_on_flush(&self, at: usize) -> bool {
        self.is_flush(at) && !self.blank_line_before(at)
    }

    /// The command with what stands before its keyword.
    fn with_prefix(
        &self,
        keyword: usize,
        kind: CommandKind,
        last: Option<&Start>,
        brackets: &Brackets,
    ) -> Start {
        let floor = last.map_or(0, |last| last.keyword + 1);
        let mut found = Start {
            start: keyword,
            keyword,
            kind,
            sure: true,
        };
        if self.tokens[keyword].kind == TokenKind::DocComment {
            return found;
        }
        while found.start > floor {
            let before = found.start - 1;
            if keyword::MODIFIERS.contains(&self.word(before)) {
                found.start = before;
            } else if let Some(open) = brackets.attribute_before(found.start) {
                if open < floor {
                    break;
                }
                found.start = open;
            } else if self.tokens[before].kind == TokenKind::DocComment
                && self.text_of(before).starts_with("/--")
            {
                found.start = before;
            } else {
                break;
            }
        }
        found
    }

    /// Whether `first` is an `open Foo in` to `next`.
    fn is_prefix(&self, first: &Start, next: &Start) -> bool {
        use CommandKind::{Directive, Notation, Other};
        matches!(first.kind, Directive | Notation | Other)
            && next.start > first.keyword + 1
            && self.word(next.start - 1) == "in"
    }

    /// The token that names what the command up to `next` declares, opens or ends.
    fn name(&self, command: &Start, next: usize) -> Option<usize> {
        let keyword = command.keyword;
        let kind = match command.kind {
            CommandKind::Declaration(kind) => Some(kind),
            CommandKind::Alias | CommandKind::Scope | CommandKind::End => None,
            _ => return None,
        };
        let mut at = keyword + 1;
        if self.word(keyword) == "class" && matches!(self.word(at), "inductive" | "abbrev") {
            at += 1;
        }
        // `instance (priority := low) foo : Foo`
        if kind == Some(DeclarationKind::Instance)
            && self.text_of(at) == "("
            && self.word(at + 1) == "priority"
        {
            let mut depth = 0usize;
            while at < next {
                match self.text_of(at) {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        }
        let word = self.word(at);
        let is_name = at < next && !word.is_empty() && !word.starts_with('`') && word != "where";
        let names = match self.word(keyword) {
            "example" => false,
            "initialize" | "builtin_initialize" => self.text_of(at + 1) == ":",
            _ => true,
        };
        (is_name && names).then_some(at)
    }

    fn text_of(&self, at: usize) -> &'a str {
        self.tokens
            .get(at)
            .map_or("", |token| token.text(self.text))
    }

    /// The word here; empty when there is none or it is a field's name, as in `(f x).end`.
    fn word(&self, at: usize) -> &'a str {
        match self.tokens.get(at) {
            Some(token) if token.kind == TokenKind::Word => {
                let field = at.checked_sub(1).is_some_and(|before| {
                    self.tokens[before].range.end == token.range.start
                        && matches!(self.text_of(before), "." | "|>.")
                });
                if field { "" } else { token.text(self.text) }
            }
            _ => "",
        }
    }

    fn gap(&self, at: usize) -> &'a str {
        let from = at
            .checked_sub(1)
            .map_or(0, |before| self.tokens[before].range.end);
        &self.text[from..self.tokens[at].range.start]
    }

    fn blank_line_before(&self, at: usize) -> bool {
        self.gap(at).matches('\n').nth(1).is_some()
    }

    /// Whether the token is the first of its line, at the very start.
    fn at_line_start(&self, at: usize) -> bool {
        self.tokens[at].column == 0
    }

    fn ends_attributes(&self, at: usize, brackets: &Brackets) -> bool {
        brackets.attribute_before(at).is_some()
    }

    /// Whether what stands here can be the first argument of a command: on the same line.
    fn opens_something(&self, at: usize) -> bool {
        at >= self.tokens.len()
            || match self.tokens[at].kind {
                TokenKind::Word => true,
                TokenKind::String | TokenKind::DocComment => true,
                TokenKind::Symbol => matches!(self.text_of(at), "(" | "[" | "⟨" | "{" | "%"),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests;
