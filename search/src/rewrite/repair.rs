//! Repair of a candidate as Lean itself says, without a model. Pure.

use unsorry_prover::{Goal, suggestions};

use crate::check::verdict::Complaint;
use unsorry_syntax::lexer::{Token, TokenKind, lex};

/// The most texts that one candidate is repaired to.
const MOST: usize = 4;

/// Namespaces that a name may be in that is written without one: models are trained with these open, and the
/// user's file has not opened them. The second list is Mathlib's.
const NAMESPACES: [&str; 3] = ["Nat", "Int", "List"];
const MATHLIBS: [&str; 3] = ["Real", "Finset", "Set"];

/// The texts that `text` becomes if what Lean says in `complaints` is done; best first.
///
/// Understood are: a suggestion on the line of a tactic that asks for one, or that it replaces; another
/// name in the place of one that is gone or deprecated; a name without its namespace; a tactic where no
/// goal is left; and the binder `∑ x in s`, which is written with `∈` now.
pub fn repairs(goal: &Goal, text: &str, complaints: &[Complaint]) -> Vec<String> {
    let mut mended: Vec<String> = Vec::new();
    let mut add = |new: Option<String>| {
        if let Some(new) = new
            && new != text
            && !new.trim().is_empty()
            && !mended.contains(&new)
        {
            mended.push(new);
        }
    };
    for complaint in complaints {
        let message = &complaint.message;
        if message.contains("unexpected token 'in'") {
            add(Some(with_element_of(text)));
        } else if message.starts_with("No goals") || message.contains("no goals to be") {
            add(complaint.line.and_then(|line| without_tactic(text, line)));
        }
        for (old, new) in renamed(message) {
            add(Some(with_name(text, &old, &new)));
        }
        if let Some(line) = complaint.line {
            for suggestion in suggestions(message) {
                add(with_suggestion(text, line, &suggestion));
            }
        }
        if let Some(name) = unknown(message) {
            let mathlib = goal
                .imports
                .iter()
                .any(|import| import.starts_with("Mathlib"));
            let mathlibs = MATHLIBS.iter().filter(|_| mathlib);
            for namespace in NAMESPACES.iter().chain(mathlibs) {
                add(Some(with_name(text, name, &format!("{namespace}.{name}"))));
            }
        }
    }
    mended.truncate(MOST);
    mended
}

/// The `∑ x in s` of older Leans as it is written now.
fn with_element_of(text: &str) -> String {
    let tokens = lex(text);
    let mut changed = String::new();
    let (mut from, mut binder) = (0, false);
    for token in tokens.iter().filter(|token| token.is_code()) {
        match token.text(text) {
            "∑" | "∏" | "⋃" | "⋂" | "⨆" | "⨅" | "∑'" | "∏'" => binder = true,
            "," => binder = false,
            "in" if binder => {
                changed += &text[from..token.range.start];
                changed.push('∈');
                from = token.range.end;
                binder = false;
            }
            _ => {}
        }
    }
    changed + &text[from..]
}

