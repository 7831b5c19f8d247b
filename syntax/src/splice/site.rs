//! The site of a hole: what its neighbours ask of a proof.

use super::proof::Proof;
use crate::hole::Hole;

/// The place that the token before a hole makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// A place where anything can stand: after `:=`, `(`, `exact`, `·`, at the start.
    Open,
    /// `by`, `=>`: a block starts, on this line or the next.
    Block,
    /// `<;>`, `|`: one tactic.
    Combinator,
    /// `;`
    Semicolon,
    /// A function or another argument: an argument stands here.
    Function,
    /// An operator: an operand stands here.
    Operator,
}

/// The end that the token after a hole makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// A token that does not go with the hole.
    Free,
    /// A closing bracket.
    Closer,
    /// A comma.
    Comma,
    /// `;`, `<;>`, `|`, `else` and what else ends a tactic or term but goes with the line.
    Separator,
    /// An operator of terms.
    Operator,
    /// An argument.
    Operand,
}

/// A hole as its neighbours have it.
pub(super) struct Site<'a> {
    pub(super) head: Head,
    pub(super) tail: Tail,
    pub(super) indent: usize,
    pub(super) block: usize,
    pub(super) first_of_line: bool,
    pub(super) crlf: bool,
    /// The tokens that touch the hole.
    touching: (&'a str, &'a str),
    /// The token before the hole is a numeral, name or literal and touches it.
    after: &'a str,
}

/// Words after which a term stands by itself and is no argument.
const TERM_WORDS: &[&str] = &[
    "exact",
    "exact_mod_cast",
    "refine",
    "refine'",
    "apply",
    "apply_mod_cast",
    "eapply",
    "use",
    "use!",
    "exists",
    "existsi",
    "show",
    "from",
    "then",
    "else",
    "if",
    "match",
    "return",
    "in",
    "do",
    "with",
    "using",
    "let",
    "have",
    "suffices",
    "calc",
    "nomatch",
    "at",
    "where",
    "unless",
    "for",
    "while",
    "throw",
    "termination_by",
    "decreasing_by",
    "generalizing",
    "pure_exact",
    "convert",
    "change",
    "specialize",
    "replace",
    "obtain",
    "by",
    "fun",
    "simpa",
];

/// Words after which tactics stand.
const TACTIC_WORDS: &[&str] = &["by", "decreasing_by"];

/// Words that end a term or tactic block before them.
const ENDING_WORDS: &[&str] = &[
    "then",
    "else",
    "with",
    "where",
    "do",
    "from",
    "termination_by",
    "decreasing_by",
    "deriving",
    "in",
    "at",
    "using",
    "catch",
    "finally",
    "by",
    "generalizing",
    "for",
];

