//! Reads propositions as Lean prints them, as far as their outermost form.
//!
//! This is no parser: a wrong answer costs a candidate that Lean refuses, never more.

use crate::goal::split_names;
use serde::Deserialize;
use unsorry_syntax::{lex, outside_brackets};

/// The outermost form of a proposition, written in the table as Lean writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
pub(super) enum Shape {
    /// `p ∧ q`
    #[serde(rename = "∧")]
    And,
    /// `p ∨ q`
    #[serde(rename = "∨")]
    Or,
    /// `p ↔ q`
    #[serde(rename = "↔")]
    Iff,
    /// `p → q`
    #[serde(rename = "→")]
    Arrow,
    /// `∀ x, p x`
    #[serde(rename = "∀")]
    Forall,
    /// `∃ x, p x`
    #[serde(rename = "∃")]
    Exists,
    /// `¬p`
    #[serde(rename = "¬")]
    Not,
    /// `a = b`
    #[serde(rename = "=")]
    Eq,
    /// `a ≠ b`
    #[serde(rename = "≠")]
    Ne,
    /// `a < b`, `a ≤ b`, `a > b`, `a ≥ b`
    #[serde(rename = "<")]
    Order,
    /// `a ∣ b`
    #[serde(rename = "∣")]
    Divides,
    /// `a ∈ s`, `a ∉ s`, `s ⊆ t`
    #[serde(rename = "∈")]
    Member,
    /// `True`
    True,
    /// `False`
    False,
    /// An inductive predicate of the file's own.
    #[serde(rename = "inductive")]
    Inductive,
    /// Anything else, such as `Even n`.
    #[serde(rename = "other")]
    Other,
}

impl Shape {
    pub(super) fn of(text: &str) -> Self {
        let text = unparenthesised(text);
        match text {
            "True" => return Self::True,
            "False" => return Self::False,
            _ if text.starts_with('∀') => return Self::Forall,
            _ if text.starts_with('∃') => return Self::Exists,
            _ => {}
        }
        let main = words(text)
            .take_while(|(_, token)| !opens_binder(token))
            .filter_map(|(_, token)| Self::of_operator(token))
            .min_by_key(|(binds, _)| *binds);
        match main {
            // `¬` binds tighter than the connectives and looser than the relations.
            Some((binds, shape)) if !text.starts_with('¬') || binds < 40 => shape,
            _ if text.starts_with('¬') => Self::Not,
            _ => Self::Other,
        }
    }

    /// The binding strength of an operator, and the shape it makes.
    fn of_operator(token: &str) -> Option<(u8, Self)> {
        Some(match token {
            "↔" => (20, Self::Iff),
            "→" => (25, Self::Arrow),
            "∨" => (30, Self::Or),
            "∧" => (35, Self::And),
            "=" => (50, Self::Eq),
            "≠" => (50, Self::Ne),
            "<" | "≤" | ">" | "≥" => (50, Self::Order),
            "∣" => (50, Self::Divides),
            "∈" | "∉" | "⊆" | "⊂" => (50, Self::Member),
            _ => return None,
        })
    }

    /// Whether a text of this shape can only be a proposition.
    pub(super) fn is_proposition(self) -> bool {
        !matches!(self, Self::Forall | Self::Arrow | Self::Other)
    }
}

/// The two sides of the first `operator` outside all brackets.
pub(super) fn sides<'a>(text: &'a str, operator: &str) -> Option<(&'a str, &'a str)> {
    let text = unparenthesised(text);
    let (at, _) = words(text)
        .take_while(|(_, token)| !opens_binder(token))
        .find(|(_, token)| *token == operator)?;
    Some((text[..at].trim(), text[at + operator.len()..].trim()))
}

fn opens_binder(token: &str) -> bool {
    token.starts_with(['∀', '∃', 'λ']) || matches!(token, "fun" | "let" | "have" | "if" | "match")
}

/// The words of `text`, cut at spaces outside all brackets.
pub(super) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut tokens = lex(text).into_iter().peekable();
    std::iter::from_fn(move || {
        let first = tokens.next()?;
        let mut depth = first.bracket_depth(text).max(0);
        let mut end = first.range.end;
        while let Some(token) = tokens.next_if(|token| depth > 0 || token.range.start == end) {
            depth = (depth + token.bracket_depth(text)).max(0);
            end = token.range.end;
        }
        Some((first.range.start, &text[first.range.start..end]))
    })
}

/// Drops parentheses around the whole of `text`.
pub(super) fn unparenthesised(text: &str) -> &str {
    let text = text.trim();
    if !text.starts_with('(') {
        return text;
    }
    let tokens = lex(text);
    let mut open = Vec::new();
    let mut closed_by = vec![None; tokens.len()];
    for (at, token) in tokens.iter().enumerate() {
        match token.text(text) {
            "(" => open.push(at),
            ")" => {
                if let Some(opener) = open.pop() {
                    closed_by[opener] = Some(at);
                }
            }
            _ => {}
        }
    }
    let mut inner = &tokens[..];
    let mut first = 0;
    while let [_, within @ .., _] = inner
        && closed_by[first] == Some(first + inner.len() - 1)
    {
        inner = within;
        first += 1;
    }
    match (inner.first(), inner.last()) {
        (Some(first), Some(last)) => &text[first.range.start..last.range.end],
        _ => "",
    }
}

/// A binder of a `∀` or `∃`: its name, and its type where it is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binder {
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) instance: bool,
    /// The condition of `∀ x ∈ s, …`.
    pub(super) condition: Option<String>,
}

