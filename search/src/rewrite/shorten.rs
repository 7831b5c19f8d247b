//! Shorter and tidier ways to write a proof, to be tried by Lean. Pure.

use std::ops::Range;

use unsorry_syntax::lexer::{Token, TokenKind, lex};

/// The most texts that are proposed for one proof.
const MOST: usize = 32;

/// The length of a proof: its words and symbols, so that layout counts for nothing.
pub fn length(proof: &str) -> usize {
    lex(proof).iter().filter(|token| token.is_code()).count()
}

/// Proofs like `proof` with something left out, the shortest first. Most of them are none.
pub fn shorter(proof: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let blocks = blocks(proof);
    for (at, block) in blocks.iter().enumerate() {
        // Without it, and without all that follows.
        all.push(without(proof, block.clone()));
        if at > 0 {
            all.push(proof[..block.start].to_owned());
        }
    }
    let tokens: Vec<Token> = lex(proof).into_iter().filter(Token::is_code).collect();
    all.extend(without_segments(proof, &tokens));
    all.extend(without_items(proof, &tokens));
    all.extend(unwrapped(proof, &tokens));
    let own = length(proof);
    let mut found: Vec<(usize, String)> = Vec::new();
    for text in all {
        let text = text.trim_end().to_owned();
        let length = length(&text);
        let open = ["by", ":=", "=>", "·"]
            .iter()
            .any(|end| text.ends_with(end));
        if !open && length > 0 && length < own && !found.iter().any(|(_, other)| *other == text) {
            found.push((length, text));
        }
    }
    found.sort_by_key(|(length, _)| *length);
    found.truncate(MOST);
    found.into_iter().map(|(_, text)| text).collect()
}

/// `proof` as Lean's style guide has it, as far as blanks and bullets go: `·` for `.`, one blank
/// between words, one behind a comma, none before it, none at a line's end.
pub fn tidy(proof: &str) -> String {
    let mut text = String::with_capacity(proof.len());
    let mut end = 0;
    for token in lex(proof) {
        let gap = &proof[end..token.range.start];
        let own = token.text(proof);
        let starts_line = end == 0 || gap.contains('\n');
        if gap.contains('\n') {
            let lines = gap.matches('\n').count().min(2);
            let indent = gap.rsplit('\n').next().unwrap_or_default();
            text.extend(std::iter::repeat_n('\n', lines));
            text.push_str(indent);
        } else if own != "," && (!gap.is_empty() || (text.ends_with(',') && end > 0)) {
            text.push(' ');
        }
        let next_is_blank = proof[token.range.end..].starts_with(' ');
        match own {
            "." if starts_line && next_is_blank => text.push('·'),
            _ => text.push_str(own),
        }
        end = token.range.end;
    }
    text
}

/// The tactics that start a line, each with the lines that belong to it.
fn blocks(proof: &str) -> Vec<Range<usize>> {
    let mut lines: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for line in proof.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if !line.trim().is_empty() {
            lines.push((at, indent));
        }
        at += line.len();
    }
    let end = |from: usize| {
        let (_, indent) = lines[from];
        let next = lines[from + 1..].iter().find(|(_, other)| *other <= indent);
        next.map_or(proof.len(), |(at, _)| *at)
    };
    (0..lines.len())
        .map(|from| lines[from].0..end(from))
        .collect()
}

fn without(proof: &str, range: Range<usize>) -> String {
    [&proof[..range.start], &proof[range.end..]].concat()
}

