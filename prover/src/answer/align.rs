//! Finds in other code what stands where a declaration has its hole.

use crate::commands::{Command, commands};
use crate::goal::Context;
use crate::lex::{Token, lex};
use crate::prompt::split;
use std::ops::Range;

/// A token as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Word<'a> {
    text: &'a str,
    /// How many brackets are open before it.
    depth: isize,
    /// Its column, if it is the first of its line and that is to be compared too.
    column: Option<usize>,
}

/// The tokens as they are compared, from brackets `depth` on.
fn words<'a>(text: &'a str, tokens: &[&Token], mut depth: isize, columns: bool) -> Vec<Word<'a>> {
    let word = |token: &&Token| {
        let before = depth;
        depth += token.brackets(text);
        // What the text starts with may stand in the middle of a line.
        let first = token.first && text[..token.range.start].contains('\n');
        Word {
            text: token.text(text),
            depth: before,
            column: (first && columns).then_some(token.column),
        }
    };
    tokens.iter().map(word).collect()
}

/// A declaration's tokens: those of its statement, those from its `:=` on.
struct Parts<'a> {
    name: &'a str,
    statement: Vec<&'a str>,
    body: Vec<&'a Token>,
}

impl<'a> Parts<'a> {
    /// `command` as far as `tokens` go. With `split`, the body starts where the statement ends;
    /// without, it is all that follows the name.
    fn of(text: &'a str, tokens: &'a [Token], command: &Command, split: bool) -> Self {
        let name = command.name(text, tokens);
        let start = command.keyword + 1 + usize::from(!name.is_empty());
        let own = tokens.get(start..command.tokens.end).unwrap_or_default();
        let own: Vec<&Token> = own.iter().filter(|token| token.is_code()).collect();
        let cut = match split {
            true => statement_end(text, &own).unwrap_or(own.len()),
            false => 0,
        };
        Self {
            name,
            statement: own[..cut].iter().map(|token| token.text(text)).collect(),
            body: own[cut..].to_vec(),
        }
    }
}

/// Where a declaration's statement ends: at its `:=`, its first `|`, or its `where`.
fn statement_end(text: &str, tokens: &[&Token]) -> Option<usize> {
    let mut depth = 0;
    tokens.iter().position(|token| {
        let ends = match token.text(text) {
            ":=" | "where" => true,
            "|" => token.first,
            _ => false,
        };
        let found = ends && depth == 0;
        depth += token.brackets(text);
        found
    })
}

/// The bytes of `code` that stand where `context` has its hole, from the end of the token before
/// on; `None` if that is not sure.
pub(super) fn aligned(context: &Context, code: &str) -> Option<Range<usize>> {
    let (_, head) = split(&context.before, context.declaration);
    let head_tokens = lex(head);
    let own = commands(head, &head_tokens)
        .into_iter()
        .rfind(|command| command.what.is_declaration())?;
    // A hole in the statement itself needs all of it.
    let split = !Parts::of(head, &head_tokens, &own, true).body.is_empty();
    let ours = Parts::of(head, &head_tokens, &own, split);

    let tokens = lex(code);
    let theirs: Vec<Parts<'_>> = commands(code, &tokens)
        .iter()
        .filter(|command| command.what.is_declaration())
        .map(|command| Parts::of(code, &tokens, command, split))
        .collect();
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let named = theirs
        .iter()
        .rfind(|theirs| !ours.name.is_empty() && last(theirs.name) == last(ours.name));
    let theirs = named.or_else(|| {
        let mut same = theirs.iter().filter(|_| split);
        same.rfind(|theirs| theirs.statement == ours.statement)
    })?;

    let after = &context.after;
    let after_tokens = lex(after);
    let next = commands(after, &after_tokens)
        .first()
        .map_or(after_tokens.len(), |next| next.tokens.start);
    let after_code: Vec<&Token> = after_tokens[..next]
        .iter()
        .filter(|token| token.is_code())
        .collect();
    let depth = ours.body.iter().map(|token| token.brackets(head)).sum();
    // Columns tell apart what reads the same, where the model kept the layout.
    let filled = [false, true].into_iter().find_map(|columns| {
        let before = words(head, &ours.body, 0, columns);
        let after = words(after, &after_code, depth, columns);
        let is_hole = |word: &Word<'_>| word.text == "sorry";
        let mut segments: Vec<&[Word<'_>]> = before.split(is_hole).collect();
        let hole = segments.len() - 1;
        segments.extend(after.split(is_hole));
        between(&words(code, &theirs.body, 0, columns), &segments, hole)
    })?;
    let before = filled.start.checked_sub(1)?;
    Some(theirs.body[before].range.end..theirs.body[filled.end - 1].range.end)
}

/// What stands in `words` between segment `hole` and the one after it, if all segments are there in
/// their order, the first at the start, the last at the end, something between any two, and these
/// two in one place only.
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
