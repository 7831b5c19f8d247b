//! Lean's suggestions: the tactics inside its "Try this" messages.

use unsorry_syntax::lexer::is_identifier_rest;
use unsorry_syntax::{TokenKind, lex};

/// Tactics that answer with a suggestion, after a search through all that is imported.
const SEARCH_TACTICS: [&str; 8] = [
    "exact?", "apply?", "rw?", "have?", "observe?", "propose", "try?", "hint",
];

/// Tactics that answer with a suggestion, cheaply.
const SUGGEST_TACTICS: [&str; 11] = [
    "simp?",
    "simp!?",
    "simpa?",
    "simp_all?",
    "dsimp?",
    "grind?",
    "aesop?",
    "bound?",
    "norm_num?",
    "ring?",
    "show_term",
];

/// The proofs that a message of Lean's suggests, in its order; none if it suggests nothing.
///
/// Understands `Try this: TACTIC`, and `Try this:` or `Try these:` over `[apply]` lines or bullets.
/// Leaves out what could not close a goal: suggestions with `sorry`, with goals left over, or with a tactic
/// that only suggests again.
pub fn suggestions(message: &str) -> Vec<String> {
    let message = message.trim_start();
    let heads = ["Try this:", "Try these:"];
    let Some(rest) = heads.iter().find_map(|head| message.strip_prefix(head)) else {
        return Vec::new();
    };
    items(rest).into_iter().filter_map(finished).collect()
}

/// The lines of each suggestion, without marks and without the list's own indentation.
fn items(text: &str) -> Vec<Vec<&str>> {
    let mut items: Vec<Vec<&str>> = Vec::new();
    let mut listed = true;
    for (number, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        let mark = ["[apply] ", "• "]
            .iter()
            .find_map(|mark| bare.strip_prefix(mark));
        match (mark, items.last_mut()) {
            (Some(first), _) => items.push(vec![first]),
            (None, Some(item)) => item.push(if listed {
                line.strip_prefix("  ").unwrap_or(line)
            } else {
                line
            }),
            (None, None) if !bare.is_empty() => {
                listed = number > 0;
                items.push(vec![bare]);
            }
            (None, None) => {}
        }
    }
    items
}

/// A suggestion's text, if it could be a whole proof.
fn finished(lines: Vec<&str>) -> Option<String> {
    let mut kept = Vec::new();
    for line in lines {
        match line.trim().strip_prefix("--").map(str::trim) {
            None if line.trim().is_empty() => break,
            None => kept.push(line.trim_end()),
            Some("no goals") => break,
            // What is left to prove.
            Some(_) => return None,
        }
    }
    let text = kept.join("\n");
    let text = text.strip_prefix("🎉 ").unwrap_or(&text);
    let whole = !text.is_empty()
        && !words_of(text).any(|(_, word)| matches!(word, "sorry" | "admit"))
        && !text.contains("?_")
        && queries(text).next().is_none();
    whole.then(|| text.to_owned())
}

/// The tactics in `text` that only suggest a proof, and where each stands: wherever Lean could read one, even
/// within a string, and glued to what is before it (`.apply?`, `2exact?`).
pub(crate) fn queries(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let words = || SEARCH_TACTICS.iter().chain(&SUGGEST_TACTICS);
    runs_of(text).filter_map(move |(at, run)| {
        let word = words().find(|query| **query == run).copied()?;
        // No field is called like those that ask.
        let is_field = !word.ends_with('?') && follows_a_value(&text[..at]);
        (!is_field).then_some((at, word))
    })
}

/// Whether `text` has a tactic that looks through all that is imported.
pub(crate) fn searches_library(text: &str) -> bool {
    queries(text).any(|(_, word)| SEARCH_TACTICS.contains(&word))
}

/// The longest runs of what names are made of, from the first letter of each, and where they begin.
fn runs_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text[from..].find(is_identifier_rest)?;
        let rest = &text[start..];
        let end = start + rest.find(|c| !is_identifier_rest(c)).unwrap_or(rest.len());
        from = end;
        let run = text[start..end].trim_start_matches(|c: char| !c.is_alphabetic());
        Some((end - run.len(), run))
    })
}

/// Whether a text ends with a value and the dot before its field.
fn follows_a_value(text: &str) -> bool {
    let value = |text: &str| text.ends_with(|c| is_identifier_rest(c) || ")]}⟩»".contains(c));
    text.strip_suffix('.').is_some_and(value)
}

/// The words of `text`, but for fields such as `find?` of `x.find?`, and where each stands.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    lex(text).into_iter().filter_map(move |token| {
        let start = token.range.start;
        let field = text[..start].ends_with('.');
        (token.kind == TokenKind::Word && !field).then(|| (start, &text[token.range]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &[&str]) {
        assert_eq!(suggestions(message), expected);
    }

    #[test]
    fn one_on_its_line() {
        check(
            "Try this: exact Nat.add_comm a b",
            &["exact Nat.add_comm a b"],
        );
        check(
            "Try this: simp only [List.length_append,\n  List.length_cons]\n",
            &["simp only [List.length_append,\n  List.length_cons]"],
        );
        check(
            "Try this: rw [Nat.add_comm]\n-- no goals",
            &["rw [Nat.add_comm]"],
        );
    }

    #[test]
    fn one_below() {
        check(
            "Try this:\n  [apply] exact Nat.add_comm a b",
            &["exact Nat.add_comm a b"],
        );
        check("Try this:\n  exact foo\n    bar", &["exact foo\n  bar"]);
    }

    #[test]
    fn several_keep_their_own_indentation() {
        check(
            "Try these:\n  [apply] simp +arith\n  [apply] simp only [a,\n    b]\n  [apply] grind =>\n    \
             instantiate only\n    instantiate",
            &[
                "simp +arith",
                "simp only [a,\n  b]",
                "grind =>\n  instantiate only\n  instantiate",
            ],
        );
        check("Try these:\n• rfl\n• simp\n", &["rfl", "simp"]);
    }

    #[test]
    fn nothing_unfinished() {
        check("Try this:\n  [apply] refine foo ?_", &[]);
        check(
            "Try this:\n  [apply] exact foo\n  -- Remaining subgoals:\n  -- ⊢ p",
            &[],
        );
        check("Try this: exact sorry", &[]);
        check(
            "Try these:\n  [apply] intros; exact?\n  [apply] rfl",
            &["rfl"],
        );
        check("unsolved goals\n⊢ Try this: rfl", &[]);
        check("Try this:", &[]);
    }

    #[test]
    fn a_question_mark_in_a_name_is_no_query() {
        for text in [
            "simp [List.find?]",
            "exact xs[i]?",
            "refine ?_",
            "simp [exact?']",
        ] {
            assert_eq!(queries(text).next(), None, "{text}");
        }
        assert!(searches_library("intro h; exact?"));
        assert!(!searches_library("simp?"));
        assert_eq!(queries("(simp?)").next(), Some((1, "simp?")));
    }

    #[test]
    fn a_query_is_seen_however_it_is_glued() {
        for text in [
            ".apply?",
            "(by .apply?)",
            "by_cases h : p <;>exact?",
            "have := \"exact?\"",
            "exact 2exact?",
            "(x).exact?",
            "first | exact h | .apply?",
            ".hint",
        ] {
            assert!(searches_library(text), "{text}");
        }
        for text in [
            "exact x.hint",
            "exact (f x).hint",
            "exact hint'",
            "simp [xs.get?]",
        ] {
            assert_eq!(queries(text).next(), None, "{text}");
        }
    }
}