/// The proofs without one of the tactics that `;` or `<;>` joins on a line.
fn without_segments(proof: &str, tokens: &[Token]) -> Vec<String> {
    let is_joint = |token: &Token| matches!(token.text(proof), ";" | "<;>");
    let mut found = Vec::new();
    for joint in tokens.iter().filter(|token| is_joint(token)) {
        let depths = |side: &[Token]| -> Option<usize> {
            let mut depth = 0isize;
            for (at, token) in side.iter().enumerate() {
                depth += brackets(token.text(proof));
                let ends = depth < 0 || (depth == 0 && is_joint(token));
                if ends {
                    return Some(at);
                }
            }
            None
        };
        let at = tokens.partition_point(|token| token.range.start < joint.range.start);
        let line_end = proof[joint.range.end..]
            .find('\n')
            .map_or(proof.len(), |end| joint.range.end + end);
        let after = &tokens[at + 1..];
        let end = depths(after).map_or(line_end, |end| after[end].range.start.min(line_end));
        let kept = proof[..joint.range.start].trim_end();
        let rest = &proof[end..];
        let blank = if rest.starts_with(['\n', ')']) || rest.is_empty() {
            ""
        } else {
            " "
        };
        found.push(format!("{kept}{}{rest}", blank));
        // And the same as two tactics, one after the other.
        let line = proof[..joint.range.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let indent = proof[line..].len() - proof[line..].trim_start().len();
        let whole_line = depths(after).is_none() && joint.text(proof) == "<;>";
        if whole_line && indent < proof[line..].len() {
            let rest = proof[joint.range.end..].trim_start();
            found.push(format!("{kept}\n{}{rest}", &proof[line..line + indent]));
        }
    }
    found
}

/// The change that a token makes to the depth of brackets.
fn brackets(token: &str) -> isize {
    match token {
        "(" | "[" | "{" | "⟨" => 1,
        ")" | "]" | "}" | "⟩" => -1,
        _ => 0,
    }
}

/// The proofs without one of the items in brackets behind a tactic that can do with fewer.
fn without_items(proof: &str, tokens: &[Token]) -> Vec<String> {
    const TAKERS: [&str; 10] = [
        "simp",
        "simp_all",
        "simpa",
        "only",
        "dsimp",
        "grind",
        "omega",
        "nlinarith",
        "linarith",
        "rw",
    ];
    let mut found = Vec::new();
    for (at, open) in tokens.iter().enumerate() {
        let taker = at
            .checked_sub(1)
            .map_or("", |before| tokens[before].text(proof));
        if open.text(proof) != "[" || !TAKERS.contains(&taker) {
            continue;
        }
        let mut depth = 0;
        let mut items: Vec<usize> = vec![at + 1];
        let mut close = None;
        for (inner, token) in tokens.iter().enumerate().skip(at) {
            depth += brackets(token.text(proof));
            if depth == 0 {
                close = Some(inner);
                break;
            }
            if depth == 1 && token.text(proof) == "," {
                items.push(inner + 1);
            }
        }
        let Some(close) = close else { continue };
        let start = |item: usize| tokens[items[item]].range.start;
        for item in 0..items.len() {
            let range = match (item, items.len()) {
                // The brackets go with their only item.
                (0, 1) => tokens[at - 1].range.end..tokens[close].range.end,
                (item, count) if item + 1 == count => {
                    tokens[items[item] - 2].range.end..tokens[close].range.start
                }
                (item, _) => start(item)..start(item + 1),
            };
            if range.start < range.end {
                found.push(without(proof, range));
            }
        }
    }
    found
}

/// The proofs without what only wraps: `by exact t`, `exact by t`, parentheses around all.
fn unwrapped(proof: &str, tokens: &[Token]) -> Vec<String> {
    let words: Vec<&str> = tokens
        .iter()
        .take(2)
        .map(|token| token.text(proof))
        .collect();
    let wraps = matches!(words.as_slice(), ["by", "exact"] | ["exact", "by"]);
    if wraps && tokens.len() > 2 && !proof.trim_end().contains('\n') {
        return vec![proof[tokens[2].range.start..].to_owned()];
    }
    Vec::new()
}

/// Whether a proof has a comment or anything else that its shorter forms could spoil.
pub fn is_plain(proof: &str) -> bool {
    let tokens = lex(proof);
    tokens.iter().all(|token| {
        token.is_code() && !(token.kind == TokenKind::String && token.text(proof).contains('\n'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(proof: &str, expected: Expect) {
        let all = match shorter(proof).join("\n--\n") {
            none if none.is_empty() => "nothing".to_owned(),
            all => all,
        };
        expected.assert_eq(&format!("{all}\n"));
    }

    #[test]
    fn tactics_are_left_out() {
        check(
            "intro x\nhave h : p := by\n  simp\n  omega\nexact f h",
            expect![[r#"
                intro x
                --
                intro x
                exact f h
                --
                intro x
                have h : p := by
                  simp
                --
                intro x
                have h : p := by
                  simp
                  omega
                --
                have h : p := by
                  simp
                  omega
                exact f h
                --
                intro x
                have h : p := by
                  omega
                exact f h
                --
                intro x
                have h : p := by
                  simp
                exact f h
            "#]],
        );
        check(
            "intro x; simp; rfl",
            expect![[r#"
                intro x ; rfl
                --
                intro x; simp
            "#]],
        );
        check(
            "cases h <;> simp_all <;> omega",
            expect![[r#"
                cases h <;> omega
                --
                cases h <;> simp_all
                --
                cases h <;> simp_all
                omega
            "#]],
        );
    }

    #[test]
    fn items_are_left_out() {
        check(
            "simp [a, f (b, c), d] at h",
            expect![[r#"
            simp [a, d] at h
            --
            simp [f (b, c), d] at h
            --
            simp [a, f (b, c)] at h
        "#]],
        );
        check(
            "simp only [a]",
            expect![[r#"
            simp only
        "#]],
        );
        check(
            "exact foo [a, b]",
            expect![[r#"
                nothing
            "#]],
        );
    }

    #[test]
    fn wrappers_are_left_out() {
        check(
            "by exact f x",
            expect![[r#"
            f x
        "#]],
        );
        check(
            "exact by omega",
            expect![[r#"
            omega
        "#]],
        );
    }

    #[test]
    fn as_the_style_guide_has_it() {
        let tidied = |text: &str, expected: &str| assert_eq!(tidy(text), expected);
        tidied(
            "constructor\n.  simp [a,b , c]  \n. rfl",
            "constructor\n· simp [a, b, c]\n· rfl",
        );
        tidied("exact  ⟨x,  y⟩", "exact ⟨x, y⟩");
        tidied("exact \"a,  b\"", "exact \"a,  b\"");
        tidied("intro x\n\n\n\nrfl", "intro x\n\nrfl");
    }
}
