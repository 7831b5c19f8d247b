//! The value of a tactic's option is written out: Lean compiles and runs it to know it.
//!
//! `simp (maxSteps := v)` and `foo (n := v)` look the same, and imports define tactics, so no list says which
//! words take options. Hence any `(name := v)` must be written out unless it is an argument of a term for
//! sure (`arguments`), or has a name that no option has.

use unsorry_syntax::HoleKind;
use unsorry_syntax::lexer::{Token, TokenKind};

use super::arguments::is_an_argument;
use super::tokens::Tokens;

/// Names that no configuration has: an argument of terms, and what takes tactics or names, not values.
const NO_OPTIONS: [&str; 5] = ["motive", "disch", "discharger", "norm", "rule_sets"];

/// Whether what is given to the name at `at`, as in `(maxSteps := 3)`, may be there.
pub(super) fn is_plain(tokens: &Tokens<'_>, at: usize, kind: HoleKind) -> bool {
    let name = tokens.word(at).trim_matches(['«', '»']);
    // Nor has any one that is written so.
    let is_no_field = |c: char| c.is_ascii_uppercase() || !c.is_ascii();
    NO_OPTIONS.contains(&name)
        || name.starts_with(is_no_field)
        || is_an_argument(tokens, at - 1, kind)
        || is_written_out(tokens, at + 2)
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