/// The binders and the body of `∀ (x y : α) [C α] z, body`, and of `∃` alike.
pub(super) fn binders(text: &str) -> Option<(Vec<Binder>, &str)> {
    let text = unparenthesised(text);
    let rest = text.strip_prefix(['∀', '∃'])?;
    let rest = rest.strip_prefix('!').unwrap_or(rest);
    let comma = outside_brackets(rest).find(|token| token.text(rest) == ",")?;
    let comma = comma.range.start;
    let mut found = Vec::new();
    let header = rest[..comma].trim();
    for (at, token) in words(header) {
        match token {
            ":" => {
                let ty = header[at + 1..].trim();
                found
                    .iter_mut()
                    .for_each(|binder: &mut Binder| binder.ty = ty.to_owned());
                break;
            }
            "∈" | "∉" | "<" | "≤" | ">" | "≥" | "≠" | "⊆" => {
                if let Some(binder) = found.last_mut() {
                    binder.condition = Some(header.to_owned());
                }
                break;
            }
            _ => bind(token, &mut found),
        }
    }
    (!found.is_empty()).then(|| (found, rest[comma + 1..].trim()))
}

/// One word of a binder list: `x`, `(x y : α)`, `{x : α}`, `[inst : C α]`.
fn bind(token: &str, found: &mut Vec<Binder>) {
    let instance = token.starts_with('[');
    let inner = token.trim_matches(['(', ')', '{', '}', '[', ']', '⦃', '⦄']);
    let (names, ty) = match inner.split_once(" : ") {
        Some((names, ty)) if token.starts_with(['(', '{', '[', '⦃']) => {
            // The trimming above may have taken a bracket of the type's own.
            let ty_at = token.find(" : ").map_or(0, |at| at + 3);
            let close = token.chars().next_back().map_or(0, char::len_utf8);
            let whole = token.get(ty_at..token.len() - close).unwrap_or(ty);
            (names, whole)
        }
        _ if instance => ("inst", inner),
        _ => (inner, ""),
    };
    for name in split_names(names) {
        found.push(Binder {
            name,
            ty: ty.to_owned(),
            instance,
            condition: None,
        });
    }
}

/// The names in `text`, dots included, in order.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| {
        c.is_alphanumeric() || matches!(c, '_' | '\'' | '!' | '?' | '.' | '«' | '»' | '✝')
    };
    text.split(move |c: char| !part(c))
        .map(|name| name.trim_matches('.'))
        .filter(|name| name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '«')))
}

/// The first name of a type or proposition: `List` of `List α`.
pub(super) fn head(text: &str) -> &str {
    names(unparenthesised(text)).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, expected: Shape) {
        assert_eq!(Shape::of(text), expected, "{text}");
    }

    fn check_binders(text: &str, expect: Expect) {
        let mut shown = String::new();
        if let Some((found, body)) = binders(text) {
            for Binder {
                name,
                ty,
                instance,
                condition,
            } in found
            {
                shown += &format!("{name} : {ty:?} {instance} {condition:?}\n");
            }
            shown += &format!("{body}\n");
        }
        expect.assert_eq(&shown);
    }

    #[test]
    fn outermost_forms() {
        check("p ∧ q → r", Shape::Arrow);
        check("p ∨ q ↔ q ∨ p", Shape::Iff);
        check("p ∧ ∃ x, q x ∨ r", Shape::And);
        check("∃ x, p x ∧ q x", Shape::Exists);
        check("∀ (x : Nat), x = x", Shape::Forall);
        check("¬a = b", Shape::Not);
        check("¬p ∧ q", Shape::And);
        check("(a = b ∧ c)", Shape::And);
        check("(a ∧ b) = (b ∧ a)", Shape::Eq);
        check("(a == b) = true", Shape::Eq);
        check("a ≤\n  b", Shape::Order);
        check("Even n", Shape::Other);
        check("False", Shape::False);
        check("xs.map (fun x => x ∧ y) = ys", Shape::Eq);
    }

    #[test]
    fn binder_lists() {
        check_binders(
            "∀ (x y : α) {P : α → (α → Prop)} [DecidableEq α] [inst : Foo α], x = y → P x x",
            expect![[r#"
                x : "α" false None
                y : "α" false None
                P : "α → (α → Prop)" false None
                inst : "DecidableEq α" true None
                inst : "Foo α" true None
                x = y → P x x
            "#]],
        );
        check_binders(
            "∀ x ∈ xs, p x",
            expect![[r#"
            x : "" false Some("x ∈ xs")
            p x
        "#]],
        );
        check_binders(
            "∃ a b, a < b",
            expect![[r#"
            a : "" false None
            b : "" false None
            a < b
        "#]],
        );
        check_binders(
            "∃ x : Nat, x < 3",
            expect![[r#"
            x : "Nat" false None
            x < 3
        "#]],
        );
        check_binders("p → q", expect![""]);
        check_binders(
            "∀ ⦃x y : α⦄ («a ( b» : β), x = y",
            expect![[r#"
                x : "α" false None
                y : "α" false None
                «a ( b» : "β" false None
                x = y
            "#]],
        );
    }

    #[test]
    fn cut_at_an_operator() {
        assert_eq!(sides("(p ∧ q) ∧ r ∧ s", "∧"), Some(("(p ∧ q)", "r ∧ s")));
        assert_eq!(sides("∃ x, p ∧ q", "∧"), None);
        assert_eq!(
            sides("s = \"a ( b\" ∧ c = '(' ∧ p", "∧"),
            Some(("s = \"a ( b\"", "c = '(' ∧ p"))
        );
        assert_eq!(unparenthesised("( ((a ∧ b)) )"), "a ∧ b");
        assert_eq!(unparenthesised("((a) ∧ (b))"), "(a) ∧ (b)");
        assert_eq!(unparenthesised("()"), "");
        assert_eq!(
            names("xs.map f + 2 = «a b»").collect::<Vec<_>>(),
            ["xs.map", "f", "«a", "b»"]
        );
    }
}
