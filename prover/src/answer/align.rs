//! Finds in other code what stands where a declaration has its hole.

use std::ops::Range;

use unsorry_syntax::keyword::CommandKind;
use unsorry_syntax::{Command, Token, commands, lex};

use crate::goal::Context;
use crate::text::split;

/// A token as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word<'a> {
    text: &'a str,
    /// The number of brackets open before it.
    depth: isize,
    /// The column, if it is the first of its line and that is to be compared too.
    column: Option<usize>,
}

/// A hole, or what a model left of one.
const HOLE: &str = "sorry";

/// The tokens as they are compared.
fn words<'a>(text: &'a str, tokens: &[&Token], columns: bool) -> Vec<Word<'a>> {
    let mut depth = 0;
    let word = |token: &&Token| {
        let before = depth;
        depth += token.bracket_depth(text);
        // What the text starts with may stand in the middle of a line.
        let first = token.first_on_line && text[..token.range.start].contains('\n');
        Word {
            text: token.text(text),
            depth: before,
            column: (first && columns).then_some(token.column),
        }
    };
    tokens.iter().map(word).collect()
}

/// A declaration as far as it is compared.
struct Parts<'a> {
    text: &'a str,
    name: &'a str,
    /// The code behind the keyword, without the name.
    code: Vec<&'a Token>,
    /// The index in `code` at which the statement ends, if it does.
    end: Option<usize>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str, tokens: &'a [Token], command: &Command) -> Self {
        let own = command.keyword + 1..command.tokens.end;
        let own = own.filter(|at| tokens[*at].is_code() && Some(*at) != command.name);
        let code: Vec<&Token> = own.map(|at| &tokens[at]).collect();
        Self {
            text,
            name: command.name(text, tokens),
            end: statement_end(text, &code),
            code,
        }
    }

    /// The tokens of the statement, and those from its end on. What is not `split` is all body.
    fn split(&self, split: bool) -> (Vec<&'a str>, &[&'a Token]) {
        let end = if split {
            self.end.unwrap_or(self.code.len())
        } else {
            0
        };
        let (statement, body) = self.code.split_at(end);
        let statement = statement.iter().map(|token| token.text(self.text));
        (statement.collect(), body)
    }
}

/// The index of the token that ends a declaration's statement: its `:=`, its first `|`, or its `where`.
fn statement_end(text: &str, tokens: &[&Token]) -> Option<usize> {
    let mut depth = 0;
    tokens.iter().position(|token| {
        let ends = match token.text(text) {
            ":=" | "where" => true,
            "|" => token.first_on_line,
            _ => false,
        };
        let found = ends && depth == 0;
        depth += token.bracket_depth(text);
        found
    })
}

/// The statement in a declaration's `head`, up to its `:=`, and whether more than a `by` stands between that and the
/// hole.
pub(super) fn statement(head: &str) -> Option<(&str, bool)> {
    let tokens = lex(head);
    let command = commands(head, &tokens).into_iter().rfind(is_declaration)?;
    let own = tokens[command.keyword..].iter();
    let code: Vec<&Token> = own.filter(|token| token.is_code()).collect();
    let end = statement_end(head, &code)?;
    let is_assigned = code[end].text(head) == ":=";
    let by = code
        .get(end + 1)
        .is_some_and(|token| token.text(head) == "by");
    let has_more = by && code.len() > end + 2;
    is_assigned.then(|| (&head[..code[end].range.end], has_more))
}

/// The place in other code where a declaration has its hole.
#[derive(Debug)]
pub(super) struct Place {
    /// The bytes that stand there, from the end of the token before on.
    pub range: Range<usize>,
    /// Whether they are a term that stands for the `by` before the hole, too.
    pub is_term: bool,
}

