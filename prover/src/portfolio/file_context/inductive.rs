//! The constructors of a type, to be told apart in a proof by cases or induction.

use unsorry_syntax::DeclarationKind;

use super::{FileContext, FileDeclaration};
use crate::portfolio::shape::{names, words};

/// A constructor: its name, and for each explicit argument whether it recurses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::portfolio) struct Constructor {
    pub(in crate::portfolio) name: String,
    pub(in crate::portfolio) arguments: Vec<Argument>,
}

impl Constructor {
    pub(in crate::portfolio) fn recurses(&self) -> bool {
        self.arguments.iter().any(|argument| argument.recursive)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::portfolio) struct Argument {
    pub(in crate::portfolio) name: Option<String>,
    pub(in crate::portfolio) recursive: bool,
}

impl FileContext {
    /// The constructors of the type with this name, `None` if it is unknown.
    pub(in crate::portfolio) fn constructors(&self, ty: &str) -> Option<Vec<Constructor>> {
        let of = |list: &[(&str, &[(&str, bool)])]| {
            list.iter()
                .map(|(name, arguments)| Constructor {
                    name: (*name).to_owned(),
                    arguments: arguments
                        .iter()
                        .map(|(name, recursive)| Argument {
                            name: Some((*name).to_owned()),
                            recursive: *recursive,
                        })
                        .collect(),
                })
                .collect()
        };
        if let Some(declaration) = self.find(ty) {
            return match declaration.kind {
                DeclarationKind::Inductive => Some(constructors(declaration)),
                _ => None,
            };
        }
        Some(match ty {
            "Nat" | "ℕ" => of(&[("zero", &[]), ("succ", &[("n", true)])]),
            "List" => of(&[("nil", &[]), ("cons", &[("x", false), ("xs", true)])]),
            "Option" => of(&[("none", &[]), ("some", &[("x", false)])]),
            "Bool" => of(&[("false", &[]), ("true", &[])]),
            "Int" | "ℤ" => of(&[("ofNat", &[("n", false)]), ("negSucc", &[("n", false)])]),
            "Sum" => of(&[("inl", &[("x", false)]), ("inr", &[("x", false)])]),
            "Except" => of(&[("error", &[("e", false)]), ("ok", &[("x", false)])]),
            _ => return None,
        })
    }
}

/// The constructors of an `inductive`.
fn constructors(declaration: &FileDeclaration) -> Vec<Constructor> {
    let ty = declaration.last();
    let text = declaration
        .text
        .split("deriving")
        .next()
        .unwrap_or_default();
    let mut found = Vec::new();
    for part in text.split('|').skip(1) {
        let Some(name) = names(part).next() else {
            continue;
        };
        let rest = &part[part.find(name).unwrap_or(0) + name.len()..];
        let colon = words(rest).find(|(_, token)| token.starts_with(':'));
        let (bound, signature) = match colon {
            Some((at, _)) => (&rest[..at], &rest[at + 1..]),
            None => (rest, ""),
        };
        let mut arguments = Vec::new();
        for (_, token) in words(bound) {
            arguments.extend(named_arguments(token, ty).into_iter().flatten());
        }
        arguments.extend(arrow_arguments(signature, ty));
        found.push(Constructor {
            name: name.to_owned(),
            arguments,
        });
    }
    found
}

/// The arguments of `(left right : Tree α)`; `None` if it has not that form.
fn named_arguments(token: &str, ty: &str) -> Option<Vec<Argument>> {
    let inner = token.strip_prefix('(')?.strip_suffix(')')?;
    let (bound, of) = inner.split_once(" : ")?;
    let arguments = bound.split_whitespace().map(|bound| Argument {
        name: Some(bound.to_owned()),
        recursive: recurses(of, ty),
    });
    Some(arguments.collect())
}

/// Whether a type has `ty` in it; good enough to tell a recursive argument.
fn recurses(text: &str, ty: &str) -> bool {
    names(text).any(|name| name.rsplit('.').next() == Some(ty))
}

/// The arguments of `α → (left : Tree α) → Tree α`.
fn arrow_arguments(signature: &str, ty: &str) -> Vec<Argument> {
    let mut parts: Vec<String> = vec![String::new()];
    for (_, token) in words(signature) {
        if token == "→" || token == "->" {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(token);
            part.push(' ');
        }
    }
    parts.pop();
    let explicit = parts.iter().map(|part| part.trim());
    let explicit = explicit.filter(|part| !part.starts_with(['{', '∀', '[']));
    explicit
        .flat_map(|part| {
            named_arguments(part, ty).unwrap_or_else(|| {
                vec![Argument {
                    name: None,
                    recursive: recurses(part, ty),
                }]
            })
        })
        .collect()
}
