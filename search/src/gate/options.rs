//! The value of a tactic's option is written out: Lean compiles and runs it to know it.
//!
//! `simp (maxSteps := v)` and `foo (n := v)` look the same, and imports define tactics, so no list says which
//! words take options. Hence any `(name := v)` must be written out unless it is an argument of a term for
//! sure: something before it, with nothing between that could begin a tactic, is followed by terms only.

use unsorry_syntax::HoleKind;
use unsorry_syntax::lexer::{Token, TokenKind};

use super::tokens::Tokens;

/// Names that no configuration has: an argument of terms, and what takes tactics or names, not values.
const NO_OPTIONS: [&str; 5] = ["motive", "disch", "discharger", "norm", "rule_sets"];

/// Tactics that take a term, and no options behind it.
const TERMS: [&str; 21] = [
    "exact",
    "exact_mod_cast",
    "refine",
    "refine'",
    "apply",
    "show",
    "have",
    "haveI",
    "let",
    "letI",
    "obtain",
    "suffices",
    "specialize",
    "rcases",
    "cases",
    "use",
    "exists",
    "convert",
    "calc",
    "from",
    "using",
];

/// Symbols behind which there is a term.
const OPERATORS: [&str; 22] = [
    ":=", ":", "←", "<-", "<|", "$", "=", "≠", "≤", "<", "≥", ">", "∧", "∨", "↔", "∘", "∣", "∈",
    "↦", "⊆", "==", "×",
];

/// Words behind which a list in brackets is one of terms.
const LISTS: [&str; 19] = [
    "rw",
    "rwa",
    "erw",
    "rewrite",
    "simp_rw",
    "simp",
    "simp!",
    "simpa",
    "simpa!",
    "simp_all",
    "dsimp",
    "only",
    "norm_num",
    "field_simp",
    "linarith",
    "nlinarith",
    "positivity",
    "grind",
    "unfold",
];

/// What may stand at the beginning of a tactic, or before it.
const STOPS: [&str; 14] = [
    "by", ";", "<;>", "<|>", "|", "·", "then", "else", "do", "in", "with", "{", "try", "at",
];

/// Whether what is given to the name at `at`, as in `(maxSteps := 3)`, may be there.
pub(super) fn is_plain(tokens: &Tokens<'_>, at: usize, kind: HoleKind) -> bool {
    let name = tokens.word(at).trim_matches(['«', '»']);
    NO_OPTIONS.contains(&name)
        || is_an_argument(tokens, at - 1, kind)
        || is_written_out(tokens, at + 2)
}

/// Whether the brackets at `open` hold an argument of a term, whatever tactics there are.
fn is_an_argument(tokens: &Tokens<'_>, open: usize, kind: HoleKind) -> bool {
    // Those of a tactic's stand right behind its own words.
    let mut head = open;
    while tokens.before(head) == ")"
        && let Some(before) = opener(tokens, head - 1)
    {
        head = before;
    }
    let word = tokens.before(head);
    !TERMS.contains(&word) && (is_constant(word) || is_in_a_term(tokens, open, kind))
}

/// Whether a word is written as constants are and tactics are not.
fn is_constant(word: &str) -> bool {
    word.trim_matches('.').contains('.')
        || word.starts_with(|c: char| c.is_uppercase() || c == '@')
        || word.contains(|c: char| c.is_alphanumeric() && !c.is_ascii())
}

/// Whether the token at `at` stands in a term for sure.
fn is_in_a_term(tokens: &Tokens<'_>, at: usize, kind: HoleKind) -> bool {
    // The columns of tokens that begin a line, the nearest last.
    let mut lines: Vec<(usize, usize)> = Vec::new();
    let mut needs = Needs::Anything;
    let mut now = at;
    loop {
        if let Some(token) = tokens.get(now)
            && token.first_on_line
            && now > 0
        {
            lines.push((now, token.column));
        }
        let Some(before) = now.checked_sub(1) else {
            return kind == HoleKind::Term;
        };
        let word = tokens.word(before);
        // What is right behind this is a term wherever it stands; on a later line it may be a tactic.
        let left = lines.iter().filter(|(at, _)| *at != before + 1);
        let left = left.map(|(_, column)| *column).min();
        now = match word {
            ")" | "]" | "}" | "⟩" => match opener(tokens, before) {
                Some(open) => open,
                None => return false,
            },
            "⟨" | "(" | "[" if needs == Needs::Function => return false,
            "⟨" => return true,
            "(" => return is_in_a_term(tokens, before, kind),
            "[" => return lists_terms(tokens, before, kind),
            "=>" if needs == Needs::Anything => {
                needs = Needs::Function;
                before
            }
            "fun" | "λ" if needs == Needs::Function => return left.is_none(),
            _ if TERMS.contains(&word) => {
                let column = tokens.get(before).map_or(0, |token| token.column);
                return needs != Needs::Function && left.is_none_or(|left| column < left);
            }
            _ if OPERATORS.contains(&word) && needs != Needs::Function => {
                if left.is_none() && needs == Needs::Anything {
                    return word != ":=" || !is_named(tokens, before) || {
                        is_in_a_term(tokens, before - 2, kind)
                    };
                }
                needs = Needs::Keyword;
                before
            }
            "=>" => return false,
            _ if STOPS.contains(&word) => return false,
            _ => before,
        };
    }
}