impl<'a> Site<'a> {
    pub(super) fn of(text: &'a str, hole: &Hole) -> Self {
        let before = hole.insertion.before.clone().unwrap_or(0..0);
        let after = hole
            .insertion
            .after
            .clone()
            .unwrap_or(text.len()..text.len());
        let (before_text, after_text) = (&text[before.clone()], &text[after.clone()]);
        let line_start = text[..hole.range.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let first_of_line = before.end <= line_start || before.is_empty();

        let next_newline = text[hole.range.end..]
            .find('\n')
            .map(|at| hole.range.end + at);
        let newline = next_newline.or_else(|| text[..hole.range.start].rfind('\n'));
        let crlf = newline.is_some_and(|newline| text[..newline].ends_with('\r'));

        let same_line = next_newline.is_none_or(|newline| after.start < newline);
        let goes_on = same_line || {
            // On a later line, what stands right of the block goes on with this.
            let line = text[..after.start]
                .rfind('\n')
                .map_or(0, |newline| newline + 1);
            text[line..after.start].chars().count() > hole.insertion.block_column
        };
        let touches = |range: &std::ops::Range<usize>| {
            !range.is_empty() && (range.end == hole.range.start || range.start == hole.range.end)
        };
        Self {
            head: head(before_text),
            tail: if goes_on && !after.is_empty() {
                tail(after_text, same_line)
            } else {
                Tail::Free
            },
            indent: hole.indent,
            block: hole.insertion.block_column,
            first_of_line,
            crlf,
            touching: (
                if touches(&before) { before_text } else { "" },
                if touches(&after) { after_text } else { "" },
            ),
            after: after_text,
        }
    }

    /// Whether a term has to stand in parentheses here.
    pub(super) fn enclosed(&self, term: &Proof<'_>) -> bool {
        let touched = !self.touching.1.is_empty();
        if touched && self.touching.1.starts_with('.') && term.is_number() {
            return true;
        }
        if term.atomic() {
            return false;
        }
        match (self.head, self.tail) {
            (Head::Function | Head::Operator, _) => true,
            (_, Tail::Operator | Tail::Operand) => true,
            (_, Tail::Separator) if self.after.starts_with('|') => term.takes_bars(),
            (_, Tail::Separator) if !self.after.starts_with(char::is_alphabetic) => {
                term.open_ended()
            }
            (_, Tail::Comma) => term.takes_commas(),
            _ => false,
        }
    }

    /// Puts blanks where the proof would grow together with what it touches.
    pub(super) fn keep_apart(&self, laid: &mut String) {
        let (before, after) = self.touching;
        let bracket = |c: char| matches!(c, '(' | '[' | '{' | ')' | ']' | '}');
        let symbol =
            |c: char| c.is_ascii_punctuation() && !bracket(c) && !matches!(c, ',' | '_' | '"');
        let ends_word =
            before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '"' | '»'));
        let joins = (before.ends_with(symbol) && laid.starts_with(symbol))
            // `@[`, `#[`, `.{`, `![`
            || (before.ends_with(['@', '#', '.', '!', '%']) && laid.starts_with(bracket));
        if ends_word || joins {
            laid.insert(0, ' ');
        }
        let word_start = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '"' | '«');
        let grows =
            after.starts_with(word_start) || (after.starts_with(symbol) && laid.ends_with(symbol));
        if grows {
            laid.push(' ');
        }
    }
}

fn head(before: &str) -> Head {
    match before {
        "" | ":=" | "," | "←" | "<-" | "<|" | "$" | ":" | "·" | "." | ".." => Head::Open,
        "=>" | "↦" => Head::Block,
        "<;>" | "<|>" | "|" => Head::Combinator,
        ";" => Head::Semicolon,
        _ if TACTIC_WORDS.contains(&before) => Head::Block,
        _ if TERM_WORDS.contains(&before) => Head::Open,
        _ if before.ends_with(['(', '[', '{', '⟨', '⦃', '‹', '⟦', '⌊', '⌈', '‖']) => {
            Head::Open
        }
        _ if is_operand_end(before) => Head::Function,
        _ => Head::Operator,
    }
}

fn is_operand_end(token: &str) -> bool {
    token.ends_with(|c: char| {
        c.is_alphanumeric()
            || matches!(
                c,
                '_' | '\'' | '"' | '!' | '?' | '»' | ')' | ']' | '}' | '⟩' | '›'
            )
            || crate::lexer::is_identifier_rest(c)
    })
}

fn tail(after: &str, same_line: bool) -> Tail {
    match after {
        "," => Tail::Comma,
        ";" | "<;>" | "<|>" | "|" | ":=" | "=>" | "↦" | ":" | ".." => Tail::Separator,
        "·" if !same_line => Tail::Free,
        _ if ENDING_WORDS.contains(&after) => {
            if same_line {
                Tail::Separator
            } else {
                Tail::Free
            }
        }
        _ if after.starts_with([')', ']', '}', '⟩', '⦄', '›', '⟧', '⌋', '⌉', '‖']) => {
            Tail::Closer
        }
        _ if after.starts_with(|c: char| {
            c.is_alphanumeric()
                || matches!(
                    c,
                    '_' | '"' | '\'' | '`' | '«' | '(' | '[' | '{' | '⟨' | '‹' | '@'
                )
        }) =>
        {
            Tail::Operand
        }
        _ => Tail::Operator,
    }
}