/// The place in `code` where `context` has its hole; `None` if that is not sure.
pub(super) fn place(context: &Context, code: &str) -> Option<Place> {
    let (_, head) = split(&context.before, context.declaration);
    let is = |is_term| move |range| Place { range, is_term };
    let tactics = aligned(head, &context.after, code).map(is(false));
    tactics.or_else(|| {
        let tokens = lex(head);
        let by = tokens.iter().rfind(|token| token.is_code());
        let by = by.filter(|last| last.text(head) == "by")?;
        aligned(&head[..by.range.start], &context.after, code).map(is(true))
    })
}

/// The bytes of `code` that stand between `head` and `after` of a declaration, from the end of the token before
/// on.
fn aligned(head: &str, after: &str, code: &str) -> Option<Range<usize>> {
    let own = format!("{head}{HOLE}{after}");
    let own_tokens = lex(&own);
    let home = commands(&own, &own_tokens).into_iter().rfind(|command| {
        is_declaration(command) && own_tokens[command.keyword].range.end <= head.len()
    })?;
    let ours = Parts::of(&own, &own_tokens, &home);
    // A hole in the statement itself needs all of it.
    let split = ours
        .end
        .is_some_and(|end| ours.code[end].range.start < head.len());
    let (statement, body) = ours.split(split);
    let before_hole = body.partition_point(|token| token.range.end <= head.len());
    // What touches the hole could make another word of it.
    if body.get(before_hole)?.text(&own) != HOLE {
        return None;
    }

    let tokens = lex(code);
    let theirs: Vec<Parts<'_>> = commands(code, &tokens)
        .iter()
        .filter(|command| is_declaration(command))
        .map(|command| Parts::of(code, &tokens, command))
        .collect();
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let named = theirs
        .iter()
        .rfind(|theirs| !ours.name.is_empty() && last(theirs.name) == last(ours.name));
    let theirs = named.or_else(|| {
        let mut same = theirs.iter().filter(|_| split);
        same.rfind(|theirs| theirs.split(split).0 == statement)
    })?;
    let (_, their_body) = theirs.split(split);

    // Columns tell apart what reads the same, where the model kept the layout.
    let filled = [false, true].into_iter().find_map(|columns| {
        let ours = words(&own, body, columns);
        let is_hole = |word: &Word<'_>| word.text == HOLE;
        let segments: Vec<&[Word<'_>]> = ours.split(is_hole).collect();
        let hole = ours[..before_hole]
            .iter()
            .filter(|word| is_hole(word))
            .count();
        between(&words(code, their_body, columns), &segments, hole)
    })?;
    let before = filled.start.checked_sub(1)?;
    Some(their_body[before].range.end..their_body[filled.end - 1].range.end)
}

fn is_declaration(command: &Command) -> bool {
    matches!(command.kind, CommandKind::Declaration(_))
}

/// The range of `words` between segment `hole` and the one after it, if all segments are there in their
/// order, the first at the start, the last at the end, something between any two, and these two in one place
/// only.
fn between<T: PartialEq>(words: &[T], segments: &[&[T]], hole: usize) -> Option<Range<usize>> {
    let (first, others) = segments.split_first()?;
    let (last, inner) = others.split_last()?;
    let end = words.len().checked_sub(last.len())?;
    if !words.starts_with(first) || !words.ends_with(last) {
        return None;
    }
    let found = |at: usize, segment: &[T]| words[at..].starts_with(segment);
    let mut left = vec![0];
    let mut at = first.len() + 1;
    for segment in inner {
        at = (at..end).find(|at| found(*at, segment))?;
        left.push(at);
        at += segment.len() + 1;
    }
    if at > end {
        return None;
    }
    left.push(end);
    let mut right = vec![end];
    let mut at = end;
    for segment in inner.iter().rev() {
        let latest = at.checked_sub(segment.len() + 1)?;
        at = (0..=latest).rev().find(|at| found(*at, segment))?;
        right.push(at);
    }
    right.push(0);
    right.reverse();
    let sure = left[hole..=hole + 1] == right[hole..=hole + 1];
    sure.then(|| left[hole] + segments[hole].len()..left[hole + 1])
}