/// What must come up on the way back for the token to stand in a term.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Anything,
    /// The `fun` of a `=>`.
    Function,
    /// The word that begins a tactic of which it is a later line.
    Keyword,
}

/// Whether the `:=` at `at` is that of a `(name := …)`.
fn is_named(tokens: &Tokens<'_>, at: usize) -> bool {
    at > 1 && tokens.word(at - 2) == "("
}

/// Whether the list that opens at `open` is one of terms.
fn lists_terms(tokens: &Tokens<'_>, open: usize, kind: HoleKind) -> bool {
    let mut head = open;
    while tokens.before(head) == ")"
        && let Some(before) = opener(tokens, head - 1)
    {
        head = before;
    }
    LISTS.contains(&tokens.before(head)) || is_in_a_term(tokens, open, kind)
}

/// The bracket that the one at `closer` closes.
fn opener(tokens: &Tokens<'_>, closer: usize) -> Option<usize> {
    let mut depth = 0;
    (0..=closer).rev().find(|&at| {
        match tokens.word(at) {
            ")" | "]" | "}" | "⟩" => depth += 1,
            "(" | "[" | "{" | "⟨" => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// Whether a text is a value that is written out.
pub(super) fn is_value(text: &str) -> bool {
    is_written_out(&Tokens::of(text), 0)
}

/// Whether the value that begins at `start`, up to the bracket that closes around it, is made of literals,
/// arithmetic and constructors.
fn is_written_out(tokens: &Tokens<'_>, start: usize) -> bool {
    let mut depth = 0;
    let mut record = false;
    let mut before = Part::Nothing;
    for at in start.. {
        let part = match tokens.word(at) {
            "" => return false,
            ")" | "]" | "}" if depth == 0 => return at > start,
            "{" if at == start => {
                record = true;
                depth += 1;
                Part::Nothing
            }
            "(" | "[" if before == Part::Nothing => {
                depth += 1;
                Part::Nothing
            }
            // `.pos [1, 2]`
            "[" if before == Part::Constructor => {
                depth += 1;
                Part::Nothing
            }
            ")" | "]" | "}" => {
                depth -= 1;
                Part::Whole
            }
            "+" | "-" | "*" | "/" | "%" | "^" | "," => Part::Nothing,
            ":=" if before == Part::Field => Part::Nothing,
            "." if before == Part::Nothing && tokens.touches(at) => Part::Dot,
            word if record && depth == 1 && tokens.word(at + 1) == ":=" => match word {
                "with" => return false,
                _ => Part::Field,
            },
            word => match part_of(tokens.get(at), word) {
                Part::Constructor if before == Part::Nothing => Part::Constructor,
                Part::Whole if before == Part::Dot && is_constructor(word) => Part::Constructor,
                // `(occs := 1 3)`
                Part::Number if matches!(before, Part::Nothing | Part::Number) => Part::Number,
                Part::Literal if before == Part::Nothing => Part::Whole,
                _ => return false,
            },
        };
        before = part;
    }
    false
}

/// A part of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What a value follows.
    Nothing,
    Number,
    Literal,
    Constructor,
    /// The dot of `.all`.
    Dot,
    Field,
    /// What nothing can be given to.
    Whole,
}

fn part_of(token: Option<&Token>, word: &str) -> Part {
    let is_type = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase());
    match token.map(|token| token.kind) {
        Some(TokenKind::Number) => Part::Number,
        Some(TokenKind::String) if !word.ends_with('{') => Part::Literal,
        Some(TokenKind::Word) if matches!(word, "true" | "false" | "none") => Part::Literal,
        Some(TokenKind::Word) => match word.rsplit_once('.') {
            Some((types, last)) if types.split('.').all(is_type) && is_constructor(last) => {
                Part::Constructor
            }
            _ => Part::Whole,
        },
        _ => Part::Whole,
    }
}

/// Whether a word is written as constructors are.
fn is_constructor(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric())
}
