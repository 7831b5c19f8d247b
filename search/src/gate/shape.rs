//! A candidate stays within the hole: brackets that match, lines that are indented, one term.

use unsorry_syntax::lexer::{Token, TokenKind};

use super::refusal::Refusal;
use super::tokens::Tokens;

/// Each bracket, and what closes it.
const BRACKETS: [(char, char); 7] = [
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('⟨', '⟩'),
    ('⦃', '⦄'),
    ('⟦', '⟧'),
    ('‹', '›'),
];

/// The most that may be open at once: Lean's parser has a stack, and dies where it ends.
const MAX_OPEN: usize = 200;

/// Words and symbols with a term or tactic behind them that may begin in the same way.
const PREFIXES: [&str; 28] = [
    "by", "fun", "λ", "·", ".", "¬", "!", "-", "↑", "@", "→", "->", "∀", "∃", "<|", "$", "if",
    "let", "have", "show", "from", "try", "repeat", "first", "focus", "do", "::", "=>",
];

/// No more is open at once than Lean's parser can stand: brackets, and, line by line, what goes on behind a word.
pub(super) fn shallow(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    let (mut brackets, mut prefixes) = (0usize, 0);
    for token in tokens.iter() {
        if token.first_on_line {
            prefixes = 0;
        }
        for c in delimiters(tokens, token) {
            if opens(c) {
                brackets += 1;
            } else if opener(c).is_some() {
                brackets = brackets.saturating_sub(1);
            }
        }
        prefixes += usize::from(PREFIXES.contains(&tokens.text(token)));
        if brackets.max(prefixes) > MAX_OPEN {
            return Err(Refusal::TooDeep);
        }
    }
    Ok(())
}

/// Every bracket has its partner.
pub(super) fn balanced(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    let mut open = Vec::new();
    for c in tokens.iter().flat_map(|token| delimiters(tokens, token)) {
        if opens(c) {
            open.push(c);
        } else if let Some(partner) = opener(c)
            && open.pop() != Some(partner)
        {
            return Err(Refusal::Unbalanced(c));
        }
    }
    open.pop()
        .map_or(Ok(()), |open| Err(Refusal::Unbalanced(open)))
}

/// No line left of the first one, or it would end the block that the hole stands in.
pub(super) fn indented(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    let candidate = tokens.candidate();
    let Some(first) = tokens.get(0).map(|first| first.column) else {
        return Err(Refusal::Empty);
    };
    for token in tokens.iter().skip(1) {
        if token.first_on_line && token.column < first {
            let line = candidate[..token.range.start].matches('\n').count() + 1;
            return Err(Refusal::Dedented(line));
        }
    }
    Ok(())
}

/// Outside brackets and blocks, nothing that ends a term. The brackets are balanced.
pub(super) fn single_term(tokens: &Tokens<'_>) -> Result<(), Refusal> {
    let mut depth = 0usize;
    for token in tokens.iter() {
        for c in delimiters(tokens, token) {
            if opens(c) {
                depth += 1;
            } else if opener(c).is_some() {
                depth -= 1;
            }
        }
        let word = tokens.text(token);
        if depth == 0 {
            match word {
                // What comes after these is a block, with separators of its own.
                "by" | "do" | "let" | "have" | "calc" | "haveI" | "letI" | "show" | "let_fun"
                | "suffices" | "match" => return Ok(()),
                ";" | ":=" | "<;>" => return Err(Refusal::NotOneTerm(word.to_owned())),
                _ => {}
            }
        }
    }
    Ok(())
}

/// The characters of a token that may be brackets: of a piece of an interpolated string its ends.
fn delimiters(tokens: &Tokens<'_>, token: &Token) -> impl Iterator<Item = char> {
    let text = tokens.text(token);
    let piece = token.kind == TokenKind::String;
    let first = text.chars().next().filter(|c| piece && *c == '}');
    let last = text.chars().next_back().filter(|c| match token.kind {
        TokenKind::String => *c == '{',
        TokenKind::Symbol => true,
        _ => false,
    });
    first.into_iter().chain(last)
}

fn opens(c: char) -> bool {
    BRACKETS.iter().any(|(opener, _)| *opener == c)
}

fn opener(closer: char) -> Option<char> {
    let pair = BRACKETS.iter().find(|(_, c)| *c == closer);
    pair.map(|(opener, _)| *opener)
}
