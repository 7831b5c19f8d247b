//! The code around a hole, as far as it tells where an answer ends.

use crate::goal::{Context, HoleKind};
use crate::text::split;
use unsorry_syntax::{Token, lex};

/// The code around a hole, as far as it tells where an answer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Boundary {
    pub(super) kind: HoleKind,
    /// Characters on the line on which the code before the hole ends.
    pub(super) width: usize,
    /// The indentation of that line.
    pub(super) indent: usize,
    /// The column of the block whose tactics stand before the hole.
    pub(super) block: Option<usize>,
    /// The tokens after the hole on its line, up to the next hole.
    pub(super) rest: Vec<String>,
    /// The next line with code.
    pub(super) next: Option<NextLine>,
}

/// The line of code below a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextLine {
    pub(super) column: usize,
    /// The tokens, up to the next hole.
    pub(super) tokens: Vec<String>,
    /// Whether it has no hole.
    pub(super) whole: bool,
}

impl Boundary {
    pub(super) fn of(kind: HoleKind, context: &Context) -> Self {
        let (prelude, _) = split(&context.before, context.declaration);
        let line = prelude.rfind('\n').map_or(0, |newline| newline + 1);
        let before = &context.before[line..];
        let code: Vec<Token> = lex(before).into_iter().filter(Token::is_code).collect();
        let last = code.last();
        let end = last.map_or(0, |last| last.range.end);
        let width = last.map_or(0, |last| last.column + last.text(before).chars().count());
        let indent = code
            .iter()
            .rfind(|token| token.first_on_line)
            .map_or(0, |first| first.column);
        let own_line = before[end..].rfind('\n').map(|newline| end + newline + 1);
        let goes_on = last.is_some_and(|last| goes_on(last.text(before)));
        let block = own_line
            .filter(|_| kind == HoleKind::Tactic && !goes_on)
            .map(|line| before[line..].chars().count());

        let after = &context.after;
        let newline = after.find('\n').unwrap_or(after.len());
        let code: Vec<Token> = lex(after).into_iter().filter(Token::is_code).collect();
        let texts = |tokens: &[Token]| -> Vec<String> {
            let texts = tokens.iter().map(|token| token.text(after));
            let texts = texts.take_while(|text| *text != "sorry");
            texts.map(str::to_owned).collect()
        };
        let (rest, below) =
            code.split_at(code.partition_point(|token| token.range.start < newline));
        let next = below.first().map(|first| {
            let count = below
                .iter()
                .skip(1)
                .take_while(|token| !token.first_on_line)
                .count();
            let tokens = texts(&below[..=count]);
            NextLine {
                column: first.column,
                whole: tokens.len() == count + 1,
                tokens,
            }
        });
        Self {
            kind,
            width,
            indent,
            block,
            rest: texts(rest),
            next: next.filter(|next| !next.tokens.is_empty()),
        }
    }
}

/// Whether code that ends in this token goes on after it.
pub(super) fn goes_on(token: &str) -> bool {
    const WORDS: [&str; 27] = [
        "by",
        "fun",
        "do",
        "then",
        "else",
        "from",
        "with",
        "at",
        "using",
        "have",
        "show",
        "suffices",
        "calc",
        "let",
        "match",
        "if",
        "generalizing",
        "exact",
        "refine",
        "in",
        "try",
        "repeat",
        "all_goals",
        "any_goals",
        "focus",
        "first",
        "iterate",
    ];
    const SYMBOLS: [&str; 46] = [
        ":=", "=>", "↦", ",", ";", ":", "|", "(", "[", "{", "⟨", "⦃", "·", ".", "←", "<-", "<|",
        "|>", "|>.", "$", "<;>", "<|>", "▸", "λ", "+", "-", "*", "/", "%", "^", "=", "≠", "<", ">",
        "≤", "≥", "∣", "∧", "∨", "→", "↔", "∈", "∘", "::", "++", "¬",
    ];
    WORDS.contains(&token) || SYMBOLS.contains(&token)
}

/// Whether a line that starts with this token goes on from the line before.
pub(super) fn goes_on_from(token: &str) -> bool {
    const WORDS: [&str; 7] = [
        "then",
        "else",
        "from",
        "with",
        "at",
        "using",
        "generalizing",
    ];
    const SYMBOLS: [&str; 28] = [
        ":=", "=>", "↦", ",", "|>", "|>.", "<|", "$", "<;>", "<|>", "▸", "+", "*", "/", "^", "=",
        "≠", "<", ">", "≤", "≥", "∣", "∧", "∨", "→", "↔", "::", "++",
    ];
    WORDS.contains(&token) || SYMBOLS.contains(&token)
}
