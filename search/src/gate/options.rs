//! The value of a tactic's option is written out: Lean compiles and runs it to know it.

use unsorry_syntax::lexer::Token;

use super::forbidden_words::TERMS;
use super::tokens::Tokens;

/// Whether what is given to the name at `at`, as in `(maxSteps := 3)`, is written out. An argument of a term
/// looks the same, so that is told by the place and the name.
pub(super) fn is_plain(tokens: &Tokens<'_>, at: usize) -> bool {
    if is_of_a_term(tokens, at) {
        return true;
    }
    let name = tokens.word(at).trim_matches(['«', '»']);
    let letters = name.chars().count();
    match name {
        "motive" => return true,
        // Tactics.
        "disch" | "discharger" => return true,
        "ac" | "em" => {}
        _ if letters <= 2 || (name.starts_with('h') && letters <= 4) => return true,
        _ => {}
    }
    let mut depth = 0;
    let value = tokens.iter().skip(at + 2).take_while(|token| {
        match tokens.text(token) {
            "(" | "{" | "[" => depth += 1,
            ")" | "}" | "]" => depth -= 1,
            _ => {}
        }
        depth >= 0
    });
    let words: Vec<&str> = value.map(|token: &Token| tokens.text(token)).collect();
    match words.as_slice() {
        // Fields without names would hide what they are.
        ["{", fields @ .., "}"] => is_plain_record(fields),
        _ => name != "config" && is_plain_value(&words),
    }
}

/// Whether the name at `at`, in brackets, stands for an argument of a term: the brackets do not stand behind a
/// tactic's own words.
fn is_of_a_term(tokens: &Tokens<'_>, at: usize) -> bool {
    let mut depth = 0;
    for before in (0..at - 1).rev() {
        match tokens.word(before) {
            ")" | "]" | "}" | "⟩" => depth += 1,
            // A tactic may stand in brackets as well.
            "(" if depth == 0 => {}
            "[" if depth == 0 => return tokens.before(before) != "<;>",
            "⟨" if depth == 0 => return true,
            "(" | "[" | "{" | "⟨" => depth -= 1,
            _ if depth == 0 && tokens.starts_tactic(before) => {
                return TERMS.contains(&tokens.word(before));
            }
            _ => {}
        }
    }
    false
}

/// `a := 1, b := true`
fn is_plain_record(fields: &[&str]) -> bool {
    fields.is_empty()
        || fields.split(|word| *word == ",").all(|field| match field {
            [] => true,
            [_, ":=", value @ ..] => is_plain_value(value),
            _ => false,
        })
}

/// A number, a string, a name without dots, or a constructor.
fn is_plain_value(words: &[&str]) -> bool {
    let is_plain = |word: &str| {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        is_number || word.starts_with('"') || !word.contains('.')
    };
    match words {
        [word] | ["-" | ".", word] => is_plain(word),
        // `.pos [1, 2]`
        [".", _, "[", list @ .., "]"] => list.iter().all(|word| *word == "," || is_plain(word)),
        _ => false,
    }
}
