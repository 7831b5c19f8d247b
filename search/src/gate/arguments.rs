//! Whether `(name := …)` is an argument of a term for sure: something before it, with nothing between that could
//! begin a tactic, is followed by terms only.

use unsorry_syntax::HoleKind;

use super::tokens::Tokens;

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
const OPERATORS: [&str; 21] = [
    ":=", ":", "←", "<-", "<|", "$", "=", "≠", "≤", "<", "≥", ">", "∧", "∨", "↔", "∘", "∣", "∈",
    "⊆", "==", "×",
];

/// Words behind which a list in brackets is one of terms.
const LISTS: [&str; 21] = [
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
    "filter_upwards",
    "grw",
    "grind",
    "unfold",
];

/// What may stand at the beginning of a tactic, or before it.
const STOPS: [&str; 16] = [
    "=>", "↦", "by", ";", "<;>", "<|>", "|", "·", "then", "else", "do", "in", "with", "{", "try",
    "at",
];

/// Whether the brackets at `open` hold an argument of a term, whatever tactics there are.
pub(super) fn is_an_argument(tokens: &Tokens<'_>, open: usize, kind: HoleKind) -> bool {
    // Those of a tactic's stand right behind its own words.
    let mut head = open;
    while tokens.before(head) == ")"
        && let Some(before) = opener(tokens, head - 1)
    {
        head = before;
    }
    let word = tokens.before(head);
    !TERMS.contains(&word) && (is_a_constant(tokens, head) || is_in_a_term(tokens, open, kind))
}

/// Whether the word before the token at `head` is written as constants are and tactics are not, nor options that
/// are switched on or off, such as `+a.b`.
fn is_a_constant(tokens: &Tokens<'_>, head: usize) -> bool {
    let word = tokens.before(head);
    let is_switch =
        head > 1 && matches!(tokens.word(head - 2), "+" | "-") && tokens.touches(head - 2);
    let is_written_so = word.trim_matches('.').contains('.')
        || word.starts_with(|c: char| c.is_uppercase() || c == '@')
        || word.contains(|c: char| c.is_alphanumeric() && !c.is_ascii());
    is_written_so && !is_switch
}

/// Whether the token at `at` stands in a term for sure. Behind an arrow nothing is sure: it may be that of a tactic,
/// and the `fun` before it a tactic of `conv`, or one with an arrow of its own.
pub(super) fn is_in_a_term(tokens: &Tokens<'_>, at: usize, kind: HoleKind) -> bool {
    // The tokens that begin a line, and their columns.
    let mut lines: Vec<(usize, usize)> = Vec::new();
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
        // What is right behind the word that says so is a term wherever it stands; on a later line it may be the
        // next tactic.
        let goes_on = || {
            let first = tactic_start(tokens, before);
            let columns = || {
                tokens
                    .iter()
                    .take(before + 1)
                    .skip(first)
                    .map(|token| token.column)
            };
            let mut left = lines.iter().filter(|(at, _)| *at != before + 1);
            left.all(|(_, column)| {
                columns().next().is_some_and(|first| first < *column)
                    && columns().all(|begun| begun != *column)
            })
        };
        let word = tokens.word(before);
        now = match word {
            ")" | "]" | "}" | "⟩" => match opener(tokens, before) {
                Some(open) => open,
                None => return false,
            },
            "⟨" => return true,
            "(" => return is_in_a_term(tokens, before, kind),
            "[" => return lists_terms(tokens, before, kind),
            _ if TERMS.contains(&word.trim_end_matches('!')) => return goes_on(),
            ":=" if is_named(tokens, before) => {
                return is_in_a_term(tokens, before - 2, kind);
            }
            // What stands before it in a list is another part of that.
            "," => match enclosing(tokens, before) {
                Some(open) => open + 1,
                None => before,
            },
            _ if OPERATORS.contains(&word) => return goes_on(),
            _ if STOPS.contains(&word) => return false,
            _ => before,
        };
    }
}

/// The first token that the tactic may begin with that the one at `at` belongs to. Whichever it begins with, the
/// next tactic begins in the same column.
fn tactic_start(tokens: &Tokens<'_>, at: usize) -> usize {
    let mut now = at;
    while !tokens.leads(now)
        && let Some(before) = now.checked_sub(1)
    {
        let word = tokens.word(before);
        now = match word {
            ")" | "]" | "}" | "⟩" => match opener(tokens, before) {
                Some(open) => open,
                None => break,
            },
            "(" | "[" | "⟨" => break,
            _ if STOPS.contains(&word) => break,
            _ => before,
        };
    }
    now
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

/// The bracket that is open at `at`.
fn enclosing(tokens: &Tokens<'_>, at: usize) -> Option<usize> {
    let mut depth = 0;
    (0..at).rev().find(|&at| {
        match tokens.word(at) {
            ")" | "]" | "}" | "⟩" => depth += 1,
            "(" | "[" | "{" | "⟨" => depth -= 1,
            _ => {}
        }
        depth < 0
    })
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