/// `text` without the tactic on `line`: with all lines that belong to it, or, where several stand on
/// the line, without the last of them.
fn without_tactic(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let own = *lines.get(line)?;
    let tokens = lex(own);
    let mut depth = 0usize;
    let mut last = None;
    for token in &tokens {
        match token.text(own) {
            "(" | "[" | "{" | "⟨" => depth += 1,
            ")" | "]" | "}" | "⟩" => depth = depth.saturating_sub(1),
            ";" | "<;>" if depth == 0 => last = Some(token.range.start),
            _ => {}
        }
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let block = |rest: &[&str]| {
        let deeper = rest
            .iter()
            .take_while(|next| indent(next) > indent(own) || next.is_empty());
        deeper.count()
    };
    let end = line + 1 + block(&lines[line + 1..]);
    let kept = last.map(|at: usize| own[..at].trim_end());
    // Without it there must still be something that begins the block.
    if kept.is_none() && line == 0 {
        return None;
    }
    let before = lines[..line].iter().copied();
    let all = before.chain(kept).chain(lines[end..].iter().copied());
    Some(all.collect::<Vec<_>>().join("\n"))
}

/// The part of `text` that is in backquotes or quotes first.
fn quoted(text: &str) -> Option<&str> {
    let at = text.find(['`', '\''])?;
    let (mark, rest) = text[at..].split_at(1);
    Some(&rest[..rest.find(mark)?])
}

/// Other names that Lean names in the place of names.
fn renamed(message: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut pair = |old: Option<&str>, new: Option<&str>| {
        if let (Some(old), Some(new)) = (old, new)
            && is_name(old)
            && is_name(new)
        {
            found.push((old.to_owned(), new.to_owned()));
        }
    };
    if let Some((before, after)) = message.split_once("has been deprecated") {
        let after = after.split_once("se ").map(|(_, after)| after);
        pair(quoted(before), after.and_then(quoted));
    }
    for hint in ["erhaps you meant", "id you mean"] {
        if let Some((before, after)) = message.split_once(hint) {
            let old = after
                .split_once("in place of")
                .and_then(|(_, old)| quoted(old));
            pair(old.or_else(|| quoted(before)), quoted(after));
        }
    }
    found
}

/// The name that Lean does not know, if it has no namespace.
fn unknown(message: &str) -> Option<&str> {
    let lower = [
        "Unknown identifier",
        "unknown identifier",
        "Unknown constant",
        "unknown constant",
    ];
    let rest = lower.iter().find_map(|head| message.strip_prefix(head))?;
    let name = quoted(rest)?;
    (is_name(name) && !name.contains('.') && name.len() > 1).then_some(name)
}

fn is_name(text: &str) -> bool {
    let mut tokens = lex(text).into_iter();
    let one = tokens
        .next()
        .is_some_and(|token| token.kind == TokenKind::Word && token.range == (0..text.len()));
    one && tokens.next().is_none()
}

/// `text` with `new` wherever the word `old` stands, fields behind it included.
fn with_name(text: &str, old: &str, new: &str) -> String {
    replaced(text, |word| {
        if word == old {
            return Some(new.to_owned());
        }
        let field = word.strip_prefix(old)?.strip_prefix('.')?;
        Some(format!("{new}.{field}"))
    })
}

fn replaced(text: &str, with: impl Fn(&str) -> Option<String>) -> String {
    let mut changed = String::new();
    let mut from = 0;
    let words = lex(text).into_iter();
    for token in words.filter(|token: &Token| token.kind == TokenKind::Word) {
        if let Some(new) = with(token.text(text)) {
            changed += &text[from..token.range.start];
            changed += &new;
            from = token.range.end;
        }
    }
    changed + &text[from..]
}

/// `text` with Lean's suggestion in the place of the tactic on `line` that asked for one, or of the
/// only tactic there.
fn with_suggestion(text: &str, line: usize, suggestion: &str) -> Option<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let own = lines.get_mut(line)?;
    let tokens = lex(own);
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text(own));
    // `· tac` and `exact tac` are left alone but for what stands behind the bullet.
    let first = usize::from(matches!(word(0), "·" | "."));
    let several = tokens
        .iter()
        .any(|token| matches!(token.text(own), ";" | "<;>" | "=>" | ":="));
    if several || tokens.len() <= first {
        return None;
    }
    let start = tokens[first].range.start;
    let indent = own[..start].chars().count();
    let suggestion = suggestion.replace('\n', &format!("\n{}", " ".repeat(indent)));
    *own = format!("{}{suggestion}", &own[..start]);
    Some(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsorry_prover::{Context, HoleKind};

    #[track_caller]
    fn check(text: &str, line: usize, message: &str, expected: &[&str]) {
        let shown = ["⊢ p".to_owned()];
        let goal = Goal::parse(HoleKind::Tactic, &shown, Vec::new(), Context::default());
        let complaint = Complaint {
            line: Some(line),
            message: message.into(),
        };
        assert_eq!(
            repairs(&goal.expect("a goal"), text, &[complaint]),
            expected
        );
    }

    #[test]
    fn a_tactic_too_many_goes() {
        let no_goals = "No goals to be solved";
        check("rfl\nsimp", 1, no_goals, &["rfl"]);
        check(
            "constructor\n· rfl\n  simp [a,\n    b]\n· rfl",
            2,
            no_goals,
            &["constructor\n· rfl\n· rfl"],
        );
        check("intro x; rfl; simp", 0, no_goals, &["intro x; rfl"]);
        check("exact f x <;> simp", 0, no_goals, &["exact f x"]);
        check("simp", 0, no_goals, &[]);
        check("rfl", 7, no_goals, &[]);
    }

    #[test]
    fn names_are_found_elsewhere() {
        check(
            "exact lt_trans h (lt_trans' h)",
            0,
            "Unknown identifier `lt_trans`",
            &[
                "exact Nat.lt_trans h (lt_trans' h)",
                "exact Int.lt_trans h (lt_trans' h)",
                "exact List.lt_trans h (lt_trans' h)",
            ],
        );
        check("exact Nat.foo h", 0, "Unknown constant `Nat.foo`", &[]);
        let hint =
            "Unknown constant `Nat.foo`\n\nHint: Perhaps you meant `Nat.bar` in place of `Nat.foo`";
        check(
            "exact (Nat.foo h).symm",
            0,
            hint,
            &["exact (Nat.bar h).symm"],
        );
        let old = "`Nat.foo` has been deprecated: Use `Nat.bar` instead";
        check(
            "simp [Nat.foo.symm, Nat.foo']",
            0,
            old,
            &["simp [Nat.bar.symm, Nat.foo']"],
        );
    }

    #[test]
    fn old_binders() {
        let error = "unexpected token 'in'; expected ',' or binderPred";
        check(
            "have h : ∑ i in s, f i = ∏ j in t, g j := by\n  simp at h",
            0,
            error,
            &["have h : ∑ i ∈ s, f i = ∏ j ∈ t, g j := by\n  simp at h"],
        );
        check("open Nat in simp", 0, error, &[]);
    }

    #[test]
    fn suggestions_are_taken() {
        check(
            "intro x\n· ring",
            1,
            "Try this: ring_nf",
            &["intro x\n· ring_nf"],
        );
        check("intro x\nexact foo", 1, "unsolved goals\n⊢ p", &[]);
    }
}
